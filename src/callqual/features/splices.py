"""Candidates of splices at the native rate: where two sides surprise each other as they do nowhere round it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.audio.rates import NARROW
from callqual.features.facts import SPLICE
from callqual.features.rolling import Rolling
from callqual.kernels.joins import COLUMNS as JOIN
from callqual.kernels.joins import measure_joins
from callqual.kernels.splices import COLUMNS, find_spikes, measure_splices, set_frames_apart

HOP_SECONDS, WINDOW_SECONDS = 0.04, 0.05
"""One predictor serves 40 ms, fitted to the 50 ms round them."""

BLOCK_SECONDS, GUARD, REACH = 0.0005, 3, 40
"""Spikes are compared by blocks of half a millisecond with those within 20 ms but the nearest three: a join surprises for as many samples
as the predictor sees."""

LEAST_RATIO = 1.1
"""Three times as many as from 1.3 on, and an eighth more of the cuts at 8 kHz; from 0.9 on another tenth, of four times as many."""

JOIN_SECONDS = 0.02
"""So much of either side of a splice is joined by one predictor, which errs before a true one as after it; a voice's pulse
comes as a surprise forwards only."""

LOUDER = 10**1.5
"""A splice is looked for in frames this much above the scanner's gate: 30 dB below the loudest."""

PIECE = 512
"""Samples that are predicted together: four times as many no longer lie in the nearest cache, which takes half as long again."""

AHEAD, BESIDE = 1.1, 0.04
MATCH, SHORTEST, LONGEST = NARROW // 125, NARROW // 400, NARROW // 70


def order(sr: int) -> int:
    """Order of the predictor: two poles a kilohertz of speech up to 16 kHz; more found nothing more at 48 kHz."""
    return 12 if sr < 12000 else 16


class SpliceFinder:
    """Finds splices whose 40 ms frame lies in the stretch that is due; every sample is looked at once, borders twice."""

    def __init__(self, sr: int) -> None:
        self._sr = sr
        self._hop = round(HOP_SECONDS * sr)
        self._window = np.sqrt(np.hanning(round(WINDOW_SECONDS * sr) + 2)[1:-1])
        self._block = max(round(BLOCK_SECONDS * sr), 4)
        self._margin = -(-(3 * REACH + 2) * self._block // self._hop) * self._hop
        self._pad = self._window.size + 32
        self._at = np.zeros(4096, np.int64)
        self._found = np.zeros((4096, 5))

    def find(self, native: Rolling, narrow: Rolling, gate: float, last: bool) -> NDArray[np.void]:
        """Return the :data:`SPLICE` rows of the stretch of `native` that is due; `gate` = the least energy."""
        lo, hi = native.due(round(AHEAD * self._sr), self._hop, last)
        native.done = hi
        if hi <= lo:
            return np.zeros(0, SPLICE)
        frames = -(-(hi - lo) // self._hop) + 2 * (self._margin // self._hop)
        first = lo - self._margin
        x = _padded(native, first - self._pad, first + frames * self._hop + self._pad)
        rest = np.zeros(frames * self._hop, np.float32)
        set_frames_apart(x, self._pad, frames, self._hop, self._window, order(self._sr), PIECE, LOUDER * gate, rest)
        n = find_spikes(rest, self._block, GUARD, REACH, LEAST_RATIO, self._at, self._found)
        at = self._at[:n] + first
        inside = (at >= self._margin) & (at < native.stop - self._margin)  # a recording begins and ends with an edge
        due = (at >= lo) & (at < hi) & inside
        rows = self._rows(at[due], self._found[:n][due], narrow)
        rows["join"] = self._joins(x, at[due] - first + self._pad)
        return rows

    def _joins(self, x: NDArray[np.float32], at: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how well the two sides of each splice ``x[at]`` fit each other; their period is measured elsewhere."""
        fit = np.zeros((at.size, len(JOIN)))
        measure_joins(x, at, at, round(JOIN_SECONDS * self._sr), order(self._sr), 1, 1, fit)
        return fit[:, :3]

    def _rows(self, at: NDArray[np.int64], found: NDArray[np.float64], narrow: Rolling) -> NDArray[np.void]:
        rows, m = np.zeros(at.size, SPLICE), np.zeros((at.size, len(COLUMNS)))
        if not at.size:
            return rows
        slow = np.round(at * (NARROW / self._sr)).astype(np.int64)
        first = int(slow[0]) - round(BESIDE * NARROW)
        x = _padded(narrow, first, int(slow[-1]) + round(BESIDE * NARROW))
        m[:, :5] = found
        measure_splices(x, slow - first, MATCH, SHORTEST, LONGEST, m)
        rows["at"], rows["m"] = at / self._sr, m
        return rows


def _padded(signal: Rolling, lo: int, hi: int) -> NDArray[np.float32]:
    """Return the samples ``lo..hi``, zeros where there are none."""
    x = signal.view(lo, hi)
    if x.size == hi - lo:
        return x
    head = max(signal.start - lo, 0)
    return np.concatenate((np.zeros(head, np.float32), x, np.zeros(hi - lo - head - x.size, np.float32)))
