"""Fits the evidence of holes and noise fills (``detect/models/*.json``) on the tuning voices: ``python -m benchmarks.fit_evidence``.

Clean clips, hard negatives and damaged clips are scanned at 8, 16 and 48 kHz; a candidate that covers a true event is
positive, one that touches none is negative, the others are left out. The voices of the test split are never opened.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import fitting
from benchmarks.corpora import Clip, Plan, plans, quantise, render
from benchmarks.damage import LOSSES, damage
from benchmarks.negatives import NEGATIVES, TEST_ONLY, TONAL, negative
from callqual.detect import holes, noises
from callqual.detect.speech import Speech, speech
from callqual.features.facts import Facts
from callqual.features.scanner import Scanner

FRAMES_MS = (10.0, 20.0, 30.0, 40.0, 60.0)
HARD_WEIGHT = 4.0
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
    keep = (phi[:, holes.FEATURES.index("context")] > -25.0) & ~holes.near_tone(found, heard)
    return phi[keep], y[keep]


def noise_rows(facts: Facts, heard: Speech, truth: Truth) -> Rows:
    """Features and labels of the even stretches that the detector would weigh."""
    found = facts.noises.all()
    phi, y = noises.describe(found, heard), overlaps(found["start"], found["end"], truth)
    keep = (phi[:, noises.FEATURES.index("context")] > -25.0) & ~holes.near_tone(found, heard)
    return phi[keep], y[keep]


@dataclass(frozen=True)
class Target:
    """A model to fit: its rows, the damages it must see, and the features it must rise with."""

    features: tuple[str, ...]
    rows: Callable[[Facts, Speech, Truth], Rows]
    damages: tuple[str, ...]
    rising: tuple[str, ...]


TARGETS = {
    "noises": Target(
        noises.FEATURES, noise_rows, ("noise_fill", "noise_fill", "noise_fill"), ("start_edge", "end_edge", "least_edge")
    ),
    "holes": Target(
        holes.FEATURES, hole_rows, ("zero_fill", "zero_soft", "fade", "noise_fill", "inserted_silence"),
        ("fall", "rise", "least_edge", "sharp_fall", "sharp_rise", "depth", "context", "under_floor"),
    ),
}  # fmt: skip


def _options(name: str, rng: np.random.Generator) -> dict[str, Any]:
    if name not in LOSSES:
        return {"rate": rng.uniform(0.01, 0.08)}
    return {"rate": rng.uniform(0.01, 0.12), "burst": rng.uniform(1, 2.5), "frame_ms": float(rng.choice(FRAMES_MS))}


def _clip_rows(job: tuple[Plan, int, tuple[str, ...]]) -> dict[str, list[Rows]]:
    plan, i, targets = job
    clip: Clip = render(plan)
    out: dict[str, list[Rows]] = {name: [] for name in targets}

    def add(x: NDArray[np.float64], truth: Truth, names: tuple[str, ...]) -> None:
        facts = scan(quantise(x), clip.sr)
        heard = speech(facts.frames.all())
        for name in names if heard.active_db is not None else ():
            out[name].append(TARGETS[name].rows(facts, heard, truth))

    add(clip.x, [], targets)
    for k in range(2):
        add(negative(HARD[(2 * i + k) % len(HARD)], clip, "tune", (i, 3 + k)), [], targets)
    rng = np.random.default_rng([11, i, clip.sr])
    for target in targets:
        for k, name in enumerate(TARGETS[target].damages):
            add(*damage(name, clip.x, clip.sr, (i, k), **_options(name, rng)), (target,))
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
    features, rising = TARGETS[name].features, TARGETS[name].rising
    x, y = np.concatenate([r[0] for r in rows]), np.concatenate([r[1] for r in rows])
    clean = np.concatenate([np.full(len(r[1]), not (r[1] != 0).any()) for r in rows])
    x, y, clean = x[y >= 0], y[y >= 0], clean[y >= 0]
    weight = np.where(clean, HARD_WEIGHT, 1.0)
    model = fitting.fit(x, y, weight, monotone=[int(f in rising) for f in features])
    path = fitting.save(
        name, model, features, y, weight, script="benchmarks/fit_evidence.py", clips=clips, seed=1, rows=len(y)
    )
    print(f"{path.name}: {len(y)} candidates, {int(y.sum())} true")


if __name__ == "__main__":
    main()
