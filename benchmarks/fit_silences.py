"""Fits the evidence of the borders of digital silence: ``python -m benchmarks.fit_silences [FOLDER]``.

Outages of a second and more in undamaged speech of the tuning voices, real calls whose concealment fell silent (talkers whose voices
are known, :mod:`benchmarks.fit_concealment`), and pauses that are digital silence, by themselves or made so by hard negatives. As
the score of the fades' shape is one of the features, this is run after :mod:`benchmarks.fit_concealment`.
"""

from __future__ import annotations

import argparse
import multiprocessing
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import fitting, neteq
from benchmarks.corpora import FLOORS_DB, Plan, Signal, plans, quantise
from benchmarks.fit_concealment import Rows, call_jobs, label, made, turned
from benchmarks.fit_evidence import scan
from callqual.detect import concealment
from callqual.detect.silences import FEATURES, Silences
from callqual.detect.speech import speech

HARD = ("edited_prompts", "muted", "noise_gate", "noise_suppression", "breath", "clipped")
TREES = 40
MONOTONE = {"fade": 1, "soon": 1, "pauses": -1, "returns": -1}
"""Not the level before: a room that breaks off, with no speech in it, is a mute or an edit."""


def rows(x: Signal, sr: int, truth: list[dict[str, Any]]) -> Rows:
    """Return features and labels of the silent fades of one recording."""
    facts = scan(quantise(x), sr)
    heard = speech(facts.frames.all())
    if heard.active_db is None:
        return np.zeros((0, len(FEATURES))), np.zeros(0, int)
    silences = Silences(facts.runs.all(), facts.edges.all(), heard)
    parts = []
    for fades in concealment.propose(facts.frames.all(), facts.runs.all(), facts.hidden.all(), heard):
        silent, phi = concealment.in_silence(fades, concealment.weigh(fades), silences)
        parts.append((phi, label(fades, truth)[silent]))
    phi, labels = zip(*parts, strict=True)
    return np.concatenate(phi), np.concatenate(labels)


def _clip_rows(job: tuple[Plan, int, str]) -> Rows:
    return rows(*made(job))


def _call_rows(job: tuple[dict[str, Any], int]) -> Rows:
    return rows(*turned(job))


def jobs_of(clips: int) -> list[tuple[Plan, int, str]]:
    """Plan clips, half of them with no room between the words: each undamaged, with outages, and as a hard negative."""
    out = []
    for sr in (8000, 16000, 48000):
        for seed, floors in ((8, FLOORS_DB), (9, (None,))):
            chosen = list(enumerate(plans("tune", sr, 20.0, clips, seed, floors)))
            out += [(p, i, make) for i, p in chosen for make in ("clean", "dead_air", HARD[i % len(HARD)])]
    return out


def main() -> None:
    """Fit and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=neteq.FOLDER)
    parser.add_argument("--turns", type=int, default=2, help="versions of each call")
    parser.add_argument("--clips", type=int, default=60, help="clips of 20 s at each rate, and as many without a room")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    with multiprocessing.get_context("spawn").Pool(args.jobs) as pool:
        done = pool.map(_clip_rows, jobs_of(args.clips), chunksize=4)
        done += pool.map(_call_rows, call_jobs(args.folder, args.turns), chunksize=4)
    x, y = np.concatenate([r[0] for r in done]), np.concatenate([r[1] for r in done])
    x, y = x[y >= 0], y[y >= 0]
    weight = np.ones(len(y))
    model = fitting.fit(x, y, weight, TREES, [MONOTONE.get(name, 0) for name in FEATURES])
    script = "benchmarks/fit_silences.py"
    path = fitting.save("silences", model, FEATURES, y, weight, script=script, clips=args.clips, rows=len(y))
    print(f"{path.name}: {len(y)} fades, {int(y.sum())} true")


if __name__ == "__main__":
    main()
