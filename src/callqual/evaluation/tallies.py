"""Counts of an evaluation, the figures they give, and their sum over many recordings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from callqual.errors import InputError


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of true gaps and of found events, which need not pair one to one.

    Attributes
    ----------
    hit, missed, ignored : int
        Active true gaps found and not found; inactive ones.
    right, wrong, dont_care : int
        Found events that lie in active gaps, in none, and in inactive ones only.
    named : int
        Those `hit` whose best-overlapping found event has the same kind.
    """

    hit: int = 0
    missed: int = 0
    ignored: int = 0
    right: int = 0
    wrong: int = 0
    dont_care: int = 0
    named: int = 0

    @property
    def recall(self) -> float | None:
        """Share of active true gaps that were hit."""
        return _ratio(self.hit, self.hit + self.missed)

    @property
    def precision(self) -> float | None:
        """Share of the found events that are right, don't-care ones left out."""
        return _ratio(self.right, self.right + self.wrong)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None without active true gaps."""
        return _f1(self.precision, self.recall)

    def to_dict(self) -> dict[str, Any]:
        """Return counts and figures."""
        counts = {name: getattr(self, name) for name in self.__struct_fields__}
        return counts | {"precision": self.precision, "recall": self.recall, "f1": self.f1}


class BuzzTally(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one kind of buzz. `heard` = true ones half covered by found buzz of any kind.

    `hz_errors` holds, for the hit ones, how far the found frequency is off, in percent of the true one.
    """

    hit: int = 0
    missed: int = 0
    heard: int = 0
    right: int = 0
    wrong: int = 0
    hz_errors: tuple[float, ...] = ()

    @property
    def recall(self) -> float | None:
        """Share of the true ones that were hit."""
        return _ratio(self.hit, self.hit + self.missed)

    @property
    def precision(self) -> float | None:
        """Share of the found ones that are right."""
        return _ratio(self.right, self.right + self.wrong)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None without true ones."""
        return _f1(self.precision, self.recall)

    def to_dict(self) -> dict[str, Any]:
        """Return counts and figures; of the frequency errors the median and the 95th percentile."""
        counts = {name: getattr(self, name) for name in self.__struct_fields__ if name != "hz_errors"}
        errors = {"hz_error_median": quantile(self.hz_errors, 0.5), "hz_error_p95": quantile(self.hz_errors, 0.95)}
        return counts | {"precision": self.precision, "recall": self.recall, "f1": self.f1} | errors


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What :func:`callqual.evaluate` finds; add recordings up with :func:`pool`.

    Attributes
    ----------
    seconds : float
        Length of the recordings.
    gap : Tally
        Everything that stands for a gap.
    by_family, by_kind, by_length : dict of str to Tally
        The same by family and by kind (true gaps by theirs, found events by theirs), and by length in ms
        (:data:`callqual.evaluation.LENGTHS`).
    start_errors, end_errors : tuple of float
        Found minus true edge of every hit gap with a length, ms.
    buzz : dict of str to BuzzTally
        By kind of buzz, and ``time_warp``.
    true_seconds, found_seconds : float
        Time inside active true gaps and inside found events.
    """

    seconds: float
    gap: Tally = Tally()
    by_family: dict[str, Tally] = {}
    by_kind: dict[str, Tally] = {}
    by_length: dict[str, Tally] = {}
    start_errors: tuple[float, ...] = ()
    end_errors: tuple[float, ...] = ()
    buzz: dict[str, BuzzTally] = {}
    true_seconds: float = 0.0
    found_seconds: float = 0.0

    @property
    def false_alarms_per_minute(self) -> float:
        """Wrong gap-like events a minute."""
        return self.gap.wrong / (self.seconds / 60)

    @property
    def buzz_false_alarms_per_minute(self) -> float:
        """Wrong buzz (and time-warp) events a minute."""
        return sum(t.wrong for t in self.buzz.values()) / (self.seconds / 60)

    def edge_errors(self) -> dict[str, float | None]:
        """Return median and 95th percentile of the absolute errors of start and end, ms."""
        out: dict[str, float | None] = {}
        for name, errors in (("start", self.start_errors), ("end", self.end_errors)):
            absolute = [abs(e) for e in errors]
            out[f"{name}_median_ms"], out[f"{name}_p95_ms"] = quantile(absolute, 0.5), quantile(absolute, 0.95)
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dicts and numbers."""
        return {
            "seconds": self.seconds,
            "gap": self.gap.to_dict() | {"false_alarms_per_minute": self.false_alarms_per_minute},
            "by_family": {k: t.to_dict() for k, t in self.by_family.items()},
            "by_kind": {k: t.to_dict() for k, t in self.by_kind.items()},
            "by_length": {k: t.to_dict() for k, t in self.by_length.items()},
            "edges": self.edge_errors(),
            "buzz": {k: t.to_dict() for k, t in self.buzz.items()},
            "buzz_false_alarms_per_minute": self.buzz_false_alarms_per_minute,
            "true_seconds": self.true_seconds,
            "found_seconds": self.found_seconds,
        }


Pooled = TypeVar("Pooled", bound=msgspec.Struct)


def pool(evaluations: Iterable[Pooled]) -> Pooled:
    """Add up the evaluations, or the curves, of many recordings into one."""
    every = list(evaluations)
    if not every:
        raise InputError("evaluations is empty: expected at least one Evaluation to pool")
    kind = type(every[0])
    return kind(**{name: _added([getattr(e, name) for e in every]) for name in kind.__struct_fields__})


def _added(values: Sequence[Any]) -> Any:
    """Sum numbers, join tuples, and add dicts and tallies part by part."""
    first = values[0]
    if isinstance(first, dict):
        keys = dict.fromkeys(key for value in values for key in value)
        return {key: _added([value[key] for value in values if key in value]) for key in keys}
    if isinstance(first, (Tally, BuzzTally)):
        return type(first)(**{k: _added([getattr(v, k) for v in values]) for k in first.__struct_fields__})
    if isinstance(first, tuple):
        return tuple(item for value in values for item in value)
    return sum(values)


def quantile(values: Sequence[float], q: float) -> float | None:
    """Return the `q` quantile (0..1) by linear interpolation; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    k = int(place)
    return ordered[k] + (place - k) * (ordered[min(k + 1, len(ordered) - 1)] - ordered[k])


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _f1(precision: float | None, recall: float | None) -> float | None:
    if recall is None:
        return None
    return 2 * precision * recall / (precision + recall) if precision and recall else 0.0
