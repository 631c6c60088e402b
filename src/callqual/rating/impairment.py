"""Impairment of events, and the scales R and MOS (ITU-T G.107 annex B)."""

from __future__ import annotations

import math
from collections.abc import Iterable

from callqual.detect.audible import audibility
from callqual.detect.metallic import CAUSE
from callqual.rating import constants as c
from callqual.rating.fitted import FITTED, Fitted
from callqual.result import KINDS, Event

DETECTOR = {kind: detector for detector, kinds in c.LOSSES.items() for kind in kinds}
"""The detector by the kind of loss that it finds."""

FAMILY = {kind: family for family, kinds in KINDS.items() for kind in kinds}


def mos(r: float) -> float:
    """MOS of a transmission rating R, 1..4.5 (G.107 equation B-4)."""
    r = min(max(r, 0.0), 100.0)
    return max(1.0, 1.0 + 0.035 * r + 7e-6 * r * (r - 60.0) * (100.0 - r))


def rating(u: float) -> float:
    """R of the summed impairment `u`: the first losses cost most, and the last ones hardly anything."""
    return c.R0 / (1.0 + math.pow(u, c.CONCAVE))


def weight(kind: str, fitted: Fitted = FITTED) -> float:
    """Impairment of one packet lost in a second of speech; 0 of what is no loss."""
    detector = DETECTOR.get(kind)
    if detector is None:
        return 0.0
    return {"concealed": fitted.concealed, "cut": fitted.cut}.get(detector, 1.0) / fitted.b


def event_impairment(event: Event, spoken: float, seconds: float, fitted: Fitted = FITTED) -> float:
    """Impairment of one event in a stretch of `seconds` with `spoken` seconds of speech.

    A loss counts by the speech it is heard in, a buzz by its share of the time, and not at all where gaps make it: they count.
    """
    length = event.end - event.start
    if event.family == "buzz" and event.details.get("cause") == CAUSE:
        return 0.0
    if event.kind in c.TONES or event.kind in c.COLOURS:
        gain = fitted.tone * (c.COLOUR if event.kind in c.COLOURS else 1.0)
        level = float(event.details.get("level_db", -20.0))
        return gain * min(max(length, 0.0) / seconds, 1.0) * math.pow(10.0, level / 20.0)
    packets = max(length / c.REFERENCE_SECONDS, 1.0)
    heard = audibility(float(event.details.get("lost_db", 0.0)))
    each = heard * math.pow(packets, c.EXPONENT) * weight(event.kind, fitted)
    return each / max(spoken, c.LEAST_SPOKEN)


def by_kind(events: Iterable[Event], spoken: float, seconds: float, fitted: Fitted = FITTED) -> dict[str, float]:
    """Summed impairment by kind over a stretch."""
    out: dict[str, float] = {}
    for event in events:
        out[event.kind] = out.get(event.kind, 0.0) + event_impairment(event, spoken, seconds, fitted)
    return out
