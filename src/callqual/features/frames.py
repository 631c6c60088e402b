"""The frame table: level, periodicity and tonality of every ten milliseconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.audio.rates import NARROW
from callqual.features.rolling import Rolling
from callqual.kernels.copies import periodicity
from callqual.kernels.lines import line_share

COARSE = NARROW // 2
"""Rate of the periodicity: lags to 0.25 ms are enough to find what the copy search refines."""

HOP, WINDOW = COARSE // 100, 3 * COARSE // 100
SHORTEST, LONGEST = COARSE // 400, COARSE // 50
LINE_WINDOW, LINE_HOP = 512, NARROW // 50
_HANN = np.hanning(LINE_WINDOW + 1)[:-1]


def halved(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return `x` at half its rate through the smoothing filter [1 3 3 1]/8 (-3 dB at a quarter of the new rate)."""
    y = x[: x.size // 2 * 2].astype(np.float64)
    a, b = y[0::2], y[1::2]
    out = 3.0 * (a + b)
    out[1:] += b[:-1]
    out[:-1] += a[1:]
    return out / 8.0


def periodicities(signal: Rolling, lo: int, frames: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return the best normalised autocorrelation (2.5-20 ms) of 30 ms round each frame and its lag in narrow samples."""
    back = 2 * (LONGEST + HOP)
    first = max(lo - back, signal.start)
    head = back - (lo - first)
    x = signal.view(first, lo + (frames + 2) * 2 * HOP)
    y = halved(np.concatenate((np.zeros(head, np.float32), x)) if head else x)
    need = LONGEST + (frames + 2) * HOP + HOP
    if y.size < need:
        y = np.concatenate((y, np.zeros(need - y.size)))
    peak, lag = np.zeros(frames, np.float32), np.zeros(frames, np.int32)
    periodicity(y, LONGEST, HOP, frames, WINDOW, SHORTEST, LONGEST, peak, lag)
    return peak, 2 * lag


def line_shares(signal: Rolling, lo: int, frames: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return, for each frame, the share of energy in the four strongest lines (64 ms spectra, every 20 ms) and the strongest (Hz)."""
    count = (frames + 1) // 2
    first = lo - LINE_WINDOW // 2
    need = (count - 1) * LINE_HOP + LINE_WINDOW if count else 0
    head = max(signal.start - first, 0)
    x = signal.view(first, first + need)
    x = np.concatenate((np.zeros(head, np.float32), x, np.zeros(max(need - head - x.size, 0), np.float32)))
    if not count:
        return np.zeros(frames, np.float32), np.zeros(frames, np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(x, LINE_WINDOW)[::LINE_HOP][:count]
    spectrum = np.fft.rfft(windows * _HANN, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    share, strongest = np.zeros(count, np.float32), np.zeros(count, np.float32)
    line_share(power, 4, 2, share, strongest)
    return np.repeat(share, 2)[:frames], np.repeat(strongest * (NARROW / LINE_WINDOW), 2)[:frames]
