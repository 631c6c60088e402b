"""Packet-grid inference: losses begin and end on multiples of the packet length, pauses do not.

For each packet length the edges are counted that share a phase; the p-value is binomial, Bonferroni-corrected over phases.
A shorter packet wins only where it is a thousand times likelier, else 10 ms would beat 20 ms every time.
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
PREFER_SHORTER = math.log(1e-3)


@dataclass(frozen=True)
class Grid:
    """A packet grid: `frame` seconds long, lines at ``phase + k frame``; `log_p` = natural log of its p-value."""

    frame: float
    phase: float
    log_p: float

    def off(self, t: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the distance (s) of each time from the nearest grid line."""
        d = (t - self.phase) % self.frame
        return np.minimum(d, self.frame - d)

    def bonus(self, t: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-likelihood ratio of edges at the times `t`: on the grid by loss (9 of 10), anywhere by chance."""
        width = 2.0 * TOLERANCE / self.frame
        on = self.off(t) <= TOLERANCE
        return np.where(on, math.log(0.9 / width), math.log(0.1 / (1.0 - width)))


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


def infer(edges: NDArray[np.float64]) -> Grid | None:
    """Find the packet grid of the `edges` (s), or None where chance explains them as well."""
    t = np.unique(np.round(edges, 5))
    if t.size < 4:
        return None
    best: Grid | None = None
    for ms in FRAMES_MS:
        frame = ms / 1000.0
        k, phase = _best_phase(t, frame)
        width = 2.0 * TOLERANCE / frame
        log_p = _log_tail(k, t.size, width) - math.log(width)
        if log_p < ACCEPT and (best is None or log_p < best.log_p + PREFER_SHORTER):
            best = Grid(frame, phase, log_p)
    return best
