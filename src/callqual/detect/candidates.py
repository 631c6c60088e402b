"""A candidate on its way to an event: its extent, what it may be, and the evidence for and against it."""

from __future__ import annotations

import math
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
