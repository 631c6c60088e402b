"""Packet grid of cuts: what takes whole packets out leaves all its joins on one grid; a mouth keeps to none.

Most joins are in doubt one by one, so they are not counted but weighed. A grid is a bet on the place of each join, as high
as the join is likely and fair if its place is chance. What the bets on all lengths and phases bring on average is then one
by chance, and exceeds k in one leg of k at most, whatever the weights: no further correction is due for what was tried.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callqual.detect.company import likely
from callqual.detect.grid import FRAMES_MS, Grid

LINE_SAMPLES = 4
"""Nine of ten joins are told none to so many samples late, at any rate."""

ON_GRID = 0.8
"""Share of true joins that lie on the grid: where a buffer ran dry in between, the phase has moved."""

LIFT = 1.0
"""Log odds that every join gains where there are cuts at all, which the bets suppose."""

PRIOR = -4.0
"""Log odds of a grid. In 39 min of undamaged speech and 17 of hard negatives no leg's bets brought more than exp(1.5) but those of one
with made thumps that end on frames (exp(3.9)); three a second of real cuts of 20 ms bring exp(25), one a second exp(4) in eight seconds."""


@dataclass(frozen=True)
class Points:
    """Cuts on a packet grid: joins within `width` seconds from ``phase + k frame`` on; `odds` = log odds that there is one."""

    frame: float
    phase: float
    width: float
    odds: float

    def evidence(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-likelihood ratio of joins at the times `at` (s): on the grid by a cut, anywhere by chance."""
        return np.asarray(np.log1p(likely(self.odds) * ON_GRID * self.surplus(at)))

    def surplus(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much likelier than by chance, less one, cuts of this grid are at the times `at`."""
        return np.where((at - self.phase) % self.frame < self.width, self.frame / self.width - 1.0, -1.0)


def infer(at: NDArray[np.float64], alone: NDArray[np.float64], sr: int, gaps: Grid | None = None) -> Points | None:
    """Find the grid of joins at the times `at` (s), whose log odds are `alone`, or None where chance explains them as well.

    The grid that the `gaps` of the leg have drawn is as likely as not that of its cuts.
    """
    bet, border = likely(alone + LIFT) * ON_GRID, 0.5 / sr  # no line begins on a sample, but between two
    tried = [_of_length(at + border, bet, ms / 1000.0, LINE_SAMPLES / sr) for ms in FRAMES_MS]
    best = max(tried, key=lambda p: p.odds)
    odds = float(np.logaddexp.reduce([p.odds for p in tried])) - np.log(len(tried)) + PRIOR
    found = [Points(best.frame, best.phase - border, best.width, odds)]
    if gaps is not None:
        known = Points(gaps.frame, gaps.end_phase - 3.0 * border, LINE_SAMPLES / sr, 0.0)
        gain = float(np.log1p(bet * known.surplus(at)).sum())
        found.append(Points(known.frame, known.phase, known.width, gain))
    surest = max(found, key=lambda p: p.odds)
    return surest if surest.odds > 0.0 else None


def _of_length(at: NDArray[np.float64], bet: NDArray[np.float64], frame: float, width: float) -> Points:
    """Return the best phase for packets of `frame` seconds; its `odds` are the log of what the bets on all phases bring on average.

    Lines overlap by half, so that joins a little apart share one.
    """
    steps = int(np.ceil(2.0 * frame / width))
    step = frame / steps
    on, off = np.log1p(bet * (0.5 * steps - 1.0)), np.log1p(-bet)
    more = np.bincount(np.minimum((at % frame / step).astype(np.int64), steps - 1), on - off, steps)
    gain = off.sum() + more + np.roll(more, -1)
    return Points(frame, float(np.argmax(gain)) * step, 2.0 * step, float(np.logaddexp.reduce(gain)) - np.log(steps))
