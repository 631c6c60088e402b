"""Which true events were hit and which found ones are right: the rules of :mod:`callqual.evaluation` in code."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate

from callqual.evaluation.events import TINY, Item
from callqual.evaluation.tallies import BuzzTally, Tally

FOUND_COLLAR = 0.010
"""Seconds by which found events are widened at both ends to cover a true gap."""

_TRUE_COLLARS = (0.020, 0.060)
_BUZZ_COLLAR = 0.5

Span = tuple[float, float]


class Gaps:
    """The gap-like events of one recording, each with its verdict."""

    def __init__(self, truth: list[Item], found: list[Item]) -> None:
        self.truth, self.found = truth, sorted(found, key=_by_time)
        heard = union((f.start - FOUND_COLLAR, f.end + FOUND_COLLAR) for f in found)
        self.hit = {i for i, t in enumerate(truth) if t.active and half((t.start, t.end), heard)}
        before, after = _TRUE_COLLARS
        active = union((t.start - before, t.end + after) for t in truth if t.active)
        every = union((t.start - before, t.end + after) for t in truth)
        self.verdicts = [
            "right" if half((f.start, f.end), active) else "dont_care" if half((f.start, f.end), every) else "wrong"
            for f in self.found
        ]
        partner = _Partners(self.found)
        self.partners = {i: partner.of(truth[i]) for i in self.hit}
        self.pairs = [(truth[i], self.partners[i]) for i in sorted(self.hit)]

    def tally(self, *, family: str | None = None, kind: str | None = None, length: str | None = None) -> Tally:
        """Count all, or those of one family, kind or length class."""

        def wanted(e: Item) -> bool:
            return family in (None, e.family) and kind in (None, e.kind) and length in (None, e.length_class)

        chosen = [i for i, t in enumerate(self.truth) if wanted(t)]
        hits = [i for i in chosen if i in self.hit]
        verdicts = [v for f, v in zip(self.found, self.verdicts, strict=True) if wanted(f)]
        return Tally(
            hit=len(hits),
            missed=sum(self.truth[i].active for i in chosen) - len(hits),
            ignored=sum(not self.truth[i].active for i in chosen),
            right=verdicts.count("right"),
            wrong=verdicts.count("wrong"),
            dont_care=verdicts.count("dont_care"),
            named=sum(self.partners[i].kind == self.truth[i].kind for i in hits),
        )


def _by_time(e: Item) -> tuple[float, float, str]:
    return e.start, e.end, e.kind


class _Partners:
    """Finds, among events sorted by start, the one that overlaps a true one most."""

    def __init__(self, found: list[Item]) -> None:
        self.found = found
        self.starts = [f.start for f in found]
        self.latest = list(accumulate((f.end for f in found), max))

    def of(self, t: Item) -> Item:
        """Return the best partner of a hit gap: most overlap, then nearest start."""
        low = bisect_left(self.latest, t.start - FOUND_COLLAR - TINY)
        high = bisect_right(self.starts, t.end + FOUND_COLLAR + TINY)
        return max(
            self.found[low:high], key=lambda f: (min(f.end, t.end) - max(f.start, t.start), -abs(f.start - t.start))
        )


def buzz(kind: str, truth: list[Item], found: list[Item]) -> BuzzTally:
    """Count the buzz (or time-warp) of one kind."""
    same = [f for f in found if f.kind == kind]
    true = [t for t in truth if t.kind == kind]
    heard = union((f.start, f.end) for f in same)
    anyhow = union((f.start, f.end) for f in found if f.family == "buzz")
    hits = [t for t in true if half((t.start, t.end), heard)]
    inside = buzz_room(true)
    right = sum(half((f.start, f.end), inside) for f in same)
    partner = _Partners(sorted(same, key=_by_time))
    pairs = [(t.hz, partner.of(t).hz) for t in hits]
    errors = tuple(100 * abs(f - t) / t for t, f in pairs if t and f)
    return BuzzTally(
        hit=len(hits),
        missed=len(true) - len(hits),
        heard=sum(half((t.start, t.end), anyhow) for t in true),
        right=right,
        wrong=len(same) - right,
        hz_errors=errors,
    )


def buzz_room(true: list[Item]) -> list[Span]:
    """Return where a found buzz is right: the true ones of its kind, widened."""
    wide = [min(_BUZZ_COLLAR, (t.end - t.start) / 4) for t in true]
    return union((t.start - w, t.end + w) for t, w in zip(true, wide, strict=True))


def union(spans: Iterable[Span]) -> list[Span]:
    """Join overlapping spans into disjoint ones in order."""
    out: list[Span] = []
    for a, b in sorted(spans):
        if out and a <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], b))
        else:
            out.append((a, b))
    return out


def half(span: Span, union: list[Span]) -> bool:
    """Whether half of `span` lies in the disjoint, ordered `union`; of a moment, whether it lies inside."""
    a, b = span
    k = max(bisect_right(union, (a, math.inf)) - 1, 0)
    covered = 0.0
    while k < len(union) and union[k][0] <= b:
        if union[k][1] >= a and b - a <= TINY:
            return True
        covered += max(min(union[k][1], b) - max(union[k][0], a), 0.0)
        k += 1
    return b - a > TINY and covered >= (b - a) / 2 - TINY
