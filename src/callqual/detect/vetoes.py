"""What looks like damage and is none: signalling tones, beeps and whistles, whose edges are abrupt by nature."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect.levels import stretches
from callqual.features.facts import TONAL_STEP_DB

LINES_DB = 24.0
"""Two lines hold all but 0.4 % of the energy of 64 ms: in 0.1 % of speech, and in tones through G.711 or in noise."""

TONE_DB = 38.0
"""Four samples predict the next to 38 dB: in 0.01 % of speech, and in tones as short as 20 ms on clean lines."""

MUSIC = 2.5
"""Likelihood (nats) from which it is music; no speech of the tuning voices comes near, lossy or buzzing."""

RINGING = 10 ** (-3.0)
"""What is 30 dB below a frame beside it is no tone but a filter that rings into a hole."""

BRIDGE, LEAST, WINDOW_REACH = 3, 2, 3
REACH = 16
"""Frames at either side that have a say in whether one is a tone's, and some more."""


def tonal(frames: NDArray[np.void]) -> NDArray[np.bool_]:
    """Tell which 10 ms frames belong to a tone of one or two sines; breaks of 30 ms within one are part of it."""
    out = np.empty(frames.size, np.bool_)
    for first, last, start, stop in stretches(frames.size, REACH, REACH):
        out[start:stop] = _tonal(frames[first:last])[start - first : stop - first]
    return out


def _tonal(frames: NDArray[np.void]) -> NDArray[np.bool_]:
    lines = _runs(frames["lines"] > LINES_DB / TONAL_STEP_DB, LEAST)
    tone = _widened(lines) | (frames["tone"] > TONE_DB / TONAL_STEP_DB)
    tone &= frames["level"] >= RINGING * _beside(frames["level"])
    breaks = _runs(np.concatenate(([True] * BRIDGE, ~tone, [True] * BRIDGE)), BRIDGE + 1)[BRIDGE : BRIDGE + tone.size]
    return _runs(~breaks, LEAST)


def _widened(lines: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add the frames at either end of a tone that its lines, read over 64 ms, reach into: through G.711 nothing else tells a short one."""
    out = lines.copy()
    for k in range(1, WINDOW_REACH + 1):
        out[k:] |= lines[:-k]
        out[:-k] |= lines[k:]
    return out


def _beside(level: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the loudest level within 30 ms of each frame."""
    padded = np.concatenate((np.zeros(3, np.float32), level, np.zeros(3, np.float32)))
    out = level.copy()
    for k in range(7):
        np.maximum(out, padded[k : k + level.size], out=out)
    return out


def _runs(mask: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Keep the runs of at least `least` true entries."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    start, stop = edges[0::2], edges[1::2]
    short = stop - start < least
    step = np.zeros(mask.size + 1, np.int8)
    step[start], step[stop] = 1, -1
    step[start[short]], step[stop[short]] = 0, 0
    return np.cumsum(step[:-1], dtype=np.int8) > 0
