"""A leg that dies for good while another goes on talking: one way, and that way is told by the other.

Silence at the end of a leg proves nothing by itself: a listener is silent too. What tells a dead leg is that its room
goes with the voice (the floor itself vanishes), or that the voice stops in the middle of a sound, and that the call
goes on.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import Candidate
from callqual.detect.levels import quantile_db, stretches
from callqual.detect.speech import Speech
from callqual.features.facts import HOP

LEAST_SECONDS, LEAST_TALK = 3.0, 1.5
"""The silence lasts so long, and another leg talks for so much of it (s)."""

VANISHED_DB = 20.0
"""The silence lies so far below the pauses before it."""

CUT_DB, CUT_BELOW_ACTIVE_DB = 35.0, 12.0
"""A voice is cut off when it falls by so much within 20 ms from no lower than this under its active level."""

PRIOR, GONE, CUT_OFF = -2.0, 3.5, 3.0


def find(speech: Speech, others: Iterable[NDArray[np.bool_]]) -> list[Candidate]:
    """Return the outage that ends with the recording, if there is one; `others` = activity of other legs by frame."""
    if speech.active_db is None or not speech.active.any():
        return []
    frames, last = speech.power.size, speech.power.size - int(np.argmax(speech.active[::-1]))
    dead = float(np.max(speech.level_db(last + round(1.0 / HOP)), initial=-200.0))
    start = _end(speech, dead + 3.0)
    if not start or (frames - start) * HOP < LEAST_SECONDS:
        return []
    vanished = quantile_db(speech.power[:last].copy(), 0.1) - dead
    near = float(speech.level_db(max(start - 3, 0), start).max())
    cut = near - speech.active_db > -CUT_BELOW_ACTIVE_DB and near - dead > CUT_DB
    evidence = {"prior": PRIOR}
    evidence |= {"floor": GONE} if vanished >= VANISHED_DB else {}
    evidence |= {"cut": CUT_OFF} if cut else {}
    if len(evidence) < 2 or _talk(others, start) * HOP < LEAST_TALK:
        return []
    details: dict[str, float | str] = {"floor_drop_db": round(vanished, 1), "cause": "leg_died"}
    return [Candidate("gap", "dead_air", start * HOP, frames * HOP, evidence, details, near - speech.active_db)]


def _end(speech: Speech, level_db: float) -> int:
    """Return where the last frame above a level ends; 0 where none is."""
    for _, _, start, stop in reversed(list(stretches(speech.power.size))):
        alive = np.flatnonzero(speech.level_db(start, stop) > level_db)
        if alive.size:
            return start + int(alive[-1]) + 1
    return 0


def _talk(others: Iterable[NDArray[np.bool_]], start: int) -> int:
    """Most frames of speech of any other leg after the frame `start`."""
    return max((int(active[start:].sum()) for active in others), default=0)
