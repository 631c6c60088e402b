"""Candidates of copies: waveform that repeats itself exactly a frame or a pitch period later, at the narrow rate.

Frame lags are read at every sample, whatever the phase of the packets; pitch lags only where the coarse periodicity is high.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.audio.rates import NARROW
from callqual.features.facts import COPY
from callqual.features.rolling import Rolling
from callqual.kernels.copies import find_copies, refine_copies

FRAME_LAGS = tuple(range(10, 101, 10))
"""Lags (ms) at which packets and jitter-buffer frames repeat."""

MATCH_DB = 34.0
"""Copy gain from which a window is a candidate; natural speech stays below 32 dB in 99.9 % of windows."""

W = NARROW // 100
BACK = 0.22
AHEAD = 0.22
PITCH_HOP = NARROW // 200


class CopyFinder:
    """Finds copies whose last window ends in the stretch that is due."""

    def __init__(self) -> None:
        self._start = np.zeros(2048, np.int64)
        self._end = np.zeros(2048, np.int64)
        self._rest = np.zeros(2048)
        self._gain = np.zeros(2048)

    def at_frame_lags(self, signal: Rolling, lo: int, hi: int, gate: float) -> NDArray[np.void]:
        """Return the :data:`COPY` rows of all frame lags; a copy that crosses a block's border comes twice."""
        first = max(lo - round(BACK * NARROW), signal.start)
        x = signal.view(first, hi + round(AHEAD * NARROW))
        found = [self._one_lag(x, lo - first, hi - first, first, ms, gate) for ms in FRAME_LAGS]
        return np.concatenate(found)

    def _one_lag(self, x: NDArray[np.float32], lo: int, hi: int, first: int, ms: int, gate: float) -> NDArray[np.void]:
        lag = ms * NARROW // 1000
        match = 1.0 - 10 ** (-MATCH_DB / 10)
        n = find_copies(x, lo, min(hi + round(AHEAD * NARROW), x.size), lag, W, match, gate, W // 4, self._start, self._end, self._rest, self._gain)
        return _rows(x, self._start[:n], self._end[:n], np.full(n, lag), self._rest[:n], self._gain[:n], first)

    def at_pitch_lags(
        self, signal: Rolling, voiced: NDArray[np.int64], lags: NDArray[np.int32], lo: int
    ) -> NDArray[np.void]:
        """Return the :data:`COPY` rows of the frames `voiced` (10 ms each from `lo`), searched round their coarse `lags`."""
        first = max(lo - round(BACK * NARROW), signal.start)
        x = signal.view(first, signal.stop)
        at = np.concatenate((voiced * W, voiced * W + W // 2)) + lo - first
        order = np.argsort(at, kind="stable")
        at, coarse = at[order], np.concatenate((lags[voiced], lags[voiced])).astype(np.int64)[order]
        rest, lag = np.zeros(at.size), np.zeros(at.size, np.int64)
        refine_copies(x, at, W, coarse, 3, rest, lag)
        keep = np.flatnonzero(rest < 10 ** (-MATCH_DB / 10))
        if not keep.size:
            return np.zeros(0, COPY)
        new = np.flatnonzero((np.diff(at[keep], prepend=-W) > W) | (np.abs(np.diff(lag[keep], prepend=0)) > 1))
        end = np.maximum.reduceat(at[keep] + W, new)
        return _rows(x, at[keep][new], end, lag[keep][new], np.minimum.reduceat(rest[keep], new), np.ones(new.size), first)


def _rows(
    x: NDArray[np.float32], start: NDArray[np.int64], end: NDArray[np.int64], lag: NDArray[np.int64],
    rest: NDArray[np.float64], gain: NDArray[np.float64], first: int,
) -> NDArray[np.void]:
    rows = np.zeros(start.size, COPY)
    rows["start"], rows["end"] = (first + start) / NARROW, (first + end) / NARROW
    rows["lag"], rows["gain"] = lag / NARROW, gain
    rows["gain_db"] = -10.0 * np.log10(np.maximum(rest, 1e-12))
    for i in range(start.size):
        a, b, d = int(start[i]), int(end[i]), int(lag[i])
        rows["level"][i] = float(np.mean(np.square(x[a:b], dtype=np.float64)))
        rows["seam_start"][i] = _seam(x, a - d)
        rows["seam_middle"][i] = _seam(x, a)
        rows["seam_end"][i] = _seam(x, b)
    return rows


def _seam(x: NDArray[np.float32], at: int) -> float:
    """Jump of the third difference within 1 ms of a seam, re the 12 ms round it: a splice is rougher than what it joins."""
    a, b = max(at - 48, 0), min(at + 48, x.size)
    if b - a < 40 or at < a + 8 or at > b - 8:
        return 0.0
    d = np.abs(np.diff(x[a:b].astype(np.float64), 3))
    c = at - a - 3
    near = d[max(c - 4, 0) : c + 8]
    rest = np.concatenate((d[: max(c - 4, 0)], d[c + 8 :]))
    return float(near.max() / (np.percentile(rest, 90) + 1e-9)) if near.size and rest.size else 0.0
