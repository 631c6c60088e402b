"""Other software on the recordings of the accuracy benchmark: ``python -m benchmarks.peers --out benchmarks/RESULTS.md``.

    python -m benchmarks.peers.environments        # once: an environment for each peer, with pip
    python -m benchmarks.peers --small             # a few clips, some minutes
    python -m benchmarks.peers --split test --calls FOLDER --out benchmarks/RESULTS.md

The same recordings, seeds and truth as `benchmarks.accuracy` has (the first of each row), callqual among the peers. A peer
that is not installed is named with the reason. FOLDER: real calls as for `benchmarks.neteq`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks.accuracy import make_tasks
from benchmarks.corpora import Split
from benchmarks.damage import LOSSES
from benchmarks.neteq import FOLDER, read_calls
from benchmarks.peers.catalogue import PEERS, Peer
from benchmarks.peers.environments import missing
from benchmarks.peers.figures import beside, measure
from benchmarks.peers.judge import Job, Judged, judge_all
from benchmarks.peers.pages import page
from benchmarks.peers.sessions import Lane, Silent
from benchmarks.peers.timing import costs
from benchmarks.results import Rows, load, update
from benchmarks.speed import RATES
from benchmarks.startup import THREADS
from benchmarks.tasks import Task
from callqual.simulation.buzz import BUZZES

GAPS = (*LOSSES, "inserted_silence", "repeat_segment", "cut", "dead_air")
TONES = ("dtmf", "ringback_us", "busy", "beeps", "music", "singing")
UNDAMAGED = ("edited_prompts", "noise_gate", "muted", "comfort_noise", "opus_dtx", *TONES)
BUZZ_BELOW_DB = 18.0
RATED = ("zero_fill", "fade", "noise_fill", "repeat", "appendix_i", "inserted_silence", "dead_air")
RATED_BUZZ = ("hum", "tdma")

EVENT_CLIPS = {"damage": 20, "clean": 60, "negative": 5, "buzz": 6}
SMALL_EVENT_CLIPS = {"damage": 5, "clean": 12, "negative": 1, "buzz": 2}
RATED_CLIPS, SMALL_RATED_CLIPS = 15, 5
RATED_HZ, SMALL_RATED_HZ = (8000, 16000), (16000,)
SMALL_CALLS_STEP = 11


def main(argv: list[str] | None = None) -> int:
    """Ask every peer, and print the tables."""
    args = _arguments(argv)
    if not THREADS.items() <= os.environ.items():  # they count only if set before numpy is loaded
        os.execve(
            sys.executable, [sys.executable, "-m", "benchmarks.peers", *(argv or sys.argv[1:])], os.environ | THREADS
        )
    begun = time.perf_counter()
    weights = str(args.nisqa_weights) if args.nisqa_weights else None
    try:
        rows, peers = present(weights, args.peers)
        jobs = make_jobs(args, peers)
    except FileNotFoundError as error:
        sys.exit(str(error))
    said: list[Judged] = []
    for i, part in enumerate(judge_all(jobs, args.jobs, weights), 1):
        said += part
        if sys.stderr.isatty():
            print(f"\r{i}/{len(jobs)}", end="", file=sys.stderr)
    print(f"\r{len(jobs)} recordings in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    rows |= {key: row | {"small": args.small} for key, row in measure(said).items()}
    write, section = partial(page, args.split), f"peers {args.split}"
    if not args.out:
        print(write(rows))
        return 0
    print(update(args.out, section, beside(load(args.out).get(section, {}), rows), write))
    return 0


def present(weights: str | None, wanted: Sequence[str] | None) -> tuple[Rows, list[Peer]]:
    """Start every peer: its version and cost, or the reason why it does not run; and those that do."""
    rows: Rows = {}
    peers: list[Peer] = []
    with Lane(weights) as lane:
        for peer in PEERS:
            if wanted and peer.home not in (*wanted, "callqual"):
                continue
            reason = missing(peer.home) if peer.home != "nisqa" or weights else "no `--nisqa-weights`"
            try:
                rows[f"peer/{peer.name}"] = {"reason": reason} if reason else {"version": lane.version(peer.home)}
            except Silent as error:
                rows[f"peer/{peer.name}"] = {"reason": f"does not start: {error}"}
            if "version" in rows[f"peer/{peer.name}"]:
                peers.append(peer)
        for name, cost in costs(peers, lane).items():
            row = rows.setdefault(f"peer/{name}", {})
            row |= {f"cpu_ms_{sr}": ms for sr, ms in cost.items()}
    return rows, peers


def make_jobs(args: argparse.Namespace, peers: Sequence[Peer]) -> list[Job]:
    """Lay out every recording: the slow ratings first, so that both lanes end together."""
    gaps, buzz, scores = (tuple(p for p in peers if p.gives in ("all", g)) for g in ("gaps", "buzz", "scores"))
    jobs = [Job("scores", scores, task) for task in _rated(args.split, args.small)]
    if args.calls and (args.calls / "truth.jsonl").is_file():
        calls = read_calls(args.calls)[:: SMALL_CALLS_STEP if args.small else 1]
        jobs += [Job("call", (*gaps, *scores[1:]), call=call) for call in calls]
    heard = {"damage": gaps, "buzz": buzz, "clean": (*gaps, *buzz[1:]), "negative": (*gaps, *buzz[1:])}
    jobs += [Job("events", heard[task.group], task) for task in _heard(args.split, args.small)]
    return jobs


def _heard(split: Split, small: bool) -> Iterator[Task]:
    most = SMALL_EVENT_CLIPS if small else EVENT_CLIPS
    for sr in RATES:
        tasks = make_tasks(split, sr, kinds=[*GAPS, *BUZZES, *UNDAMAGED, "clean"])
        yield from _first([t for t in tasks if t.options.get("below_db", BUZZ_BELOW_DB) == BUZZ_BELOW_DB], most)


def _rated(split: Split, small: bool) -> Iterator[Task]:
    most = SMALL_RATED_CLIPS if small else RATED_CLIPS
    for sr in SMALL_RATED_HZ if small else RATED_HZ:
        tasks = make_tasks(split, sr, kinds=[*RATED, *RATED_BUZZ])
        kept = [t for t in tasks if t.options.get("below_db", BUZZ_BELOW_DB) == BUZZ_BELOW_DB]
        yield from _first(kept, {"damage": most, "buzz": most})


def _first(tasks: Sequence[Task], most: dict[str, int]) -> Iterator[Task]:
    """Take the first recordings of each row, as the accuracy benchmark makes them."""
    taken: Counter[str] = Counter()
    for task in tasks:
        taken[task.row] += 1
        if taken[task.row] <= most[task.group]:
            yield task


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=str(__doc__).splitlines()[0])
    parser.add_argument("--split", choices=("tune", "check", "test"), default="tune")
    parser.add_argument("--small", action="store_true", help="a few clips of each row")
    parser.add_argument("--peers", nargs="+", choices=_homes(), help="only these beside callqual")
    parser.add_argument(
        "--calls", type=Path, default=FOLDER, metavar="FOLDER", help="real calls with truth.jsonl, if there"
    )
    parser.add_argument(
        "--nisqa-weights", type=Path, metavar="FILE", help="weights of NISQA; without them it is not run"
    )
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--out", type=Path, help="Markdown file to update, with its JSON; else only print")
    return parser.parse_args(argv)


def _homes() -> list[str]:
    return list(dict.fromkeys(p.home for p in PEERS[1:]))


if __name__ == "__main__":
    sys.exit(main())
