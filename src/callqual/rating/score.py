"""The scores of a leg: family scores, MOS with its 95 % interval, profile in windows of 8 s."""

from __future__ import annotations

import math
from dataclasses import dataclass

from callqual.rating import constants as c
from callqual.rating.impairment import FAMILIES, mos, rating, total
from callqual.result import Event, Window

LEAST_TALK = 0.02
"""Share of speech from which a window is judged by itself; one with less counts where damage makes it worse than the others."""


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


def _cut(event: Event, start: float, end: float) -> Event | None:
    if event.start == event.end:
        return event if start <= event.start < end else None
    a, b = max(event.start, start), min(event.end, end)
    if b <= a:
        return None
    return event if (a, b) == (event.start, event.end) else Event(
        family=event.family, kind=event.kind, start=a, end=b,
        severity=event.severity, confidence=event.confidence, details=event.details,
    )  # fmt: skip


def windows(seconds: float) -> list[tuple[float, float]]:
    """Start and end of the windows of a leg of `seconds`, each about 8 s."""
    n = max(round(seconds / c.WINDOW_SECONDS), 1)
    return [(i * seconds / n, (i + 1) * seconds / n) for i in range(n)]


def _inside(events: tuple[Event, ...], spans: list[tuple[float, float]]) -> list[list[Event]]:
    """Return, for each window, the events in it, cut at its ends."""
    inside: list[list[Event]] = [[] for _ in spans]
    width = spans[0][1] - spans[0][0]
    for event in events:
        first, last = int(event.start / width) - 1, int(event.end / width) + 1
        for i in range(max(first, 0), min(last + 1, len(spans))):
            if (cut := _cut(event, *spans[i])) is not None:
                inside[i].append(cut)
    return inside


def _pooled(values: list[float]) -> float:
    mean = sum(values) / len(values)
    recent = sum(v * (i + 1) for i, v in enumerate(values)) / sum(range(1, len(values) + 1))
    worst = min(values)
    return (1.0 - c.WORST_WEIGHT - c.RECENCY_WEIGHT) * mean + c.WORST_WEIGHT * worst + c.RECENCY_WEIGHT * recent


def score(events: tuple[Event, ...], seconds: float, talk: list[float]) -> Scores:
    """Rate a leg of `seconds`; ``talk[i]`` is the share of window ``i`` with speech: silent windows are not judged."""
    spans = windows(seconds)
    by_family: dict[str, list[float]] = {family: [] for family in FAMILIES}
    overall: list[float] = []
    silent: list[float] = []
    profile: list[Window] = []
    for (start, end), share, inside in zip(spans, talk, _inside(events, spans), strict=True):
        if share < LEAST_TALK and not inside:
            profile.append(Window(start=round(start, 3), end=round(end, 3), mos=None))
            continue
        u = total(inside, end - start)
        for family in FAMILIES:
            by_family[family].append(mos(rating(u[family])))
        value = mos(rating(sum(u.values())))
        (overall if share >= LEAST_TALK else silent).append(value)
        profile.append(Window(start=round(start, 3), end=round(end, 3), mos=round(value, 3)))
    best = sum(overall) / len(overall) if overall else mos(c.R0)
    overall += [value for value in silent if value < best]
    scores = {family: _pooled(by_family[family] or [mos(c.R0)]) for family in FAMILIES}
    value = _pooled(overall or [mos(c.R0)])
    half = 1.96 * _sigma(len(overall), scores)
    gap, jitter, buzz = (_of_five(scores[family]) for family in FAMILIES)
    return Scores(value, max(value - half, 1.0), min(value + half, 5.0), gap, jitter, buzz, tuple(profile))


def _of_five(value: float) -> float:
    """Stretch a MOS, whose curve ends at 4.46, to a family score: 5 = this family left no mark."""
    return 1.0 + 4.0 * (value - 1.0) / (mos(c.R0) - 1.0)


def _sigma(windows: int, scores: dict[str, float]) -> float:
    best = mos(c.R0)
    unrated = min((best - scores["buzz"]) + (best - scores["jitter"]), 1.0)
    return math.sqrt(c.SIGMA_MODEL**2 + c.SIGMA_CLIP**2 / max(windows, 1) + (c.SIGMA_UNRATED * unrated) ** 2)
