"""Fits the rating to rated clips: ``python -m benchmarks.fit_rating [FOLDER] --write --out benchmarks/RESULTS.md``.

FOLDER holds the chop clips of TCD-VoIP (Harte, Gillen, Hines, QoMEX 2015) with 24 votes each: speech with pieces silenced,
repeated or cut out. The events are those that callqual finds, so what it misses or mistakes is part of the fit. Every
condition is left out in turn; the MNRU anchors are noise, which is not rated here, and are shown apart. ``--write`` renews
``rating/fitted.py`` and ``docs/mos.md``: run it after any change of a detector.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray
from scipy.optimize import least_squares

from benchmarks import anchors
from benchmarks.fit_evidence import scan
from benchmarks.rating_tables import page
from benchmarks.results import Rows, update
from benchmarks.tasks import prepare
from callqual.detect.decide import decide
from callqual.features.facts import HOP
from callqual.rating import constants as c
from callqual.rating import fitted as shipped
from callqual.rating.fitted import FITTED, Fitted
from callqual.rating.score import Scores, score
from callqual.rating.timeline import Timeline, timeline
from callqual.result import CONFIDENT, Event

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT.parent / "shared/data/rated"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Clip:
    """A rated clip: what listeners said of it, where its chops are, and the events that callqual finds."""

    file: str
    condition: str
    mode: str
    votes: float
    starts: tuple[float, ...]
    events: tuple[Event, ...]
    line: Timeline

    def scores(self, fitted: Fitted) -> Scores:
        """Rate it."""
        return score(self.events, self.line, fitted)


def read(row: dict[str, str], starts: Sequence[float], folder: Path) -> Clip:
    """Find the events of one clip."""
    x, sr = sf.read(folder / row["file"], dtype="float32")
    facts = scan(x, sr)
    verdict = decide(facts, CONFIDENT)
    line = timeline(verdict.speech.active, HOP, facts.seconds, verdict.events)
    mode = row["mode"] or "MNRU"
    return Clip(row["file"], row["condition"], mode, float(row["mos"]), tuple(starts), verdict.events, line)


def fit_weights(clips: Sequence[Clip], fitted: Fitted) -> Fitted:
    """Return the constants with the `b` and the weight of a `cut` that come nearest to the votes."""

    def error(logs: Floats) -> list[float]:
        return [clip.scores(_weighed(fitted, logs)).mos - clip.votes for clip in clips]

    return _weighed(fitted, least_squares(error, np.log([fitted.b, fitted.cut])).x)


def _weighed(fitted: Fitted, logs: Floats) -> Fitted:
    b, cut = np.exp(logs).tolist()
    return replace(fitted, b=b, cut=cut)


def fit(clips: Sequence[Clip]) -> tuple[Fitted, dict[str, Fitted]]:
    """Fit all constants, and the weights with each condition left out."""
    whole = fit_weights(clips, FITTED)
    without = {
        k: fit_weights([clip for clip in clips if clip.condition != k], whole) for k in _conditions(clips)
    }  # fmt: skip
    known = anchors.recall([(clip.mode, clip.starts, clip.events) for clip in clips if clip.starts], FITTED.recall)
    weight, unsure = anchors.concealed(whole.b)
    tone, tone_unsure = anchors.tone()
    whole = replace(
        whole,
        log_sigma_b=_jackknife([f.b for f in without.values()]),
        log_sigma_cut=_jackknife([f.cut for f in without.values()]),
        concealed=weight,
        log_sigma_concealed=unsure,
        tone=tone,
        log_sigma_tone=tone_unsure,
        recall=known,
    )
    clip, model = _spread(clips, whole, without)
    whole = replace(whole, clip=clip, model=model)
    return whole, {k: replace(whole, b=f.b, cut=f.cut) for k, f in without.items()}


def _jackknife(values: Sequence[float]) -> float:
    """Standard error of the logarithm of a constant by its values with each condition left out."""
    logs, n = np.log(values), len(values)
    return float(np.sqrt((n - 1) / n * np.square(logs - logs.mean()).sum()))


def _conditions(clips: Sequence[Clip]) -> list[str]:
    return sorted({clip.condition for clip in clips}, key=int)


def _spread(clips: Sequence[Clip], whole: Fitted, without: dict[str, Fitted]) -> tuple[float, float]:
    """Part the error with a condition left out, less what the interval knows otherwise, into that of clips and that of the model.

    How much all clips of a condition share is known no better than its standard error: so much more is taken to be the model's,
    which no length averages out, and the rest is the clips'.
    """
    shared, rest = [], []
    for k, fitted in without.items():
        of = [clip for clip in clips if clip.condition == k]
        errors = np.array([clip.votes - clip.scores(fitted).mos for clip in of])
        shared.append(errors.mean() ** 2 - errors.var(ddof=1) / len(of))
        known = [_half(clip, replace(whole, clip=0.0, model=0.0)) ** 2 for clip in of]
        rest += (np.square(errors) - known).tolist()
    model = max(float(np.mean(shared)) + float(np.std(shared, ddof=1)) / np.sqrt(len(shared)), 0.0)
    return float(np.sqrt(max(float(np.mean(rest)) - model, 0.0))), float(np.sqrt(model))


def _half(clip: Clip, fitted: Fitted) -> float:
    """Standard error that an interval tells."""
    said = clip.scores(fitted)
    return (said.high - said.low) / 2 / c.Z


def figures(clips: list[Clip], whole: Fitted, without: dict[str, Fitted]) -> Rows:
    """Say how near the rating comes, with each condition left out and with all of them."""
    votes, condition = np.array([clip.votes for clip in clips]), np.array([clip.condition for clip in clips])
    rows: Rows = {}
    for name, said in {
        "left out": [clip.scores(without[clip.condition]) for clip in clips],
        "all fitted": [clip.scores(whole) for clip in clips],
    }.items():
        inside = [s.low <= clip.votes <= s.high for clip, s in zip(clips, said, strict=True)]
        rows[name] = near(np.array([s.mos for s in said]), votes, condition) | {
            "covered": float(np.mean(inside)),
            "clips": len(clips),
            "width": float(np.mean([s.high - s.low for s in said])),
            "width of the undamaged": float(
                np.mean([s.high - s.low for clip, s in zip(clips, said, strict=True) if not clip.starts])
            ),
        }
    return rows


def near(said: Floats, votes: Floats, condition: NDArray[np.str_]) -> dict[str, float]:
    """Correlation and error by clip and by condition."""
    means = np.array([[of[condition == k].mean() for of in (said, votes)] for k in sorted(set(condition.tolist()))]).T
    out = {}
    for name, (a, b) in {"clips": (said, votes), "conditions": means}.items():
        out[f"r, {name}"] = float(np.corrcoef(a, b)[0, 1])
        out[f"RMSE, {name}"] = float(np.sqrt(np.mean((a - b) ** 2)))
    return out


def peers(clips: list[Clip], folder: Path) -> Rows:
    """Ask PLCMOS and DNSMOS of the same clips, where their environment is made."""
    from benchmarks.peers.catalogue import PEERS
    from benchmarks.peers.environments import missing
    from benchmarks.peers.sessions import Lane

    votes, condition = np.array([clip.votes for clip in clips]), np.array([clip.condition for clip in clips])
    rows: Rows = {}
    with Lane() as lane:
        for peer in (p for p in PEERS if p.name in ("PLCMOS", "DNSMOS") and missing(p.home) is None):
            said = [
                lane.ask(peer.home, peer.how, str(folder / clip.file), peer.settings)["scores"] for clip in clips
            ]  # fmt: skip
            for name in said[0]:
                rows[f"peer/{name}"] = near(np.array([s[name] for s in said]), votes, condition)
    return rows


def write(fitted: Fitted) -> None:
    """Renew ``rating/fitted.py`` and the page that shows it."""
    path = Path(str(shipped.__file__))
    head = path.read_text(encoding="utf-8").split("FITTED = Fitted(")[0]
    rounded = {
        k: {n: round(v, 3) for n, v in x.items()} if isinstance(x, dict) else round(x, 4)
        for k, x in vars(fitted).items()
    }
    lines = [f"    {k}={x!r},".replace("'", '"') for k, x in rounded.items()]
    path.write_text("\n".join([f"{head}FITTED = Fitted(", *lines, ")\n"]), encoding="utf-8")
    subprocess.run(
        [sys.executable, ROOT / "docs/make_mos.py"], env=os.environ | {"PYTHONPATH": str(ROOT / "src")}, check=True
    )


def main(argv: list[str] | None = None) -> int:
    """Find the events of the rated clips, fit, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fit_rating", description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--write", action="store_true", help="renew rating/fitted.py")
    parser.add_argument("--peers", action="store_true", help="ask PLCMOS and DNSMOS too (a minute or two)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, help="Markdown file to update, with its JSON; else only print")
    args = parser.parse_args(argv)
    if not (args.folder / "ratings.csv").is_file():
        parser.error(f"{args.folder} has no ratings.csv: give the folder of the rated clips")
    prepare()
    clips = _read_all(args.folder, args.jobs)
    chopped = [clip for clip in clips if clip.mode != "MNRU"]
    whole, without = fit(chopped)
    if args.write:
        write(whole)
    rows = figures(chopped, whole, without) | {"fitted": flat(whole)}
    for name in _conditions(clips):
        of = [clip for clip in clips if clip.condition == name]
        said = float(np.mean([clip.scores(whole).mos for clip in of]))
        votes = float(np.mean([clip.votes for clip in of]))
        rows[f"condition {name}"] = {"mode": of[0].mode, "clips": len(of), "votes": votes, "mos": said}
    if args.peers:
        rows |= peers(chopped, args.folder)
    print(update(args.out, "rating", rows, page) if args.out else page(rows))
    return 0


def flat(fitted: Fitted) -> dict[str, float]:
    """One figure a name, as rows have."""
    figures = vars(fitted) | {f"recall, {name}": value for name, value in fitted.recall.items()}
    del figures["recall"]
    return figures


def _read_all(folder: Path, jobs: int) -> list[Clip]:
    def table(name: str) -> list[dict[str, str]]:
        with (folder / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    asked = table("ratings.csv")
    starts: dict[str, list[float]] = {row["file"]: [] for row in asked}
    for chop in table("events.csv"):
        starts[chop["file"]].append(float(chop["start_s"]))
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=prepare) as workers:
        return list(workers.map(read, asked, [starts[row["file"]] for row in asked], [folder] * len(asked)))


if __name__ == "__main__":
    raise SystemExit(main())
