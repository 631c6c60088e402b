"""Gaps from holes: every hole is weighed by its measurements, then by the packet grid that the surest of them draw.

Kinds: ``zero_fill`` (nothing inside), ``fade`` (dies away first), ``noise_fill`` (noise inside), and of family jitter
``inserted_silence`` (what follows continues what stood before).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import Candidate
from callqual.detect.grid import Grid
from callqual.detect.holes import FEATURES, describe, near_tone
from callqual.detect.speech import Speech
from callqual.detect.trees import llr

PRIOR = -2.0
"""Log odds of damage in a candidate of an average call, set so that clean speech of the tuning voices stays at 0.1 false alarms a minute."""

LEAST_CONTEXT_DB = -25.0
SURE, WEAKEST = 2.0, -3.0
"""Log odds from which a hole may draw the grid, and below which it is not even listed."""

TONE_EVIDENCE = -8.0


@dataclass(frozen=True)
class Weighed:
    """The audible holes of a leg with their evidence, before the grid is known; `sure` are those that stand without it."""

    holes: NDArray[np.void]
    phi: NDArray[np.float64]
    shape: NDArray[np.float64]
    tone: NDArray[np.float64]
    sure: list[int]


def weigh(holes: NDArray[np.void], speech: Speech) -> Weighed:
    """Weigh the holes of a leg by their measurements alone."""
    if speech.active_db is None:
        holes = holes[:0]
    phi = describe(holes, speech)
    audible = phi[:, FEATURES.index("context")] > LEAST_CONTEXT_DB
    holes, phi = holes[audible], phi[audible]
    shape = llr("holes", FEATURES, phi)
    tone = np.where(near_tone(holes, speech), TONE_EVIDENCE, 0.0)
    return Weighed(holes, phi, shape, tone, _apart(holes, shape + tone + PRIOR, SURE))


def find(weighed: Weighed, grid: Grid | None) -> list[Candidate]:
    """Return the holes that may be gaps, none overlapping another, with the evidence of the packet `grid` added."""
    w = weighed
    on = np.zeros(w.holes.size) if grid is None else 0.5 * grid.bonus(w.holes["start"], w.holes["end"])
    kept = _apart(w.holes, w.shape + w.tone + PRIOR + on, WEAKEST)
    return [_candidate(w.holes[i], w.phi[i], w.shape[i], w.tone[i], on[i], grid) for i in kept]


def _apart(holes: NDArray[np.void], score: NDArray[np.float64], least: float) -> list[int]:
    """Indices of the best-scored holes above `least` that do not overlap, in order of time."""
    taken: list[int] = []
    for i in np.argsort(-score, kind="stable"):
        if score[i] < least:
            break
        start, end = holes["start"][i], holes["end"][i]
        if all(end <= holes["start"][j] or start >= holes["end"][j] for j in taken):
            taken.append(int(i))
    return sorted(taken, key=lambda i: float(holes["start"][i]))


def _candidate(
    hole: np.void, phi: NDArray[np.float64], shape: float, tone: float, on: float, grid: Grid | None
) -> Candidate:
    named = dict(zip(FEATURES, phi.tolist(), strict=True))
    evidence = {"prior": PRIOR, "edges": float(shape)}
    if tone:
        evidence["tone"] = float(tone)
    if grid is not None:
        evidence["grid"] = float(on)
    details: dict[str, float | str] = {
        "edge_db": round(named["least_edge"], 1),
        "depth_db": round(named["depth"], 1),
        "context_db": round(named["context"], 1),
    }
    if grid is not None:
        details["frame_ms"] = grid.frame * 1000.0
    return Candidate("gap", _kind(named), float(hole["start"]), float(hole["end"]), evidence, details, named["context"])


def _kind(named: dict[str, float]) -> str:
    if named["zero"] > 0.5:
        return "zero_fill" if named["sharp_fall"] > 12.0 else "fade"
    if named["crossings"] > 0.3 and named["depth"] < 30.0 and named["even"] > 0.4:
        return "noise_fill"
    return "zero_fill"
