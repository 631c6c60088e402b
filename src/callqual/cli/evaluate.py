"""``callqual evaluate TRUTH RECORD``: what was found against what is there, in one recording or many."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import PurePath
from typing import Any

from callqual.cli import values
from callqual.cli.output import say
from callqual.cli.verdict import FINE, UNREADABLE

NAME = "evaluate"
HELP = "Compare the events of records with true ones: precision, recall, F1, false alarms a minute."


class _Unreadable(Exception):
    """A JSON file that cannot be read, with the line to say so."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of ``callqual evaluate``."""
    add = parser.add_argument
    add(
        "truth",
        metavar="TRUTH",
        help="JSON file of true events: a list, an object with the list under 'events', or such objects by file name",
    )
    add(
        "record",
        metavar="RECORD",
        help="record that 'callqual score --format json' wrote, or many by --format jsonl; - for stdin",
    )
    add(
        "--format", choices=("table", "json"), default="table", help="table (the default) for people, json for programs"
    )
    add(
        "--min-confidence",
        type=values.share,
        default=0.5,
        metavar="P",
        help="leave out found events less sure than this, 0 to 1 (default 0.5)",
    )
    add(
        "--curve",
        action="store_true",
        help="show the figures over the confidence asked for too; score with --min-confidence 0 (json always has them)",
    )


def run(args: argparse.Namespace) -> int:
    """Compare, write, and return the exit code."""
    from callqual.evaluation import curve, evaluate, pool, pool_by
    from callqual.report.evaluation import render_curve, render_evaluation
    from callqual.report.look import Look

    try:
        truth, records = _json(args.truth), _records(args.record)
        pairs = [(_truth(truth, record, args.truth, many=len(records) > 1), record) for record in records]
    except _Unreadable as error:
        say(str(error))
        return UNREADABLE
    each, curves = [], []
    for true, record in pairs:
        events, seconds = _events(true), record.source.seconds
        each.append(evaluate(events, record, seconds=seconds, min_confidence=args.min_confidence))
        curves.append(curve(events, record, seconds=seconds))
    found, groups, sweep = pool(each), pool_by(zip((true for true, _ in pairs), each, strict=True)), pool(curves)
    if args.format == "json":
        print(json.dumps(_plain(found, groups, sweep), indent=2))
        return FINE
    look = Look.of(sys.stdout)
    sys.stdout.write(render_evaluation(found, look, groups))
    if args.curve:
        sys.stdout.write(render_curve(sweep, look))
    return FINE


def _plain(found: Any, groups: dict[str, dict[str, Any]], sweep: Any) -> dict[str, Any]:
    """Return everything as plain dicts: the evaluation, by what the truths name, and the curve."""
    by = {f"by_{label}": {name: e.to_dict() for name, e in values.items()} for label, values in groups.items()}
    return {**found.to_dict(), **by, "curve": [point.to_dict() for point in sweep.points()]}


def _truth(truth: Any, record: Any, name: str, many: bool) -> Any:
    """Return the truth of a record: of a file for many recordings, that under its path or name."""
    path = record.source.path
    own = truth.get(path, truth.get(PurePath(path or "").name)) if isinstance(truth, dict) else None
    found = own if isinstance(own, dict) or many else truth
    if not isinstance(_events(found), list):
        where = f"an object under {PurePath(path).name!r} with a list" if many and path else "a list"
        raise _Unreadable(f"{name}: no true events of {path or 'samples'} in it; expected {where} under 'events'")
    if record.source.seconds is None:
        raise _Unreadable(f"{path or 'a record'}: it was not scored ({record.reason}); leave its record out")
    return found


def _events(truth: Any) -> Any:
    return truth.get("events") if isinstance(truth, dict) else truth


def _records(name: str) -> list[Any]:
    """Read one record, or one a line."""
    import msgspec

    from callqual.result import CallScore

    text = _text(name)
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        found = [json.loads(text)]
    except ValueError as error:
        try:
            found = [json.loads(line) for line in lines]
        except ValueError:
            found = []
        if not found:
            raise _Unreadable(f"{name}: not JSON ({error})") from None
    try:
        return [msgspec.convert(one, CallScore) for one in found]
    except msgspec.ValidationError as error:
        raise _Unreadable(f"{name}: not a record of a recording ({error}); write one with --format json") from None


def _json(name: str) -> Any:
    try:
        return json.loads(_text(name))
    except ValueError as error:
        raise _Unreadable(f"{name}: not JSON ({error})") from None


def _text(name: str) -> str:
    try:
        if name == "-":
            return sys.stdin.read()
        with open(name, encoding="utf-8") as stream:
            return stream.read()
    except OSError as error:
        raise _Unreadable(f"{name}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise _Unreadable(f"{name}: not JSON ({error})") from None
