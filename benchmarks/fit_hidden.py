"""Calibrates what the learned stage says: ``python -m benchmarks.fit_hidden FOLDER...`` prints the constants of ``detect/hidden.py``.

The folders hold recordings of voices that the stage did not learn from, damaged and not (:mod:`benchmarks.lost_speech`,
:mod:`benchmarks.rig_calls`). A run that matches a true gap is positive, one that touches none is negative, the others are left out.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from benchmarks.fit_evidence import scan
from callqual.detect.hidden import Runs, propose
from callqual.detect.speech import speech
from callqual.features.facts import HOP

EARLY, LATE = 0.02, 0.06
"""Seconds that a found gap may begin before a true one and end after it."""

INAUDIBLE_DB = -20.0

Rows = tuple[NDArray[np.float64], NDArray[np.int_]]


def label(runs: Runs, gaps: list[list[Any]]) -> NDArray[np.int_]:
    """Return 1 for a run most of which lies in a true gap, 0 for one that touches none, -1 between and for what nobody hears."""
    out = np.zeros(runs.start.size, int)
    if not gaps:
        return out
    true = np.array([[g[0], g[1]] for g in gaps])
    heard = np.array([g[3] >= INAUDIBLE_DB for g in gaps])
    for i, (a, b) in enumerate(zip(runs.start * HOP, runs.end * HOP, strict=True)):
        inside = np.maximum(np.minimum(true[:, 1] + LATE, b) - np.maximum(true[:, 0] - EARLY, a), 0.0)
        if inside[heard].sum() >= (b - a) / 2:
            out[i] = 1
        elif inside.sum() > 0.0:
            out[i] = -1
    return out


def rows(path: Path, gaps: list[list[Any]]) -> Rows:
    """Return the greatest log odds of the runs of one recording, and their labels."""
    x, sr = sf.read(path, dtype="float32")
    facts = scan(x, sr)
    heard = speech(facts.frames.all())
    if heard.active_db is None:
        return np.zeros(0), np.zeros(0, int)
    runs = propose(facts.hidden.all(), heard)
    return runs.peak, label(runs, gaps)


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--without", nargs="*", default=[], help="talkers kept for tests")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    calls = [
        (folder / Path(truth["file"]).name, truth["gaps"])
        for folder in args.folders
        for truth in map(json.loads, (folder / "truth.jsonl").read_text().splitlines())
        if not truth["speaker"].startswith(tuple(args.without))
    ]
    with multiprocessing.get_context("spawn").Pool(args.jobs) as pool:
        found = pool.starmap(rows, calls, chunksize=8)
    x, y = np.concatenate([r[0] for r in found]), np.concatenate([r[1] for r in found])
    x, y = x[y >= 0, None], y[y >= 0]
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=100.0).fit(x, y)
    offset = fitted.intercept_[0] - np.log(y.sum() / (y == 0).sum())
    print(f"SLOPE, OFFSET = {fitted.coef_[0, 0]:.2f}, {offset:.2f}  # {len(y)} runs, {int(y.sum())} true")


if __name__ == "__main__":
    main()
