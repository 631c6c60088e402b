"""Fits the evidence of holes (``detect/models/holes.json``) on the tuning voices: ``python -m benchmarks.fit_holes``.

Clean clips, hard negatives and every filler of lost packets are scanned at 8, 16 and 48 kHz; a hole that covers a lost
stretch is positive, one that touches none is negative, the others are left out. The voices of the test split are
never opened.
"""

from __future__ import annotations

import argparse
import multiprocessing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import fitting
from benchmarks.corpora import Clip, Plan, plans, quantise, render
from benchmarks.damage import damage
from benchmarks.negatives import NEGATIVES, negative
from callqual.detect.holes import FEATURES, describe, near_tone
from callqual.detect.speech import speech
from callqual.features.facts import Facts
from callqual.features.scanner import Scanner

FILLS = ("zero_fill", "zero_soft", "fade", "noise_fill")
FRAMES_MS = (10.0, 20.0, 30.0, 40.0, 60.0)
MONOTONE = {
    "fall": 1,
    "rise": 1,
    "least_edge": 1,
    "sharp_fall": 1,
    "sharp_rise": 1,
    "depth": 1,
    "context": 1,
    "under_floor": 1,
}
Rows = tuple[NDArray[np.float64], NDArray[np.int_]]


def scan(x: NDArray[np.float32], sr: int) -> Facts:
    """Run the scanner over a whole clip."""
    scanner = Scanner(sr)
    for i in range(0, max(len(x), 1), scanner.block):
        scanner.push(x[i : i + scanner.block], i + scanner.block >= len(x))
    return scanner.facts


def label(holes: NDArray[np.void], truth: list[dict[str, Any]]) -> NDArray[np.int_]:
    """Return 1 for a hole that is a true one, 0 for one that touches none, -1 for one in between."""
    out = np.zeros(len(holes), int)
    if not truth:
        return out
    start, end = (np.array([e[k] for e in truth]) for k in ("start", "end"))
    for i, (a, b) in enumerate(zip(holes["start"], holes["end"], strict=True)):
        overlap = np.minimum(end, b) - np.maximum(start, a)
        j = int(np.argmax(overlap))
        if overlap[j] > 0:
            covered = min(end[j], b + 0.01) - max(start[j], a - 0.01)
            length = end[j] - start[j]
            out[i] = 1 if overlap[j] > max(0.7 * (b - a), 0.45 * length) and covered > 0.6 * length else -1
    return out


def rows(x: NDArray[np.float64], sr: int, truth: list[dict[str, Any]]) -> Rows:
    """Return features and labels of the holes of one clip that the detector would weigh."""
    facts = scan(quantise(x), sr)
    heard, holes = speech(facts.frames.all()), facts.holes.all()
    if heard.active_db is None or not len(holes):
        return np.zeros((0, len(FEATURES))), np.zeros(0, int)
    phi, y = describe(holes, heard), label(holes, truth)
    keep = (phi[:, FEATURES.index("context")] > -25.0) & ~near_tone(holes, heard) & (y >= 0)
    return phi[keep], y[keep]


def _clip_rows(job: tuple[Plan, int]) -> tuple[list[Rows], list[Rows]]:
    plan, i = job
    clip: Clip = render(plan)
    rng = np.random.default_rng([11, i, clip.sr])
    clean = [rows(clip.x, clip.sr, [])]
    name = sorted(NEGATIVES)[i % len(NEGATIVES)]
    if name != "gsm_prompts":
        clean.append(rows(negative(name, clip, "tune", (i, 3)), clip.sr, []))
    damaged = [rows(*_inserted(clip, i, rng))]
    for fill in FILLS:
        options = {
            "rate": rng.uniform(0.01, 0.12),
            "burst": rng.uniform(1, 2.5),
            "frame_ms": float(rng.choice(FRAMES_MS)),
        }
        y, truth = damage(fill, clip.x, clip.sr, (i, 1), **options)
        damaged.append(rows(y, clip.sr, truth))
    return clean, damaged


def _inserted(clip: Clip, i: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], int, list[dict[str, Any]]]:
    y, truth = damage("inserted_silence", clip.x, clip.sr, (i, 2), rate=rng.uniform(0.01, 0.08))
    return y, clip.sr, truth


def main() -> None:
    """Fit and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=200, help="clips of 20 s at each rate")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    jobs = [(plan, i) for sr in (8000, 16000, 48000) for i, plan in enumerate(plans("tune", sr, 20.0, args.clips, 1))]
    with multiprocessing.get_context("spawn").Pool(args.jobs) as pool:
        done = pool.map(_clip_rows, jobs, chunksize=4)
    clean = [r for c, _ in done for r in c]
    damaged = [r for _, d in done for r in d]
    x = np.concatenate([r[0] for r in clean + damaged])
    y = np.concatenate([r[1] for r in clean + damaged])
    model = fitting.fit(x, y, np.ones(len(y)), monotone=[MONOTONE.get(name, 0) for name in FEATURES])
    path = fitting.save(
        "holes",
        model,
        FEATURES,
        y,
        np.ones(len(y)),
        script="benchmarks/fit_holes.py",
        clips=args.clips,
        seed=1,
        rows=len(y),
    )
    print(f"{path.name}: {len(y)} holes, {int(y.sum())} true")


if __name__ == "__main__":
    main()
