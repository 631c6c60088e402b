"""Accuracy on made damage: ``python -m benchmarks.accuracy --split test --out benchmarks/RESULTS.md``.

Clips of 20 s of packaged speech are damaged, scored by ``callqual.score`` and compared with the truth. ``--small``
takes a tenth of the clips; ``--kinds`` some rows only: damages, buzzes, hard negatives, codecs and receivers by name, or
the groups ``clean``, ``recorders``, ``coded`` and ``playout``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.calls import CALLS, missing
from benchmarks.corpora import Split, plans
from benchmarks.damage import LOSSES
from benchmarks.measure import curves, measure
from benchmarks.negatives import NEGATIVES, TEST_ONLY
from benchmarks.results import Rows, load, update
from benchmarks.tables import page
from benchmarks.tasks import Task, run_all
from callqual.simulation.buzz import BUZZES
from callqual.simulation.recorder import RECORDERS
from callqual.simulation.timing import TIMING

SECONDS = 20.0
RATES, BURSTS, FRAMES_MS = (0.01, 0.03, 0.05, 0.10, 0.15), (1.0, 1.5, 2.5), (20.0, 10.0, 30.0, 40.0, 60.0)
BELOW_DB = (6.0, 12.0, 18.0, 24.0, 30.0)
DEEP_DB = 1.0
"""Ring modulation and the comb are also made nearly as strong as the speech itself."""

RECORDED = ("zero_fill", "fade", "noise_fill", "repeat", "appendix_i")
CLIPS = {"damage": 40, "buzz": 10, "recorder": 6, "negative": 12, "clean": 360, "coded": 30, "playout": 30, "quiet": 12}
SMALLEST = {"damage": 6, "buzz": 4, "recorder": 2, "negative": 3, "clean": 30, "coded": 5, "playout": 4, "quiet": 2}
"""Recordings of a row; ``quiet`` = those of a call without trouble, beside those with."""


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark and print its tables."""
    args = _arguments(argv)
    try:
        tasks = [task for sr in args.sr for task in make_tasks(args.split, sr, args.small, args.kinds)]
    except FileNotFoundError as error:
        sys.exit(str(error))
    wanted = wanted_rows(args.kinds)
    absent = {key: what for group in CALLS for key, what in missing(group, wanted & set(CALLS[group]), args.sr).items()}
    if not tasks and not absent:
        sys.exit(f"--kinds {' '.join(args.kinds)}: no such row; there are {' '.join(names())}")
    started, groups = time.perf_counter(), defaultdict(list)
    for i, outcome in enumerate(run_all(tasks, args.jobs), 1):
        groups[outcome.group, outcome.row, outcome.sr].append(outcome)
        if sys.stderr.isatty():
            print(f"\r{i}/{len(tasks)}", end="", file=sys.stderr)
    print(f"\r{len(tasks)} recordings in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    section = f"accuracy {args.split}"
    rows: Rows = {key: {"missing": what} for key, what in absent.items()}
    rows |= {f"{group}/{row}/{sr}": measure(group, row, sr, part) for (group, row, sr), part in groups.items()}
    kept = load(args.out).get(section, {}) if args.out else {}
    rows |= curves(groups, [key for key, row in kept.items() if "missing" not in row and key not in absent])
    rows = {key: row | {"small": args.small} for key, row in rows.items()}
    write = partial(page, args.split)
    print(update(args.out, section, rows, write) if args.out else write(rows))
    return 0


def names() -> list[str]:
    """Return every row that ``--kinds`` can name."""
    calls = (name for rows in CALLS.values() for name in rows)
    return [*LOSSES, *TIMING, *BUZZES, *NEGATIVES, "clean", "recorders", *CALLS, *calls]


def wanted_rows(kinds: list[str] | None) -> set[str]:
    """Return the rows meant by `kinds`, groups of calls by their rows; all for None."""
    wanted = set(kinds or names())
    return wanted.union(*(rows for group, rows in CALLS.items() if group in wanted))


def make_tasks(
    split: Split, sr: int, small: bool = False, kinds: list[str] | None = None, count: dict[str, int] | None = None
) -> Iterator[Task]:
    """Lay out all recordings of one sampling rate; `count` = how many of each group, else by `small`."""
    count = count or {name: max(n // 10, SMALLEST[name]) if small else n for name, n in CLIPS.items()}
    wanted = wanted_rows(kinds)
    for k, name in enumerate([*LOSSES, *TIMING]):
        for i, plan in enumerate(plans(split, sr, SECONDS, count["damage"], seed=100 + k) if name in wanted else ()):
            yield Task("damage", name, plan, split, name, _loss(i) if name in LOSSES else {})
    for k, name in enumerate(BUZZES):
        for level in _levels(name) if name in wanted else ():
            for plan in plans(split, sr, SECONDS, count["buzz"], seed=200 + k):
                yield Task("buzz", f"{name}/{level:g}", plan, split, name, {"below_db": level})
    for k, path in enumerate(RECORDERS if "recorders" in wanted else ()):
        for name in RECORDED:
            for i, plan in enumerate(plans(split, sr, SECONDS, count["recorder"], seed=300 + k)):
                yield Task("recorder", f"{path}/{name}", plan, split, name, _loss(i), recorder=path)
        for plan in plans(split, sr, SECONDS, count["recorder"], seed=350 + k):
            yield Task("recorder", f"{path}/clean", plan, split, recorder=path)
    for k, name in enumerate(NEGATIVES):
        if name in wanted and (split == "test" or name not in TEST_ONLY):
            for plan in plans(split, sr, SECONDS, count["negative"], seed=400 + k, floors_db=(None,)):
                yield Task("negative", name, plan, split, name)
    for plan in plans(split, sr, SECONDS, count["clean"], seed=500) if "clean" in wanted else ():
        yield Task("clean", "clean", plan, split)
    for group in CALLS:
        yield from _calls(group, split, sr, count, wanted)


def _calls(group: str, split: Split, sr: int, count: dict[str, int], wanted: set[str]) -> Iterator[Task]:
    """Lay out the calls of a group at one rate, damaged ones and then those without trouble."""
    for k, (name, call) in enumerate(CALLS[group].items()):
        if name not in wanted or call.sr != sr or call.missing():
            continue
        seed = 600 + k + 100 * (group == "playout")
        for i, plan in enumerate(plans(split, sr, SECONDS, count[group] + count["quiet"], seed=seed)):
            law = {"law": "a" if i % 2 else "mu"} if call.codec == "g711" else {}
            what = {"clean": True} if i >= count[group] else _losses(i) if group == "coded" else {}
            yield Task(group, name, plan, split, name, law | what)


def _losses(i: int) -> dict[str, float]:
    """Go through loss rates and burst ratios so that each meets each."""
    return {"loss": RATES[i % 5], "burst_ratio": BURSTS[i % 3]}


def _loss(i: int) -> dict[str, float]:
    """Go through loss rates, burst lengths and frame sizes so that each meets each."""
    return {
        "rate": RATES[i % 5],
        "burst": BURSTS[i % 3],
        "frame_ms": FRAMES_MS[(i + i // 5) % 5],
    }


def _levels(name: str) -> tuple[float, ...]:
    if name == "robotic":
        return (18.0,)
    return (DEEP_DB, *BELOW_DB) if name in ("ring", "comb") else BELOW_DB


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=str(__doc__).splitlines()[0])
    parser.add_argument("--split", choices=("tune", "check", "test", "light"), default="tune")
    parser.add_argument("--sr", type=int, nargs="+", default=[8000, 16000, 48000], metavar="HZ")
    parser.add_argument("--kinds", nargs="+", metavar="ROW", help=", ".join(names()))
    parser.add_argument("--small", action="store_true", help="a tenth of the clips")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--out", type=Path, help="Markdown file to update, with its JSON; else only print")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
