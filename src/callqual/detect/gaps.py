"""Gaps from holes and noise fills: weighed by their measurements, then by the packet grid that the surest of them draw.

Kinds: ``zero_fill`` (nothing inside), ``fade`` (dies away first), ``noise_fill`` (noise inside), and of jitter
``inserted_silence`` (nothing inside, and nothing lost).
"""

from __future__ import annotations

import numpy as np

from callqual.detect.candidates import Candidate
from callqual.detect.grid import Grid
from callqual.detect.heap import Shared
from callqual.detect.weighed import MEASURES, WEAKEST, Weighed, apart_by_score

ROOM_DB = 1.0
"""Noise in a hole is a fill if it is so much louder than the pauses of the leg; else one hears the room through the hole, which lies within
half a dB of the pauses or below them."""

SURE_GRID, LONG_LOSS, MOST_OF_GRID = -30.0, 0.13, 4.0
"""Natural log of the p-value from which a grid counts in full, for losses up to so many seconds; else half, and a third for longer ones: pauses are
many, and some of them begin and end on any grid."""

EXACT = 0.5
"""Holes with so large a share of zeros have their edges to the sample."""

BROKEN_DB = -20.0
"""Sound so loud (re active speech) at both ends of a long hole was broken off: that is no pause, and the grid counts as for short ones."""


def find(weighed: Weighed, grid: Grid | None) -> list[Candidate]:
    """Return the stretches that may be gaps, none overlapping another, with the evidence of the packet `grid` added."""
    w = weighed
    on = np.zeros(w.start.size)
    if grid is not None:
        short = (w.end - w.start < LONG_LOSS) | (w.measure("near") > BROKEN_DB)
        sure = (grid.log_p < SURE_GRID) & short
        bonus = grid.bonus(w.start, w.end, w.measure("zero") > EXACT)
        on = np.minimum(np.where(sure, 1.0, np.where(short, 0.5, 0.3)) * bonus, MOST_OF_GRID)
    shared = Shared()
    return [_candidate(w, i, float(on[i]), grid, shared) for i in apart_by_score(w.start, w.end, w.score + on, WEAKEST)]


def _candidate(w: Weighed, i: int, on: float, grid: Grid | None, shared: Shared) -> Candidate:
    m = dict(zip(MEASURES, w.measures[i].tolist(), strict=True))
    evidence = {name: shared(value) for name, value in w.evidence_of(i).items()}
    details: dict[str, float | str] = {
        "edge_db": shared(round(m["least_edge"], 1)),
        "depth_db": shared(round(m["depth"], 1)),
        "context_db": shared(round(m["context"], 1)),
    }
    if grid is not None:
        evidence["grid"] = shared(on)
        details["frame_ms"] = shared(grid.frame * 1000.0)
    start, end = float(w.start[i]), float(w.end[i])
    if grid is not None and grid.log_p < SURE_GRID and m["zero"] < EXACT:
        start, end = grid.snapped(start, end)
    hidden = grid.hidden(start, end) if grid is not None else 0.0
    kind = _kind(m, bool(w.noise[i]), hidden, float(w.inside[i]) - w.room, float(w.pause[i]))
    before = hidden if kind == "fade" else 0.5 * hidden
    if kind == "inserted_silence":
        details["cause"] = "underrun"
        return Candidate("jitter", kind, start, end, evidence, details, m["context"])
    return Candidate("gap", kind, start - before, end + hidden - before, evidence, details, m["context"])


def _kind(m: dict[str, float], noise: bool, hidden: float, over_room: float, pause: float) -> str:
    """Name what fills the hole; zeros that are shorter than the packets they stand for begin with a fade."""
    hiss = noise or (m["zero"] < 0.5 and m["crossings"] > 0.3 and m["even"] > 0.1)
    if hiss and over_room > ROOM_DB:
        return "noise_fill"
    if m["zero"] > 0.9 and hidden > 0.0:
        return "fade"
    return "inserted_silence" if pause > 0.0 else "zero_fill"
