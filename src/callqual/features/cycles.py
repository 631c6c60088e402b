"""How well a frame repeats what came before it: at the period of the voice, in windows of three lengths, and sharply there.

What a concealer makes of a lost packet repeats the last cycles: longer than a voice does, at a gain that falls, and in the high
bands too, where breath makes a true voice differ from cycle to cycle. Quiet frames are passed over: their row says nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.audio.rates import NARROW
from callqual.features.frames import COARSE, LONGEST, SHORTEST, halved
from callqual.kernels.filters import fir
from callqual.kernels.lags import cycles, near_lags

HOP = NARROW // 100
QUIET = 1e-6
"""Frames 60 dB and more below the reference are passed over: what fades out still repeats itself at -50 dB, and tells a long loss."""

FLOOR = 1e-2
"""Mean square, re that of a frame just passed over, added to the past: 80 dB below the reference is where rounding to 16 bits lies, and
two roundings may resemble each other by chance."""

BLOCK = COARSE // 200
HALVES = np.array([1, 3, 6])
"""Blocks of 5 ms before and after the middle of a frame: windows of 10, 30 and 60 ms."""

MAIN = 1
"""The window of which the lag is refined at the narrow rate."""

REFINE = 2
WHOLE_HALVES, HIGH_HALVES = np.array([40, 60]), np.array([40, 80])
"""Narrow samples before and after the middle of a frame: 10 and 15 ms of all, 10 and 20 ms of what is above 2 kHz."""

HIGH_HZ, TAPS, FILTERED = 2000.0, 31, 1024
"""Where the high band begins, taps of its filter (-6 dB there), and samples filtered at a time."""

LEAST_REST, GAIN_DB, GAIN_STEP_DB, USUAL_LAG = 1e-5, 12.0, 6.0, 30.0
"""Scales of the columns: a copy to 50 dB is perfect, gains end at 12 dB, lags are relative to 7.5 ms."""


def _high_pass(hz: float, taps: int) -> NDArray[np.float64]:
    """Return what a windowed low-pass at `hz` leaves."""
    t = np.arange(taps) - (taps - 1) / 2
    low = np.sinc(2.0 * hz / NARROW * t) * np.hamming(taps)
    high = -low / low.sum()
    high[taps // 2] += 1.0
    return np.asarray(high)


_HIGH_PASS = _high_pass(HIGH_HZ, TAPS)

BACK = 2 * (LONGEST + int(HALVES[-1]) * BLOCK + COARSE // 100)
AHEAD = 2 * int(HALVES[-1]) * BLOCK
"""Narrow samples needed before the first frame and after the last."""

WINDOWS = ("10", "30", "60", "near_10", "near_15", "high_10", "high_20")
CYCLES = HALVES.size
"""Windows, and how many of them, the first, are searched for their lag."""


def cycle_columns(
    x: NDArray[np.float32], piece: int, level: NDArray[np.float64], reference: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return strength and gain of every window and lag of the first, a row a frame; the first begins at sample :data:`BACK`.

    Rows are the same bits whether whole pieces of so many frames are read together or one by one. `level` and `reference` are
    mean squares. Strength is 0.5 for each 10 dB that the copy leaves less than the whole, gain counts 6 dB, the lag octaves
    from 7.5 ms; all are 0 in frames that are passed over or repeat nothing.
    """
    loud = np.flatnonzero(level > QUIET * reference)
    floor = QUIET * FLOOR * reference[loud]
    middle, piece = BACK + loud * HOP + HOP // 2, piece * HOP
    peak, gain = np.empty((2, len(WINDOWS), loud.size))
    y, lag = halved(x), np.empty((CYCLES, loud.size))
    cycles(
        y,
        middle // 2,
        floor,
        BLOCK,
        HALVES,
        SHORTEST,
        LONGEST,
        BACK // 2,
        piece // 2,
        peak[:CYCLES],
        gain[:CYCLES],
        lag,
    )
    around, first = 2 * lag[MAIN].astype(np.int64), CYCLES
    whole = x.astype(np.float64)
    for band, halves in ((whole, WHOLE_HALVES), (_high(whole), HIGH_HALVES)):
        part = slice(first, first + halves.size)
        near_lags(band, middle, around, floor, halves, REFINE, BACK, piece, peak[part], gain[part])
        first += halves.size
    out = np.zeros((level.size, 2 * len(WINDOWS) + CYCLES))
    octaves = np.where(peak[:CYCLES] > 0.0, np.log2(lag / USUAL_LAG), 0.0)
    out[loud] = np.concatenate((_strength(peak), _gain(gain), octaves)).T
    return out


def _high(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what of `x` lies in the high band, zeros where the filter would reach beyond `x`."""
    out = np.zeros(x.size)
    fir(x, _HIGH_PASS, FILTERED, out[TAPS // 2 : x.size - TAPS // 2])
    return out


def _strength(peak: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(-0.5 * np.log10(np.maximum(1.0 - peak, LEAST_REST)))


def _gain(gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return gains in steps of 6 dB, at most two of them; 0 where nothing is repeated."""
    db = 20.0 * np.log10(np.where(gain > 0.0, gain, 1.0))
    return np.asarray(np.clip(db, -GAIN_DB, GAIN_DB) / GAIN_STEP_DB)
