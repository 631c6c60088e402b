"""The frame table: level, periodicity and tonality of every ten milliseconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.audio.rates import NARROW
from callqual.features.bands import turns
from callqual.features.rolling import Rolling
from callqual.kernels.bands import line_rests
from callqual.kernels.filters import halve
from callqual.kernels.lags import periodicity
from callqual.kernels.lines import prediction_rest

COARSE = NARROW // 2
"""Rate of the periodicity: lags to 0.25 ms are enough to find what the copy search refines."""

HOP, HOPS = COARSE // 100, 3
SHORTEST, LONGEST = COARSE // 400, COARSE // 50
LINE_WINDOW, LINE_HOP = 512, NARROW // 50
TONE_WINDOW, FEW_LINES_DB = 120, 6.0
_HANN, _TURNS = np.hanning(LINE_WINDOW + 1)[:-1].astype(np.float32), turns(LINE_WINDOW)


def halved(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return `x` at half its rate through the smoothing filter [1 3 3 1]/8 (-3 dB at a quarter of the new rate)."""
    out = np.empty(x.size // 2)
    halve(x, out)
    return out


def periodicities(signal: Rolling, lo: int, frames: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return the best normalised autocorrelation (2.5-20 ms) of 30 ms round each frame and its lag in samples."""
    back = 2 * (LONGEST + HOP)
    first = max(lo - back, signal.start)
    head = back - (lo - first)
    x = signal.view(first, lo + (frames + 2) * 2 * HOP)
    y = halved(np.concatenate((np.zeros(head, np.float32), x)) if head else x)
    need = LONGEST + (frames + 2) * HOP + HOP
    if y.size < need:
        y = np.concatenate((y, np.zeros(need - y.size)))
    peak, lag = np.zeros(frames, np.float32), np.zeros(frames, np.int32)
    periodicity(y, LONGEST, HOP, frames, HOPS, SHORTEST, LONGEST, peak, lag)
    return peak, 2 * lag


def tonality(signal: Rolling, lo: int, frames: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return how far (dB) below the whole lies what is not a tone, by two measures of each frame.

    What the two strongest lines leave of 64 ms (every 20 ms), and what a prediction from four samples leaves of 15 ms;
    the second is read only where the first is high.
    """
    if not frames:
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    count = (frames + 1) // 2
    head = LINE_WINDOW // 2
    x = signal.padded(lo - head, lo + count * LINE_HOP + LINE_WINDOW)
    rest = np.empty(count)
    line_rests(x, LINE_HOP, _HANN, *_TURNS, 2, 2, rest)
    lines = np.repeat(-10.0 * np.log10(np.maximum(rest, 1e-8)), 2)[:frames]
    tone = np.zeros(frames)
    few = np.flatnonzero(lines > FEW_LINES_DB)
    at = head + few * (NARROW // 100) + (NARROW // 100 - TONE_WINDOW) // 2
    rest = np.ones(few.size)
    prediction_rest(x, at, TONE_WINDOW, 1e-9, np.zeros((5, 5)), rest)
    tone[few] = -10.0 * np.log10(rest)
    return lines.astype(np.float32), tone.astype(np.float32)
