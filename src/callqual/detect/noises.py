"""Noise fills as evidence: a stretch of even, white noise between two abrupt changes, where there was speech.

What is heard: a rasp or a hiss for the length of a packet. What it is told from: fricatives and the bursts of plosives, whose
edges are soft or whose noise swells and decays, and room noise between words.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect.levels import to_db
from callqual.detect.speech import Speech

FEATURES = (
    "start_edge", "end_edge", "least_edge", "sharp_start", "sharp_end", "level_start", "level_end", "noise", "depth", "context",
    "before", "after", "length", "crossings", "even", "swell", "still_start", "still_end", "bright", "over_floor",
)  # fmt: skip


def describe(noises: NDArray[np.void], speech: Speech) -> NDArray[np.float64]:
    """Return the :data:`FEATURES` of each stretch, shape (stretches, features); edges are changes of level or brightness, dB."""
    m, d = to_db(noises["m"][:, :12]), to_db(noises["d"][:, :12])
    raw = noises["d"].astype(np.float64)
    active = speech.active_db or 0.0
    change = np.minimum(np.maximum(np.abs(m[:, :4]), np.abs(d[:, :4])), 40.0)
    inside = m[:, 8] - active
    before, after = m[:, 4] - active, m[:, 5] - active
    return np.stack([
        change[:, 0], change[:, 1], np.minimum(change[:, 0], change[:, 1]), change[:, 2], change[:, 3],
        np.clip(m[:, 0], -40.0, 40.0), np.clip(m[:, 1], -40.0, 40.0), np.clip(inside, -60.0, 10.0),
        np.clip(np.minimum(m[:, 6], m[:, 7]) - m[:, 8], -30.0, 40.0), np.clip(np.maximum(before, after), -45.0, 10.0),
        np.clip(before, -45.0, 10.0), np.clip(after, -45.0, 10.0),
        np.log(np.maximum(noises["end"] - noises["start"], 1e-3) / 0.02), noises["m"][:, 12].astype(np.float64), raw[:, 13],
        np.clip(d[:, 9] - d[:, 8], -10.0, 20.0), np.clip(to_db(raw[:, 14]), -20.0, 20.0), np.clip(to_db(raw[:, 15]), -20.0, 20.0),
        np.clip(d[:, 8] - m[:, 8], -20.0, 12.0), np.clip(m[:, 8] - speech.floor_db, -20.0, 40.0),
    ], axis=1)  # fmt: skip
