"""The misses and false alarms behind a line of the table: ``python -m benchmarks.misses noise_fill --sr 8000 --out heard``.

Makes the recordings of one row again, prints what was missed and what is wrong with what is known of it, and writes each
such recording as WAV with labels for Audacity: a track of truth, missed ones marked, and one of what was found.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, NamedTuple

import soundfile

import callqual
from benchmarks.accuracy import make_tasks
from benchmarks.mains import without
from benchmarks.tasks import Task, recording
from callqual.evaluation.events import read_events
from callqual.evaluation.match import Gaps
from callqual.result import CONFIDENT, Event

Labels = list[tuple[float, float, str]]


class Judged(NamedTuple):
    """A recording with the verdict of every true and every found event that can stand for a gap."""

    samples: Any
    truth: list[tuple[dict[str, Any], str]]
    found: list[tuple[Event, str]]


def judged(task: Task) -> Judged:
    """Make a recording, score it, and judge event by event. Found ones that are unsure are told, and count for nothing."""
    x, truth = recording(task)
    record = callqual.score(x, sr=task.plan.sr, min_confidence=0.0)
    found = without(list(record.events), task.plan.files)
    seconds = len(x) / task.plan.sr
    true = [
        (t, item) for t, item in zip(truth, read_events(truth, "truth", seconds, 0.0), strict=True) if item.gap_like
    ]
    items = [
        (e, item) for e, item in zip(found, read_events(found, "found", seconds, 0.0), strict=True) if item.gap_like
    ]
    items.sort(key=lambda pair: (pair[1].start, pair[1].end, pair[1].kind))
    sure = [pair for pair in items if pair[0].confidence >= CONFIDENT]
    gaps = Gaps([item for _, item in true], [item for _, item in sure])
    said = {id(e): verdict for (e, _), verdict in zip(sure, gaps.verdicts, strict=True)}
    hits = ["hit" if i in gaps.hit else "missed" if item.active else "ignored" for i, (_, item) in enumerate(true)]
    return Judged(
        samples=x,
        truth=[(t, hit) for (t, _), hit in zip(true, hits, strict=True)],
        found=[(e, said.get(id(e), "unsure")) for e, _ in items],
    )


def lines(one: Judged) -> list[str]:
    """Tell the misses, each with what was nearly found there, and the false alarms."""
    out = []
    for t, verdict in one.truth:
        if verdict == "missed":
            near = [e for e, _ in one.found if e.start <= t["end"] + 0.02 and e.end >= t["start"] - 0.02]
            heard = ", ".join(f"{e.kind} {e.confidence:.2f}" for e in near) or "nothing"
            out.append(
                f"  missed {_span(t['start'], t['end'])} {t['kind']}, beside it {t['context_db']:+.0f} dB, "
                f"lost {t['lost_db']:+.0f} dB; found there: {heard}"
            )
    wrong = [e for e, verdict in one.found if verdict == "wrong"]
    return out + [f"  wrong  {_span(e.start, e.end)} {e.kind}, confidence {e.confidence:.2f}" for e in wrong]


def _span(start: float, end: float) -> str:
    return f"{start:7.3f} s, {1000 * (end - start):3.0f} ms,"


def write(stem: Path, one: Judged, sr: int) -> None:
    """Write the recording and its two tracks of labels."""
    soundfile.write(stem.with_suffix(".wav"), one.samples, sr, "PCM_16")
    true: Labels = [(t["start"], t["end"], t["kind"] + (" MISSED" * (v == "missed"))) for t, v in one.truth]
    found: Labels = [
        (e.start, e.end, f"{e.kind} {e.confidence:.2f}" + (" WRONG" * (v == "wrong"))) for e, v in one.found
    ]
    for name, labels in (("truth", true), ("found", found)):
        text = "".join(f"{a:.6f}\t{b:.6f}\t{label}\n" for a, b, label in labels)
        stem.with_name(f"{stem.name}-{name}.txt").write_text(text, encoding="utf-8")


def main(argv: list[str] | None = None) -> int:
    """Print, and write, what a row missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.misses", description=str(__doc__).splitlines()[0])
    parser.add_argument("row", help="a damage, codec, receiver or negative, as the tables name it")
    parser.add_argument(
        "--split", choices=("tune", "check", "light"), default="tune", help="never test: it is not looked at"
    )
    parser.add_argument("--sr", type=int, default=8000, metavar="HZ")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write recordings and labels")
    args = parser.parse_args(argv)
    tasks = list(make_tasks(args.split, args.sr, small=True, kinds=[args.row]))
    if not tasks:
        sys.exit(f"{args.row}: no such row at {args.sr} Hz")
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
    for i, task in enumerate(tasks, 1):
        one = judged(task)
        told = lines(one)
        if told:
            options = ", ".join(f"{name} {value}" for name, value in task.options.items())
            print("\n".join([f"{task.row} {i}, voice {task.plan.speaker}{', ' * bool(options)}{options}", *told]))
            if args.out:
                write(args.out / f"{task.row.replace('/', '-')}-{i}", one, args.sr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
