"""Holes and noise fills weighed by what is known without a packet grid: their shape, tones beside them, the rest of the leg."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callqual.detect import gates, holes, joins, noises
from callqual.detect.candidates import apart
from callqual.detect.company import Company
from callqual.detect.speech import Speech, to_db
from callqual.detect.trees import llr
from callqual.features.facts import HOP
from callqual.kernels.holes import COLUMNS
from callqual.units import DB_FLOOR

PRIOR, NOISE_PRIOR = -4.0, -6.5
"""Log odds of damage in a hole and in an even stretch that stand alone: one nat below where clean speech of the tuning voices has 0.05
false alarms a minute, for other voices articulate more sharply."""

COMPANY = Company(least=1.5, steep=1.0, most=1.0)
"""Of sure holes only: sharply spoken stops are many, and each a little likely."""

LEAST_CONTEXT_DB = -25.0
SURE, WEAKEST = 2.0, -3.0
"""Log odds from which a hole may draw the grid, and below which it is not even listed."""

MOST_FROM_GRID = 6.0
"""What falls so much short of being listed cannot be saved by a grid, and is forgotten."""

TONE_EVIDENCE = -8.0
SHORT, SHORT_EVIDENCE = 0.008, -1.0
"""Holes shorter than the shortest packet (10 ms) are its rest behind a fade, or no loss at all: plosives, breath before a word."""

INSIDE = COLUMNS.index("inside")


@dataclass(frozen=True)
class Weighed:
    """The audible holes and even stretches of a leg with the evidence of their shape.

    `sure` are those that stand without a grid, `pause` is the log odds that nothing was lost in them, `inside` the level in
    them and `room` that of the pauses between them (dB).
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    measures: list[dict[str, float]]
    evidence: list[dict[str, float]]
    sure: list[int]
    pause: NDArray[np.float64]
    inside: NDArray[np.float64]
    room: float

    @property
    def length(self) -> float:
        """Median length (s) of the sure ones."""
        return float(np.median((self.end - self.start)[self.sure])) if self.sure else 0.0


def weigh(found: NDArray[np.void], noisy: NDArray[np.void], speech: Speech) -> Weighed:
    """Weigh the holes `found` and the `noisy` stretches of a leg by what is known without a grid."""
    rows: list[np.void] = []
    measures: list[dict[str, float]] = []
    evidence: list[dict[str, float]] = []
    pause: list[NDArray[np.float64]] = [np.zeros(0)]
    for model, source, describe, features, prior in (
        ("holes", found, holes.describe, holes.FEATURES, PRIOR),
        ("noises", noisy, noises.describe, noises.FEATURES, NOISE_PRIOR),
    ):
        if speech.active_db is None or not source.size:
            continue
        phi = describe(source, speech)
        shape = llr(model, features, phi)
        tone = np.where(holes.near_tone(source["start"], source["end"], speech), TONE_EVIDENCE, 0.0)
        short = np.where(source["end"] - source["start"] < SHORT, SHORT_EVIDENCE, 0.0)
        heard = phi[:, features.index("context")] > LEAST_CONTEXT_DB
        gate = np.zeros(source.size)
        if model == "holes":
            gate += gates.evidence(source["zero"][heard], shape[heard] + prior)
        keep = np.flatnonzero(heard & (shape + tone + prior > WEAKEST - MOST_FROM_GRID))
        rows += list(source[keep])
        pause.append(joins.likelihood(source[keep]) if model == "holes" else np.zeros(keep.size))
        measures += [dict(zip(features, phi[i].tolist(), strict=True)) for i in keep]
        others = {"tone": tone, "short": short, "gate": gate}
        evidence += [
            {"prior": prior, model: float(shape[i])} | {name: float(v[i]) for name, v in others.items() if v[i]}
            for i in keep
        ]
    start, end = (np.array([row[k] for row in rows], np.float64) for k in ("start", "end"))
    score = np.array([sum(e.values()) for e in evidence])
    company = COMPANY.evidence(score, apart_by_score(start, end, score, SURE), speech.level_db.size * HOP)
    for i in np.flatnonzero(company):
        evidence[i]["company"] = float(company[i])
    sure = apart_by_score(start, end, score + company, SURE)
    inside = to_db(np.array([row["m"][INSIDE] for row in rows]))
    room = _room(speech, start[sure], end[sure])
    return Weighed(start, end, measures, evidence, sure, joins.pauses(np.concatenate(pause), sure), inside, room)


def _room(speech: Speech, start: NDArray[np.float64], end: NDArray[np.float64]) -> float:
    """Level of the pauses of a leg outside its holes, dB re full scale: 10th percentile of what is not digital silence."""
    outside = speech.level_db > DB_FLOOR + 20.0
    for a, b in zip(start, end, strict=True):
        outside[int(a / HOP) : int(b / HOP) + 1] = False
    return float(np.percentile(speech.level_db[outside], 10)) if outside.any() else DB_FLOOR


def apart_by_score(
    start: NDArray[np.float64], end: NDArray[np.float64], score: NDArray[np.float64], least: float
) -> list[int]:
    """Indices of the best-scored stretches above `least` that do not overlap, in order of time."""
    order = [int(i) for i in np.argsort(-score, kind="stable") if score[i] >= least]
    return apart(start.tolist(), end.tolist(), order)
