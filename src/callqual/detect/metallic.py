"""Concealment heard for seconds: pieces of voice played on, again and again, which listeners call metallic or robotic.

Of a single gap nobody hears that; where a link drops every third packet it is all that is heard. Such a stretch is told as the buzz that it sounds
like, beside the gaps it is made of, which alone count in the rating.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from callqual.detect.audible import audibility, lost_db
from callqual.detect.candidates import Candidate
from callqual.detect.speech import Speech

CAUSE = "concealment"

LONGEST, HEARD = 0.16, 0.5
"""Seconds from which a piece dies away and is a hole to the ear; how audible what it took is at least (0..1)."""

APART = 0.25
"""Seconds between the pieces of one stretch at most: four a second is the rate at which single troubles become a sound of their own."""

LEAST_SECONDS, LEAST_SHARE, STEEP = 1.0, 0.2, 4.0
"""A stretch lasts so long, and as much of it is made up as the second for even odds; nats for each factor of e more."""

MOST = 4.0


def find(found: list[Candidate], speech: Speech) -> list[Candidate]:
    """Return the stretches of the gaps `found` that sound metallic."""
    pieces = sorted(
        (c for c in found if c.kind in ("concealed", "repeat") and c.family == "gap" and _plays(c, speech)),
        key=lambda c: (c.start, c.end),
    )
    start, end = (np.array([getattr(c, edge) for c in pieces]) for edge in ("start", "end"))
    return [_stretch(start[part], end[part]) for part in _parts(start, end)]


def _plays(c: Candidate, speech: Speech) -> bool:
    """Tell whether a gap that is surely there is short enough to be filled with sound, in place of sound."""
    return c.llr > 0.0 and c.end - c.start <= LONGEST and audibility(lost_db(c.start, c.end, speech)) >= HEARD


def _parts(start: NDArray[np.float64], end: NDArray[np.float64]) -> Iterator[slice]:
    """Yield which pieces make stretches that are long enough."""
    breaks = np.flatnonzero(start[1:] - np.maximum.accumulate(end)[:-1] > APART) + 1
    for first, stop in zip([0, *breaks.tolist()], [*breaks.tolist(), start.size], strict=True):
        if stop > first and end[first:stop].max() - start[first] >= LEAST_SECONDS:
            yield slice(first, stop)


def _stretch(start: NDArray[np.float64], end: NDArray[np.float64]) -> Candidate:
    """Return the pieces ``start..end`` as one candidate."""
    first, last = float(start[0]), float(end.max())
    share = min(float((end - start).sum()) / (last - first), 1.0)
    evidence = {"share": float(np.clip(STEEP * np.log(share / LEAST_SHARE), -MOST, MOST))}
    details: dict[str, float | str] = {
        "cause": CAUSE,
        "share": round(share, 3),
        "per_second": round(start.size / (last - first), 2),
    }
    return Candidate("buzz", "robotic", first, last, evidence, details)
