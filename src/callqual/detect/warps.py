"""Time that a jitter buffer stretched or hurried: pitch cycles put in or taken out, told as a rate over some seconds.

A single cycle leaves next to nothing; the learned stage only leans to one side where they are many. So this is weak evidence: few
events reach a confidence of one half, and none counts in the rating.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import Candidate
from callqual.detect.speech import Speech
from callqual.features.facts import HIDDEN_STEP, HOP

WINDOW, STEP = 300, 100
"""Frames over which a rate is taken, and from one to the next."""

CYCLE_FRAMES = 3.0
"""Frames that one cycle put in or taken out is heard in."""

USUAL, SLOPE, LEAST_SCORE = 0.45, 2.5, -4.0
"""Cycles a second at which it is as likely as not, in calls of voices the stage never heard, that three milliseconds a second or more were
warped: 0.2 is not reached in undamaged calls, and half of the calls with 20 ms a second are below it too. And nats for each factor of e."""


def find(hidden: NDArray[np.void], speech: Speech) -> list[Candidate]:
    """Return stretches in which playout hurried or dragged, with the rate of cycles in their details."""
    n = min(hidden.size, speech.power.size)
    likely = 1.0 / (1.0 + np.exp(-hidden["warp"][:n] * np.float32(HIDDEN_STEP)))
    likely[~speech.active[:n] | (hidden["inside"][:n] > 0)] = 0.0
    total = np.concatenate(([0.0], np.cumsum(likely, dtype=np.float64)))
    start = np.arange(0, max(n - WINDOW, 0) + 1, STEP)
    end = np.minimum(start + WINDOW, n)
    rate = (total[end] - total[start]) / CYCLE_FRAMES / (WINDOW * HOP)
    score = SLOPE * np.log(np.maximum(rate, 1e-3) / USUAL)
    heard = np.flatnonzero(score > LEAST_SCORE)
    groups = np.split(heard, np.flatnonzero(np.diff(score[heard] > 0.0) | (np.diff(heard) > 1)) + 1)
    return [_candidate(start[g], end[g], rate[g], score[g]) for g in groups if g.size]


def _candidate(
    start: NDArray[np.int64], end: NDArray[np.int64], rate: NDArray[np.float64], score: NDArray[np.float64]
) -> Candidate:
    """Return neighbouring windows as one, each for its middle second: as sure as the surest, the rate their mean."""
    evidence = {"warp": float(score.max())}
    details: dict[str, float | str] = {"cycles_per_second": round(float(rate.mean()), 2)}
    first, last = float(start[0] + STEP) * HOP, float(end[-1] - STEP) * HOP
    return Candidate("jitter", "time_warp", first, max(last, first), evidence, details)
