"""Digital silence that lasts: whether sound breaks off into it and comes back at once, or dies away and sets in as at a leg's other pauses.

An outage takes the sound as it is; a pause that is digital silence too, by an editor, a gate or a studio, is cut where little sounds.
What follows it may begin as hard as speech does: what that is worth the other pauses of the leg tell.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect import gates
from callqual.detect.levels import to_db
from callqual.detect.speech import Speech
from callqual.detect.trees import llr
from callqual.features.edges import EDGE_SECONDS
from callqual.features.facts import HOP

PAUSE_SECONDS = 0.15
"""Runs of identical samples so long are pauses."""

QUIETEST_DB = -45.0
"""What stands beside a pause and is no edge is fainter than this, re active speech."""

BROKEN_DB = -24.0
"""Sound so loud in the last three milliseconds before a silence was broken off: before one pause in a hundred it is."""

SOON = 2
"""Frames after a silence in which what was taken is back at its level, through any cross-fade."""

FEW, RETURN_DB = 3.0, -30.0
"""So many pauses of a leg that set in at this level are taken for granted."""

FEWER = 0.5
"""Silences are so much fewer (nats) than all that the prior of fades is meant for. With two every fifth false alarm in clean speech of check voices
is a pause between nothing and nothing, from one down none is, and no outage more is missed."""

MOST_FADE = 9.0
"""A fade of a higher score than pauses have, as one that holds its period, needs no silence: what it says beyond this stands as it is."""

NEAR_SECONDS = 0.03
"""A fade ends with its silence if it does so to three frames."""

FEATURES = ("fade", "before", "soon", "pauses", "returns", "length")
"""Score of the fade's shape; levels (dB re active speech) of 3 ms before the silence and of the loudest frame soon after it; other pauses that
speech dies away into (logarithm of their number), and the mean level at which it sets in soon after those; length in octaves re a second:
a jitter buffer lets sound die away before it falls silent, but not for long."""

ROOM_FRAMES = (200, 400)
"""Quiet frames up to which nothing is known of a leg's room, and from which on all is: cut in two, a call had an outage where one edited pause stood
alone in its half."""


class Silences:
    """The digital silences of a leg, with what stands at their borders."""

    def __init__(self, runs: NDArray[np.void], edges: NDArray[np.void], speech: Speech) -> None:
        runs = runs[runs["end"] - runs["start"] > PAUSE_SECONDS]
        active = speech.active_db if speech.active_db is not None else 0.0
        self.start, self.end = runs["start"].copy(), runs["end"].copy()
        self._before = _before(self.start, edges[edges["before"] > edges["after"]], active)
        self._soon = _soon(self.end, speech, active)
        self._faint = gates.faint(speech)
        natural = self._before < BROKEN_DB
        self._totals = [np.concatenate(([0.0], np.cumsum(of))) for of in (natural, np.where(natural, self._soon, 0.0))]

    def longest(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.int64]:
        """Index of the silence that takes most of each stretch from `start` to `end` (s); -1 where there is none."""
        first, last = self._touching(start, end)
        best, index = np.zeros(start.size), np.full(start.size, -1)
        for k in range(int((last - first).max(initial=0))):
            i = np.minimum(first + k, self.start.size - 1)
            shared = np.minimum(self.end[i], end) - np.maximum(self.start[i], start)
            more = (first + k < last) & (shared > best)
            best[more], index[more] = shared[more], i[more]
        return index

    def describe(
        self, start: NDArray[np.float64], end: NDArray[np.float64], fade: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the :data:`FEATURES` of stretches that silences take most of, shape (stretches, features); `fade` is their score."""
        i = self.longest(start, end)
        pauses, returns = (total[-1] - _within(total, *self._touching(start, end)) for total in self._totals)
        mean = (returns + FEW * RETURN_DB) / (pauses + FEW)
        octaves = np.log2(end - start)
        return np.stack(
            [np.minimum(fade, MOST_FADE), self._before[i], self._soon[i], np.log1p(pauses), mean, octaves], axis=1
        )

    def vanished(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
        """Evidence of the room of a leg for outages in which it is not heard, from what is quiet outside the silence of each.

        Five outages in six have nothing like them in their leg (tuning and check voices); of 22 pauses that were nearly taken for one in clean
        speech and hard negatives of check voices none has.
        """
        i = self.longest(start, end)
        own = (self.end[i] - self.start[i]) / HOP
        nothing, quiet = self._faint
        least, enough = ROOM_FRAMES
        known = np.clip((quiet - own - least) / (enough - least), 0.0, 1.0)
        return np.asarray(known * gates.from_room(np.maximum(nothing - own, 0.0), quiet - own))

    def borders(self, start: float, end: float) -> tuple[float, float]:
        """Move the ends of an outage to those of its silence, to the sample, where sound breaks off into it and where it comes back."""
        i = int(self.longest(np.array([start]), np.array([end]))[0])
        if i < 0:
            return start, end
        first = float(self.start[i]) if self._before[i] > BROKEN_DB else start
        last = float(self.end[i]) if abs(self.end[i] - end) < NEAR_SECONDS else end
        return first, last

    def _touching(
        self, start: NDArray[np.float64], end: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the first of the silences that share something with each stretch, and the one after the last."""
        first = np.searchsorted(self.end, start, side="right")
        return first, np.maximum(first, np.searchsorted(self.start, end))


def evidence(phi: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-likelihood ratio of an outage that a silence adds to the shape of a fade, from its :data:`FEATURES`."""
    return llr("silences", FEATURES, phi) - phi[:, 0] + FEWER


def _within(total: NDArray[np.float64], first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sum of what lies from `first` to before `last`, from running totals."""
    return np.asarray(total[last] - total[first])


def _before(start: NDArray[np.float64], falls: NDArray[np.void], active: float) -> NDArray[np.float64]:
    """Level (dB re the `active` one) of what the steep one of the `falls` next to each `start` (s) breaks off."""
    level = np.full(start.size, QUIETEST_DB)
    if not falls.size:
        return level
    after = np.searchsorted(falls["at"], start)
    left, right = np.maximum(after - 1, 0), np.minimum(after, falls.size - 1)
    apart = [np.abs(falls["at"][i] - start) for i in (left, right)]
    nearest = np.where(apart[0] < apart[1], left, right)
    near = np.minimum(*apart) < EDGE_SECONDS
    level[near] = np.maximum(to_db(falls["before"][nearest[near]]) - active, QUIETEST_DB)
    return level


def _soon(end: NDArray[np.float64], speech: Speech, active: float) -> NDArray[np.float64]:
    """Level (dB re the `active` one) of the loudest frame that begins soon after each `end` (s)."""
    loudest = np.full(end.size, QUIETEST_DB)
    first = np.ceil(end / HOP - 1e-6).astype(np.int64)
    for k in range(SOON):
        i = np.minimum(first + k, speech.power.size - 1)
        loudest = np.maximum(loudest, to_db(speech.power[i]) - active)
    return loudest
