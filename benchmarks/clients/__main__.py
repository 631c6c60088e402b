"""Accuracy on real call programs: ``python -m benchmarks.clients FOLDER... [--out benchmarks/RESULTS.md]``.

Each FOLDER holds the calls of one program, made by :mod:`benchmarks.clients.record`. Nothing of these programs was in any
training, and nothing may be tuned on these calls.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.neteq import FOUND, FOUND_HEAD, Call, compare, measure, read_calls
from benchmarks.results import Rows, table, update
from benchmarks.tasks import prepare


def main(argv: list[str] | None = None) -> int:
    """Score every call and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clients", description=str(__doc__).splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--out", type=Path, help="Markdown file to update, with its JSON; else only print")
    args = parser.parse_args(argv)
    calls = [call for folder in args.folders for call in read_calls(folder)]
    prepare()
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn"), initializer=prepare) as workers:
        outcomes = list(workers.map(compare, calls, chunksize=2))
    rows = rows_of(calls, outcomes)
    print(update(args.out, "clients", rows, page) if args.out else page(rows))
    return 0


def rows_of(calls: Sequence[Call], outcomes: Sequence[Call]) -> Rows:
    """Take the figures of every program, and of each of its codecs."""
    rows: Rows = {}
    for client in sorted({call["client"] for call in calls}):
        own = [outcome for outcome, call in zip(outcomes, calls, strict=True) if call["client"] == client]
        kept = {key: row for key, row in measure(own).items() if key == "all" or key.startswith("codec/")}
        rows |= {f"{client} {key.removeprefix('codec/')}": row for key, row in kept.items()}
    return rows


def page(rows: Rows) -> str:
    """Write the table."""
    columns = (*FOUND, "false alarms a minute, clean calls", "concealed share: MAE, points")
    lines = [[*key.split(" ", 1), row["calls"], row["true"], *(row[c] for c in columns)] for key, row in rows.items()]
    found = "; ".join(
        f"{key.removesuffix(' all')}: " + (", ".join(f"{kind} {n}" for kind, n in row["kinds"].items()) or "nothing")
        for key, row in rows.items()
        if key.endswith(" all")
    )
    note = (
        f"Found: {found}. Programs of which nothing was in any training, between 1 and 15 % of whose packets were dropped, "
        "or all during outages. What a program itself skips or inserts, and what cannot be aligned, is don't-care."
    )
    head = f"program | codec | calls | true | {FOUND_HEAD} | FA/min clean | share MAE"
    return f"## Real call programs\n\n{table(head, lines, note)}"


if __name__ == "__main__":
    sys.exit(main())
