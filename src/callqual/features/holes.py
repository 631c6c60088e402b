"""Candidates of holes: every stretch of 4 ms to 1 s between an abrupt fall and an abrupt rise of the level.

Edges are ratios of 3 ms energies at the wide rate; runs of identical samples come from the native rate, where they are exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.features.facts import HOLE, RUN
from callqual.features.rolling import Rolling
from callqual.kernels.edges import find_edges, find_runs, pair_edges
from callqual.kernels.holes import measure_holes

EDGE_SECONDS = 0.003
EDGE_RATIO = 10 ** (-0.9)
"""An edge changes the 3 ms energy by 9 dB: on clean speech 3 a second, all but a few of them weak."""

DEPTH = 10 ** (-0.6)
SHORTEST, LONGEST = 0.004, 1.0
BACK, AHEAD = 0.08, 1.1
SHORTEST_RUN = 0.003


class HoleFinder:
    """Finds the holes whose fall lies in the stretch that is due; every sample is searched for edges once."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._ms = rate / 1000.0
        self._w = round(EDGE_SECONDS * rate)
        self._at = [np.zeros(8192, np.int64) for _ in range(4)]
        self._ratio = [np.zeros(8192) for _ in range(2)]
        self._count = np.zeros(2, np.int64)
        self._searched = self._w
        self._falls = np.zeros(0, np.int64)
        self._rises = np.zeros(0, np.int64)

    def find(self, signal: Rolling, lo: int, hi: int, gate: float, runs: NDArray[np.void]) -> NDArray[np.void]:
        """Return the :data:`HOLE` rows of falls, and of `runs` of identical samples, that begin in ``[lo, hi)``.

        `gate` is the least energy (mean square) that must stand beside a hole.
        """
        rate = self._rate
        first = max(lo - round(BACK * rate), signal.start)
        x = signal.view(first, signal.stop)
        if x.size < 4 * self._w:
            return np.zeros(0, HOLE)
        p = np.zeros(x.size + 1)
        np.cumsum(np.square(x, dtype=np.float64), out=p[1:])
        self._search(p, first, gate)
        falls = self._falls[self._falls < hi] - first
        start, end = self._at[2], self._at[3]
        n = pair_edges(
            p, self._w, round(SHORTEST * rate), round(LONGEST * rate), DEPTH, falls, self._rises - first, start, end
        )
        self._falls, self._rises = self._falls[falls.size :], self._rises[self._rises > hi]
        pairs = self._rows(x, p, (first + start[:n]) / rate, (first + end[:n]) / rate, first)
        zeros = self._rows(x, p, runs["start"], runs["end"], first)
        zeros = zeros[(zeros["m"][:, 4:8] > gate).any(axis=1)]
        zeros["zero"] = 1.0
        for row in pairs:
            inside = np.minimum(runs["end"], row["end"]) - np.maximum(runs["start"], row["start"])
            row["zero"] = np.maximum(inside, 0.0).sum() / (row["end"] - row["start"])
        return np.concatenate((pairs, zeros))

    def _search(self, p: NDArray[np.float64], first: int, gate: float) -> None:
        fall, rise = self._at[0], self._at[1]
        stop = first + p.size - 1 - self._w
        lo = self._searched - first
        find_edges(p, self._w, lo, stop - first, EDGE_RATIO, gate, gate * 1e-4, fall, self._ratio[0], rise, self._ratio[1], self._count)
        self._falls = np.concatenate((self._falls, fall[: self._count[0]] + first))
        self._rises = np.concatenate((self._rises, rise[: self._count[1]] + first))
        self._searched = max(stop, self._searched)

    def _rows(
        self, x: NDArray[np.float32], p: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64], first: int
    ) -> NDArray[np.void]:
        rows = np.zeros(start.size, HOLE)
        m = np.zeros((start.size, 16))
        a, b = (np.round(t * self._rate).astype(np.int64) - first for t in (start, end))
        measure_holes(x, p, a, b, self._ms, m)
        rows["start"], rows["end"], rows["m"] = start, end, m
        return rows


class RunFinder:
    """Finds runs of at least 3 ms of identical samples at the native rate, across blocks."""

    def __init__(self, sr: int) -> None:
        self._sr = sr
        self._shortest = round(SHORTEST_RUN * sr)
        self._start = np.zeros(4096, np.int64)
        self._end = np.zeros(4096, np.int64)
        self._open = np.zeros(1, np.int64)
        self._last = np.float32(0.0)
        self._read = 0

    def push(self, x: NDArray[np.float32], last: bool) -> NDArray[np.void]:
        """Return the :data:`RUN` rows of the runs that end in `x`, and of the one still open at the `last`."""
        n = 0
        if x.size:
            n = find_runs(x, self._last, int(self._open[0]), self._shortest, self._start, self._end, self._open)
        rows = np.zeros(n + 1, RUN)
        rows["start"][:n] = (self._read + self._start[:n]) / self._sr
        rows["end"][:n] = (self._read + self._end[:n]) / self._sr
        ended = self._end[:n] - 1
        rows["value"][:n] = np.where(ended >= 0, x[np.maximum(ended, 0)], self._last) if n else 0
        self._read += x.size
        self._last = x[-1] if x.size else self._last
        if not (last and self._open[0] >= self._shortest):
            return rows[:n]
        rows[n] = ((self._read - int(self._open[0])) / self._sr, self._read / self._sr, self._last)
        return rows
