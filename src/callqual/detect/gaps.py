"""Gaps from holes: every hole is weighed by its measurements, then by the packet grid that the surest of them draw.

Kinds: ``zero_fill`` (nothing inside), ``fade`` (dies away first), ``noise_fill`` (noise inside), and of family jitter
``inserted_silence`` (what follows continues what stood before).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import Candidate
from callqual.detect.grid import Grid, infer
from callqual.detect.holes import FEATURES, describe, near_tone
from callqual.detect.speech import Speech
from callqual.detect.trees import llr

PRIOR = -2.0
"""Log odds of damage in a candidate of an average call, set so that clean speech of the tuning voices stays at 0.1 false alarms a minute."""

LEAST_CONTEXT_DB = -25.0
SURE = 2.0
TONE_EVIDENCE = -8.0


def find(holes: NDArray[np.void], speech: Speech) -> tuple[list[Candidate], Grid | None]:
    """Return the gaps among `holes` with their evidence, none overlapping another, and the packet grid if one shows."""
    if not holes.size or speech.active_db is None:
        return [], None
    phi = describe(holes, speech)
    audible = phi[:, FEATURES.index("context")] > LEAST_CONTEXT_DB
    holes, phi = holes[audible], phi[audible]
    shape = llr("holes", FEATURES, phi)
    tone = np.where(near_tone(holes, speech), TONE_EVIDENCE, 0.0)
    alone = shape + tone + PRIOR
    first = _apart(holes, alone, SURE)
    grid = infer(np.concatenate((holes["start"][first], holes["end"][first])))
    on = np.zeros(holes.size) if grid is None else 0.5 * (grid.bonus(holes["start"]) + grid.bonus(holes["end"]))
    kept = _apart(holes, alone + on, 0.0 - 3.0)
    return [_candidate(holes[i], phi[i], shape[i], tone[i], on[i], grid) for i in kept], grid


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
