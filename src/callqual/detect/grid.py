"""Packet-grid inference: losses begin and end on multiples of the packet length, pauses do not.

For each packet length the starts, and the ends, are counted that share a phase; the p-value is binomial, Bonferroni-corrected over phases.
Of the lengths that chance cannot explain the likeliest wins: a multiple loses the edges between its lines, a fraction has wider odds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FRAMES_MS = (60.0, 40.0, 30.0, 20.0, 10.0)
TOLERANCE = 0.0007
"""Half width of a grid line, s: five samples at 8 kHz."""

ACCEPT = math.log(1e-4)
ON_GRID = 0.9
"""Share of true edges that lie on the grid."""

CROSS_FADE = 0.008
"""A loss takes whole packets: what it shows of them is shorter by no more than this."""

SNAP = 0.0025
"""An edge so near a line belongs on it."""

SOFT_ON, SOFT_NEAR = 0.7, 0.22
"""Shares of the true edges that lie on a line and so near one where no exact zeros place them: soft ones and those to noise (tuning voices: of
steep ones .91 and .07, of dull ones .59 and .26; of edges of zeros .99 on it)."""

FEWEST = 4


@dataclass(frozen=True)
class Grid:
    """A packet grid: packets of `frame` seconds; holes begin at ``start_phase + k frame`` and end at ``end_phase + k frame``.

    The two phases are equal where a hole is cut out clean, and apart by the cross-fades of a soft concealer. `log_p` is the natural log
    of the p-value.
    """

    frame: float
    start_phase: float
    end_phase: float
    log_p: float

    def bonus(
        self, start: NDArray[np.float64], end: NDArray[np.float64], exact: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Log-likelihood ratio of holes by the place of both edges, which zeros make `exact` or not: on the grid by loss, anywhere by chance."""
        sharp = self.edge(start, self.start_phase) + self.edge(end, self.end_phase)
        return np.where(exact, sharp, self._soft_edge(start, self.start_phase) + self._soft_edge(end, self.end_phase))

    def hidden(self, start: float, end: float) -> float:
        """Return how much (s) of the packets lost between two edges on the grid is hidden by soft edges, 0 where an edge is off it."""
        on = self._holds(start, self.start_phase) and self._holds(end, self.end_phase)
        return self.soft if on else 0.0

    @property
    def soft(self) -> float:
        """How much (s) of whole packets the soft edges of this leg's losses hide, 0 for those cut out clean."""
        apart = (self.start_phase - self.end_phase) % self.frame
        return apart if TOLERANCE < apart <= CROSS_FADE else 0.0

    def snapped(self, start: float, end: float) -> tuple[float, float]:
        """Move edges that lie near a line onto it, if both do: soft edges in noise are placed to some milliseconds only."""
        off_start, off_end = (
            (t - phase + 0.5 * self.frame) % self.frame - 0.5 * self.frame
            for t, phase in ((start, self.start_phase), (end, self.end_phase))
        )
        near = max(abs(off_start), abs(off_end)) < SNAP
        return (start - off_start, end - off_end) if near else (start, end)

    def _holds(self, t: float, phase: float) -> bool:
        """Whether an edge lies on a line of one `phase`."""
        d = (t - phase) % self.frame
        return min(d, self.frame - d) <= TOLERANCE

    def edge(self, t: NDArray[np.float64], phase: float) -> NDArray[np.float64]:
        """Log-likelihood ratio of edges at the times `t` (s) by their distance from the lines of one `phase`."""
        width = 2.0 * TOLERANCE / self.frame
        on = self._off(t, phase) <= TOLERANCE
        return np.where(on, math.log(ON_GRID / width), math.log((1.0 - ON_GRID) / (1.0 - width)))

    def _soft_edge(self, t: NDArray[np.float64], phase: float) -> NDArray[np.float64]:
        """Return the same of edges that are placed to some milliseconds only."""
        off = self._off(t, phase)
        on, near = 2.0 * TOLERANCE / self.frame, 2.0 * (SNAP - TOLERANCE) / self.frame
        beyond = math.log((1.0 - SOFT_ON - SOFT_NEAR) / (1.0 - on - near))
        nats = np.where(off <= SNAP, math.log(SOFT_NEAR / near), beyond)
        return np.where(off <= TOLERANCE, math.log(SOFT_ON / on), nats)

    def _off(self, t: NDArray[np.float64], phase: float) -> NDArray[np.float64]:
        """Distance of times from the nearest line of one `phase`."""
        d = (t - phase) % self.frame
        return np.minimum(d, self.frame - d)


def _log_tail(k: int, n: int, p: float) -> float:
    """Natural log of P(X >= k) for X binomial (n, p), by its largest terms."""
    if k <= 0:
        return 0.0
    terms = [
        math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p)
        for i in range(k, n + 1)
    ]
    top = max(terms)
    return top + math.log(sum(math.exp(t - top) for t in terms))


def _best_phase(t: NDArray[np.float64], frame: float) -> tuple[int, float]:
    """Return how many edges share the best phase of a grid and that phase (their circular mean)."""
    r = np.sort(t % frame)
    wrapped = np.concatenate((r, r + frame))
    last = np.searchsorted(wrapped, wrapped[: r.size] + 2.0 * TOLERANCE, side="right")
    counts = last - np.arange(r.size)
    i = int(np.argmax(counts))
    members = wrapped[i : int(last[i])]
    return min(int(counts[i]), r.size), float(members.mean() % frame)


def infer(start: NDArray[np.float64], end: NDArray[np.float64]) -> Grid | None:
    """Find the packet grid of holes by their edges (s), or None where chance explains them as well."""
    if start.size < FEWEST:
        return None
    best: Grid | None = None
    most = 0.0
    for ms in FRAMES_MS:
        frame = ms / 1000.0
        width = 2.0 * TOLERANCE / frame
        (k_start, start_phase), (k_end, end_phase) = _best_phase(start, frame), _best_phase(end, frame)
        apart = (end_phase - start_phase) % frame
        if min(apart, frame - apart) > CROSS_FADE:
            continue
        log_p = _log_tail(k_start, start.size, width) + _log_tail(k_end, end.size, width) - 2.0 * math.log(width)
        log_p += math.log1p(
            -min(log_p, 0.0)
        )  # Fisher: the product of two p-values is small more often than one of them
        k, n = k_start + k_end, start.size + end.size
        fit = (
            k * math.log(ON_GRID / width) + (n - k) * math.log((1.0 - ON_GRID) / (1.0 - width)) + 2.0 * math.log(width)
        )
        if log_p < ACCEPT and fit > most:
            best, most = Grid(frame, start_phase, end_phase, log_p), fit
    return best
