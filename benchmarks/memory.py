"""Memory of a long call: the peak of a fresh process that hears hours of it, block by block.

    python -m benchmarks.memory --out benchmarks/RESULTS.md
    python -m benchmarks.memory --hours 1 2 --sr 8000 48000

The call is made as it is fed (:mod:`benchmarks.looped`: the example over and over, 5 % of its packets of 20 ms lost), so none of
it lies on the disk. The first minute tells what the interpreter, the libraries and the kernels take. Nothing heavy is imported
at the top of this file, for a child's peak counts that of its parent until it starts.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.results import Rows, table, update
from benchmarks.startup import run

RATES = (8000,)
HOURS = (1.0, 10.0)
MARK_MB = 300
MARK_HOURS = 10.0
LOSS = 0.05


def feed(sr: int, seconds: float) -> None:
    """Hear a call of this length and score it."""
    from benchmarks.looped import blocks
    from callqual import Stream

    stream = Stream(sr)
    for block in blocks(sr, seconds, LOSS):
        stream.push(block, news=False)
    record = stream.finish()
    print(f"{seconds / 3600:g} h: MOS {record.mos}, {len(record.events)} events", flush=True)


def measure(rates: list[int], hours: list[float]) -> Rows:
    """Hear calls in fresh processes; take their peak resident memory and CPU time."""
    rows: Rows = {}
    for sr in rates:
        for seconds in (60.0, *(3600 * h for h in hours)):
            usage = run(["-m", "benchmarks.memory", "--feed", str(seconds), "--sr", str(sr)])
            used = {"megabytes": usage.ru_maxrss / 1024, "cpu_s": usage.ru_utime + usage.ru_stime}
            rows[f"{sr}/{seconds / 60:g}"] = used
    return rows


def page(rows: Rows) -> str:
    """Write the section."""
    lines = []
    for key in sorted(rows, key=lambda key: [float(word) for word in key.split("/")]):
        sr, minutes = key.split("/")
        hours, row = float(minutes) / 60, rows[key]
        grown = row["megabytes"] - rows[f"{sr}/1"]["megabytes"] if hours >= 1 else None
        marked = [MARK_MB, row["megabytes"] <= MARK_MB] if hours == MARK_HOURS else [None, None]
        length = f"{hours:g} h" if hours >= 1 else f"{minutes} min"
        lines.append([length, sr, f"{row['megabytes']:.0f}", grown and grown / hours, f"{row['cpu_s']:.0f}", *marked])
    note = f"Peak resident memory of a fresh process that is fed the call as a stream; {LOSS:.0%} of the packets of 20 ms are lost."
    return f"## Memory\n\n{table('call | Hz | peak MB | MB an hour | CPU s | mark, MB | met', lines, note)}"


def main(argv: list[str] | None = None) -> int:
    """Measure and print, or write into the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=str(__doc__).splitlines()[0])
    parser.add_argument("--out", type=Path, help="Markdown file to update, with its JSON; else only print")
    parser.add_argument("--hours", type=float, nargs="+", default=HOURS, help="lengths of the calls")
    parser.add_argument("--sr", type=int, nargs="+", default=RATES, metavar="HZ")
    parser.add_argument("--feed", type=float, metavar="SECONDS", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.feed:
        feed(args.sr[0], args.feed)
        return 0
    rows = measure(args.sr, args.hours)
    print(update(args.out, "memory", rows, page) if args.out else page(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
