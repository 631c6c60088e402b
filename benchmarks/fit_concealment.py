"""Fits the evidence of concealed gaps and outages: ``python -m benchmarks.fit_concealment [FOLDER]``.

FOLDER holds real WebRTC calls with NetEq's own truth (see :mod:`benchmarks.neteq`). Some of their talkers tune, the
others are never opened. Undamaged speech of the tuning voices, hard negatives and made outages stand beside them. A
fade that matches a true gap is positive, one that touches none is negative, the others are left out.
"""

from __future__ import annotations

import argparse
import multiprocessing
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray

from benchmarks import fitting, neteq
from benchmarks.corpora import Plan, Signal, plans, quantise, render
from benchmarks.damage import damage
from benchmarks.fit_evidence import scan
from benchmarks.negatives import negative
from callqual.detect.concealment import FEATURES, Fades, propose
from callqual.detect.speech import speech
from callqual.features.facts import HOP

RATES = (48000, 48000, 16000, 8000)
HARD = (
    "muted", "edited_prompts", "opus_dtx", "comfort_noise", "codec_speech", "breath", "creaky", "clipped",
)  # fmt: skip
HARDEST = ("noise_suppression", "noise_suppression", "noise_gate")
"""Words that decay into nothing, as in a studio or behind a phone's own processing, look most like concealment."""

NEAR = 0.55
"""A positive shares so much with a true gap, as intersection over union."""

TREES = 60
MONOTONE = {
    "rise": 1, "step": 1, "drop": 1, "peak": 1, "peak_least": 1, "lag_held": 1, "lag_exact": 1, "lag_breaks": 1,
    "net": 1, "net_first": 1, "net_back": 1,
    "peak_return": -1, "bend": -1, "bump": -1,
}  # fmt: skip

Rows = tuple[NDArray[np.float64], NDArray[np.int_]]


def label(fades: Fades, truth: list[dict[str, Any]]) -> NDArray[np.int_]:
    """Return 1 for a fade that matches a true gap, 0 for one that touches none or misses it widely, -1 between."""
    out = np.zeros(len(fades.start), int)
    if not truth:
        return out
    true = np.array([[t["start"], t["end"]] for t in truth])
    for i, (a, b) in enumerate(zip(fades.start * HOP, fades.end * HOP, strict=True)):
        overlap = np.maximum(np.minimum(true[:, 1], b) - np.maximum(true[:, 0], a), 0.0)
        union = np.maximum(true[:, 1], b) - np.minimum(true[:, 0], a)
        inside = np.maximum(np.minimum(true[:, 1] + 0.06, b) - np.maximum(true[:, 0] - 0.02, a), 0.0).sum()
        if (overlap / union).max() >= NEAR:
            out[i] = 1
        elif inside > 0.4 * (b - a):
            out[i] = -1
    return out


def rows(x: Signal, sr: int, truth: list[dict[str, Any]]) -> Rows:
    """Return features and labels of the fades of one recording."""
    facts = scan(quantise(x), sr)
    frames = facts.frames.all()
    heard = speech(frames)
    if heard.active_db is None:
        return np.zeros((0, len(FEATURES))), np.zeros(0, int)
    parts = [(fades.phi, label(fades, truth)) for fades in propose(frames, facts.runs.all(), facts.hidden.all(), heard)]
    phi, labels = zip(*parts, strict=True)
    return np.concatenate(phi), np.concatenate(labels)


def call_jobs(folder: Path, turns: int) -> list[tuple[dict[str, Any], int]]:
    """List the calls of talkers whose voices are known, so many versions of each."""
    calls = [c for c in neteq.read_calls(folder) if c["speaker"].startswith(neteq.KNOWN)]
    return [(c, i) for i in range(turns) for c in calls]


def turned(job: tuple[dict[str, Any], int]) -> tuple[Signal, int, list[dict[str, Any]]]:
    """Read a call, drop part of its first frame, change level and rate: nothing may depend on the frames' phase."""
    call, i = job
    rng = np.random.default_rng([5, i])
    x, sr = sf.read(call["path"])
    skip = int(rng.integers(sr // 100)) if i else 0
    rate = RATES[int(rng.integers(len(RATES)))] if i else sr
    x = x[skip:] * 10 ** (rng.uniform(-12.0, 2.0) / 20)
    y = np.asarray(soxr.resample(x, sr, rate)) if rate != sr else x
    shift = skip / sr
    return y, rate, [t | {"start": t["start"] - shift, "end": t["end"] - shift} for t in neteq.events(call)]


def _call_rows(job: tuple[dict[str, Any], int]) -> Rows:
    return rows(*turned(job))


def made(job: tuple[Plan, int, str]) -> tuple[Signal, int, list[dict[str, Any]]]:
    """Make samples, rate and truth of a clip of the tuning voices: undamaged, with outages, or a hard negative."""
    plan, i, make = job
    clip = render(plan)
    if make == "clean":
        return clip.x, clip.sr, []
    if make == "dead_air":
        x, truth = damage("dead_air", clip.x, clip.sr, (i, 4))
        return x, clip.sr, truth
    return negative(make, clip, "tune", (i, 5)), clip.sr, []


def _clip_rows(job: tuple[Plan, int, str]) -> Rows:
    return rows(*made(job))


def clip_jobs(clean: int) -> list[tuple[Plan, int, str]]:
    """Plan undamaged clips of the tuning voices, as many hard negatives, as many of the hardest, a third with outages."""
    out = []
    for sr in (8000, 16000, 48000):
        chosen = plans("tune", sr, 20.0, clean, 3)
        out += [(p, i, "clean") for i, p in enumerate(chosen)]
        out += [(p, i, "dead_air") for i, p in enumerate(chosen[::3])]
        out += [(p, i, HARD[i % len(HARD)]) for i, p in enumerate(chosen)]
        out += [(p, i, HARDEST[i % len(HARDEST)]) for i, p in enumerate(plans("tune", sr, 20.0, clean, 4))]
    return out


def collect(folder: Path, clean: int, turns: int, jobs: int) -> tuple[list[Rows], list[Rows]]:
    """Return the rows of the calls and of the clips."""
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        heard = pool.map(_call_rows, call_jobs(folder, turns), chunksize=4)
        made = pool.map(_clip_rows, clip_jobs(clean), chunksize=4)
    return heard, made


def main() -> None:
    """Fit and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=neteq.FOLDER)
    parser.add_argument("--clean", type=int, default=130, help="undamaged clips of 20 s at each rate")
    parser.add_argument("--turns", type=int, default=4, help="versions of each call")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    heard, clips = collect(args.folder, args.clean, args.turns, args.jobs)
    x = np.concatenate([r[0] for r in heard + clips])
    y = np.concatenate([r[1] for r in heard + clips])
    x, y = x[y >= 0], y[y >= 0]
    weight = np.ones(len(y))
    model = fitting.fit(x, y, weight, TREES, [MONOTONE.get(name, 0) for name in FEATURES])
    made_by = {"script": "benchmarks/fit_concealment.py", "clean": args.clean, "turns": args.turns, "rows": len(y)}
    path = fitting.save("concealment", model, FEATURES, y, weight, **made_by)
    print(f"{path.name}: {len(y)} fades, {int(y.sum())} true")


if __name__ == "__main__":
    main()
