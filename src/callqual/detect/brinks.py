"""Losses at the brink of a pause: one end breaks off sound, the other is lost in digital silence or in the noise of the room.

What is heard: a word that starts or stops in its midst. One steep edge proves little, for a word cut short by an editor has it
too; here it must lie on the packet grid that whole holes drew, and the other end is told by the grid: where the zeros end on it
too, or as many packets on as those took.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import Candidate
from callqual.detect.grid import FEWEST, TOLERANCE, Grid
from callqual.detect.holes import near_tone
from callqual.detect.levels import to_db
from callqual.detect.speech import Speech
from callqual.detect.weighed import Weighed
from callqual.features.facts import HOP
from callqual.kernels.holes import COLUMNS

PRIOR, ROOM_PRIOR = -2.5, -3.5
STEEP_DB, PER_DB, MOST = -24.0, 0.25, 3.5
"""Three milliseconds beside an edge are as likely cut off as dying away at so much re active speech; each dB says so many nats more."""

QUIET_DB = -30.0
"""An edge to less is the pause's own."""

LEAST_ZERO = 0.9
ROOM_DB = 6.0
"""The quiet side of an edge to the room's noise is so near to that of the pauses; of what lies on a grid by chance, hardly any is."""

LONGEST = 0.4
"""Zeros that begin and end on the grid are one loss up to so many seconds, and a pause that did so by chance beyond."""


def find(
    silences: NDArray[np.void], edges: NDArray[np.void], speech: Speech, grid: Grid | None, holes: Weighed
) -> list[Candidate]:
    """Return losses at the brinks of pauses, from the :func:`likely` holes `silences` and the steep `edges`.

    Edges to the room's noise are asked only where that is what the surest `holes` of the leg sound like.
    """
    if grid is None or speech.active_db is None:
        return []
    found = _in_zeros(silences, speech, grid, holes.length)
    if len(holes.sure) >= FEWEST and abs(float(np.median(holes.inside[holes.sure])) - holes.room) < ROOM_DB:
        found += _in_noise(edges, speech, grid, holes.length, holes.room)
    return found


def likely(found: NDArray[np.void], speech: Speech) -> NDArray[np.void]:
    """Return those of the holes `found` that are zeros with a pause at one end: few, and all that :func:`find` needs of them."""
    level = _beside(found, speech).min(axis=1, initial=0.0)
    return np.asarray(found[(found["zero"] > LEAST_ZERO) & (level < QUIET_DB)])


def _beside(holes: NDArray[np.void], speech: Speech) -> NDArray[np.float64]:
    """Return the levels at both ends of holes, dB re active speech."""
    edges = [to_db(holes["m"][:, COLUMNS.index(edge)]) for edge in ("edge_before", "edge_after")]
    return np.column_stack(edges) - _active(speech)


def _in_zeros(found: NDArray[np.void], speech: Speech, grid: Grid, length: float) -> list[Candidate]:
    """Return losses that end in digital silence."""
    zeros = found[found["end"] - found["start"] > grid.frame - TOLERANCE]
    zeros = zeros[~near_tone(zeros["start"], zeros["end"], speech)]
    level = _beside(zeros, speech)
    on = np.column_stack([grid.edge(zeros["start"], grid.start_phase), grid.edge(zeros["end"], grid.end_phase)])
    sure = (level[:, ::-1] < QUIET_DB) & (on > 0.0) & (PRIOR + _steep(level) + on > 0.0)
    out = []
    for i, side in np.argwhere(sure).tolist():
        start, end = _extent(zeros[i], side, on[i], grid, length)
        out.append(_candidate(start, end, PRIOR, float(level[i, side]), float(on[i, side]), grid))
    return out


def _in_noise(edges: NDArray[np.void], speech: Speech, grid: Grid, length: float, room: float) -> list[Candidate]:
    """Return losses of which one end is a steep edge to the noise of the room, and the other lies in that noise."""
    falls = edges["before"] > edges["after"]
    loud, quiet = (to_db(of(edges["before"], edges["after"])) for of in (np.maximum, np.minimum))
    level = loud - _active(speech)
    on = np.where(falls, grid.edge(edges["at"], grid.start_phase), grid.edge(edges["at"], grid.end_phase))
    sure = (np.abs(quiet - room) < ROOM_DB) & (on > 0.0) & (ROOM_PRIOR + _steep(level) + on > 0.0)
    sure &= ~near_tone(edges["at"], edges["at"], speech)
    out = []
    packets = max(round(length / grid.frame), 1)
    for i in np.flatnonzero(sure).tolist():
        span = min(packets * grid.frame, _quiet_for(float(edges["at"][i]), bool(falls[i]), speech, room))
        whole = max(round(span / grid.frame), 1) * grid.frame
        at = float(edges["at"][i]) + (-0.5 if falls[i] else 0.5) * grid.soft
        start, end = (at, at + whole) if falls[i] else (at - whole, at)
        out.append(_candidate(max(start, 0.0), end, ROOM_PRIOR, float(level[i]), float(on[i]), grid))
    return out


def _quiet_for(at: float, after: bool, speech: Speech, room: float) -> float:
    """Tell for how long (s) there is no more than the room's noise after, or before, a moment."""
    frame = round(at / HOP)
    most = round(LONGEST / HOP)
    first, last = (frame + 1, frame + 1 + most) if after else (max(frame - 1 - most, 0), max(frame - 1, 0))
    heard = speech.level_db(first, last)
    loud = np.flatnonzero((heard if after else heard[::-1]) > room + ROOM_DB)
    return (int(loud[0]) + 1) * HOP if loud.size else LONGEST


def _active(speech: Speech) -> float:
    return speech.active_db if speech.active_db is not None else 0.0


def _steep(level: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(PER_DB * (level - STEEP_DB), -MOST, MOST)


def _candidate(start: float, end: float, prior: float, level: float, on: float, grid: Grid) -> Candidate:
    evidence = {"prior": prior, "brink": float(_steep(np.array(level))), "grid": on}
    details: dict[str, float | str] = {"context_db": round(level, 1), "frame_ms": grid.frame * 1000.0}
    return Candidate("gap", "zero_fill", start, end, evidence, details, level)


def _extent(zeros: np.void, side: int, on: NDArray[np.float64], grid: Grid, length: float) -> tuple[float, float]:
    """Tell from where to where a loss reaches that breaks off at the start (`side` 0) or the end (1) of a run of zeros."""
    start, end = float(zeros["start"]), float(zeros["end"])
    if (on > 0.0).all() and end - start < LONGEST:
        return start, end
    packets = min(max(round(length / grid.frame), 1), int((end - start + TOLERANCE) / grid.frame))
    return (start, start + packets * grid.frame) if side == 0 else (end - packets * grid.frame, end)
