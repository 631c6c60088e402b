"""One recording of the accuracy benchmark: made, scored and compared in one go, so that processes share the work."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

import numpy as np

from benchmarks.calls import CALLS
from benchmarks.corpora import Plan, Split, quantise, render
from benchmarks.mains import without
from callqual.evaluation import Curve, Evaluation, curve, evaluate
from callqual.evaluation.events import ACTIVE_DB
from callqual.evaluation.match import union

AUDIBLE_DB = -25.0
"""A gap whose lost content lay lower (re active speech) took next to nothing; counted apart as don't-care."""


@dataclass(frozen=True)
class Task:
    """What to make. `row` names its line in the tables; `make` is a damage, a hard negative, a call or None (clean)."""

    group: str
    row: str
    plan: Plan
    split: Split
    make: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    recorder: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    `audible` = the evaluation with gaps that took nothing audible as don't-care; the shares are those of the recording's
    length inside true gaps, inside those beside speech and in ``gap.seconds``, percent; `true_warp` and `found_warp` the time taken out or added a
    second, ms, and the seconds of found time-warp a second, weighted by confidence.
    """

    group: str
    row: str
    sr: int
    options: dict[str, Any]
    recorder: str | None
    evaluation: Evaluation
    audible: Evaluation
    curve: Curve
    true_share: float
    active_share: float
    found_share: float
    true_warp: float
    found_warp: float
    true_frame_ms: float | None
    found_frame_ms: float | None
    scored: bool


def prepare() -> None:
    """Keep a worker to one thread and compile the kernels before the first recording."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def run(task: Task) -> Outcome:
    """Make one recording, score it, compare."""
    import callqual

    x, truth = recording(task)
    record = callqual.score(x, sr=task.plan.sr, min_confidence=0.0)
    found = counted(task, record.events)
    seconds = len(x) / task.plan.sr
    heard = [t | ({"context_db": -100.0} if t["lost_db"] < AUDIBLE_DB else {}) for t in truth]
    active = sum(t["context_db"] >= ACTIVE_DB for t in truth)
    frame = truth[0]["details"].get("frame_ms") if active >= 5 else None
    warps = [abs(t["details"]["net_ms"]) for t in truth if t["kind"] == "time_warp"]
    warped = [e.confidence * (e.end - e.start) for e in found if e.kind == "time_warp"]
    return Outcome(
        group=task.group,
        row=task.row,
        sr=task.plan.sr,
        options=task.options,
        recorder=task.recorder,
        evaluation=evaluate(truth, found, seconds=seconds),
        audible=evaluate(heard, found, seconds=seconds),
        curve=curve(truth, found, seconds=seconds),
        true_share=100 * _seconds(t for t in truth if t["family"] == "gap") / seconds,
        active_share=100
        * _seconds(t for t in truth if t["family"] == "gap" and t["context_db"] >= ACTIVE_DB)
        / seconds,
        found_share=100 * sum(leg.gap.seconds for leg in record.legs) / seconds,
        true_warp=sum(warps) / seconds,
        found_warp=sum(warped) / seconds,
        true_frame_ms=frame,
        found_frame_ms=record.legs[0].gap.frame_ms if record.legs else None,
        scored=bool(record.legs) and record.legs[0].reason is None,
    )


def counted(task: Task, events: Iterable[Any]) -> list[Any]:
    """Return the found events that count: hum that stands in the voices themselves is left out."""
    found = [_as_stuck(e) if task.row == "stuck" else e for e in events]
    return found if task.group == "buzz" else without(found, task.plan.files)


def compare(task: Task, truth: list[dict[str, Any]], events: Iterable[Any], seconds: float) -> Evaluation:
    """Set found events against the truth."""
    return evaluate(truth, counted(task, events), seconds=seconds)


def _seconds(events: Iterable[dict[str, Any]]) -> float:
    return sum(b - a for a, b in union((e["start"], e["end"]) for e in events))


def recording(task: Task) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Make the samples (float32, 16-bit steps) and the truth of a task."""
    clip = render(task.plan)
    rng = np.random.default_rng([*task.plan.seed, 1])
    truth: list[dict[str, Any]] = []
    y = clip.x
    if task.group == "negative":
        from benchmarks.negatives import NEGATIVES

        y = NEGATIVES[str(task.make)](clip, task.split, rng)
    elif task.group in CALLS:
        y, truth = CALLS[task.group][str(task.make)].make(quantise(clip.x).astype(np.float64), rng, **task.options)
    elif task.make:
        from benchmarks.damage import DAMAGES

        y, truth = DAMAGES[task.make](quantise(clip.x).astype(np.float64), clip.sr, rng, **task.options)
    if task.recorder:
        from callqual.simulation.recorder import RECORDERS

        y = RECORDERS[task.recorder](quantise(y).astype(np.float64), clip.sr, rng)
    return quantise(y), truth


def _as_stuck(event: Any) -> Any:
    """Let a repeated packet stand for a stuck frame: they differ by their length alone."""
    import msgspec

    return msgspec.structs.replace(event, family="buzz", kind="stuck") if event.kind == "repeat" else event


def run_all(tasks: Iterable[Task], jobs: int = 2) -> Iterator[Outcome]:
    """Run tasks over `jobs` processes, in order."""
    prepare()
    if jobs == 1:
        yield from map(run, tasks)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=prepare) as pool:
        yield from pool.map(run, tasks, chunksize=4)
