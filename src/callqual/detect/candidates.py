"""A candidate on its way to an event: its extent, what it may be, and the evidence for and against it."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

from callqual.result import Family


@dataclass
class Candidate:
    """One possible damage.

    Attributes
    ----------
    family, kind : str
        What it would be.
    start, end : float
        Seconds.
    evidence : dict
        Log-likelihood ratios (damage against none, nats) by name; their sum, with the prior among them, decides.
    details : dict
        Measurements for the reader, in standard units.
    context_db : float
        Speech level beside it re the active level: how audible it is.
    """

    family: Family
    kind: str
    start: float
    end: float
    evidence: dict[str, float]
    details: dict[str, float | str] = field(default_factory=dict)
    context_db: float = 0.0

    @property
    def llr(self) -> float:
        """Sum of the evidence."""
        return sum(self.evidence.values())

    @property
    def confidence(self) -> float:
        """Probability of damage."""
        return 1.0 / (1.0 + math.exp(-max(min(self.llr, 30.0), -30.0)))


def apart(start: Sequence[float], end: Sequence[float], order: Sequence[int]) -> list[int]:
    """Take stretches in the given `order`, each unless it overlaps one taken before; return their indices in order of time."""
    taken: list[tuple[float, float, int]] = []
    for i in order:
        at = bisect_left(taken, (start[i], -math.inf, -1))
        clear_before = at == 0 or taken[at - 1][1] <= start[i]
        clear_after = at == len(taken) or taken[at][0] >= end[i]
        if clear_before and clear_after:
            insort(taken, (start[i], end[i], i))
    return [i for _, _, i in taken]
