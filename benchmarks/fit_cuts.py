"""Fits the evidence of cuts (``detect/models/cuts.json``) on the tuning voices: ``python -m benchmarks.fit_cuts``.

Clips with cuts of 20-40 ms, undamaged clips, hard negatives and crackling clips, whose ticks stand out like joins, are scanned at 8, 16 and 48 kHz.
A splice within 3 ms of a cut is positive, one 30 ms away from all is negative. The voices of the test split are never opened.
"""

from __future__ import annotations

import argparse
import multiprocessing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import fitting
from benchmarks.corpora import Plan, Signal, plans, quantise, render
from benchmarks.damage import damage
from benchmarks.fit_evidence import scan
from benchmarks.negatives import NEGATIVES, TEST_ONLY, TONAL, negative
from callqual.detect.cuts import FEATURES, describe
from callqual.detect.speech import speech

HIT, CLEAR = 0.003, 0.03
TREES = 240
MONOTONE = {"peak": 1, "energy": 1, "mean": 1, "far": 1, "across": -1, "broken": 1}
HARD = sorted(set(NEGATIVES) - TONAL - TEST_ONLY - {"crackle"})
Rows = tuple[NDArray[np.float64], NDArray[np.int_]]


def rows(x: Signal, sr: int, truth: list[dict[str, Any]]) -> Rows:
    """Return features and labels of the splices of one clip."""
    facts = scan(quantise(x), sr)
    heard, splices = speech(facts.frames.all()), facts.splices.all()
    if heard.active_db is None or not splices.size:
        return np.zeros((0, len(FEATURES))), np.zeros(0, int)
    phi, true = describe(splices, heard, sr), np.array([t["start"] for t in truth])
    if not true.size:
        return phi, np.zeros(len(phi), int)
    off = np.abs(splices["at"][:, None] - true).min(axis=1)
    y = np.where(off < HIT, 1, np.where(off > CLEAR, 0, -1))
    return phi[y >= 0], y[y >= 0]


def _clip_rows(job: tuple[Plan, int]) -> list[Rows]:
    plan, i = job
    clip = render(plan)
    cut, truth = damage("cut", quantise(clip.x).astype(np.float64), clip.sr, (i, 6), rate=(0.02, 0.05, 0.08)[i % 3])
    hard = negative(HARD[i % len(HARD)], clip, "tune", (i, 7))
    ticks = negative("crackle", clip, "tune", (i, 8))
    return [rows(cut, clip.sr, truth), *(rows(x, clip.sr, []) for x in (clip.x, hard, ticks))]


def collect(clips: int, jobs: int) -> list[list[Rows]]:
    """Return the rows of every clip: cut, undamaged, hard negative, crackling."""
    tasks = [(plan, i) for sr in (8000, 16000, 48000) for i, plan in enumerate(plans("tune", sr, 20.0, clips, 6))]
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        return pool.map(_clip_rows, tasks, chunksize=4)


def main() -> None:
    """Fit and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=220, help="clips of 20 s at each rate")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    done = [r for versions in collect(args.clips, args.jobs) for r in versions]
    x, y = (np.concatenate([r[k] for r in done]) for k in (0, 1))
    weight = np.ones(len(y))
    model = fitting.fit(x, y, weight, TREES, [MONOTONE.get(name, 0) for name in FEATURES])
    made = {"script": "benchmarks/fit_cuts.py", "clips": args.clips, "rows": len(y)}
    path = fitting.save("cuts", model, FEATURES, y, weight, **made)
    print(f"{path.name}: {len(y)} splices, {int(y.sum())} true")


if __name__ == "__main__":
    main()
