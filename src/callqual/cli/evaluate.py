"""``callqual evaluate TRUTH RECORD``: what was found against what is there."""

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
HELP = "Compare the events of a record with true ones: precision, recall, F1, false alarms a minute."


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
    add("record", metavar="RECORD", help="record that 'callqual score --format json' wrote, or - for stdin")
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


def run(args: argparse.Namespace) -> int:
    """Compare, write, and return the exit code."""
    from callqual.evaluation import evaluate
    from callqual.report.evaluation import render_evaluation
    from callqual.report.look import Look

    try:
        truth, record = _json(args.truth), _record(args.record)
        events = _events(truth, record.source.path, args.truth)
    except _Unreadable as error:
        say(str(error))
        return UNREADABLE
    found = evaluate(events, record, seconds=record.source.seconds, min_confidence=args.min_confidence)
    if args.format == "json":
        print(json.dumps(found.to_dict(), indent=2))
    else:
        sys.stdout.write(render_evaluation(found, Look.of(sys.stdout)))
    return FINE


def _events(truth: Any, path: str | None, name: str) -> list[Any]:
    """Return the true events of the recording at `path`: of a file for many recordings, those under its name."""
    if isinstance(truth, dict):
        own = truth.get(PurePath(path or "").name)
        truth = (own if isinstance(own, dict) else truth).get("events")
    if not isinstance(truth, list):
        raise _Unreadable(f"{name}: no true events of {path or 'samples'} in it; expected a list under 'events'")
    return truth


def _record(name: str) -> Any:
    import msgspec

    from callqual.result import CallScore

    try:
        return msgspec.convert(_json(name), CallScore)
    except msgspec.ValidationError as error:
        raise _Unreadable(f"{name}: not a record of one recording ({error}); write one with --format json") from None


def _json(name: str) -> Any:
    try:
        if name == "-":
            return json.load(sys.stdin)
        with open(name, encoding="utf-8") as stream:
            return json.load(stream)
    except OSError as error:
        raise _Unreadable(f"{name}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise _Unreadable(f"{name}: not JSON ({error})") from None
