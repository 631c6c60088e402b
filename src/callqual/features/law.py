"""What a receiver made up of a G.711 call, to the sample: decoded packets lie on the 255 values of their law, and nothing else does.

Works on recordings at 8 kHz that nothing has touched since: a gain, a resampler or a codec takes every sample off those values.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from callqual.audio.path import SEGMENT_0, g711_codes
from callqual.audio.rates import NARROW
from callqual.features.facts import MADE
from callqual.kernels.grids import count_on_grids
from callqual.kernels.law import STATE, find_made

LOOK_STEP, FEWEST, ON_LAW = 16, 20, 0.5
"""One sample in so many is looked at first, a prime number of them would tell no more; fewer than so many loud ones say nothing of a block, and
one with a smaller share of them on a law is none."""

OFF = 3.0
"""Log-likelihood ratio of a sample off the law: one in twenty of the others might be, for all we know; in truth none is."""

DROP, STILL, LEAST = 16.0, 40, 24.0
"""A stretch ends where its sum falls by so much (a hundred loud samples hit a value by chance less often), after so many samples of no more
evidence, and counts from so much: eight samples."""


class LawReader:
    """Finds what is off the law in blocks that are mostly on it; `counts` are those of :class:`~callqual.features.facts.Facts`."""

    def __init__(self, sr: int, counts: NDArray[np.int64]) -> None:
        self._alive = sr == NARROW
        self._counts = counts
        self._state = np.zeros(len(STATE))
        self._start, self._end = np.zeros(4096, np.int64), np.zeros(4096, np.int64)
        self._evidence = np.zeros(4096, np.float32)
        self._read = 0
        self._clear = 0

    def push(self, x: NDArray[np.float32], last: bool) -> NDArray[np.void]:
        """Return the :data:`MADE` rows of the stretches that end in a block; one that another sound began or ended is none."""
        law, other = _law(x) if self._alive else (None, 0)
        if law is None:
            return self._skip(x.size, other)
        x = np.append(x, np.zeros(STILL, np.float32)) if last else x
        places = self._start, self._end, self._evidence
        n = find_made(
            x, self._read, _scores()[law], int(SEGMENT_0), DROP, STILL, LEAST, self._state, *places, self._counts
        )
        self._read += x.size
        rows = np.zeros(n, MADE)
        rows["start"], rows["end"] = self._start[:n] / NARROW, self._end[:n] / NARROW
        rows["evidence"] = self._evidence[:n]
        return rows[self._start[:n] >= self._clear]

    def _skip(self, samples: int, other: int) -> NDArray[np.void]:
        """Forget what goes on, and if so many of the samples were `other` sound also what goes on after it."""
        self._state[:] = 0.0
        self._read += samples
        if other:
            self._counts[2] += other
            self._clear = self._read + STILL
        return np.zeros(0, MADE)


def _law(x: NDArray[np.float32]) -> tuple[int | None, int]:
    """Return the law on whose values most of a block lies (0 = mu, 1 = A), else None; and how many of its samples are loud if they are on none.

    A call may end in what a receiver made up and then silence: only the former is another sound.
    """
    counts = np.zeros(6, np.int64)
    count_on_grids(x, LOOK_STEP, g711_codes(), SEGMENT_0, counts)
    large, best = int(counts[3]), int(np.argmax(counts[4:]))
    if large < FEWEST:
        return None, 0
    return (best, 0) if counts[4 + best] >= ON_LAW * large else (None, large * LOOK_STEP)


@cache
def _scores() -> NDArray[np.float32]:
    """Return the log-likelihood ratio of each 16-bit magnitude, made up against decoded: rows mu-law and A-law, shape (2, 32769).

    A value of the law is met by chance as often as the values lie apart. Digital silence and full scale are anybody's.
    """
    scores = np.full((2, 2**15 + 1), OFF, np.float32)
    for row, codes in zip(scores, g711_codes(), strict=True):
        values = np.flatnonzero(codes)
        row[values] = -np.log(np.gradient(values.astype(np.float64)))
        row[[0, -1]] = 0.0
    return scores
