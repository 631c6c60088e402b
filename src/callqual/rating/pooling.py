"""From the windows of a call to its MOS: the mean, drawn towards the worst tenth and towards the end."""

from __future__ import annotations

import math
from collections.abc import Sequence

from callqual.rating import constants as c
from callqual.rating.impairment import mos


def pooled(values: Sequence[float]) -> float:
    """MOS of a call of these windows in order of time; that of an undamaged one where none counts."""
    n = len(values)
    if not n:
        return mos(c.R0)
    mean = sum(values) / n
    k = max(math.floor(c.WORST_SHARE * n), 1)
    worst = sum(sorted(values)[:k]) / k
    recent = sum(v * (i + 1) for i, v in enumerate(values)) / (n * (n + 1) / 2)
    return (1.0 - c.WORST_WEIGHT - c.RECENCY_WEIGHT) * mean + c.WORST_WEIGHT * worst + c.RECENCY_WEIGHT * recent


def counted(values: Sequence[float], talk: Sequence[bool], rated: Sequence[int]) -> list[int]:
    """Return the windows that the call is made of: those with talk, and silent ones that damage makes worse than these."""
    spoken = [values[i] for i in rated if talk[i]]
    best = sum(spoken) / len(spoken) if spoken else math.inf
    return [i for i in rated if talk[i] or values[i] < best]
