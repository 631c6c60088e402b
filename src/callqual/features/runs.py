"""Runs of identical samples, at the native rate, where they are exact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.features.facts import RUN
from callqual.kernels.edges import find_runs

SHORTEST_RUN = 0.003


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
