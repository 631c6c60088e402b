"""``callqual score PATH...``: recordings in, a table or records out."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Generator
from contextlib import closing
from itertools import groupby
from typing import TYPE_CHECKING, Any, TextIO

from callqual.cli import values
from callqual.cli.inputs import STDIN, collect
from callqual.cli.output import opened, say
from callqual.cli.progress import Waiting
from callqual.cli.verdict import Verdict
from callqual.errors import CallqualError, InputError
from callqual.names import printable
from callqual.report import FORMATS, render

if TYPE_CHECKING:
    from callqual.report.look import Look
    from callqual.result import CallScore

NAME = "score"
HELP = "Find the damage in recordings of calls and score what a listener would say of them."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of ``callqual score``."""
    add = parser.add_argument
    add("paths", nargs="+", metavar="PATH", help="a recording, a folder to search for recordings, or - for stdin")
    add("--format", choices=FORMATS, help="table (the default) for people; json, jsonl or csv for programs")
    add(
        "--field",
        action="append",
        default=[],
        metavar="NAME",
        help="print bare values only, a line a recording: mos, gap.loss_rate, legs.0.mos ... (may be repeated)",
    )
    add("-o", "--output", metavar="FILE", help="write to FILE, whole or not at all, instead of stdout")
    add("--fail-under", type=values.mos, metavar="MOS", help="exit with 1 when a recording is under MOS or has none")
    add(
        "--channels",
        type=values.channels,
        default="each",
        metavar="each|mix|N",
        help="score every channel by itself (the default), their mix, or channel N alone, counted from 0",
    )
    add(
        "--min-confidence",
        type=values.share,
        default=0.5,
        metavar="P",
        help="list events at least this sure, 0 to 1 (default 0.5); weaker ones than 0.5 never count in a figure",
    )
    add(
        "--jobs",
        type=values.jobs,
        metavar="N",
        help="score N recordings at a time (default: one a core); the output is the same for any N",
    )


def run(args: argparse.Namespace) -> int:
    """Score, write, and return the exit code."""
    if args.field and args.format:
        raise InputError("--field prints bare values by itself: leave out --format")
    recordings, barren = collect(args.paths)
    if recordings.count(STDIN) > 1:
        raise InputError("- is given twice; stdin can be read once")
    _spare(recordings, args.output)
    verdict = Verdict(args.fail_under)
    with (
        opened(args.output) as sink,
        Waiting(len(recordings)) as waiting,
        closing(_scores(recordings, barren, args)) as scores,  # stopped early, it ends its processes
    ):

        def tell(line: str) -> None:
            with waiting.hidden():
                say(line)

        records = verdict.watch(waiting.counted(scores), tell)
        for text in render(records, args.format or "table", fields=args.field, look=_look(sink)):
            with waiting.hidden():
                sink.write(text)
                sink.flush()
    return verdict.code


def _scores(
    recordings: list[str], barren: dict[str, str], args: argparse.Namespace
) -> Generator[CallScore, None, None]:
    """Score in the order given; what holds no recording is reported last."""
    from callqual import api

    options = {"channels": args.channels, "min_confidence": args.min_confidence}
    for piped, names in groupby(recordings, key=lambda name: name == STDIN):
        if piped:
            yield _piped(options)
        else:
            yield from api.score_many(list(names), jobs=args.jobs, **options)
    for folder, message in barren.items():
        yield api.unread(folder, f"{printable(folder)}: {message}")


def _piped(options: dict[str, Any]) -> CallScore:
    from callqual import api

    if sys.stdin.isatty():
        raise InputError("- reads a recording from stdin, which is the terminal: pipe one in")
    try:
        record: CallScore = api.score(sys.stdin.buffer, **options)
        return record
    except CallqualError as error:
        return api.unread(sys.stdin.buffer.name, str(error))


def _look(stream: TextIO) -> Look:
    from callqual.report.look import Look

    return Look.of(stream)


def _spare(recordings: list[str], output: str | None) -> None:
    """Refuse to write over a recording that is to be scored."""
    if output is None or not os.path.isfile(output):
        return
    for name in recordings:
        if os.path.exists(name) and os.path.samefile(name, output):
            raise InputError(f"{output}: -o would write over a recording to be scored; choose another name")
