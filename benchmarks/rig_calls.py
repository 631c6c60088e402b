"""Record real WebRTC calls to learn from: ``python -m benchmarks.rig_calls --rig RIG --out DIR --hours 5``.

RIG is a folder of scripts that place calls in headless Chromium under a seeded network (``make_jobs.py``,
``run_calls.py``, ``make_corpus.py``, ``pack.py``). Each batch of calls becomes a folder of FLAC files with
``truth.jsonl``, as :mod:`benchmarks.neteq` reads it. Voices are few, so most takes are spoken faster or slower by up to
a sixth (pitch and formants with it) and some in a small room. Batches that exist are left alone: run it again to go on.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
import soxr

from benchmarks.corpora import Clip, Plan, Signal, Split, plans, quantise, render

SR = 48000
PARALLEL = 4
"""Calls side by side. Six fill a core with their page alone: on a busy machine 17 of 60 calls stalled so and were left out."""

LEAST_EXACT = "0.965"
"""Share of the frames whose counters were read on time; those between are interpolated."""

SPEEDS, SPED_SHARE = (0.84, 1.19), 0.65
ROOM_SHARE, DECAY_SECONDS, DIRECT_DB = 0.3, (0.08, 0.4), (4.0, 18.0)
FLOORS_DB = (None, None, -75.0, -70.0, -65.0, -60.0, -55.0)


def main(argv: list[str] | None = None) -> int:
    """Record batches until there are `hours` of calls."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rig_calls", description=str(__doc__).splitlines()[0])
    parser.add_argument("--rig", type=Path, required=True, help="folder of the rig's scripts")
    parser.add_argument("--out", type=Path, required=True, help="a folder for each batch is made here")
    parser.add_argument("--hours", type=float, default=5.0)
    parser.add_argument("--split", choices=("tune", "check"), default="tune")
    parser.add_argument("--without", nargs="*", default=["nist_F1", "nist_M3"], help="voices kept for tests")
    parser.add_argument("--calls", type=int, default=30, help="calls a batch")
    parser.add_argument("--seconds", type=float, default=32.0, help="length of a call")
    parser.add_argument("--pause", type=float, default=75.0, help="seconds between batches")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    voices = wanted(args.split, args.seconds, args.seed, tuple(args.without))
    for batch in range(round(args.hours * 3600 / args.seconds / args.calls)):
        chosen = list(islice(voices, args.calls))
        folder = args.out / f"{args.split}{args.seed}_{batch:02d}"
        if not (folder / "truth.jsonl").exists():
            record(args.rig, folder, chosen, args.seed * 1000 + batch)
            time.sleep(args.pause)
    return 0


def wanted(split: Split, seconds: float, seed: int, without: tuple[str, ...]) -> Iterator[Plan]:
    """Yield plans of the split's voices without end, but none of those left out."""
    long = seconds * SPEEDS[1] + 1.0
    for plan in plans(split, SR, long, 4000, seed, floors_db=FLOORS_DB):
        if not plan.speaker.startswith(without):
            yield plan


def record(rig: Path, folder: Path, chosen: list[Plan], seed: int) -> None:
    """Record one batch of calls into `folder`, a call for each plan."""
    work = folder.with_name(folder.name + ".work")
    shutil.rmtree(work, ignore_errors=True)
    sent, jobs, raw, corpus = (work / name for name in ("sent", "jobs.json", "raw", "corpus"))
    sent.mkdir(parents=True)
    about = dict(_write(sent, i, plan) for i, plan in enumerate(chosen))
    (sent / "sent.json").write_text(json.dumps(about))

    prefix = folder.name.replace("_", "b") + "n"  # what stands before the first underscore is the call
    drawn = ("--calls", len(chosen), "--seed", seed, "--prefix", prefix)
    with (work / "log.txt").open("w") as log:

        def run(script: str, *options: str | int | Path) -> None:
            subprocess.run([sys.executable, str(rig / script), *map(str, options)], check=True, stdout=log)

        run("make_jobs.py", "--sent", sent, "--out", jobs, *drawn)
        run("run_calls.py", "--jobs", jobs, "--sent", sent, "--raw", raw, "--parallel", PARALLEL, "--rt")
        run("make_corpus.py", "--raw", raw, "--sent", sent, "--out", corpus)
        _own_up(corpus)
        run("pack.py", "--corpus", corpus, "--sent", sent, "--out", folder, "--min-exact", LEAST_EXACT)
    (work / "log.txt").rename(folder / "log.txt")
    shutil.rmtree(work)


def _own_up(corpus: Path) -> None:
    """Let a clean call that a stall of this machine damaged count as what it is: a damaged one."""
    for path in corpus.glob("*/truth.json"):
        truth = json.loads(path.read_text())
        if truth["clean"] and truth["playout"]["concealed_s"] > 0:
            path.write_text(json.dumps(truth | {"clean": False}))


def _write(sent: Path, i: int, plan: Plan) -> tuple[str, dict[str, Any]]:
    """Write one take; return its name and what the rig wants to know of it."""
    clip, rng = render(plan), np.random.default_rng([*plan.seed, 2])
    x = take(clip, plan.seconds - 1.0, rng)
    name = f"take{i:02d}"
    sf.write(sent / f"{name}.wav", quantise(x), SR, subtype="PCM_16")
    return name, {
        "speaker": plan.speaker,
        "language": "",
        "files": [path.name for path in plan.files],
        "seconds": len(x) / SR,
        "source_rate": SR,
        "level_dbfs": round(clip.level_db, 1),
        "noise": None if clip.floor_db is None else "noise",
        "noise_dbfs": clip.floor_db,
    }


def take(clip: Clip, longest: float, rng: np.random.Generator) -> Signal:
    """Return the clip at another speed and in a room, as drawn, for ``longest / SPEEDS[1]`` seconds."""
    x, speed = clip.x, 1.0
    if rng.random() < SPED_SHARE:
        speed = rng.uniform(*SPEEDS)
        x = np.asarray(soxr.resample(x, SR, SR / speed), dtype=np.float64)
    if rng.random() < ROOM_SHARE:
        x = room(x, SR, rng)
    x = x[: round(longest / SPEEDS[1] * SR)]
    return np.asarray(x * min(1.0, 0.95 / float(np.abs(x).max())))


def room(x: Signal, sr: int, rng: np.random.Generator) -> Signal:
    """Add the decaying noise of a small room, the direct sound 4-18 dB above it."""
    decay = rng.uniform(*DECAY_SECONDS)
    t = np.arange(round(decay * sr)) / sr
    tail = rng.standard_normal(t.size) * np.exp(-6.9 * t / decay) * (t > 0.002)
    tail *= 10 ** (-rng.uniform(*DIRECT_DB) / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    n = 1 << (x.size + tail.size).bit_length()
    return np.asarray(np.fft.irfft(np.fft.rfft(x, n) * np.fft.rfft(tail, n), n)[: x.size])


if __name__ == "__main__":
    sys.exit(main())
