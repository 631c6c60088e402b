"""Fits the evidence of holes and noise fills (``detect/models/*.json``) on the tuning voices: ``python -m benchmarks.fit_evidence``.

Clean clips, hard negatives and damaged clips are scanned at 8, 16 and 48 kHz; a candidate that covers a true event is
positive, one that touches none is negative, the others are left out. What a hole is joined to (``joins``) is fitted on true
holes: a pause put in against a packet lost. The voices of the test split are never opened.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import fitting
from benchmarks.corpora import Clip, Plan, Signal, noise, plans, quantise, render
from benchmarks.damage import LOSSES, damage, noise_fill
from benchmarks.negatives import NEGATIVES, TEST_ONLY, TONAL, negative
from callqual.detect import holes, joins, noises
from callqual.detect.speech import Speech, speech
from callqual.features.facts import Facts
from callqual.features.scanner import Scanner

FRAMES_MS = (10.0, 20.0, 30.0, 40.0, 60.0)
HARD_WEIGHT = 4.0
FILL_BELOW_DB = (12.0, 35.0)
"""Level of noise fills, and of rooms, under active speech: a fill is not known by its level, least of all by the benchmark's."""

HARD = sorted(set(NEGATIVES) - set(TONAL) - set(TEST_ONLY))
"""Negatives that the evidence itself must tell apart; tones and music are the vetoes' business."""

Truth = list[dict[str, Any]]
Rows = tuple[NDArray[np.float64], NDArray[np.int_]]


def scan(x: NDArray[np.float32], sr: int) -> Facts:
    """Run the scanner over a whole clip."""
    scanner = Scanner(sr)
    for i in range(0, max(len(x), 1), scanner.block):
        scanner.push(x[i : i + scanner.block], i + scanner.block >= len(x))
    return scanner.facts


def overlaps(start: NDArray[np.float64], end: NDArray[np.float64], truth: Truth) -> NDArray[np.int_]:
    """Return 1 for a stretch that is a true one, 0 for one that touches none, -1 for one in between."""
    out = np.zeros(len(start), int)
    if not truth:
        return out
    true_start, true_end = (np.array([e[k] for e in truth]) for k in ("start", "end"))
    for i, (a, b) in enumerate(zip(start, end, strict=True)):
        overlap = np.minimum(true_end, b) - np.maximum(true_start, a)
        j = int(np.argmax(overlap))
        if overlap[j] > 0:
            covered = min(true_end[j], b + 0.01) - max(true_start[j], a - 0.01)
            length = true_end[j] - true_start[j]
            out[i] = 1 if overlap[j] > max(0.7 * (b - a), 0.45 * length) and covered > 0.6 * length else -1
    return out


def hole_rows(facts: Facts, heard: Speech, truth: Truth) -> Rows:
    """Features and labels of the holes that the detector would weigh."""
    found = facts.holes.all()
    phi, y = holes.describe(found, heard), overlaps(found["start"], found["end"], truth)
    keep = (phi[:, holes.FEATURES.index("context")] > -25.0) & ~holes.near_tone(found["start"], found["end"], heard)
    return phi[keep], y[keep]


def noise_rows(facts: Facts, heard: Speech, truth: Truth) -> Rows:
    """Features and labels of the even stretches that the detector would weigh."""
    found = facts.noises.all()
    phi, y = noises.describe(found, heard), overlaps(found["start"], found["end"], truth)
    keep = (phi[:, noises.FEATURES.index("context")] > -25.0) & ~holes.near_tone(found["start"], found["end"], heard)
    return phi[keep], y[keep]


def join_rows(facts: Facts, heard: Speech, truth: Truth) -> Rows:
    """Features of true holes, and whether they are a pause put in (1) or a loss (0)."""
    found = facts.holes.all()
    pauses = [e for e in truth if e["kind"] == "inserted_silence"]
    y = overlaps(found["start"], found["end"], truth)
    y[(y == 1) & (overlaps(found["start"], found["end"], pauses) != 1)] = 0
    y[(overlaps(found["start"], found["end"], truth) != 1) | ~joins.measured(found)] = -1
    return joins.describe(found), y


@dataclass(frozen=True)
class Target:
    """A model to fit: its rows, the damages it must see, the features it must rise with, its trees and the weight of hard negatives."""

    features: tuple[str, ...]
    rows: Callable[[Facts, Speech, Truth], Rows]
    damages: tuple[str, ...]
    rising: tuple[str, ...] = ()
    trees: int = 80
    hard: float = HARD_WEIGHT


TARGETS = {
    "noises": Target(
        noises.FEATURES, noise_rows, ("noise_fill", "any_noise", "any_noise"), ("start_edge", "end_edge", "least_edge")
    ),
    "holes": Target(
        holes.FEATURES, hole_rows, ("zero_fill", "zero_soft", "fade", "noise_fill", "inserted_silence"),
        ("fall", "rise", "least_edge", "sharp_fall", "sharp_rise", "depth", "context", "under_floor", "near"),
    ),
    "joins": Target(
        joins.FEATURES, join_rows, ("zero_fill", "zero_soft", "inserted_silence", "inserted_silence"), trees=30, hard=1.0
    ),
}  # fmt: skip


def _options(name: str, rng: np.random.Generator) -> dict[str, Any]:
    if name not in (*LOSSES, "any_noise"):
        return {"rate": rng.uniform(0.01, 0.08)}
    return {"rate": rng.uniform(0.01, 0.12), "burst": rng.uniform(1, 2.5), "frame_ms": float(rng.choice(FRAMES_MS))}


def recordings(plan: Plan, i: int, targets: tuple[str, ...]) -> Iterator[tuple[Signal, Truth, tuple[str, ...]]]:
    """Make all recordings of a plan: samples, truth, and the targets that learn from them."""
    rng = np.random.default_rng([11, i, plan.sr])
    clip, bare = render(plan), render(replace(plan, floors_db=(None,)))
    yield clip.x, [], targets
    for k in range(2):
        yield negative(HARD[(2 * i + k) % len(HARD)], bare, "tune", (i, 3 + k)), [], targets
    for x in (bare.x, negative("edited_prompts", bare, "tune", (i, 5))):
        yield x + _room(bare, rng), [], targets
    for target in targets:
        for k, name in enumerate(TARGETS[target].damages):
            options = _options(name, rng)
            if name == "any_noise":
                fill = noise_fill(rng.uniform(*FILL_BELOW_DB))
                yield *fill(clip.x, clip.sr, rng, **options), (target,)
            else:
                yield *damage(name, clip.x, clip.sr, (i, k), **options), (target,)


def _room(clip: Clip, rng: np.random.Generator) -> Signal:
    """Room noise about as loud as noise that fills gaps: what lies behind a pause is no fill."""
    below = rng.uniform(*FILL_BELOW_DB)
    return noise(len(clip.x), clip.level_db - below, rng, pink=bool(rng.integers(2)))


def _clip_rows(job: tuple[Plan, int, tuple[str, ...]]) -> dict[str, list[Rows]]:
    plan, i, targets = job
    out: dict[str, list[Rows]] = {name: [] for name in targets}
    for x, truth, names in recordings(plan, i, targets):
        facts = scan(quantise(x), plan.sr)
        heard = speech(facts.frames.all())
        for name in names if heard.active_db is not None else ():
            out[name].append(TARGETS[name].rows(facts, heard, truth))
    return out


def main() -> None:
    """Fit and write the models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "targets", nargs="*", default=sorted(TARGETS), help=f"models to fit: {' '.join(sorted(TARGETS))}"
    )
    parser.add_argument("--clips", type=int, default=200, help="clips of 20 s at each rate")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    chosen = tuple(args.targets)
    jobs = [(p, i, chosen) for sr in (8000, 16000, 48000) for i, p in enumerate(plans("tune", sr, 20.0, args.clips, 1))]
    with multiprocessing.get_context("spawn").Pool(args.jobs) as pool:
        done = pool.map(_clip_rows, jobs, chunksize=4)
    for name in chosen:
        _fit(name, [rows for clip in done for rows in clip[name]], args.clips)


def _fit(name: str, rows: list[Rows], clips: int) -> None:
    target = TARGETS[name]
    features = target.features
    x, y = np.concatenate([r[0] for r in rows]), np.concatenate([r[1] for r in rows])
    clean = np.concatenate([np.full(len(r[1]), not (r[1] != 0).any()) for r in rows])
    x, y, clean = x[y >= 0], y[y >= 0], clean[y >= 0]
    weight = np.where(clean, target.hard, 1.0)
    model = fitting.fit(x, y, weight, target.trees, [int(f in target.rising) for f in features])
    path = fitting.save(
        name, model, features, y, weight, script="benchmarks/fit_evidence.py", clips=clips, seed=1, rows=len(y)
    )
    print(f"{path.name}: {len(y)} candidates, {int(y.sum())} true")


if __name__ == "__main__":
    main()
