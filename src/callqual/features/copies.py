"""Candidates of copies: waveform that repeats itself exactly a frame, a pitch period or a segment later.

Frame lags are read at every sample of the wide rate, whatever the phase of the packets. All other lags are found coarsely at
4 kHz, where a true copy still correlates by more than 0.95, and refined at the wide rate as a copy whose gain may fade.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.audio.rates import NARROW
from callqual.features.facts import COPY, stacked
from callqual.features.frames import COARSE, halved
from callqual.features.rolling import Rolling
from callqual.kernels.copies import find_copies, grow_copies, refine_copies, scan_lags

FRAME_LAGS = tuple(range(10, 101, 10))
"""Lags (ms) at which packets and jitter-buffer frames repeat."""

MATCH_DB = 30.0
"""Copy gain from which 6 ms are a candidate; 99.9 % of active speech stays below, best lag and all."""

SHORTEST_MS = 8.0
COPY_MS = 6
EDGE_MS, EDGE_MATCH = 1.0, 1.0 - 10**-2.0
BACK, AHEAD = 0.13, 0.35
AUDIBLE = 10.0
"""Lags are searched in windows within 35 dB of the loudest frames: the quiet ones stand beside no audible gap."""

PITCH = (COARSE // 400, COARSE // 50, COARSE // 400, 24, 0.92)
SEGMENT = (COARSE // 50, COARSE // 10, COARSE // 80, 32, 0.95)
"""Shortest and longest lag, hop and window at 4 kHz, and the least squared correlation, for pitch cycles and for segments."""


class CopyFinder:
    """Finds the copies whose first window starts in the stretch that is due."""

    def __init__(self, sr: int, rate: int) -> None:
        self._rate = rate
        self._between = sr % rate != 0 or sr > rate
        self._w = COPY_MS * rate // 1000
        self._start, self._end = np.zeros(4096, np.int64), np.zeros(4096, np.int64)
        self._rest, self._gain = np.zeros(4096), np.zeros(4096)

    def find(self, wide: Rolling, narrow: Rolling, lo: int, hi: int, gate: float) -> NDArray[np.void]:
        """Return the :data:`COPY` rows of wide samples ``lo..hi``; one that crosses the border of a block comes twice."""
        first = max(lo - round(BACK * self._rate), wide.start)
        x = wide.view(first, hi + round(AHEAD * self._rate))
        found = [self._at_frame_lag(x, lo - first, first, ms, gate) for ms in FRAME_LAGS]
        a, b = (i * NARROW // self._rate for i in (lo, hi))
        found += [self._at_any_lag(x, first, narrow, a, b, gate, *lags) for lags in (PITCH, SEGMENT)]
        return stacked(found, COPY)

    def _at_frame_lag(self, x: NDArray[np.float32], lo: int, first: int, ms: int, gate: float) -> NDArray[np.void]:
        lag = ms * self._rate // 1000
        match = 1.0 - 10 ** (-MATCH_DB / 10)
        n = find_copies(
            x,
            lo,
            x.size,
            lag,
            self._w,
            match,
            gate * 1e-3,
            self._w // 3,
            self._start,
            self._end,
            self._rest,
            self._gain,
        )
        long = self._end[:n] - self._start[:n] >= round(SHORTEST_MS / 1000 * self._rate)
        start, end = self._start[:n][long], self._end[:n][long]
        rest, gain = self._rest[:n][long], self._gain[:n][long]
        return _rows(x, start, end, np.full(start.size, lag), rest, gain, first, self._rate)

    def _at_any_lag(
        self, x: NDArray[np.float32], first: int, narrow: Rolling, a: int, b: int, gate: float,
        shortest: int, longest: int, hop: int, window: int, match: float,
    ) -> NDArray[np.void]:  # fmt: skip
        back = 2 * longest + 4
        origin = a - back
        head = max(narrow.start - origin, 0)
        y = halved(np.concatenate((np.zeros(head, np.float32), narrow.view(origin, b + 2 * window))))
        count = max((y.size - longest - 2 - window) // hop, 0)
        n = scan_lags(
            y, longest + 2, hop, count, window, shortest, longest, match, AUDIBLE * gate, self._start, self._end
        )
        scale = self._rate // COARSE
        at = self._start[:n] * scale + origin * self._rate // NARROW - first
        rest, lag = np.zeros(n), np.zeros(n, np.int64)
        refine_copies(x, at, self._w, self._end[:n] * scale, scale, self._between, rest, lag)
        keep = np.flatnonzero(rest < 10 ** (-MATCH_DB / 10))
        start, lag, rest = at[keep], lag[keep], rest[keep]
        end = start + self._w
        grow_copies(x, self._w, round(EDGE_MS * self._rate / 1000), EDGE_MATCH, start, end, lag)
        _, unique = np.unique(np.stack((start, lag)), axis=1, return_index=True)
        unique = unique[(end - start)[unique] >= round(SHORTEST_MS / 1000 * self._rate)]
        return _rows(x, start[unique], end[unique], lag[unique], rest[unique], np.ones(unique.size), first, self._rate)


def _rows(
    x: NDArray[np.float32], start: NDArray[np.int64], end: NDArray[np.int64], lag: NDArray[np.int64],
    rest: NDArray[np.float64], gain: NDArray[np.float64], first: int, rate: int,
) -> NDArray[np.void]:  # fmt: skip
    rows = np.zeros(start.size, COPY)
    rows["start"], rows["end"] = (first + start) / rate, (first + end) / rate
    rows["lag"], rows["gain"] = lag / rate, gain
    rows["gain_db"] = -10.0 * np.log10(np.maximum(rest, 1e-9))
    for i in range(start.size):
        a, b, d = int(start[i]), int(end[i]), int(lag[i])
        rows["level"][i] = float(np.mean(np.square(x[a:b], dtype=np.float64)))
        rows["beside_db"][i] = max(_gain_db(x, a, b, d - 1), _gain_db(x, a, b, d + 1))
        rows["seam_start"][i] = _seam(x, a - d, rate)
        rows["seam_middle"][i] = _seam(x, a, rate)
        rows["seam_end"][i] = _seam(x, b, rate)
    return rows


def _gain_db(x: NDArray[np.float32], a: int, b: int, lag: int) -> float:
    """Copy gain of ``x[a:b]`` at one lag."""
    if a - lag < 0:
        return 0.0
    u, v = x[a:b].astype(np.float64), x[a - lag : b - lag].astype(np.float64)
    most = float(u @ u) * float(v @ v)
    return float(-10.0 * np.log10(max(1.0 - float(u @ v) ** 2 / most, 1e-9))) if most > 0.0 else 0.0


def _seam(x: NDArray[np.float32], at: int, rate: int) -> float:
    """Jump of the third difference within 1 ms of a seam, re the 12 ms round it: a splice is rougher than what it joins."""
    reach, near = 6 * rate // 1000, rate // 1000
    a, b = max(at - reach, 0), min(at + reach, x.size)
    if at < a + 2 * near or at > b - 2 * near:
        return 0.0
    d = np.abs(np.diff(x[a:b].astype(np.float64), 3))
    c = at - a - 2
    beside = np.concatenate((d[: max(c - near, 0)], d[c + near :]))
    inside = d[max(c - near, 0) : c + near]
    return float(inside.max() / (np.percentile(beside, 90) + 1e-9)) if beside.size else 0.0
