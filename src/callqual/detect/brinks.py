"""Losses at the brink of digital silence: one end breaks off sound, the other is lost in a pause that is all zeros.

What is heard: a word that starts or stops in its midst. One steep edge proves little, for a word cut short by an editor has it
too; here it must lie on the packet grid that whole holes drew, and the other end is told by the grid: where the zeros end on it
too, or as many packets on as those took.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import Candidate
from callqual.detect.grid import TOLERANCE, Grid
from callqual.detect.holes import near_tone
from callqual.detect.levels import to_db
from callqual.detect.speech import Speech
from callqual.kernels.holes import COLUMNS

PRIOR = -2.5
STEEP_DB, PER_DB, MOST = -24.0, 0.25, 3.5
"""Three milliseconds beside an edge are as likely cut off as dying away at so much re active speech; each dB says so many nats more."""

QUIET_DB = -30.0
"""An edge to less is the pause's own."""

LEAST_ZERO = 0.9


LONGEST = 0.4
"""Zeros that begin and end on the grid are one loss up to so many seconds, and a pause that did so by chance beyond."""


def likely(found: NDArray[np.void], speech: Speech) -> NDArray[np.void]:
    """Return those of the holes `found` that are zeros with a pause at one end: few, and all that :func:`find` needs of them."""
    level = _beside(found, speech).min(axis=1, initial=0.0)
    return np.asarray(found[(found["zero"] > LEAST_ZERO) & (level < QUIET_DB)])


def _beside(holes: NDArray[np.void], speech: Speech) -> NDArray[np.float64]:
    """Return the levels at both ends of holes, dB re active speech."""
    edges = [to_db(holes["m"][:, COLUMNS.index(edge)]) for edge in ("edge_before", "edge_after")]
    return np.column_stack(edges) - (speech.active_db or 0.0)


def find(found: NDArray[np.void], speech: Speech, grid: Grid | None, length: float) -> list[Candidate]:
    """Return losses at the brinks of the :func:`likely` holes `found`; `length` is what losses of this leg take (s)."""
    if grid is None or speech.active_db is None or not found.size:
        return []
    zeros = found[found["end"] - found["start"] > grid.frame - TOLERANCE]
    zeros = zeros[~near_tone(zeros, speech)]
    level = _beside(zeros, speech)
    on = np.column_stack([grid.edge(zeros["start"], grid.start_phase), grid.edge(zeros["end"], grid.end_phase)])
    steep = np.clip(PER_DB * (level - STEEP_DB), -MOST, MOST)
    sure = (level[:, ::-1] < QUIET_DB) & (on > 0.0) & (PRIOR + steep + on > 0.0)
    out: list[Candidate] = []
    for i, side in np.argwhere(sure).tolist():
        start, end = _extent(zeros[i], side, on[i], grid, length)
        evidence = {"prior": PRIOR, "brink": float(steep[i, side]), "grid": float(on[i, side])}
        context = float(level[i, side])
        details: dict[str, float | str] = {"context_db": round(context, 1), "frame_ms": grid.frame * 1000.0}
        out.append(Candidate("gap", "zero_fill", start, end, evidence, details, context))
    return out


def _extent(zeros: np.void, side: int, on: NDArray[np.float64], grid: Grid, length: float) -> tuple[float, float]:
    """Tell from where to where a loss reaches that breaks off at the start (`side` 0) or the end (1) of a run of zeros."""
    start, end = float(zeros["start"]), float(zeros["end"])
    if (on > 0.0).all() and end - start < LONGEST:
        return start, end
    packets = min(max(round(length / grid.frame), 1), int((end - start + TOLERANCE) / grid.frame))
    return (start, start + packets * grid.frame) if side == 0 else (end - packets * grid.frame, end)
