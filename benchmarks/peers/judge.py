"""One recording put before every peer that can be asked of it, and the answers set against the truth by callqual's rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import msgspec
import numpy as np
import soundfile

from benchmarks.neteq import events as call_events
from benchmarks.peers.catalogue import Peer
from benchmarks.peers.sessions import Lane
from benchmarks.tasks import Task, compare, prepare, recording
from callqual.evaluation import Evaluation, evaluate

STRETCH_S = 10
"""Rating nets are made for clips of about this length; they are given the most damaged stretch of a recording."""


@dataclass(frozen=True)
class Job:
    """One recording of the benchmark (a task: `part` "events", or "scores" of it clean and damaged), or a real call."""

    part: Literal["events", "scores", "call"]
    peers: tuple[Peer, ...]
    task: Task | None = None
    call: dict[str, Any] | None = None


@dataclass(frozen=True)
class Judged:
    """What one peer said of one recording. `clean`: its scores of the clip without the damage; `share`: true damage, %."""

    part: str
    peer: str
    group: str
    row: str
    sr: int
    evaluation: Evaluation | None = None
    scores: dict[str, float] | None = None
    clean: dict[str, float] | None = None
    share: float = 0.0
    concealed: float = 0.0
    error: str | None = None


def judge(job: Job, lane: Lane) -> list[Judged]:
    """Put one recording before its peers."""
    if job.call:
        return [_call(job.call, peer, lane) for peer in job.peers]
    assert job.task
    with TemporaryDirectory() as folder:
        part = _events if job.part == "events" else _scores
        return list(part(job.task, job.peers, lane, Path(folder)))


def _events(task: Task, peers: Sequence[Peer], lane: Lane, folder: Path) -> Iterator[Judged]:
    y, truth = recording(task)
    sr, seconds, path = task.plan.sr, len(y) / task.plan.sr, _written(folder / "recording.wav", y, task.plan.sr)
    for peer in peers:
        reply = lane.ask(peer.home, peer.how, path, peer.settings)
        said = Judged("events", peer.name, task.group, task.row, sr, error=reply.get("error"))
        if not said.error:
            said = replace(said, evaluation=compare(task, truth, _within(peer.events(reply), seconds), seconds))
        yield said


def _scores(task: Task, peers: Sequence[Peer], lane: Lane, folder: Path) -> Iterator[Judged]:
    y, truth = recording(task)
    x, _ = recording(replace(task, group="clean", make=None))
    sr = task.plan.sr
    a = stretch(truth, len(y) / sr) * sr
    paths = [_written(folder / f"{n}.wav", z[a : a + STRETCH_S * sr], sr) for n, z in (("clean", x), ("damaged", y))]
    for peer in peers:
        clean, damaged = (lane.ask(peer.home, peer.how, path, peer.settings) for path in paths)
        said = Judged("scores", peer.name, task.group, task.row, sr, error=clean.get("error") or damaged.get("error"))
        yield said if said.error else replace(said, scores=damaged["scores"], clean=clean["scores"])


def _call(call: dict[str, Any], peer: Peer, lane: Lane) -> Judged:
    reply, seconds = lane.ask(peer.home, peer.how, call["path"], peer.settings), call["seconds"]
    said = Judged("call", peer.name, "clean" if call["clean"] else "damaged", "", call["sr"], error=reply.get("error"))
    if said.error:
        return said
    evaluation = evaluate(call_events(call), _within(peer.events(reply), seconds), seconds=seconds)
    return replace(
        said,
        evaluation=None if peer.gives == "scores" else evaluation,
        scores=reply.get("scores", {}),
        share=100 * evaluation.true_seconds / seconds,
        concealed=100 * call["concealed_s"] / seconds,
    )


def stretch(truth: Sequence[dict[str, Any]], seconds: float) -> int:
    """Return the second at which the stretch with most damage starts, the first of equals."""

    def damaged(a: int) -> float:
        return sum(max(min(float(e["end"]), a + STRETCH_S) - max(float(e["start"]), a), 0.0) for e in truth)

    return max(range(max(int(seconds) - STRETCH_S, 0) + 1), key=damaged)


def _within(events: list[Any], seconds: float) -> list[Any]:
    """Leave out what lies behind the end (a detector's last frame is filled up), and end the rest with the recording."""
    kept = (e for e in events if e.start < seconds)
    return [msgspec.structs.replace(e, start=max(e.start, 0.0), end=min(e.end, seconds)) for e in kept]


def _written(path: Path, x: np.ndarray, sr: int) -> str:
    soundfile.write(path, x, sr, "PCM_16")
    return str(path)


_lane: Lane | None = None


def _open(weights: str | None) -> None:
    global _lane
    prepare()
    _lane = Lane(weights)


def _judge(job: Job) -> list[Judged]:
    assert _lane
    return judge(job, _lane)


def judge_all(jobs: Sequence[Job], lanes: int, weights: str | None) -> Iterator[list[Judged]]:
    """Run the jobs over `lanes` processes, each with processes of the peers of its own, which end with it."""
    with ProcessPoolExecutor(lanes, mp_context=get_context("spawn"), initializer=_open, initargs=(weights,)) as pool:
        yield from pool.map(_judge, jobs)
