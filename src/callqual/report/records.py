"""Records for machines: JSON, JSON Lines and CSV, all from the one :class:`~callqual.result.CallScore`.

JSON is one object for one recording and an array for several; JSON Lines is one object a line, whatever their
number, written as they come. CSV has one row a leg and a fixed set of columns; a recording without legs (an
unreadable file) has one row with its reason.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

import msgspec

from callqual.result import Buzz, CallScore, Gap, Jitter, Leg, Source

_FAMILIES = {"gap": Gap, "jitter": Jitter, "buzz": Buzz}
_LISTS = ("events", "profile")


def render_jsonl(records: Iterable[CallScore]) -> Iterator[str]:
    """Yield one line of JSON a record."""
    for record in records:
        yield record.to_json() + "\n"


def render_json(records: Iterable[CallScore]) -> Iterator[str]:
    """Yield indented JSON: one object for one record, an array for none or several."""
    ahead = iter(records)
    first = list(islice(ahead, 2))
    if len(first) == 1:
        yield _indented(first[0]) + "\n"
        return
    separator = "[\n"
    for record in chain(first, ahead):
        yield separator + _indented(record)
        separator = ",\n"
    yield "\n]\n" if first else "[]\n"


def render_csv(records: Iterable[CallScore]) -> Iterator[str]:
    """Yield the header of :func:`csv_columns`, then the rows of each record."""
    columns = csv_columns()
    yield _csv_lines([columns])
    for record in records:
        yield _csv_lines([[row.get(name) for name in columns] for row in csv_rows(record)])


def csv_columns() -> list[str]:
    """Names of the CSV columns in order: the source, the leg, its families; a dot in the record is ``_`` here."""
    source = [f"source_{name}" for name in Source.__struct_fields__]
    leg = [name for name in Leg.__struct_fields__ if name not in (*_FAMILIES, *_LISTS)]
    figures = [f"{family}_{name}" for family, struct in _FAMILIES.items() for name in struct.__struct_fields__]
    return [*source, *leg, *figures, "message", "version"]


def csv_rows(record: CallScore) -> list[dict[str, Any]]:
    """Flatten a record to one dict a leg, its keys among :func:`csv_columns`."""
    source = {f"source_{name}": value for name, value in msgspec.structs.asdict(record.source).items()}
    common = {**source, "message": record.message, "version": record.version}
    if not record.legs:
        return [{**common, "reason": record.reason}]
    return [{**common, **_flat_leg(leg)} for leg in record.legs]


def _flat_leg(leg: Leg) -> dict[str, Any]:
    flat = {name: value for name, value in msgspec.structs.asdict(leg).items() if name not in (*_FAMILIES, *_LISTS)}
    for family in _FAMILIES:
        figures = msgspec.structs.asdict(getattr(leg, family))
        flat.update({f"{family}_{name}": value for name, value in figures.items()})
    return flat


def _csv_lines(rows: list[list[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _indented(record: CallScore) -> str:
    return msgspec.json.format(msgspec.json.encode(record), indent=2).decode()
