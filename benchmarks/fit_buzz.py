"""Fits the evidence of music (``detect/models/music.json``) on the tuning voices: ``python -m benchmarks.fit_buzz``.

Music, song, whistling and cries against speech, whole, lossy, under every buzz and in every undamaged disguise. The
test split's voices and tracks are never opened.
"""

from __future__ import annotations

import argparse
import multiprocessing

import numpy as np
from numpy.typing import NDArray

from benchmarks import fitting
from benchmarks.corpora import plans, quantise
from benchmarks.damage import LOSSES
from benchmarks.fit_evidence import scan
from benchmarks.negatives import NEGATIVES, TEST_ONLY
from benchmarks.tasks import Task, recording
from callqual.detect import vetoes
from callqual.detect.levels import to_db
from callqual.detect.music import FEATURES, describe, windows
from callqual.simulation.buzz import BUZZES

MUSIC = ("music", "singing", "humming", "baby_cry", "whistling")
TONES = ("dtmf", "ringback_425", "ringback_us", "busy", "dial_tone", "fax_cng", "fax_ced", "beeps")
MONOTONE = {"range": -1, "unvoiced": -1, "restless": -1, "jump": -1, "low": -1, "peak10": 1}


def tasks(clips: int) -> list[tuple[Task, int]]:
    """Return what to make, and 1 for music."""
    out = []
    for sr in (8000, 16000):
        for k, name in enumerate(NEGATIVES):
            if name in TEST_ONLY or name in TONES:
                continue
            n = clips * (6 if name == "music" else 2 if name in MUSIC else 1)
            for plan in plans("tune", sr, 20.0, n, seed=700 + k, floors_db=(None,)):
                out.append((Task("negative", name, plan, "tune", name), int(name in MUSIC)))
        for k, name in enumerate(BUZZES):
            for i, plan in enumerate(plans("tune", sr, 20.0, clips, seed=750 + k)):
                options = {"below_db": (1.0 if name in ("ring", "comb") else 6.0, 12.0, 18.0)[i % 3]}
                out.append((Task("buzz", name, plan, "tune", name, options), 0))
        for k, name in enumerate(LOSSES):
            for i, plan in enumerate(plans("tune", sr, 20.0, clips, seed=800 + k)):
                options = {"rate": (0.03, 0.1, 0.15)[i % 3], "burst": 1.5, "frame_ms": (20.0, 60.0)[i % 2]}
                out.append((Task("damage", name, plan, "tune", name, options), 0))
        for plan in plans("tune", sr, 20.0, 12 * clips, seed=690):
            out.append((Task("clean", "clean", plan, "tune"), 0))
    return out


def rows(job: tuple[Task, int]) -> tuple[NDArray[np.float64], int]:
    """Return the features of the windows of one recording."""
    task, label = job
    x, _ = recording(task)
    frames = scan(quantise(x.astype(np.float64)), task.plan.sr).frames.all()
    level, tones = to_db(frames["level"]), vetoes.tonal(frames)
    known = [describe(frames[a:b], level[a:b], tones[a:b]) for a, b in windows(frames.size)]
    phi = [p for p in known if p is not None]
    return (np.stack(phi) if phi else np.zeros((0, len(FEATURES)))), label


def main() -> None:
    """Fit and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=10, help="clips of 20 s of each kind at each rate")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    with multiprocessing.get_context("spawn").Pool(args.jobs) as pool:
        done = pool.map(rows, tasks(args.clips), chunksize=4)
    x = np.concatenate([phi for phi, _ in done])
    y = np.concatenate([np.full(len(phi), label) for phi, label in done])
    weight = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1.0 - y.mean()))
    model = fitting.fit(x, y, weight, trees=60, monotone=[MONOTONE.get(name, 0) for name in FEATURES])
    path = fitting.save(
        "music", model, FEATURES, y, weight, script="benchmarks/fit_buzz.py", clips=args.clips, rows=len(y)
    )
    score = model.decision_function(x)
    low, high = np.percentile(score[y == 0], 99.9), np.percentile(score[y == 1], 1)
    print(
        f"{path.name}: {len(y)} windows, {int(y.sum())} of music; "
        f"99.9 % of speech below {low:.1f}, 99 % of music above {high:.1f}"
    )


if __name__ == "__main__":
    main()
