"""What a copy is called, and which of the two alike stretches was put in: all copies of a call tell it together.

Kinds: ``repeat`` (a packet again), ``concealed`` (a pitch cycle again), ``repeat_segment`` (time inserted), ``stuck`` (buzz).
A receiver fills a loss with the packet before it or the one after it, always the same; the waveform breaks on the far side of
the packet that was put in, and goes on smoothly from the other into its neighbour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callqual.features.facts import HOP

EARLY, LATE, MOST = 1.0, -0.5, 2.0
"""Sum of the votes (log ratio of the jumps before and behind a pair, each to `MOST`) from which a call is read one way: of 268
recordings of the tuning and check voices none was read wrongly, and 9 were left open. Most receivers play the last packet."""

ON_FRAME = 0.00004
PACKET, WHOLE = 0.7, 0.001
"""A packet that is repeated is as long as its lag, but for quiet ends; one that is whole, within a millisecond."""

SEGMENT_SECONDS, SEAMLESS = 0.018, -0.8
"""Shortest segment; mean log ratio of the jumps round and within the pairs of a call from which they are time put in."""

STUCK_SECONDS = 0.0995
"""A tenth of a second, less the half millisecond by which the end of a copy may be off."""


@dataclass(frozen=True)
class Habit:
    """What the sure copies of a call say together.

    Attributes
    ----------
    early : float
        How surely (sum of votes) losses are filled with the packet after them: its waveform breaks before the pair.
    inserted : bool
        Whether copies are extra time: no packet's length, or smooth on both sides of the pair.
    """

    early: float
    inserted: bool

    def shift(self, lag: float) -> float:
        """Seconds by which to move a repeated packet from the later of the two alike.

        Where the call leaves it open the event is put between the two readings: half a packet off at the most.
        """
        return -lag if self.early > EARLY else 0.0 if self.early < LATE else -0.5 * lag


def habit(sure: NDArray[np.void]) -> Habit:
    """Read the habit of a call from the copies that are sure."""
    length, lag = sure["end"] - sure["start"], sure["lag"].astype(np.float64)
    whole = is_whole(length, lag)
    framed = on_frame(lag)
    packets = sure[framed & (length > PACKET * lag)]
    votes = np.log(packets["seam_start"] + 0.5) - np.log(packets["seam_end"] + 0.5)
    outer = np.log(np.maximum(sure["seam_start"], sure["seam_end"]) + 0.5) - np.log(sure["seam_middle"] + 0.5)
    free = (~framed[whole]).mean() > 0.5 if whole.any() else False
    return Habit(
        early=float(np.clip(votes, -MOST, MOST).sum()),
        inserted=bool(whole.any() and (free or outer[whole].mean() < SEAMLESS)),
    )


def on_frame(lag: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which lags (s) are whole frames of ten milliseconds."""
    return np.asarray(np.abs(lag - HOP * np.round(lag / HOP)) < ON_FRAME)


def is_whole(length: NDArray[np.float64], lag: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which copies are as long as their lag, and may be segments."""
    return np.asarray((np.abs(length - lag) < WHOLE) & (lag > SEGMENT_SECONDS))


def kind_of(lag: float, length: float, call: Habit) -> str:
    """Name a copy of `length` at `lag` (s)."""
    if length >= max(STUCK_SECONDS, 1.5 * lag):
        return "stuck"
    framed = bool(on_frame(np.array([lag]))[0])
    if is_whole(np.array([length]), np.array([lag]))[0] and (call.inserted or not framed):
        return "repeat_segment"
    return "repeat" if framed and length > PACKET * lag else "concealed"
