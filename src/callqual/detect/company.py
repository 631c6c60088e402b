"""Damage keeps company: how much the others of a leg say for one candidate.

A network that lost one packet lost more. The others are counted by the minute, or else long calls would prove themselves
damaged by their length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MINUTES = 0.25
"""Added to the length of the leg: two candidates in ten seconds are no rate of twelve a minute yet."""

FEWEST = 0.1


def likely(odds: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return the probabilities of log odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0))))


@dataclass(frozen=True)
class Company:
    """Evidence that grows from `least` others a minute on by `steep` nats for each factor of e, to `most`."""

    least: float
    steep: float
    most: float

    def evidence(
        self, alone: NDArray[np.float64], kept: NDArray[np.int64] | list[int] | slice, seconds: float
    ) -> NDArray[np.float64]:
        """Evidence for each candidate from the expected number of others; `alone` is its log odds without them.

        `kept` chooses those that count, of which no two are of the same place.
        """
        each = likely(alone)
        own = np.zeros(each.size)
        own[kept] = each[kept]
        others = np.maximum(own.sum() - own, FEWEST) / (seconds / 60.0 + MINUTES)
        return np.asarray(np.clip(self.steep * np.log(others / self.least), 0.0, self.most))
