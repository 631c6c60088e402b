"""A candidate on its way to an event: its extent, what it may be, and the evidence for and against it."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from callqual.result import Family

DEAD_AIR_SECONDS = 1.0
"""From here on what was lost is an outage, whatever was played for it first."""


@dataclass(eq=False, slots=True)
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


class BySecond:
    """Candidates by the seconds they reach into, so that the neighbours of one are found without a look at all."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._of: defaultdict[int, list[Candidate]] = defaultdict(list)
        for c in candidates:
            self.add(c)

    def _seconds(self, start: float, end: float) -> range:
        return range(math.floor(start), math.floor(end) + 1)

    def add(self, c: Candidate) -> None:
        """Add a candidate; its extent must not change while it is here."""
        for second in self._seconds(c.start, c.end):
            self._of[second].append(c)

    def drop(self, c: Candidate) -> None:
        """Remove a candidate."""
        for second in self._seconds(c.start, c.end):
            self._of[second].remove(c)

    def touching(self, start: float, end: float) -> list[Candidate]:
        """Return the candidates that overlap ``start..end``."""
        near = {id(c): c for second in self._seconds(start, end) for c in self._of[second]}
        return [c for c in near.values() if c.start < end and start < c.end]

    def all(self) -> list[Candidate]:
        """Return every candidate once: of the seconds that it reaches into, in the first."""
        return [c for second in sorted(self._of) for c in self._of[second] if math.floor(c.start) == second]
