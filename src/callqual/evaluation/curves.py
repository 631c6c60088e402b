"""F1 against false alarms: what an evaluation would be at every confidence asked for, in one pass.

Whether a found event is right does not depend on the others, and a true one that is hit stays hit when less sure events
are let in. So each true event has one confidence down to which it is hit, and all points of the curve follow by counting.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

import msgspec

from callqual.errors import InputError
from callqual.evaluation.events import GAP_LIKE, TINY, Item, read_events, read_seconds
from callqual.evaluation.match import FOUND_COLLAR, Gaps, buzz_room, half, union
from callqual.evaluation.tallies import Tally
from callqual.result import KINDS

Covers = list[tuple[float, float, float]]
"""Start, end and confidence of what may cover a true event, in order of start."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """The counts at one least confidence; ``tally.named`` and what is don't-care are not counted."""

    min_confidence: float
    tally: Tally
    false_alarms_per_minute: float

    def to_dict(self) -> dict[str, Any]:
        """Return counts and figures."""
        names = ("hit", "missed", "right", "wrong", "precision", "recall", "f1")
        figures = {name: getattr(self.tally, name) for name in names}
        return {
            "min_confidence": self.min_confidence,
            **figures,
            "false_alarms_per_minute": self.false_alarms_per_minute,
        }


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """F1 against false alarms over the confidence asked for; add recordings up with :func:`pool`.

    Attributes
    ----------
    seconds : float
        Length of the recordings.
    hits : tuple of float
        Of every active true event that is found at all, the greatest least confidence at which it is.
    missed : int
        Active true events that no confidence finds.
    right, wrong : tuple of float
        Confidences of the found events that are right, and of the false alarms.
    """

    seconds: float
    hits: tuple[float, ...] = ()
    missed: int = 0
    right: tuple[float, ...] = ()
    wrong: tuple[float, ...] = ()

    def at(self, min_confidence: float) -> Point:
        """Return the point where events below `min_confidence` are left out."""
        return self._points([min_confidence])[0]

    def points(self) -> list[Point]:
        """Return a point for every confidence at which a count changes, least first."""
        return self._points(sorted({*self.hits, *self.right, *self.wrong}))

    def best(self, false_alarms_per_minute: float = math.inf) -> Point | None:
        """Return the point of the highest F1 with no more false alarms than that, of equal ones the surest."""
        allowed = [p for p in self.points() if p.false_alarms_per_minute <= false_alarms_per_minute]
        return max(allowed, key=lambda p: (p.tally.f1 or 0.0, p.min_confidence), default=None)

    def _points(self, thresholds: Iterable[float]) -> list[Point]:
        hits, right, wrong = (sorted(part) for part in (self.hits, self.right, self.wrong))

        def above(part: list[float], least: float) -> int:
            return len(part) - bisect_left(part, least)

        out = []
        for least in thresholds:
            hit, false = above(hits, least), above(wrong, least)
            missed = len(hits) + self.missed - hit
            tally = Tally(hit=hit, missed=missed, right=above(right, least), wrong=false)
            out.append(Point(min_confidence=least, tally=tally, false_alarms_per_minute=false / (self.seconds / 60)))
        return out


def curve(truth_events: Any, found_events: Any, *, seconds: float, kind: str | None = None) -> Curve:
    """Compare found events with true ones at every confidence, by the rules of :mod:`callqual.evaluation`.

    Parameters
    ----------
    truth_events, found_events : sequence of Event or dict
        As for :func:`callqual.evaluate`. Score with ``min_confidence=0``: a curve knows of what it is given only.
    seconds : float
        Length of the recording.
    kind : str, optional
        True and found events of one kind; None = everything that stands for a gap.

    Returns
    -------
    Curve
    """
    seconds = read_seconds(seconds)
    known = [name for names in KINDS.values() for name in names]
    if kind is not None and kind not in known:
        raise InputError(f"kind={kind!r}: expected None or one of {', '.join(known)}")
    truth = read_events(truth_events, "truth_events", seconds, -math.inf)
    found = read_events(found_events, "found_events", seconds, -math.inf)
    if kind is None or kind in (*KINDS["gap"], *GAP_LIKE):
        return _of_gaps([t for t in truth if t.gap_like], [f for f in found if f.gap_like], seconds, kind)
    return _of_buzz([t for t in truth if t.kind == kind], [f for f in found if f.kind == kind], seconds)


def _of_gaps(truth: list[Item], found: list[Item], seconds: float, kind: str | None) -> Curve:
    gaps = Gaps(truth, found)
    told = [(f.confidence, v) for f, v in zip(gaps.found, gaps.verdicts, strict=True) if kind in (None, f.kind)]
    covers = [(f.start - FOUND_COLLAR, f.end + FOUND_COLLAR, f.confidence) for f in gaps.found]
    hits = _hits([t for t in truth if t.active and kind in (None, t.kind)], covers)
    return _curve(seconds, hits, [c for c, v in told if v == "right"], [c for c, v in told if v == "wrong"])


def _of_buzz(truth: list[Item], found: list[Item], seconds: float) -> Curve:
    inside = buzz_room(truth)
    told = [(f.confidence, half((f.start, f.end), inside)) for f in found]
    hits = _hits(truth, sorted((f.start, f.end, f.confidence) for f in found))
    return _curve(seconds, hits, [c for c, right in told if right], [c for c, right in told if not right])


def _curve(seconds: float, hits: list[float | None], right: list[float], wrong: list[float]) -> Curve:
    return Curve(
        seconds=seconds,
        hits=tuple(h for h in hits if h is not None),
        missed=hits.count(None),
        right=tuple(right),
        wrong=tuple(wrong),
    )


def _hits(truth: list[Item], covers: Covers) -> list[float | None]:
    """Return of each true event the greatest confidence at which half of it is covered; None = at none."""
    starts = [a for a, _, _ in covers]
    longest = max((b - a for a, b, _ in covers), default=0.0)
    out = []
    for t in truth:
        near = covers[bisect_left(starts, t.start - longest - TINY) : bisect_left(starts, t.end + 2 * TINY)]
        near = [c for c in near if c[1] >= t.start - TINY]
        levels = sorted({c for _, _, c in near}, reverse=True)
        out.append(next((least for least in levels if half((t.start, t.end), _covered(near, least))), None))
    return out


def _covered(covers: Covers, least: float) -> list[tuple[float, float]]:
    return union((a, b) for a, b, confidence in covers if confidence >= least)
