"""The beat of a codec's frames, followed through a leg: as long as it keeps its phase no time is put in or taken out.

Where it is lost in speech, and no other phase is heard either, a jitter buffer takes out or puts in pitch cycles: each moves the borders
of all frames behind it. One cycle alone moves the beat once and leaves no stretch without; it is not told. A beat says nothing of
the moment: warped time reaches from its last border at one phase to the first at the next.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import Candidate
from callqual.detect.speech import Speech
from callqual.features.beats import PHASES
from callqual.features.facts import BEAT_STEP, BEATS_A_SECOND, HOP
from callqual.kernels.beats import NOWHERE, follow_beat

STEP = 1.0 / BEATS_A_SECOND
"""Seconds from one row to the next."""

FRAMES = round(STEP / HOP)

STAY, DRIFT, LEAVE, ENTER = -0.01, -5.0, -4.6, -6.0
"""Log odds, from one step to the next, that a beat goes on, moves to a neighbouring phase (clocks differ), is lost, and that one is heard."""

GAIN, PRICE = 0.8, 0.08
"""What a nat of a phase above the mean of all is worth, and what every step has to pay. In speech that no codec had passed a phase is above the
mean by 0.4 nats times the root of the steps (standard deviation), beside Opus by 0.2 nats a step."""

LEAST, SURE = 3.0, 8.0
"""Nats of a stretch of one beat, and of the surest of a leg: one leg in 195 that no codec had passed had any, all of 42 of Opus."""

SHORTEST = 1.0
"""Seconds of speech that a lost beat is told by."""

TRUE_SHARE = 0.75
"""What the borders of a beat say themselves must be this share at least of what they say above all other moments: Opus has 0.76 or more, clipped and
creaky voices, in which moments of every phase are strange, have less; so have Speex and AMR, of which less was learned."""

LOST, AGAIN, SLOPE, MOST = -3.0, -1.5, 0.6, 6.0
"""Nats of a beat that is lost, of one that comes back at the same phase, for each nat that any beat falls short of the usual, and at most. Where
one cycle was put in or taken out, the phase before or after it falls short by three and a half at most."""

RUN = np.dtype([("start", "i8"), ("end", "i8"), ("first", "i8"), ("last", "i8"), ("llr", "f8"), ("heard", "i8")])
"""A stretch of one beat: its steps, its phase at either end, its log-likelihood ratio against none, and how many of its steps spoke."""


class Beat(NamedTuple):
    """What the frames of a codec say of a leg: nats by which each step speaks for their phase to go on, 0 where none does; and where it is lost."""

    kept: NDArray[np.float64]
    lost: list[Candidate]


def follow(beats: NDArray[np.void], speech: Speech) -> Beat:
    """Follow a leg's beat, if it has one."""
    told = _heard(beats, speech)
    common, speaks = told.mean(axis=1, keepdims=True), np.any(told, axis=1)
    above = told - common
    found, kept = runs(above, speaks)
    if not found.size or found["llr"].max() < SURE:
        return Beat(np.zeros(0), [])
    usual = (float(found["llr"].sum()) / max(int(found["heard"].sum()), 1) + PRICE) / GAIN
    if usual + float(common[kept != 0.0].mean()) < TRUE_SHARE * usual:
        return Beat(kept, [])
    lost = [_lost(a, b, phases, above, speaks, usual) for a, b, phases in _between(found, len(above))]
    return Beat(kept, [c for c in lost if c is not None])


def _heard(beats: NDArray[np.void], speech: Speech) -> NDArray[np.float32]:
    """Return what each step says for each phase, nothing where nobody talks: tones have borders of their own."""
    told = beats["llr"] * np.float32(BEAT_STEP)
    talk = np.zeros(len(told) * FRAMES, np.bool_)
    n = min(talk.size, speech.active.size)
    talk[:n] = speech.active[:n] & ~speech.tonal[:n]
    told[2 * talk.reshape(-1, FRAMES).sum(axis=1) < FRAMES] = 0.0
    return np.asarray(told, np.float32)


def runs(told: NDArray[np.float32], speaks: NDArray[np.bool_]) -> tuple[NDArray[np.void], NDArray[np.float64]]:
    """Return the stretches (:data:`RUN`) in which frames keep their phase, and what each step says for its own, 0 beside them.

    `told` is what each step that `speaks` says for each phase above the mean of all.
    """
    path = np.zeros(len(told), np.int8)
    worth = (np.float32(GAIN) * told - np.float32(PRICE)) * speaks[:, None]
    follow_beat(worth, STAY, DRIFT, LEAVE, ENTER, path)
    here = path != NOWHERE
    along = np.where(here, worth[np.arange(path.size), np.where(here, path, 0)], 0.0).astype(np.float64)
    borders = np.flatnonzero(np.diff(here.astype(np.int8), prepend=0, append=0))
    start, end = borders[::2], borders[1::2]
    found = np.zeros(start.size, RUN)
    if start.size:
        found["start"], found["end"], found["first"], found["last"] = start, end, path[start], path[end - 1]
        found["llr"] = np.add.reduceat(along, start)  # from one to the next there is nothing to add
        found["heard"] = np.add.reduceat((speaks & here).astype(np.int64), start)
    return found[found["llr"] > LEAST], along


def _between(found: NDArray[np.void], steps: int) -> list[tuple[int, int, tuple[int, ...]]]:
    """Return the stretches beside and between runs: first step, the step behind it, and the phases that its neighbours have."""
    inner = [(int(a["end"]), int(b["start"]), (int(a["last"]), int(b["first"]))) for a, b in pairwise(found)]
    head = (0, int(found["start"][0]), (int(found["first"][0]),))
    return [head, *inner, (int(found["end"][-1]), steps, (int(found["last"][-1]),))]


def _lost(
    a: int, b: int, phases: tuple[int, ...], told: NDArray[np.float32], speaks: NDArray[np.bool_], usual: float
) -> Candidate | None:
    """Return the stretch ``a..b`` as warped time: frames begin at `phases` beside it, where a step says `usual` for its own."""
    heard = np.flatnonzero(speaks[a:b])
    if heard.size * STEP < SHORTEST:
        return None
    short = usual * heard.size - float(told[a:b].sum(axis=0, dtype=np.float64).max())
    again = len(phases) == 2 and (phases[1] - phases[0] + 1) % PHASES <= 2
    evidence = {"beat": min(LOST + AGAIN * again + SLOPE * short, MOST)}
    return Candidate("jitter", "time_warp", (a + int(heard[0])) * STEP, (a + int(heard[-1]) + 1) * STEP, evidence)
