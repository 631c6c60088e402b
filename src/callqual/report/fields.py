"""Bare values for pipes: ``--field mos`` prints a number and nothing else, one line a recording.

A name is a dotted path into the record: ``mos``, ``source.sha256``, ``legs.0.gap.loss_rate``, ``events.0.start``.
Leg names alone, such as ``gap.loss_rate`` or ``bandwidth_hz``, mean the worst leg: the one whose MOS is the call's.
``None`` and an index past the end are an empty value; structures are compact JSON.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from callqual.errors import InputError
from callqual.result import Buzz, CallScore, Event, Gap, Jitter, Leg, Source, Window

_STRUCTS: dict[str, type[msgspec.Struct]] = {
    "source": Source,
    "legs.0": Leg,
    "events.0": Event,
    "profile.0": Window,
    "gap": Gap,
    "jitter": Jitter,
    "buzz": Buzz,
}


def render(records: Iterable[CallScore], names: Sequence[str]) -> Iterator[str]:
    """Yield the values of `names`, parted by tabs, one line a record.

    Raises
    ------
    InputError
        At once, before any record is asked for, when a name is none of :func:`known_fields`.
    """
    for name in names:
        check(name)
    return _lines(records, names)


def check(name: str) -> None:
    """Raise InputError with the nearest names when `name` is no field of a record."""
    known = known_fields()
    general = re.sub(r"\.\d+(?=\.|$)", ".0", name)
    free = re.sub(r"\.details\.\w+$", ".details", general)
    if general in known or free in known:
        return
    near = difflib.get_close_matches(general, known, n=3, cutoff=0.6)
    tails = [field for field in known if field.endswith(f".{general.rsplit('.', 1)[-1]}")]
    guess = " or ".join((near or tails)[:3]) or "mos, gap.loss_rate, legs.0.mos"
    raise InputError(f"no field {name!r} in a record; did you mean {guess}?")


def known_fields() -> list[str]:
    """All names a record answers to, with 0 for any index."""
    names = ["schema", "events", *_names(CallScore), *_below("events.0"), *_names(Leg)]
    return list(dict.fromkeys(names))


def value(record: CallScore, name: str) -> str:
    """The field `name` of a record as a bare string, empty for ``None``."""
    steps = name.split(".")
    tree = record.to_dict()
    tree["events"] = msgspec.to_builtins(record.events)
    if steps[0] not in tree:
        tree = msgspec.to_builtins(worst_leg(record)) if record.legs else {}
    return _bare(_walk(tree, steps))


def worst_leg(record: CallScore) -> Leg:
    """The leg with the lowest MOS, else the first."""
    return min(record.legs, key=lambda leg: (leg.mos is None, leg.mos or 0.0))


def _lines(records: Iterable[CallScore], names: Sequence[str]) -> Iterator[str]:
    for record in records:
        yield "\t".join(value(record, name) for name in names) + "\n"


def _names(struct: type[msgspec.Struct], prefix: str = "") -> list[str]:
    names: list[str] = []
    for field in struct.__struct_fields__:
        names.append(prefix + field)
        for step in (field, f"{field}.0"):
            names.extend(prefix + name for name in (_below(step) if step in _STRUCTS else []))
    return names


def _below(step: str) -> list[str]:
    own = [step] if step.endswith(".0") else []
    return [*own, *_names(_STRUCTS[step], f"{step}.")]


def _walk(tree: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        if isinstance(tree, (list, tuple)):
            tree = tree[int(step)] if int(step) < len(tree) else None
        elif isinstance(tree, dict):
            tree = tree.get(step)
    return tree


def _bare(found: Any) -> str:
    if found is None:
        return ""
    text = found if isinstance(found, str) else msgspec.json.encode(found).decode()
    return re.sub(r"[\t\r\n]", " ", text)
