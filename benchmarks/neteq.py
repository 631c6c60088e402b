"""Accuracy on real WebRTC calls: ``python -m benchmarks.neteq [FOLDER] --out benchmarks/RESULTS.md``.

FOLDER holds recordings of Chromium calls and ``truth.jsonl`` with NetEq's own counters: every concealment with its
context level, the share concealed, and undamaged controls. The recordings are not part of this repository.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import auc, correlation, spearman
from benchmarks.results import Rows, table, update
from benchmarks.tasks import prepare
from callqual.evaluation import LENGTHS, Evaluation, evaluate, pool
from callqual.evaluation.events import ACTIVE_DB
from callqual.evaluation.match import union

FOLDER = Path(__file__).resolve().parents[2] / "shared/data/neteq"
RECALL_MARKS = {">120": 0.97, "60-120": 0.92, "30-60": 0.80, "<=30": 0.50}
MARKS = {
    **{f"recall {name} ms": (">=", mark) for name, mark in RECALL_MARKS.items()},
    "precision": (">=", 0.92),
    "false alarms a minute, clean calls": ("<=", 0.5),
    "concealed share: MAE, points": ("<=", 1.5),
    "concealed share: r": (">=", 0.95),
    "AUC clean / 3 % concealed and more": (">=", 0.98),
    "MOS and concealed share of speech: Spearman": ("<=", -0.9),
    "MOS of clean calls, least": (">=", 4.0),
}
KNOWN = ("nist_F3", "nist_M4", "festvox_ru", "librivox")
"""Talkers whose voices, in other recordings, the learned stage was trained with, and whose calls here tune the evidence of fades."""

FOUND = (*(f"recall {name} ms" for name in LENGTHS), "precision", "f1")
FOUND_HEAD = "R <=30 | R 30-60 | R 60-120 | R >120 | P | F1"
"""Figures that every table of real calls shows, and their heads."""

BAD_SHARE = 3.0
HOLE_MS = 20.0
"""Concealment that NetEq had faded to silence for at least so long holds a hole."""

Call = dict[str, Any]


def main(argv: list[str] | None = None) -> int:
    """Score every call and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.neteq", description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--speakers", nargs="+", help="only calls of these talkers")
    parser.add_argument("--out", type=Path, help="Markdown file to update, with its JSON; else only print")
    args = parser.parse_args(argv)
    calls = read_calls(args.folder)
    calls = [c for c in calls if not args.speakers or c["speaker"] in args.speakers]
    prepare()
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn"), initializer=prepare) as workers:
        outcomes = list(workers.map(compare, calls, chunksize=4))
    rows, section = measure(outcomes), " ".join(["neteq", *(args.speakers or [])])
    print(update(args.out, section, rows, page) if args.out else page(rows))
    return 0


def read_calls(folder: Path) -> list[Call]:
    """Read the truth of every call, with the ``path`` of its recording."""
    truth = folder / "truth.jsonl"
    if not truth.is_file():
        sys.exit(f"{truth} is missing: give the folder that holds truth.jsonl and the calls")
    calls = [json.loads(line) for line in truth.read_text().splitlines() if line]
    return [c | {"path": str(folder / Path(c["file"]).name)} for c in calls]


def compare(call: Call, samples: NDArray[np.float32] | None = None) -> Call:
    """Score one call, or `samples` made of it at its rate, and set it against NetEq's counters."""
    import callqual

    record = callqual.score(call["path"]) if samples is None else callqual.score(samples, sr=call["sr"])
    seconds = call["seconds"]
    evaluation = evaluate(events(call), record.events, seconds=seconds)
    holes = [gap for gap in call["gaps"] if gap[4] >= HOLE_MS]
    return {
        "clean": call["clean"],
        "damaged": evaluation.gap.hit + evaluation.gap.missed > 0,
        "codec": call["codec"].removeprefix("audio/").lower(),
        "speaker": call["speaker"],
        "class": Path(call["file"]).name.split("_")[1],
        "evaluation": evaluation,
        "holes": evaluate(events(call | {"gaps": holes}), record.events, seconds=seconds),
        "share": 100 * call["concealed_s"] / seconds,
        "active_share": 100 * evaluation.true_seconds / seconds,
        "found_share": 100 * record.legs[0].gap.seconds / seconds,
        "voices": "known" if call["speaker"].startswith(KNOWN) else "unheard",
        "loss_rate": record.legs[0].gap.loss_rate,
        "loss_rate_range": (record.legs[0].gap.loss_rate_low, record.legs[0].gap.loss_rate_high),
        "mos": record.mos,
        "lost_speech": lost_speech(call, record.legs[0].speech_seconds),
    }


def lost_speech(call: Call, speech_seconds: float) -> float:
    """Share of a call's active speech that NetEq concealed: of its concealments those with speech beside them.

    What it had faded to silence is speech as well, and nobody could measure it in the recording.
    """
    beside = [g for g in call["gaps"] if g[3] >= ACTIVE_DB]
    lost = sum(b - a for a, b in union((g[0], g[1]) for g in beside))
    silent = sum(g[4] for g in beside) / 1000.0
    return lost / max(speech_seconds + silent, lost, 1e-9)


def events(call: Call) -> list[dict[str, Any]]:
    """Turn a call's concealments into true events."""
    keys = ("start", "end", "cause", "context_db")
    return [{"family": "gap", "kind": "concealed"} | dict(zip(keys, gap, strict=False)) for gap in call["gaps"]]


def measure(outcomes: Sequence[Call]) -> Rows:
    """Take the figures of all calls, and of groups of them."""
    rows: Rows = {"all": _figures(outcomes)}
    for key in ("voices", "codec", "class", "speaker"):
        for value in sorted({o[key] for o in outcomes}):
            rows[f"{key}/{value}"] = _figures([o for o in outcomes if o[key] == value])
    return rows


def _figures(outcomes: Sequence[Call]) -> dict[str, Any]:
    every = pool(o["evaluation"] for o in outcomes)
    clean = [o["evaluation"] for o in outcomes if o["clean"]]
    share, active, found = (np.array([o[key] for o in outcomes]) for key in ("share", "active_share", "found_share"))
    out: dict[str, Any] = {f"recall {name} ms": every.by_length[name].recall for name in LENGTHS}
    holes = pool(o["holes"] for o in outcomes).by_length[">120"]
    return out | {
        "calls": len(outcomes),
        "true": every.gap.hit + every.gap.missed,
        "recall": every.gap.recall,
        "precision": every.gap.precision,
        "f1": every.gap.f1,
        "recall of holes > 120 ms": holes.recall,
        "false alarms a minute, all calls": every.false_alarms_per_minute,
        "false alarms a minute, clean calls": pool(clean).false_alarms_per_minute if clean else None,
        "buzz events a minute": every.buzz_false_alarms_per_minute,
        "concealed share: MAE, points": float(np.mean(np.abs(found - share))),
        "concealed share: r": correlation(found, share),
        "share beside speech: MAE, points": float(np.mean(np.abs(found - active))),
        "share beside speech: r": correlation(found, active),
        "AUC clean / damaged": auc(
            [o["found_share"] for o in outcomes if o["clean"]], [o["found_share"] for o in outcomes if o["damaged"]]
        ),
        "AUC clean / 3 % concealed and more": auc(
            [o["found_share"] for o in outcomes if o["clean"]],
            [o["found_share"] for o in outcomes if o["share"] >= BAD_SHARE],
        ),
        **_loss_rates(outcomes),
        **_ratings(outcomes),
        "edges": every.edge_errors(),
        "kinds": _kinds(every),
    }


def _loss_rates(outcomes: Sequence[Call]) -> dict[str, Any]:
    """How the loss rate and its interval hold the share of speech that was concealed."""
    told = [o for o in outcomes if o["loss_rate"] is not None]
    inside = [o["loss_rate_range"][0] <= o["lost_speech"] <= o["loss_rate_range"][1] for o in told]
    return {
        "loss rate: MAE, points": 100 * float(np.mean([abs(o["loss_rate"] - o["lost_speech"]) for o in told])),
        "loss rate: calls inside its interval": float(np.mean(inside)),
    }


def _ratings(outcomes: Sequence[Call]) -> dict[str, Any]:
    """How the MOS follows what was concealed of the speech, and what undamaged calls get."""
    rated = [o for o in outcomes if o["mos"] is not None]
    clean = [o["mos"] for o in rated if o["clean"]]
    return {
        "MOS and concealed share of speech: Spearman": spearman(
            [o["mos"] for o in rated], [o["lost_speech"] for o in rated]
        ),
        "MOS of clean calls, least": min(clean, default=None),
        "clean calls with a MOS below 4": sum(m < 4.0 for m in clean) if clean else None,
        "calls without a MOS": len(outcomes) - len(rated),
    }


def _kinds(e: Evaluation) -> dict[str, int]:
    return {kind: tally.right + tally.wrong for kind, tally in e.by_kind.items() if tally.right + tally.wrong}


def page(rows: Rows) -> str:
    """Write the tables."""
    every, unheard = rows["all"], rows.get("voices/unheard", rows["all"])
    lines = []
    for name, value in unheard.items():
        if isinstance(value, (int, float)) and name != "calls":
            sign, mark = MARKS.get(name, ("", None))
            met = None if mark is None else bool(value >= mark if sign == ">=" else value <= mark)
            lines.append([name, every[name], value, None if mark is None else f"{sign} {mark:g}", met])
    edges, kinds = every["edges"], every["kinds"]
    found = ", ".join(f"{kind} {n}" for kind, n in kinds.items()) or "nothing"
    note = (
        f"Found: {found}. Edges found minus true, median / 95th percentile, ms: start {_ms(edges, 'start')}, "
        f"end {_ms(edges, 'end')}. A gap counts when speech stands beside it (context of -20 dB or more); the "
        "concealed share counts all of it."
    )
    groups = [key for key in rows if "/" in key]
    columns = [*FOUND, "false alarms a minute, all calls"]
    by = [[key, rows[key]["calls"], rows[key]["true"], *(rows[key][c] for c in columns)] for key in groups]
    return "\n\n".join(
        [
            f"## Real WebRTC calls ({every['calls']})",
            table("what | all | voices of no fit | mark | met", lines, note),
            table(f"calls of | calls | true | {FOUND_HEAD} | FA/min", by),
        ]
    )


def _ms(edges: dict[str, float | None], side: str) -> str:
    median, p95 = edges[f"{side}_median_ms"], edges[f"{side}_p95_ms"]
    return "–" if median is None or p95 is None else f"{median:.0f} / {p95:.0f}"


if __name__ == "__main__":
    sys.exit(main())
