"""Truth: what a damage did, as the events ``callqual.evaluate`` takes, with the level of the speech beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from callqual.simulation.signals import Signal, active_level

TruthEvent = dict[str, Any]
"""Family, kind, start, end (s), cause, ``context_db`` and ``lost_db`` (dB re active speech), details."""

Damaged = tuple[Signal, list[TruthEvent]]
"""Samples and what was done to them."""

Damage = Callable[..., Damaged]
"""``(x, sr, rng, **options) -> (y, events)``; leaves `x` alone. Times of the events are those of `y`."""

CONTEXT_SECONDS = 0.06


class Levels:
    """Levels of stretches of a clip relative to its active speech level, from one running sum of squares."""

    def __init__(self, x: Signal, sr: int) -> None:
        self.sr = sr
        self.n = len(x)
        self.active_db = active_level(x, sr)
        self._sum = np.concatenate([[0.0], np.cumsum(x**2)])

    @property
    def active_rms(self) -> float:
        """Root mean square of active speech, full scale 1."""
        return float(10 ** (self.active_db / 20))

    def db(self, a: int, b: int) -> float:
        """Mean level of samples [a, b) in dB re active speech, -100 at the least."""
        a, b = max(a, 0), min(b, self.n)
        power = (self._sum[b] - self._sum[a]) / max(b - a, 1) if b > a else 0.0
        return max(float(10 * np.log10(max(power, 1e-15))) - self.active_db, -100.0)

    def context(self, a: int, b: int) -> float:
        """Louder of the 60 ms before sample a and after sample b, dB re active speech."""
        k = round(CONTEXT_SECONDS * self.sr)
        return max(self.db(a - k, a), self.db(b, b + k))


def event(
    family: str, kind: str, span: tuple[int, int], levels: Levels, *, cause: str, shift: int = 0, **details: float | str
) -> TruthEvent:
    """Describe damage of the samples `span` of the undamaged clip; `shift` = samples inserted before it in the output.

    ``lost_db`` is the level of what was there: a hole punched into a pause beside speech is active by its context,
    and yet took nothing.
    """
    a, b = span
    return {
        "family": family,
        "kind": kind,
        "start": (a + shift) / levels.sr,
        "end": (b + shift) / levels.sr,
        "cause": cause,
        "context_db": round(levels.context(a, b), 1),
        "lost_db": round(levels.db(a, b), 1),
        "details": details,
    }
