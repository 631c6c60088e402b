"""Fits the rates at which R halves (``rating/constants.py``) to rated clips: ``python -m benchmarks.fit_rating [FOLDER]``.

FOLDER holds the chop clips of TCD-VoIP (Harte, Gillen, Hines, QoMEX 2015) with 24 votes each: speech with pieces silenced,
repeated or cut out. The events are those that callqual finds, so what it misses or mistakes is part of the fit. Every
condition is left out in turn; the MNRU anchors are noise, which is not rated here, and are shown apart.
"""

from __future__ import annotations

import argparse
import csv
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from benchmarks.results import Rows, table, update
from benchmarks.tasks import prepare
from callqual.rating import constants as c
from callqual.rating.impairment import event_impairment, mos, rating

FOLDER = Path(__file__).resolve().parents[2] / "shared/data/rated"
CLASSES = {
    "silence": ("zero_fill", "fade", "noise_fill", "inserted_silence", "dead_air", "concealed"),
    "repeat": ("repeat", "repeat_segment"),
    "delete": ("cut",),
}
MARKS = {"r, clips": 0.93, "RMSE, clips": 0.35, "r, conditions": 0.96, "RMSE, conditions": 0.27}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Clip:
    """A rated clip: what listeners said, what callqual says, and its impairment by class in units of one event a second."""

    condition: str
    mode: str
    votes: float
    mos: float
    low: float
    high: float
    load: tuple[float, ...]


def read(row: dict[str, str], folder: Path) -> Clip:
    """Score one clip."""
    import callqual

    record = callqual.score(folder / row["file"])
    (leg,) = record.legs
    if leg.mos is None or leg.mos_low is None or leg.mos_high is None:
        raise SystemExit(f"{row['file']} has no MOS ({leg.reason})")
    found = [e for e in leg.events if e.kind in c.B]
    load = tuple(
        sum(event_impairment(e, record.source.seconds) * c.B[e.kind] for e in found if e.kind in kinds)
        for kinds in CLASSES.values()
    )
    return Clip(row["condition"], row["mode"] or "MNRU", float(row["mos"]), leg.mos, leg.mos_low, leg.mos_high, load)


def predict(weights: Floats, load: Floats) -> Floats:
    """MOS of clips by the weights (1 / B) of the classes."""
    return np.array([mos(rating(float(u))) for u in load @ np.exp(weights)])


def fit(load: Floats, votes: Floats) -> Floats:
    """Return the log weights that come nearest to the votes."""
    return np.asarray(least_squares(lambda w: predict(w, load) - votes, np.full(load.shape[1], -1.0)).x)


def figures(clips: list[Clip]) -> Rows:
    """Fit with each condition left out and with all of them, and say how near either comes."""
    load, votes = np.array([clip.load for clip in clips]), np.array([clip.votes for clip in clips])
    condition = np.array([clip.condition for clip in clips])
    left_out = np.zeros(len(clips))
    for k in set(condition):
        left_out[condition == k] = predict(fit(load[condition != k], votes[condition != k]), load[condition == k])
    shipped = np.array([clip.mos for clip in clips])
    weights = fit(load, votes)
    covered = float(np.mean([clip.low <= clip.votes <= clip.high for clip in clips]))
    return {
        "left out": _near(left_out, votes, condition),
        "as shipped": _near(shipped, votes, condition) | {"covered": covered},
        "b": {name: float(np.exp(-w)) for name, w in zip(CLASSES, weights, strict=True)},
    }


def _near(said: Floats, votes: Floats, condition: NDArray[np.str_]) -> dict[str, float]:
    means = np.array([[of[condition == k].mean() for of in (said, votes)] for k in sorted(set(condition.tolist()))]).T
    out = {}
    for name, (a, b) in {"clips": (said, votes), "conditions": means}.items():
        out[f"r, {name}"] = float(np.corrcoef(a, b)[0, 1])
        out[f"RMSE, {name}"] = float(np.sqrt(np.mean((a - b) ** 2)))
    return out


def page(rows: Rows) -> str:
    """Write the tables."""
    head = "figure | condition left out | as shipped, all fitted | mark | met"
    lines = []
    for name, mark in MARKS.items():
        value = rows["left out"][name]
        met = value >= mark if name.startswith("r") else value <= mark
        lines.append([name, value, rows["as shipped"][name], mark, met])
    lines.append(["share of clips inside the 95 % interval", None, rows["as shipped"]["covered"], None, None])
    text = ["## MOS of chopped speech, against listeners", "", table(head, lines, NOTE), ""]
    conditions = [
        [name.split()[1], r["mode"], r["clips"], r["votes"], r["mos"]]
        for name, r in rows.items()
        if name.startswith("condition")
    ]
    text.append(table("condition | chop | clips | listeners | callqual", conditions))
    found = ", ".join(f"{name} {rows['b'][name]:.2f}" for name in CLASSES)
    return "\n".join([*text, "", f"Events of 20 ms a second at which R halves, fitted to all: {found}."])


NOTE = "Detected events only. Rated clips: TCD-VoIP, chop (Harte, Gillen, Hines, QoMEX 2015); MNRU is noise, which is not rated here."


def main(argv: list[str] | None = None) -> int:
    """Score the rated clips, fit, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fit_rating", description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--out", type=Path, help="Markdown file to update, with its JSON; else only print")
    args = parser.parse_args(argv)
    if not (args.folder / "ratings.csv").is_file():
        parser.error(f"{args.folder} has no ratings.csv: give the folder of the rated clips")
    prepare()
    with (args.folder / "ratings.csv").open(newline="", encoding="utf-8") as file:
        asked = list(csv.DictReader(file))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=prepare) as workers:
        clips = list(workers.map(read, asked, [args.folder] * len(asked)))
    rows = figures([clip for clip in clips if clip.mode != "MNRU"])
    for name in sorted({clip.condition for clip in clips}, key=int):
        of = [clip for clip in clips if clip.condition == name]
        votes, said = np.mean([clip.votes for clip in of]), np.mean([clip.mos for clip in of])
        rows[f"condition {name}"] = {
            "mode": of[0].mode, "clips": len(of), "votes": float(votes), "mos": float(said)
        }  # fmt: skip
    print(update(args.out, "rating", rows, page) if args.out else page(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
