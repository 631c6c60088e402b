"""Candidates of holes: every stretch of 4 ms to 1 s between an abrupt fall and an abrupt rise of the level.

Edges are ratios of 3 ms energies at the wide rate; runs of identical samples come from the native rate, where they are exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.features.facts import HOLE, RUN, stacked
from callqual.kernels.edges import find_edges, find_runs, pair_edges
from callqual.kernels.energies import sum_squares
from callqual.kernels.holes import measure_holes

EDGE_SECONDS = 0.003
EDGE_RATIO = 10 ** (-0.9)
"""An edge changes the 3 ms energy by 9 dB: on clean speech 3 a second, all but a few of them weak."""

DEPTH = 10 ** (-0.6)
SHORTEST, LONGEST = 0.004, 1.0
BACK, AHEAD = 0.08, 1.1
"""Seconds before and after a hole that its measurements reach."""

SHORTEST_RUN = 0.003
RUN_STANDS = 0.6
"""A run of identical samples that makes up more of a hole than this is the hole, with its exact edges."""


class EdgeFinder:
    """Finds the abrupt edges of a signal's level; every sample is searched once, edges wait until they are paired."""

    def __init__(self, rate: int, ratio: float) -> None:
        self.w = round(EDGE_SECONDS * rate)
        self._edge_ratio = ratio
        self._fall, self._rise = np.zeros(8192, np.int64), np.zeros(8192, np.int64)
        self._ratios = np.zeros(8192), np.zeros(8192)
        self._count = np.zeros(2, np.int64)
        self._searched = self.w
        self.falls = np.zeros(0, np.int64)
        self.rises = np.zeros(0, np.int64)

    def search(self, p: NDArray[np.float64], first: int, gate: float) -> None:
        """Add the edges of the samples not searched yet; `p` is the prefix sum of squares from sample `first` on."""
        stop = first + p.size - 1 - self.w
        find_edges(
            p, self.w, self._searched - first, stop - first, self._edge_ratio, gate, gate * 1e-4,
            self._fall, self._ratios[0], self._rise, self._ratios[1], self._count,
        )  # fmt: skip
        self.falls = np.concatenate((self.falls, self._fall[: self._count[0]] + first))
        self.rises = np.concatenate((self.rises, self._rise[: self._count[1]] + first))
        self._searched = max(stop, self._searched)


def squares(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the prefix sum of squares of `x`: entry ``i`` is the energy of ``x[:i]``."""
    p = np.empty(x.size + 1)
    sum_squares(x, p)
    return p


def measured(
    x: NDArray[np.float32],
    p: NDArray[np.float64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    first: int,
    rate: int,
) -> NDArray[np.void]:
    """Return :data:`HOLE` rows of the stretches from `start` to `end` (s) of a signal that begins at sample `first`."""
    rows = np.zeros(start.size, HOLE)
    m = np.zeros((start.size, 16))
    a, b = (np.round(t * rate).astype(np.int64) - first for t in (start, end))
    measure_holes(x, p, a, b, rate / 1000.0, m)
    rows["start"], rows["end"], rows["m"] = start, end, m
    return rows


class HoleFinder:
    """Finds the holes whose fall lies in the stretch that is due."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._edges = EdgeFinder(rate, EDGE_RATIO)
        self._start, self._end = np.zeros(8192, np.int64), np.zeros(8192, np.int64)

    def find(
        self, x: NDArray[np.float32], p: NDArray[np.float64], first: int, hi: int, gate: float, runs: NDArray[np.void]
    ) -> NDArray[np.void]:
        """Return the :data:`HOLE` rows of falls, and of `runs` of identical samples, that begin before `hi`.

        `x` are the samples from `first` on, `p` is their prefix sum of squares, `gate` the least energy (mean square)
        that must stand beside a hole.
        """
        rate, edges = self._rate, self._edges
        if x.size < 4 * edges.w:
            return np.zeros(0, HOLE)
        edges.search(p, first, gate)
        falls = edges.falls[edges.falls < hi] - first
        shortest, longest = round(SHORTEST * rate), round(LONGEST * rate)
        n = pair_edges(p, edges.w, shortest, longest, DEPTH, falls, edges.rises - first, self._start, self._end)
        edges.falls, edges.rises = edges.falls[falls.size :], edges.rises[edges.rises > hi]
        pairs = measured(x, p, (first + self._start[:n]) / rate, (first + self._end[:n]) / rate, first, rate)
        if not runs.size:
            return pairs
        zeros = measured(x, p, runs["start"], runs["end"], first, rate)
        zeros = zeros[(zeros["m"][:, 4:8] > gate).any(axis=1)]
        zeros["zero"] = 1.0
        longest_run = np.zeros(n)
        for i, row in enumerate(pairs):
            inside = np.maximum(np.minimum(runs["end"], row["end"]) - np.maximum(runs["start"], row["start"]), 0.0)
            row["zero"] = inside.sum() / (row["end"] - row["start"])
            longest_run[i] = inside.max(initial=0.0) / (row["end"] - row["start"])
        return stacked([pairs[longest_run < RUN_STANDS], zeros], HOLE)


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
