"""The windows of a leg: of about 8 s each, laid from the first speech to the last, so that silence around the call moves none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from callqual.rating import constants as c
from callqual.result import Event

Span = tuple[float, float]


@dataclass(frozen=True)
class Timeline:
    """Windows and the speech in them.

    Attributes
    ----------
    spans : tuple of (start, end)
        Seconds; they cover the leg without holes.
    spoken : tuple of float
        Seconds of active speech in each.
    width : float
        Seconds of a window between the first speech and the last; silence before and after lengthens the outer ones.
    """

    spans: tuple[Span, ...]
    spoken: tuple[float, ...]
    width: float


def timeline(active: NDArray[np.bool_], hop: float, seconds: float, events: Iterable[Event]) -> Timeline:
    """Lay the windows over a leg with speech in the `active` frames of `hop` seconds, and with `events`."""
    marks = [(e.start, e.end) for e in events if e.family != "buzz"]
    if active.any():
        marks.append((int(np.argmax(active)) * hop, (active.size - int(np.argmax(active[::-1]))) * hop))
    first = max(min((a for a, _ in marks), default=0.0), 0.0)
    last = min(max((b for _, b in marks), default=seconds), seconds)
    spans, width = windows(seconds, first, last)
    spoken = [float(active[round(a / hop) : round(b / hop)].sum()) * hop for a, b in spans]
    return Timeline(tuple(spans), tuple(spoken), width)


def windows(seconds: float, first: float, last: float) -> tuple[list[Span], float]:
    """Return the windows of a leg of `seconds` whose speech lies from `first` to `last`, and their width there."""
    n = max(round((last - first) / c.WINDOW_SECONDS), 1)
    core = _cut(first, last, n)
    head, tail = (_cut(a, b, round((b - a) / c.WINDOW_SECONDS)) for a, b in ((0.0, first), (last, seconds)))
    if not head:
        core[0] = (0.0, core[0][1])
    if not tail:
        core[-1] = (core[-1][0], seconds)
    return [*head, *core, *tail], max((last - first) / n, 1e-9)


def _cut(a: float, b: float, n: int) -> list[Span]:
    edges = [a + (b - a) * i / n for i in range(n)] + [b] if n else []
    return list(pairwise(edges))
