"""Holes and noise fills weighed by what is known without a packet grid: their shape, tones beside them, the rest of the leg."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callqual.detect import gates, holes, joins, noises
from callqual.detect.candidates import apart
from callqual.detect.company import Company
from callqual.detect.heap import Part, joined
from callqual.detect.levels import quantile_db, to_db
from callqual.detect.speech import Speech
from callqual.detect.trees import llr
from callqual.features.facts import HOP
from callqual.kernels.holes import COLUMNS
from callqual.units import DB_FLOOR

PRIOR, NOISE_PRIOR = -4.5, -7.0
"""Log odds of damage in a hole and in an even stretch that stand alone: a nat and a half below where clean speech of the tuning voices has
0.05 false alarms a minute, for other voices articulate more sharply. Half a nat costs 0.001 of F1 on check voices, with the company."""

LIKELY, COMPANY = 0.5, Company(least=1.5, steep=1.0, most=1.5)
"""Of likely holes only: sharply spoken stops are many, and each a little likely. Resampling softens the edges of all alike, so that none is sure."""

LEAST_CONTEXT_DB, ROOM_DB = -25.0, 2.0
"""Level beside a hole that matters, and how much farther down it lies for each nat that a room tells of it: broken off, the room itself is
missed. A white one that is 20 dB under a voice at 48 kHz is 26 in the band that is read here."""
SURE, WEAKEST = 2.0, -3.5
"""Log odds from which a hole may draw the grid, and below which it is not even listed."""

MOST_FROM_GRID = 6.0
"""What falls so much short of being listed cannot be saved by a grid, and is forgotten."""

TONE_EVIDENCE = -8.0
SHORT, SHORT_EVIDENCE = 0.008, -1.0
"""Holes shorter than the shortest packet (10 ms) are its rest behind a fade, or no loss at all: plosives, breath before a word."""

INSIDE = COLUMNS.index("inside")

EXACT, SAME_DB, BY_CHANCE, FEWEST, OTHER = 0.5, 1.0, 0.07, 4, -1.0
"""A receiver plays one noise for every loss, or leaves one of the line: what is in holes with no more than so large a share of zeros is of the same
level to so much, in nine of ten that are sure and seven of ten doubtful ones that are true; one in fifteen that are not is so by chance. Fewer
sure ones have no level; what is of another has at least so much against it (nats)."""


MEASURES = ("least_edge", "depth", "context", "near", "zero", "crossings", "even")
"""Features that are needed after the weighing; noises have neither `near` nor `zero`."""

EVIDENCE = ("prior", "shape", "tone", "short", "room", "gate", "company", "level")
ROWS = 2**12
"""Holes weighed at a time."""


@dataclass(frozen=True)
class Weighed:
    """The audible holes and even stretches of a leg with the evidence of their shape, in columns: a bad line has 80,000 in ten hours.

    `measures` and `evidence` have a column for each of :data:`MEASURES` (NaN where there is none) and :data:`EVIDENCE`, `noise`
    tells the even stretches, `sure` are those that stand without a grid, `pause` is the log odds that nothing was lost in them,
    `inside` the level in them and `room` that of the pauses between them (dB).
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    noise: NDArray[np.bool_]
    measures: NDArray[np.float64]
    evidence: NDArray[np.float64]
    sure: list[int]
    pause: NDArray[np.float64]
    inside: NDArray[np.float64]
    room: float

    @property
    def length(self) -> float:
        """Median length (s) of the sure ones."""
        return float(np.median((self.end - self.start)[self.sure])) if self.sure else 0.0

    @property
    def score(self) -> NDArray[np.float64]:
        """Log odds of damage, without a grid."""
        return _sum(self.evidence)

    def measure(self, name: str) -> NDArray[np.float64]:
        """Return one of the :data:`MEASURES` of all."""
        return self.measures[:, MEASURES.index(name)]

    def evidence_of(self, i: int) -> dict[str, float]:
        """Return the evidence for one by name."""
        prior, shape, *others = self.evidence[i].tolist()
        named = {"prior": prior, "noises" if self.noise[i] else "holes": shape}
        return named | {name: value for name, value in zip(EVIDENCE[2:], others, strict=True) if value}


def weigh(found: NDArray[np.void], noisy: NDArray[np.void], speech: Speech) -> Weighed:
    """Weigh the holes `found` and the `noisy` stretches of a leg by what is known without a grid.

    Either is let go as soon as it is weighed, if nobody else holds it: ten hours of them are 40 MB.
    """
    parts = _weigh(found, "holes", speech)
    del found
    parts += _weigh(noisy, "noises", speech)
    del noisy
    start, end, noise, measures, evidence, pause, inside = joined(parts)
    score = _sum(evidence)
    company = COMPANY.evidence(score, apart_by_score(start, end, score, LIKELY), speech.power.size * HOP)
    evidence[:, EVIDENCE.index("company")] = company
    sure = apart_by_score(start, end, score + company, SURE)
    level = of_one_level(to_db(inside), ~(measures[:, MEASURES.index("zero")] > EXACT), sure)
    evidence[:, EVIDENCE.index("level")] = level
    sure = apart_by_score(start, end, score + company + level, SURE)
    room = _room(speech, start[sure], end[sure])
    return Weighed(start, end, noise, measures, evidence, sure, joins.pauses(pause, sure), to_db(inside), room)


def _weigh(source: NDArray[np.void], model: str, speech: Speech) -> list[Part]:
    """Return start, end, whether it is noise, measures, evidence, likelihood of a pause, and power inside of what is worth a second look."""
    none, no = np.zeros(0), np.zeros(0, np.bool_)
    parts: list[Part] = [(none, none, no, np.zeros((0, len(MEASURES))), np.zeros((0, len(EVIDENCE))), none, none)]
    if speech.active_db is None:
        return parts
    silent, doubted = [np.zeros(0, np.bool_)], [np.zeros(0)]
    for first in range(0, source.size, ROWS):
        rows = source[first : first + ROWS]
        phi, evidence = _evidence(rows, model, speech)
        heard = phi["context"] + ROOM_DB * evidence[:, EVIDENCE.index("room")] > LEAST_CONTEXT_DB
        keep = heard & (_sum(evidence[:, [1, 2, 0]]) > WEAKEST - MOST_FROM_GRID)
        kept = rows[keep]
        if model == "holes":
            silent.append(gates.silent(rows[heard]))
            doubted.append(evidence[heard, 1] + PRIOR)
        noise = np.full(kept.size, model == "noises")
        nothing = np.full(rows.size, np.nan)
        measures = np.column_stack([phi.get(name, nothing)[keep] for name in MEASURES])
        pause = joins.likelihood(kept) if model == "holes" else np.zeros(kept.size)
        parts.append(
            (
                kept["start"].copy(),
                kept["end"].copy(),
                noise,
                measures,
                evidence[keep],
                pause,
                kept["m"][:, INSIDE].astype(np.float64),
            )
        )
    gate = gates.evidence(np.concatenate(silent), np.concatenate(doubted))
    for part in parts:
        part[4][:, EVIDENCE.index("gate")] = gate
    return parts


def _evidence(
    rows: NDArray[np.void], model: str, speech: Speech
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Return the features of some holes or noises by name, and their :data:`EVIDENCE` before they are known all together."""
    kind = holes if model == "holes" else noises
    phi = kind.describe(rows, speech)
    evidence = np.zeros((rows.size, len(EVIDENCE)))
    evidence[:, 0] = PRIOR if model == "holes" else NOISE_PRIOR
    evidence[:, 1] = llr(model, kind.FEATURES, phi)
    evidence[:, 2] = np.where(holes.near_tone(rows["start"], rows["end"], speech), TONE_EVIDENCE, 0.0)
    evidence[:, 3] = np.where(rows["end"] - rows["start"] < SHORT, SHORT_EVIDENCE, 0.0)
    if model == "holes":
        evidence[:, EVIDENCE.index("room")] = gates.vanished(rows, speech)
    return dict(zip(kind.FEATURES, phi.T, strict=True)), evidence


def _sum(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of the columns, from left to right."""
    out = np.zeros(len(columns))
    for column in columns.T:
        out += column
    return out


def of_one_level(inside_db: NDArray[np.float64], filled: NDArray[np.bool_], sure: list[int]) -> NDArray[np.float64]:
    """Evidence of the level inside the holes of a leg: whether it is that of the `sure` ones, as far as they agree.

    What is not `filled` is of one level too; to be so proves nothing there, for pauses are.
    """
    if len(sure) < FEWEST:
        return np.zeros(inside_db.size)
    level = np.where(filled, inside_db, DB_FLOOR)
    usual = float(np.median(level[sure]))
    near = np.abs(level - usual) < SAME_DB
    share = (np.count_nonzero(near[sure]) + 0.5) / (len(sure) + 1.0 + FEWEST)
    same, other = np.log(share / BY_CHANCE), np.log((1.0 - share) / (1.0 - BY_CHANCE))
    return np.where(near, np.where(filled, max(same, 0.0), 0.0), np.clip(other, OTHER, 0.0))


def _room(speech: Speech, start: NDArray[np.float64], end: NDArray[np.float64]) -> float:
    """Level of the pauses of a leg outside its holes, dB re full scale: 10th percentile of what is not digital silence."""
    outside = speech.power > np.float64(10 ** (DB_FLOOR / 10 + 2.0))
    for a, b in zip(start, end, strict=True):
        outside[int(a / HOP) : int(b / HOP) + 1] = False
    return quantile_db(speech.power[outside], 0.1) if outside.any() else DB_FLOOR


def apart_by_score(
    start: NDArray[np.float64], end: NDArray[np.float64], score: NDArray[np.float64], least: float
) -> list[int]:
    """Indices of the best-scored stretches above `least` that do not overlap, in order of time."""
    order = [int(i) for i in np.argsort(-score, kind="stable") if score[i] >= least]
    return apart(start.tolist(), end.tolist(), order)
