"""Holes as evidence: what the measurements of a hole say about a lost packet, relative to the speech round it.

What is heard: speech breaks off within a millisecond or two and comes back as abruptly, with nothing, a fade or noise between.
What it is told from: stop consonants, pauses, gates and edits, whose two edges are rarely both steep.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect.levels import counted, to_db
from callqual.detect.speech import Speech
from callqual.features.facts import HOP

FEATURES = (
    "fall", "rise", "least_edge", "sharp_fall", "sharp_rise", "depth", "before", "after", "context", "under_floor",
    "zero", "length", "trend_before", "trend_after", "crossings", "even", "still_fall", "still_rise",
    "near", "cut_before", "cut_after",
)  # fmt: skip


NOTHING, NOTHING_DB = 0.9, -200.0
"""A hole of so large a share of identical samples is as deep as can be, however faint the recording."""

TONE_REACH = 0.3
"""Seconds on both sides of a hole in which there is more tone than speech, if it is a tone's. Of 8,212 true holes 30 were so (82 at 0.06), and
every one between dialled digits, beeps and busy tones is, up to 0.5."""


def _ratio_db(r: NDArray[np.float64], most: float = 40.0) -> NDArray[np.float64]:
    return np.clip(-to_db(r), -10.0, most)


def _octaves(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Length in half octaves re 20 ms: whether it is a whole number of packets is for the grid to say, not for a model of one simulator."""
    return np.asarray(np.round(2.0 * np.log2(np.maximum(seconds, 1e-3) / 0.02)) / 2.0)


def describe(holes: NDArray[np.void], speech: Speech) -> NDArray[np.float64]:
    """Return the :data:`FEATURES` of each hole, shape (holes, features): dB, logs and shares, free of the recording's level."""
    m = holes["m"].astype(np.float64)
    active = speech.active_db if speech.active_db is not None else 0.0
    level, edge = to_db(m[:, 4:12]), to_db(m[:, 16:18])
    before, after = level[:, 0] - active, level[:, 1] - active
    inside = np.where(holes["zero"] > NOTHING, NOTHING_DB, level[:, 4])
    near = np.minimum(level[:, 2], level[:, 3])
    fall, rise = _ratio_db(m[:, 0]), _ratio_db(m[:, 1])
    return np.stack([
        fall, rise, np.minimum(fall, rise), _ratio_db(m[:, 2], 30.0), _ratio_db(m[:, 3], 30.0),
        np.clip(near - inside, 0.0, 50.0), np.clip(before, -45.0, 10.0), np.clip(after, -45.0, 10.0),
        np.clip(np.maximum(before, after), -45.0, 10.0), np.clip(speech.floor_db - inside, -20.0, 30.0),
        holes["zero"].astype(np.float64), _octaves(holes["end"] - holes["start"]),
        np.clip(level[:, 6] - level[:, 2], -20.0, 20.0), np.clip(level[:, 7] - level[:, 3], -20.0, 20.0),
        m[:, 12], m[:, 13], _ratio_db(m[:, 14], 20.0), _ratio_db(m[:, 15], 20.0),
        np.clip(near - active, -60.0, 10.0), np.clip(edge[:, 0] - level[:, 2], -20.0, 10.0), np.clip(edge[:, 1] - level[:, 3], -20.0, 10.0),
    ], axis=1)  # fmt: skip


def near_tone(start: NDArray[np.float64], end: NDArray[np.float64], speech: Speech) -> NDArray[np.bool_]:
    """Tell which holes from `start` to `end` (s) stand beside or within a tone or music: signalling and notes have abrupt edges by nature.

    A vowel may ring like a tone; speech before and after it tells that it is none.
    """
    a = np.clip(((start - TONE_REACH) / HOP).astype(int), 0, speech.tonal.size)
    b = np.clip(((end + TONE_REACH) / HOP).astype(int) + 1, 0, speech.tonal.size)
    tonal = counted(speech.tonal, a, b)
    return np.asarray((tonal >= 3) & (tonal >= counted(speech.active & ~speech.tonal, a, b)))
