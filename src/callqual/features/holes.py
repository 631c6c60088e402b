"""Candidates of holes: every stretch of 4 ms to 1 s between an abrupt fall and an abrupt rise of the level.

Edges are ratios of 3 ms energies at the wide rate; runs of identical samples come from the native rate, where they are exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.features.edges import EdgeFinder
from callqual.features.facts import HOLE, stacked
from callqual.kernels.edges import pair_edges
from callqual.kernels.holes import COLUMNS, measure_holes
from callqual.kernels.joins import COLUMNS as JOIN
from callqual.kernels.joins import measure_joins

EDGE_RATIO = 10 ** (-0.9)
"""An edge changes the 3 ms energy by 9 dB: on clean speech 3 a second, all but a few of them weak."""

DEPTH = 10 ** (-0.6)
SHORTEST, LONGEST = 0.004, 1.0
BACK, AHEAD = 0.08, 1.1
"""Seconds before and after a hole that its measurements reach."""

STEEP, LONGEST_PAUSE = 10 ** (-1.5), 0.25
JOIN_SECONDS, PERIODS = 0.03, (0.0025, 0.0145)
"""Holes worth the look at what they join (0.02 ms each at 8 kHz, 0.06 at 16; one a second of clean speech has two edges of 15 dB), how
much of each side is looked at, and the pitch periods sought in it."""

STILL = [COLUMNS.index(name) for name in ("even", "still_fall", "still_rise")]
"""What compares one part of a hole with another: of nothing, nothing."""

RUN_STANDS = 0.6
"""A run of identical samples that makes up more of a hole than this is the hole, with its exact edges."""


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
    m = np.zeros((start.size, len(COLUMNS)))
    a, b = (np.round(t * rate).astype(np.int64) - first for t in (start, end))
    measure_holes(x, p, a, b, rate / 1000.0, m)
    rows["start"], rows["end"], rows["m"] = start, end, m
    _join(x, a, b, rows, rate)
    return rows


def _join(
    x: NDArray[np.float32], start: NDArray[np.int64], end: NDArray[np.int64], rows: NDArray[np.void], rate: int
) -> None:
    """Measure how well the ends of the holes fit each other that might be a pause put into speech."""
    steep = (rows["m"][:, :2] < STEEP).all(axis=1) & (rows["end"] - rows["start"] < LONGEST_PAUSE)
    if steep.any():
        fit = np.zeros((int(steep.sum()), len(JOIN)))
        w, shortest, longest = (round(seconds * rate) for seconds in (JOIN_SECONDS, *PERIODS))
        measure_joins(x, start[steep], end[steep], w, rate // 1000, shortest, longest, fit)
        rows["join"][steep] = fit


class HoleFinder:
    """Finds the holes whose fall lies in the stretch that is due."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self.edges = EdgeFinder(rate, EDGE_RATIO)
        self._start, self._end = np.zeros(8192, np.int64), np.zeros(8192, np.int64)

    def find(
        self, x: NDArray[np.float32], p: NDArray[np.float64], first: int, hi: int, gate: float, runs: NDArray[np.void]
    ) -> NDArray[np.void]:
        """Return the :data:`HOLE` rows of falls, and of `runs` of identical samples, that begin before `hi`.

        `x` are the samples from `first` on, `p` is their prefix sum of squares, `gate` the least energy (mean square)
        that must stand beside a hole.
        """
        rate, edges = self._rate, self.edges
        if x.size < 4 * edges.w:
            return np.zeros(0, HOLE)
        edges.search(p, first, gate)
        falls = edges.falls[edges.falls < hi] - first
        shortest, longest = round(SHORTEST * rate), round(LONGEST * rate)
        n = pair_edges(p, edges.w, shortest, longest, DEPTH, falls, edges.rises - first, self._start, self._end)
        edges.falls, edges.rises = edges.falls[falls.size :], edges.rises[edges.rises > hi]
        start, end = (first + self._start[:n]) / rate, (first + self._end[:n]) / rate
        if runs.size:
            start, end = np.concatenate((start, runs["start"])), np.concatenate((end, runs["end"]))
        rows = measured(x, p, start, end, first, rate)
        return _without_runs(rows[:n], _flat(rows[n:], runs), gate) if runs.size else rows


def _flat(rows: NDArray[np.void], runs: NDArray[np.void]) -> NDArray[np.void]:
    """Tell in the :data:`HOLE` rows of `runs` of identical samples that these are nothing, also where a quantiser has no zero for it."""
    rows["zero"], rows["value"] = 1.0, runs["value"]
    rows["m"][np.ix_(runs["value"] != 0.0, STILL)] = 0.0
    return rows


def _without_runs(pairs: NDArray[np.void], runs: NDArray[np.void], gate: float) -> NDArray[np.void]:
    """Return the holes between edges and those of identical samples that are heard, but of two that are one only the latter."""
    inside = np.minimum(runs["end"], pairs["end"][:, None]) - np.maximum(runs["start"], pairs["start"][:, None])
    share = np.maximum(inside, 0.0) / (pairs["end"] - pairs["start"])[:, None]
    pairs["zero"], pairs["value"] = share.sum(axis=1), runs["value"][share.argmax(axis=1)]
    heard = runs[(runs["m"][:, 4:8] > gate).any(axis=1)]
    return stacked([pairs[share.max(axis=1) < RUN_STANDS], heard], HOLE)
