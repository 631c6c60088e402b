"""Impairment of events, and the scales R and MOS (ITU-T G.107 annex B)."""

from __future__ import annotations

import math
from collections.abc import Iterable

from callqual.rating import constants as c
from callqual.result import Event

FAMILIES = ("gap", "jitter", "buzz")


def mos(r: float) -> float:
    """MOS of a transmission rating R, 1..4.5 (G.107 equation B-4)."""
    r = min(max(r, 0.0), 100.0)
    return max(1.0, 1.0 + 0.035 * r + 7e-6 * r * (r - 60.0) * (100.0 - r))


def audibility(event: Event) -> float:
    """How well an event is heard, 0..1, by the level of the speech beside it: nothing 30 dB below active speech, all of it at -5 dB."""
    return min(max((float(event.details.get("context_db", 0.0)) + 30.0) / 25.0, 0.0), 1.0)


def event_impairment(event: Event, seconds: float) -> float:
    """Impairment of one event in a stretch of `seconds` that holds it: its share of the rate at which R halves.

    What a cut takes cannot be heard in the recording: it counts as one packet.
    """
    length = c.REFERENCE_SECONDS if event.kind == "cut" else max(event.end - event.start, 0.0)
    if event.family == "buzz":
        level = float(event.details.get("level_db", -20.0))
        return c.BUZZ_GAIN * length / seconds * math.pow(10.0, level / 20.0)
    if event.kind not in c.B:
        return 0.0
    return audibility(event) * math.pow(length / c.REFERENCE_SECONDS, c.EXPONENT) / c.B[event.kind] / seconds


def rating(u: float) -> float:
    """R of the summed impairment `u`: the first losses cost most, and the last ones hardly anything."""
    return c.R0 / (1.0 + math.pow(u, c.CONCAVE))


def total(events: Iterable[Event], seconds: float) -> dict[str, float]:
    """Summed impairment by family over a stretch of `seconds`."""
    out = dict.fromkeys(FAMILIES, 0.0)
    for event in events:
        out[event.family] += event_impairment(event, seconds)
    return out
