"""Candidates of noise fills: short stretches of even noise between two abrupt changes, of the level or of its brightness.

A fill as loud as what it replaces is no hole in the level. White noise has 18 dB more of the highest frequencies than voiced
speech of its level, so its edges show in the second difference, and between them that is even as speech never is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.features.edges import EdgeFinder, squares
from callqual.features.facts import NOISE
from callqual.kernels.edges import pair_even
from callqual.kernels.energies import bend
from callqual.kernels.holes import COLUMNS, crossing_shares, measure_holes

EDGE_RATIO = 10 ** (-0.8)
EVEN_SAMPLES, SPREAD = 48, 10**0.7
"""Loudest over least window of white noise in packets: 48 samples vary by 0.9 dB (standard deviation). Three milliseconds are
24 at 8 kHz, vary by 1.3 dB and miss a quarter of the fills."""

LONGEST, AHEAD = 0.25, 0.32
SHORTEST_FILL = 0.008
FEWEST_CROSSINGS = {8000: 0.33, 16000: 0.2}
"""Zero crossings a sample, by rate: half in white noise, a tenth between the pulses of a voice, which are even too; at 16 kHz a
fill may have come through a telephone's band."""

SAME_EDGE = 0.001
"""An edge of level that stands so near one of brightness is the same, and the better placed."""

GATE = 10.0
"""Fills are meant to be heard: 10 dB above the least energy beside a hole. Room noise, all edges at 3 ms, stays out."""


class NoiseFinder:
    """Finds the even stretches that begin in the stretch that is due."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._level, self._bright = EdgeFinder(rate, EDGE_RATIO), EdgeFinder(rate, EDGE_RATIO)
        self._start, self._end = np.zeros(8192, np.int64), np.zeros(8192, np.int64)

    def find(
        self, x: NDArray[np.float32], p: NDArray[np.float64], first: int, lo: int, hi: int, gate: float
    ) -> NDArray[np.void]:
        """Return the :data:`NOISE` rows of stretches that begin in ``[lo, hi)`` and are louder than `gate` (mean square).

        `x` are the samples from `first` on, `p` is their prefix sum of squares.
        """
        rate = self._rate
        x = x[: hi + round(AHEAD * rate) - first]
        p = p[: x.size + 1]
        if x.size < 4 * self._level.w:
            return np.zeros(0, NOISE)
        d = np.empty_like(x)
        bend(x, d)
        q = squares(d)
        level, bright = self._level, self._bright
        for finder, energy in ((level, p), (bright, q)):
            finder.search(energy, first, GATE * gate)
            finder.forget(first)
        shortest, longest, near = round(SHORTEST_FILL * rate), round(LONGEST * rate), round(SAME_EDGE * rate)
        n = pair_even(
            q, EVEN_SAMPLES, shortest, longest, SPREAD, GATE * gate,
            level.falls, level.rises, bright.falls, bright.rises, near, first, self._start, self._end,
        )  # fmt: skip
        start, end = self._start[:n], self._end[:n]
        due = (start + first >= lo) & (start + first < hi)
        return self._rows(x, d, p, q, start[due], end[due], first)

    def _rows(
        self, x: NDArray[np.float32], d: NDArray[np.float32], p: NDArray[np.float64], q: NDArray[np.float64],
        start: NDArray[np.int64], end: NDArray[np.int64], first: int,
    ) -> NDArray[np.void]:  # fmt: skip
        """Measure the stretches that cross zero often enough: one in a hundred at 8 kHz."""
        if not start.size:
            return np.zeros(0, NOISE)
        share = np.empty(start.size)
        crossing_shares(x, start, end, share)
        often = share > FEWEST_CROSSINGS[self._rate]
        start, end = start[often], end[often]
        rows = np.zeros(start.size, NOISE)
        m = np.zeros((start.size, len(COLUMNS)))
        measure_holes(x, p, start, end, self._rate / 1000.0, m)
        rows["m"] = m
        measure_holes(d, q, start, end, self._rate / 1000.0, m)
        rows["d"] = m
        rows["start"], rows["end"] = (first + start) / self._rate, (first + end) / self._rate
        return rows
