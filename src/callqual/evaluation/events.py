"""Events as a caller gives them - Event, dict or a whole record - checked and brought to one form."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from callqual.errors import InputError
from callqual.result import KINDS, Event

GAP_LIKE = ("inserted_silence", "repeat_segment", "cut")
"""Kinds of jitter that may stand for a gap: an underrun may rightly be called either."""

ACTIVE_DB = -20.0
"""Least level beside an active gap, dB re active speech."""

LENGTHS = {"<=30": 0.030, "30-60": 0.060, "60-120": 0.120, ">120": math.inf}
"""Length classes in ms and their upper ends in seconds."""

TINY = 1e-9
"""Seconds that do not matter: rounding of the times."""

_ALIASES = {
    "start": ("onset", "begin", "start_s", "start_time", "t0", "from"),
    "end": ("offset", "stop", "end_s", "end_time", "t1", "to"),
    "kind": ("type", "label", "class", "name"),
    "family": ("group", "category"),
}


class Item(NamedTuple):
    """An event as far as its evaluation goes. `active` = speech stands beside it; `hz` = its frequency or None."""

    start: float
    end: float
    family: str
    kind: str
    active: bool
    hz: float | None
    confidence: float = 1.0

    @property
    def gap_like(self) -> bool:
        """Whether it can stand for a gap."""
        return self.family == "gap" or self.kind in GAP_LIKE

    @property
    def length_class(self) -> str:
        """Name of its class in :data:`LENGTHS`."""
        return next(name for name, most in LENGTHS.items() if self.end - self.start <= most + TINY)


def read_events(given: Any, name: str, seconds: float, min_confidence: float) -> list[Item]:
    """Read events from what a caller gave; an Event, a dict, or a whole record of them."""
    if isinstance(given, Mapping) and "legs" in given:
        given = [event for leg in given["legs"] for event in leg["events"]]
    given = getattr(given, "events", given)
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        raise InputError(
            f"{name} is a {type(given).__name__}: expected a list of events; read a file with json.load first"
        )
    plain = [(f"{name}[{i}]", _fields(event, f"{name}[{i}]")) for i, event in enumerate(given)]
    return [_item(event, place, seconds) for place, event in plain if event.get("confidence", 1.0) >= min_confidence]


def read_seconds(seconds: Any) -> float:
    """Return the length of a recording, checked."""
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or not 0 < seconds < math.inf:
        raise InputError(f"seconds={seconds!r}: expected the length of the recording in seconds, a number above 0")
    return float(seconds)


def _fields(event: Any, place: str) -> Mapping[str, Any]:
    if isinstance(event, Event):
        return {name: getattr(event, name) for name in event.__struct_fields__}
    if isinstance(event, Mapping):
        return event
    raise InputError(
        f"{place} is a {type(event).__name__}: expected an Event or a dict with family, kind, start and end"
    )


def _item(event: Mapping[str, Any], place: str, seconds: float) -> Item:
    for key, aliases in _ALIASES.items():
        if key not in event:
            other = next((a for a in aliases if a in event), None)
            advice = f"rename {other!r} to {key!r}" if other else "expected family, kind, start and end"
            raise InputError(f"{place} has no {key!r}, only {', '.join(map(repr, event)) or 'nothing'}: {advice}")
    family, kind = event["family"], event["kind"]
    if family not in KINDS or kind not in KINDS[family]:
        raise InputError(f"{place} is of {family!r}/{kind!r}: {_guess_kind(family, kind)}")
    start, end = (_seconds(event[key], f"{place}[{key!r}]", seconds) for key in ("start", "end"))
    if end < start:
        raise InputError(f"{place} ends at {end:g} s before it starts at {start:g} s: swap them, or is 'end' a length?")
    context = event.get("context_db")
    hz = (event.get("details") or {}).get("hz")
    active = context is None or context >= ACTIVE_DB
    return Item(start, end, family, kind, active, hz, float(event.get("confidence", 1.0)))


def _guess_kind(family: Any, kind: Any) -> str:
    home = next((f for f, kinds in KINDS.items() if kind in kinds), None)
    if home:
        return f"{kind!r} is of family {home!r}"
    known = [k for kinds in KINDS.values() for k in kinds]
    near = difflib.get_close_matches(str(kind), known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"


def _seconds(value: Any, place: str, seconds: float) -> float:
    try:
        time = float(value)
    except (TypeError, ValueError):
        time = math.nan
    if not math.isfinite(time):
        raise InputError(f"{place} is {value!r}: expected seconds, a finite number")
    if time < -1.0:
        raise InputError(f"{place} is {time:g} s, before the start of the recording: count from its first sample")
    if time > seconds + 1.0:
        raise InputError(f"{place} is {time:g} s in a recording of {seconds:g} s: {_guess_unit(time, seconds)}")
    return time


def _guess_unit(time: float, seconds: float) -> str:
    if time < 100:
        return "another recording's events, or too short a `seconds`?"
    if time <= 1000 * seconds:
        return "times in milliseconds? divide by 1000"
    return "times in samples? divide by the sampling rate"
