"""Time that a jitter buffer stretched or hurried: pitch cycles put in or taken out, told as a rate over some seconds.

A single cycle leaves next to nothing; the learned stage only leans to one side where they are many. So this is weak evidence: few
events reach a confidence of one half, and none counts in the rating. Where the frames of a codec keep their beat it counts for less.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import Candidate
from callqual.detect.levels import STRETCH
from callqual.detect.speech import Speech
from callqual.features.facts import BEATS_A_SECOND, HIDDEN_STEP, HOP

WINDOW, SECOND = 300, 100
"""Frames over which a rate is taken, and from one to the next."""

CYCLE_FRAMES = 3.0
"""Frames that one cycle put in or taken out is heard in."""

USUAL, SLOPE, LEAST_SCORE = 2.8, 1.5, -6.0
"""Cycles a second at which it is as likely as not that 20 ms a second or more were warped: no undamaged call of check voices and known talkers comes
near it, and of calls caught up with few. At 2.0 a lively voice reached it once a minute, at 1.1 voices farther off once in two. And nats for each
factor of e."""

KEPT = 4.0
"""Nats that a beat says at most against warped time that was heard while it went on."""


def find(hidden: NDArray[np.void], speech: Speech, kept: NDArray[np.float64]) -> list[Candidate]:
    """Return stretches in which playout hurried or dragged, with the rate of cycles in their details.

    `kept` is what a leg's beat says, step by step, for going on (:class:`callqual.detect.beats.Beat`).
    """
    n = min(hidden.size, speech.power.size)
    parts = [_by_second(hidden[a:b], speech.active[a:b]) for a, b in _whole_seconds(n)]
    rate = _windowed(np.concatenate(parts)) / CYCLE_FRAMES / (WINDOW * HOP)
    start = np.arange(rate.size) * SECOND
    end = np.minimum(start + WINDOW, n)
    warp = SLOPE * np.log(np.maximum(rate, 1e-3) / USUAL)
    steps = np.zeros(rate.size * BEATS_A_SECOND)
    steps[: kept.size] = kept[: steps.size]
    beat = -np.clip(_windowed(steps.reshape(-1, BEATS_A_SECOND).sum(axis=1)), 0.0, KEPT)
    score = warp + beat
    heard = np.flatnonzero(score > LEAST_SCORE)
    groups = np.split(heard, np.flatnonzero(np.diff(score[heard] > 0.0) | (np.diff(heard) > 1)) + 1)
    return [_candidate(start[g], end[g], rate[g], warp[g], beat[g]) for g in groups if g.size]


def _windowed(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of the seconds of every window, by its first."""
    wide = WINDOW // SECOND
    return np.convolve(np.append(seconds, np.zeros(wide - 1)), np.ones(wide), "valid")


def _whole_seconds(frames: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of whole seconds, the last as long as it is: a call may last ten hours."""
    step = STRETCH // SECOND * SECOND
    yield from ((a, min(a + step, frames)) for a in range(0, max(frames, 1), step))


def _by_second(hidden: NDArray[np.void], active: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how many frames of speech of each second hold a cycle put in or taken out, by their likelihood, outside of gaps."""
    likely = 1.0 / (1.0 + np.exp(-hidden["warp"] * HIDDEN_STEP))
    likely[~active | (hidden["inside"] > 0)] = 0.0
    return np.add.reduceat(np.append(likely, 0.0), np.arange(0, max(likely.size, 1), SECOND))


def _candidate(
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    rate: NDArray[np.float64],
    warp: NDArray[np.float64],
    beat: NDArray[np.float64],
) -> Candidate:
    """Return neighbouring windows as one, each for its middle second: as sure as the surest, the rate their mean."""
    best = int(np.argmax(warp + beat))
    evidence = {"warp": float(warp[best])} | ({"beat": float(beat[best])} if beat[best] else {})
    details: dict[str, float | str] = {"cycles_per_second": round(float(rate.mean()), 2)}
    first, last = float(start[0] + SECOND) * HOP, float(end[-1] - SECOND) * HOP
    return Candidate("jitter", "time_warp", first, max(last, first), evidence, details)
