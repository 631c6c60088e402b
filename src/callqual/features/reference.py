"""The loudness of a leg as a stream can know it: what every level of the learned stage is relative to, whatever the gain.

A leaky maximum of means of 300 ms that looks a second ahead: it stands when a word begins, falls 2 dB a second in pauses, and
does not see the single click.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.loudness import leaky

MEAN = 30
"""Frames of a mean; it reaches from 15 before a frame to 14 after it."""

AHEAD = 100
LEAK = 10 ** (-0.002)
"""What is left of the maximum after a frame: 2 dB a second."""

LEAST = 1e-7
"""Mean square, -70 dBov, below which no reference falls: nobody talks there."""


_MEAN = np.full(MEAN, 1.0 / MEAN)


class Reference:
    """Takes the mean squares of the frames of a leg in order and returns the reference of each, 1.14 s late."""

    def __init__(self) -> None:
        self._levels = np.zeros(MEAN // 2)
        self._ahead = 0.0
        self._skip = AHEAD
        self._owed = 0

    def push(self, levels: NDArray[np.float64], last: bool) -> NDArray[np.float64]:
        """Return the references (mean squares) that `levels` add, at the `last` those of all frames."""
        self._owed += levels.size
        end = np.zeros(MEAN // 2 - 1 + AHEAD if last else 0)
        self._levels = np.concatenate((self._levels, levels, end))
        means = np.convolve(self._levels, _MEAN, "valid") if self._levels.size >= MEAN else np.zeros(0)
        self._levels = self._levels[means.size :]
        first = means[: self._skip]
        self._skip -= first.size
        self._ahead = max(self._ahead, float(first.max(initial=LEAST)))
        known = np.empty(means.size - first.size)
        leaky(means[first.size :], self._ahead, LEAK, LEAST, known)
        self._ahead = float(known[-1]) if known.size else self._ahead
        known = known[: self._owed]
        self._owed -= known.size
        return known
