"""Runs of seconds in which the same thing stands at the same frequency: the raw material of every buzz."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FULL = 0.65


@dataclass
class Track:
    """A thing at one frequency: the seconds (`at`, ascending) whose rows show it, with their frequency and score."""

    at: list[int] = field(default_factory=list)
    hz: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    place: list[int] = field(default_factory=list)

    def add(self, at: int, hz: float, score: float, place: int = 0) -> None:
        """Append a second; `place` says which of its entries shows the thing."""
        self.at.append(at)
        self.hz.append(hz)
        self.score.append(score)
        self.place.append(place)

    @property
    def plateau(self) -> float:
        """Score of the seconds that show it wholly: mean of the upper half."""
        s = np.sort(self.score)
        return float(s[s.size // 2 :].mean())

    @property
    def frequency(self) -> float:
        """Mean frequency (Hz) of the upper half of the scores: rows that hold it only in part are less sure."""
        score = np.array(self.score)
        return float(np.array(self.hz)[score >= np.median(score)].mean())

    def extent(self, span: float, seconds: float, blur: float = 0.1) -> tuple[float, float]:
        """Return start and end (s): a row of `span` seconds that holds it in part scores that part of the plateau.

        `blur` is how much longer than it is a thing appears at either end. At the ends of a leg a row that is nearly
        full counts as full.
        """
        first, last = np.clip(np.array([self.score[0], self.score[-1]]) / max(self.plateau, 1e-9), 0.0, 1.0).tolist()
        start = self.at[0] + span * (1.0 - first) + blur
        end = self.at[-1] + span * last - blur
        start = 0.0 if self.at[0] == 0 and first > FULL else start
        end = seconds if self.at[-1] + span > seconds - 1.0 and last > FULL else end
        return start, max(min(end, seconds), start)


def link(
    score: NDArray[np.floating], hz: NDArray[np.floating], least: float, tolerance: float, patience: int = 1
) -> Iterator[Track]:
    """Join entries of successive seconds, shape (seconds, entries), that exceed `least` within `tolerance` (Hz); yield what ended.

    A track may miss `patience` seconds in between.
    """
    going: list[Track] = []
    for t in np.flatnonzero((score >= least).any(axis=1)).tolist():
        yield from _ended(going, t - 1 - patience)
        going = [k for k in going if k.at[-1] >= t - 1 - patience]
        for j in np.argsort(-score[t], kind="stable"):
            if score[t, j] < least:
                break
            near = [k for k in going if k.at[-1] < t and abs(k.hz[-1] - hz[t, j]) <= tolerance]
            if near:
                track = min(near, key=lambda k: abs(k.hz[-1] - float(hz[t, j])))
            else:
                track = Track()
                going.append(track)
            track.add(t, float(hz[t, j]), float(score[t, j]), int(j))
    end = len(score) - 1 - patience
    yield from _ended(going, end)
    yield from (k for k in going if k.at[-1] >= end)


def _ended(tracks: list[Track], second: int) -> list[Track]:
    """Return the tracks whose last entry lies before a second, the one that ended first at the head."""
    return sorted((k for k in tracks if k.at[-1] < second), key=lambda k: k.at[-1])
