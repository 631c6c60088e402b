"""Real WebRTC calls through what records them: ``python -m benchmarks.call_paths [FOLDER] --out benchmarks/RESULTS.md``.

The calls of :mod:`benchmarks.neteq` of talkers that nothing was fitted to, as a phone, a messenger or an exchange would have kept
them (:mod:`callqual.simulation.recorder`); times stay what they were.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import soundfile as sf

from benchmarks.corpora import quantise
from benchmarks.neteq import FOLDER, FOUND, FOUND_HEAD, KNOWN, Call, compare, measure, read_calls
from benchmarks.results import Rows, table, update
from benchmarks.tasks import prepare
from callqual.simulation.recorder import RECORDERS

AS_IS = "as it is"


def main(argv: list[str] | None = None) -> int:
    """Score every call through every path and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.call_paths", description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--paths", nargs="+", choices=(AS_IS, *RECORDERS), default=[AS_IS, *RECORDERS])
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--out", type=Path, help="Markdown file to update, with its JSON; else only print")
    args = parser.parse_args(argv)
    calls = [call for call in read_calls(args.folder) if not call["speaker"].startswith(KNOWN)]
    prepare()
    rows: Rows = {}
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn"), initializer=prepare) as workers:
        for path in args.paths:
            jobs = [(call, path, i) for i, call in enumerate(calls)]
            rows[path] = measure(list(workers.map(through, jobs, chunksize=4)))["all"]
    print(update(args.out, "call paths", rows, page) if args.out else page(rows))
    return 0


def through(job: tuple[Call, str, int]) -> Call:
    """Send one call through a path, score it, compare."""
    call, path, i = job
    if path == AS_IS:
        return compare(call)
    x, sr = sf.read(call["path"], dtype="float64")
    return compare(call | {"sr": sr}, quantise(RECORDERS[path](x, sr, np.random.default_rng([7, i]))))


def page(rows: Rows) -> str:
    """Write the table."""
    others = (
        "false alarms a minute, clean calls",
        "concealed share: MAE, points",
        "AUC clean / 3 % concealed and more",
    )
    lines = [[name, row["calls"], row["true"], *(row[c] for c in (*FOUND, *others))] for name, row in rows.items()]
    head = f"recorder | calls | true | {FOUND_HEAD} | FA/min clean | share MAE | AUC"
    note = "Calls of talkers that nothing was fitted to; AUC: of clean calls and those with 3 % concealed and more."
    return f"## Real WebRTC calls by what recorded them\n\n{table(head, lines, note)}"


if __name__ == "__main__":
    sys.exit(main())
