"""The scores of a leg: family scores, MOS with its 95 % interval, profile by window."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from callqual.rating import constants as c
from callqual.rating.fitted import FITTED, Fitted
from callqual.rating.impairment import FAMILY, by_kind, mos, rating
from callqual.rating.interval import interval
from callqual.rating.pooling import counted, pooled
from callqual.rating.timeline import Timeline
from callqual.result import KINDS, Event, Window


@dataclass(frozen=True)
class Scores:
    """MOS and family scores, 1..5, and the MOS of every window."""

    mos: float
    low: float
    high: float
    gap: float
    jitter: float
    buzz: float
    profile: tuple[Window, ...]


def score(events: Sequence[Event], line: Timeline, fitted: Fitted = FITTED) -> Scores:
    """Rate a leg by the events in its windows; windows with neither speech nor damage are not judged."""
    inside = _inside(events, line)
    loads = [by_kind(part, spoken, line.width, fitted) for part, spoken in zip(inside, line.spoken, strict=True)]
    values = [mos(rating(sum(load.values()))) for load in loads]
    talk = _talk(line)
    rated = [i for i in range(len(values)) if talk[i] or inside[i]]
    count = counted(values, talk, rated)
    heard = [loads[i] for i in count]
    value = pooled([values[i] for i in count])
    low, high = interval(value, heard, events, line, fitted)
    gap, jitter, buzz = (_of_five(pooled([mos(rating(_sum(u, family))) for u in heard])) for family in KINDS)
    profile = [
        Window(start=round(a, 3), end=round(b, 3), mos=round(values[i], 3) if i in set(rated) else None)
        for i, (a, b) in enumerate(line.spans)
    ]
    return Scores(value, low, high, gap, jitter, buzz, tuple(profile))


def _talk(line: Timeline) -> list[bool]:
    """Tell which windows have talk enough to be judged by themselves; where none has, those with any."""
    enough = [spoken >= c.LEAST_TALK * (b - a) for (a, b), spoken in zip(line.spans, line.spoken, strict=True)]
    return enough if any(enough) else [spoken > 0.0 for spoken in line.spoken]


def _sum(load: dict[str, float], family: str) -> float:
    return sum(u for kind, u in load.items() if FAMILY[kind] == family)


def _of_five(value: float) -> float:
    """Stretch a MOS, whose curve ends at 4.5, to a family score: 5 = this family left no mark."""
    return 1.0 + 4.0 * (value - 1.0) / (mos(c.R0) - 1.0)


def _inside(events: Sequence[Event], line: Timeline) -> list[list[Event]]:
    """Return, for each window, the events in it, cut at its ends."""
    inside: list[list[Event]] = [[] for _ in line.spans]
    starts = [a for a, _ in line.spans]
    for event in events:
        first = max(bisect_right(starts, event.start) - 1, 0)
        for i in range(first, len(starts)):
            if i > first and starts[i] >= event.end:
                break
            inside[i].append(_cut(event, *line.spans[i]))
    return inside


def _cut(event: Event, start: float, end: float) -> Event:
    if start <= event.start and event.end <= end:
        return event
    return msgspec.structs.replace(event, start=max(event.start, start), end=min(event.end, end))
