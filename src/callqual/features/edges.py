"""Abrupt edges of a level: ratios of 3 ms energies, at the wide rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.features.facts import EDGE
from callqual.kernels.edges import find_edges
from callqual.kernels.energies import sum_squares

EDGE_SECONDS = 0.003
STEEP = 10 ** (-1.8)
"""Edges of 18 dB and more are kept one by one: on clean speech nine in ten seconds; losses that one edge alone tells of have no less."""


class EdgeFinder:
    """Finds the abrupt edges of a signal's level; every sample is searched once, edges wait until they are paired."""

    def __init__(self, rate: int, ratio: float) -> None:
        self.w = round(EDGE_SECONDS * rate)
        self._edge_ratio = ratio
        self._fall, self._rise = np.zeros(8192, np.int64), np.zeros(8192, np.int64)
        self._ratios = np.zeros(8192), np.zeros(8192)
        self._count = np.zeros(2, np.int64)
        self._rate = rate
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

    def forget(self, first: int) -> None:
        """Forget the edges before sample `first`."""
        self.falls, self.rises = self.falls[self.falls >= first], self.rises[self.rises >= first]

    def steep(self, p: NDArray[np.float64], first: int) -> NDArray[np.void]:
        """Return the :data:`EDGE` rows of the steep edges of the last search, once; `p` and `first` are those of that search."""
        falls, rises = self._count
        steep = np.concatenate((self._ratios[0][:falls], self._ratios[1][:rises])) < STEEP
        at = np.concatenate((self._fall[:falls], self._rise[:rises]))[steep]
        self._count[:] = 0
        rows = np.zeros(at.size, EDGE)
        rows["at"] = (at + first) / self._rate
        rows["before"], rows["after"] = (p[at] - p[at - self.w]) / self.w, (p[at + self.w] - p[at]) / self.w
        return rows


def squares(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the prefix sum of squares of `x`: entry ``i`` is the energy of ``x[:i]``."""
    p = np.empty(x.size + 1)
    sum_squares(x, p)
    return p
