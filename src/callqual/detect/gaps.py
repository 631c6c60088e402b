"""Gaps from holes and noise fills: weighed by their measurements, then by the packet grid that the surest of them draw.

Kinds: ``zero_fill`` (nothing inside), ``fade`` (dies away first), ``noise_fill`` (noise inside).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callqual.detect import holes, noises
from callqual.detect.candidates import Candidate, apart
from callqual.detect.grid import Grid
from callqual.detect.speech import Speech
from callqual.detect.trees import llr

PRIOR = -3.0
"""Log odds of damage in a hole of an average call, set so that clean speech of the tuning voices stays at 0.05 false alarms a minute."""

NOISE_PRIOR = -8.0
LEAST_CONTEXT_DB = -25.0
SURE, WEAKEST = 2.0, -3.0
"""Log odds from which a hole may draw the grid, and below which it is not even listed."""

TONE_EVIDENCE = -8.0
SURE_GRID, LONG_LOSS, MOST_OF_GRID = -30.0, 0.13, 4.0
"""Natural log of the p-value from which a grid counts in full, for losses up to so many seconds; else half, and a fifth for longer ones: pauses are
many, and some of them begin and end on any grid."""


@dataclass(frozen=True)
class Weighed:
    """The audible holes and even stretches of a leg with the evidence of their shape; `sure` are those that stand without a grid."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    measures: list[dict[str, float]]
    evidence: list[dict[str, float]]
    sure: list[int]


def weigh(found: NDArray[np.void], noisy: NDArray[np.void], speech: Speech) -> Weighed:
    """Weigh the holes `found` and the `noisy` stretches of a leg by their measurements alone."""
    rows: list[np.void] = []
    measures: list[dict[str, float]] = []
    evidence: list[dict[str, float]] = []
    for model, source, describe, features, prior in (
        ("holes", found, holes.describe, holes.FEATURES, PRIOR),
        ("noises", noisy, noises.describe, noises.FEATURES, NOISE_PRIOR),
    ):
        if speech.active_db is None or not source.size:
            continue
        phi = describe(source, speech)
        shape = llr(model, features, phi)
        tone = np.where(holes.near_tone(source, speech), TONE_EVIDENCE, 0.0)
        keep = np.flatnonzero(
            (phi[:, features.index("context")] > LEAST_CONTEXT_DB) & (shape + tone + prior > WEAKEST - 6.0)
        )
        rows += list(source[keep])
        measures += [dict(zip(features, phi[i].tolist(), strict=True)) for i in keep]
        evidence += [
            {"prior": prior, model: float(shape[i])} | ({"tone": TONE_EVIDENCE} if tone[i] else {}) for i in keep
        ]
    start, end = (np.array([row[k] for row in rows], np.float64) for k in ("start", "end"))
    alone = np.array([sum(e.values()) for e in evidence])
    return Weighed(start, end, measures, evidence, _apart(start, end, alone, SURE))


def find(weighed: Weighed, grid: Grid | None) -> list[Candidate]:
    """Return the stretches that may be gaps, none overlapping another, with the evidence of the packet `grid` added."""
    w = weighed
    on = np.zeros(w.start.size)
    if grid is not None:
        short = w.end - w.start < LONG_LOSS
        sure = (grid.log_p < SURE_GRID) & short
        on = np.minimum(np.where(sure, 1.0, np.where(short, 0.5, 0.2)) * grid.bonus(w.start, w.end), MOST_OF_GRID)
    score = np.array([sum(e.values()) for e in w.evidence]) + on
    return [_candidate(w, i, float(on[i]), grid) for i in _apart(w.start, w.end, score, WEAKEST)]


def _apart(start: NDArray[np.float64], end: NDArray[np.float64], score: NDArray[np.float64], least: float) -> list[int]:
    """Indices of the best-scored stretches above `least` that do not overlap, in order of time."""
    order = [int(i) for i in np.argsort(-score, kind="stable") if score[i] >= least]
    return apart(start.tolist(), end.tolist(), order)


def _candidate(w: Weighed, i: int, on: float, grid: Grid | None) -> Candidate:
    m, evidence = w.measures[i], dict(w.evidence[i])
    details: dict[str, float | str] = {
        "edge_db": round(m["least_edge"], 1),
        "depth_db": round(m["depth"], 1),
        "context_db": round(m["context"], 1),
    }
    if grid is not None:
        evidence["grid"] = on
        details["frame_ms"] = grid.frame * 1000.0
    start, end = float(w.start[i]), float(w.end[i])
    hidden = grid.hidden(start, end) if grid is not None else 0.0
    kind = _kind(m, hidden)
    before = hidden if kind == "fade" else 0.5 * hidden
    return Candidate("gap", kind, start - before, end + hidden - before, evidence, details, m["context"])


def _kind(m: dict[str, float], hidden: float) -> str:
    """Name what fills the hole; zeros that are shorter than the packets they stand for begin with a fade."""
    if "noise" in m or (m["zero"] < 0.5 and m["crossings"] > 0.3 and m["depth"] < 30.0 and m["even"] > 0.4):
        return "noise_fill"
    return "fade" if m["zero"] > 0.9 and hidden > 0.0 else "zero_fill"
