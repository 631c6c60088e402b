"""What trained nets find of voices they never heard: ``python -m benchmarks.hidden.judge CACHE runs/*.pt --out benchmarks/RESULTS.md``.

The threshold of each is where it raises :data:`ALARMS` false alarms a minute on undamaged calls and speech of the check voices; then the
real calls of the talkers that are kept for tests are opened, the losses of every codec, and calls of other programs (``ext_*.npz``) with
check voices. Needs PyTorch.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from benchmarks.hidden.fit import client_of, codec_of
from benchmarks.hidden.net import load, logits
from benchmarks.hidden.rows import Recording, recordings
from benchmarks.results import Rows, table, update
from callqual.evaluation import LENGTHS, Evaluation, evaluate, pool
from callqual.features.bands import STEP_DB
from callqual.features.facts import HOP
from callqual.features.hidden import NAMES

ALARMS = 0.5
TEST_TALKERS = ("nist_F1", "nist_M3", "nist_its", "cards", "cmu")
THRESHOLDS = np.arange(0.0, 8.0, 0.25)
BESIDE, LEAST_DB = 8, -25.0
"""Frames beside a run in which there must be sound so loud, re the loudness of the leg."""

LEVEL = NAMES.index("level")


class Heard(NamedTuple):
    """A recording, and the runs in which a net says there is a gap: start, end (s), greatest log odds."""

    recording: Recording
    runs: list[tuple[float, float, float]]


def main(argv: list[str] | None = None) -> int:
    """Judge nets and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hidden.judge", description=str(__doc__).splitlines()[0])
    parser.add_argument("cache", type=Path, help="folder written by benchmarks.hidden.rows")
    parser.add_argument("nets", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, help="Markdown file to update, with its JSON; else only print")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    check = [r for path in sorted(args.cache.glob("check*.npz")) for r in recordings(path)]
    calls = [r for r in recordings(args.cache / "neteq.0.npz") if r.truth["speaker"].startswith(TEST_TALKERS)]
    others = [r for path in sorted(args.cache.glob("ext_*.npz")) for r in recordings(path)]
    rows = {path.stem: judge(path, check, calls, others) for path in args.nets}
    print(update(args.out, "nets", rows, page) if args.out else page(rows))
    return 0


def judge(
    path: Path, check: Sequence[Recording], calls: Sequence[Recording], others: Sequence[Recording]
) -> dict[str, Any]:
    """Return the figures of a net."""
    net, kept = load(path), torch.load(path, weights_only=False)
    heard, called, placed = (
        [Heard(r, runs(logits(net, r.rows)[0], r.rows)) for r in part] for part in (check, calls, others)
    )
    quiet = [h for h in heard if not h.recording.truth["gaps"] and h.recording.truth.get("kind") != "negative"]
    alarms = [rate(quiet, t) for t in THRESHOLDS]
    least = float(THRESHOLDS[np.argmax(np.array(alarms) <= ALARMS)])
    lossy = [h for h in heard if h.recording.truth.get("kind") == "plc"]
    hard = [h for h in heard if h.recording.truth.get("kind") == "negative"]
    return {
        "products": net.products,
        "steps": kept["step"],
        "loss": round(float(np.mean(kept["loss"][-200:])), 4),
        "threshold": least,
        "negatives_per_minute": rate(hard, least),
        "calls": figures(called, least),
        **{f"codec {name}": figures(part, least) for name, part in by_name(lossy, codec_of)},
        **{f"client {name}": figures(part, least) for name, part in by_name(placed, client_of)},
    }


def by_name(heard: Sequence[Heard], name_of: Callable[[dict[str, Any]], str]) -> Iterable[tuple[str, list[Heard]]]:
    for name in sorted({name_of(h.recording.truth) for h in heard}):
        yield name, [h for h in heard if name_of(h.recording.truth) == name]


def runs(odds: np.ndarray, rows: np.ndarray) -> list[tuple[float, float, float]]:
    """Return the runs of positive odds beside sound."""
    level = rows[:, LEVEL].astype(np.float32) * STEP_DB
    edges = np.flatnonzero(np.diff(np.concatenate(([False], odds > 0, [False])).astype(np.int8)))
    return [
        (a * HOP, b * HOP, float(odds[a:b].max()))
        for a, b in zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True)
        if level[max(a - BESIDE, 0) : b + BESIDE].max() > LEAST_DB
    ]


def compare(heard: Heard, least: float) -> Evaluation:
    """Judge one recording at a threshold."""
    truth = [
        {"family": "gap", "kind": "concealed", "start": g[0], "end": g[1], "context_db": g[3]}
        for g in heard.recording.truth["gaps"]
        if g[1] > g[0]
    ]
    seconds = len(heard.recording.rows) * HOP
    found = [{"family": "gap", "kind": "concealed", "start": a, "end": b} for a, b, odds in heard.runs if odds > least]
    return evaluate([t for t in truth if t["end"] <= seconds], found, seconds=seconds)


def rate(heard: Sequence[Heard], least: float) -> float:
    """Return the runs a minute of undamaged recordings."""
    minutes = sum(len(h.recording.rows) for h in heard) * HOP / 60
    return sum(odds > least for h in heard for *_, odds in h.runs) / minutes


def figures(heard: Sequence[Heard], least: float) -> dict[str, Any]:
    every = pool(compare(h, least) for h in heard)
    clean = [h for h in heard if h.recording.truth["clean"]]
    return {
        "recall": {name: every.by_length[name].recall for name in LENGTHS},
        "precision": every.gap.precision,
        "f1": every.gap.f1,
        "clean_per_minute": rate(clean, least) if clean else None,
    }


def page(rows: Rows) -> str:
    """Write the tables."""
    codecs, clients = (
        sorted({k for row in rows.values() for k in row if k.startswith(f"{of} ")}) for of in ("codec", "client")
    )
    lengths = " | ".join(f"{name} ms" for name in LENGTHS)
    calls = [
        [name, r["products"], r["steps"], r["loss"], *(r["calls"]["recall"][k] for k in LENGTHS),
         *(r["calls"][k] for k in ("precision", "f1", "clean_per_minute")), r["negatives_per_minute"]]
        for name, r in rows.items()
    ]  # fmt: skip
    head = f"net | products a frame | steps | loss | {lengths} | P | F1 | clean calls, FA/min | negatives, FA/min"
    note = (
        f"Each at the threshold where undamaged speech of the check voices has {ALARMS:g} false alarms a minute; real calls of the test "
        "talkers; the net alone, without the rest of the engine. Names tell what was left out of training."
    )
    parts = [
        "## The learned stage: nets compared", table(head, calls, note),
        table("net | " + " | ".join(c.removeprefix("codec ") for c in codecs),
              [[name, *(r.get(c, {}).get("f1") for c in codecs)] for name, r in rows.items()],
              "F1 by codec, lost off line through its own concealment, check voices."),
        table("net | " + " | ".join(c.removeprefix("client ") for c in clients),
              [[name, *(r.get(c, {}).get("f1") for c in clients)] for name, r in rows.items() if r.keys() & clients],
              "F1 of real calls by the program that received them, check voices; exact cues have no part in it."),
    ]  # fmt: skip
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
