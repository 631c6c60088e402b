"""What a receiver does with packets that come late or not at all: its buffer, as a schedule of steps.

A step plays one packet, conceals one, or inserts sound of its own; before it, pitch cycles may be added or taken out or
packets thrown away. The receiver knows only what has arrived. The samples are made by ``render``.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from callqual.simulation.network import Packets
from callqual.simulation.options import choice, number
from callqual.simulation.warp import cycle

RESYNC = 10
"""Packets in a row with nothing in a fixed buffer after which it fills anew."""

WINDOW = 100
"""Packets by whose arrivals an adaptive buffer sets its delay."""

INSERTED = -1
"""In place of a packet's number: sound that belongs to none."""

SMOOTH = 0.1
"""Share of each new measurement in the smoothed filling of the buffer."""

TICK = 1e-9
"""Seconds within which a packet is in time."""

Fate = Literal["played", "lost", "late", "inserted"]


class Step(NamedTuple):
    """One packet's length of sound.

    ``recover``: the packet behind a missing one is here. ``warp``: samples added (+) or taken out (-) before it.
    ``cut``: packets thrown away before it.
    """

    packet: int
    fate: Fate
    recover: bool = False
    warp: int = 0
    cut: int = 0


class Playout(msgspec.Struct, frozen=True, kw_only=True):
    """A receiver's buffer.

    Attributes
    ----------
    playout : {'fixed', 'adaptive'}
        Fixed: a constant delay; what is late is dropped and concealed; empty for ten packets, it fills anew. Adaptive:
        waits for late packets, takes the delay that their arrivals ask for, and catches up.
    buffer_ms : float
        The delay, or the least one.
    buffer_max_ms : float, optional
        Sound in the buffer above which the oldest is thrown away; 200 (fixed) or 5000 (adaptive) where not given.
    catch_up : float
        Speed at which an adaptive buffer plays what it has too much of, 1 to 1.5: pitch cycles are taken out, and
        added when it has too little; 1 = never.
    """

    playout: Literal["fixed", "adaptive"] = "fixed"
    buffer_ms: float = 60.0
    buffer_max_ms: float | None = None
    catch_up: float = 1.25

    def __post_init__(self) -> None:
        choice("playout", self.playout, ("fixed", "adaptive"))
        number("buffer_ms", self.buffer_ms, 0.0, 10_000.0, " ms")
        if self.buffer_max_ms is not None:
            number(
                "buffer_max_ms", self.buffer_max_ms, self.buffer_ms, math.inf, " ms, the least of which is buffer_ms"
            )
        number("catch_up", self.catch_up, 1.0, 1.5)

    def schedule(self, packets: Packets, speech: NDArray[np.float32], sr: int) -> list[Step]:
        """Play packets as they arrive.

        Parameters
        ----------
        packets : ndarray [shape=(n,), dtype=PACKET]
        speech : ndarray [shape=(n, frame), float32]
            What they hold, for the pitch.
        sr : int
            Its rate, Hz.

        Returns
        -------
        list of Step
        """
        return _Receiver(self, packets, speech, sr).run()


class _Receiver:
    """The state of a receiver: the time `t` of its next step, the packet `k` it plays next, what has arrived."""

    def __init__(self, how: Playout, packets: Packets, speech: NDArray[np.float32], sr: int) -> None:
        self.how, self.speech, self.sr = how, speech, sr
        self.adaptive = how.playout == "adaptive"
        self.frame = speech.shape[1] / sr
        self.arrival = packets["arrival"]
        self.order = np.argsort(self.arrival, kind="stable")[: int(np.isfinite(self.arrival).sum())]
        self.least = how.buffer_ms / 1000
        self.most = (how.buffer_max_ms or (5000.0 if self.adaptive else max(200.0, 2 * how.buffer_ms))) / 1000
        self.steps: list[Step] = []
        self.k = self.cut = self.come = self.starved = self.waits = 0
        self.top, self.credit, self.refill, self.level = -1, 0.0, math.inf, self.least
        self.spacing: list[float] = []
        first = int(self.order[0]) if len(self.order) else 0
        self.t = self.least + (float(self.arrival[first]) - first * self.frame if len(self.order) else 0.0)

    def run(self) -> list[Step]:
        """Play to the last packet."""
        while self.k < len(self.arrival):
            self._listen()
            if self.waits and self.top >= self.k:
                self._resume()
            if self.refill < math.inf or (self.top < self.k and self._may_wait()):
                self._wait()
            elif self.arrival[self.k] > self.t + TICK:
                self._conceal()
            else:
                self._play()
        return self.steps

    def _listen(self) -> None:
        """Take in what has arrived by now."""
        while self.come < len(self.order) and self.arrival[self.order[self.come]] <= self.t + TICK:
            k = int(self.order[self.come])
            if self.come:
                self.spacing.append(float(self.arrival[k] - self.arrival[self.order[self.come - 1]]))
            self.top, self.come = max(self.top, k), self.come + 1

    def _may_wait(self) -> bool:
        """Whether an empty buffer waits: an adaptive one at once; never when nothing more will come."""
        return self.come < len(self.order) and (self.adaptive or self.starved >= RESYNC or self.waits > 0)

    def _wait(self) -> None:
        self.waits += 1
        self._step(Step(INSERTED, "inserted"))

    def _resume(self) -> None:
        """Play again: packets that were lost meanwhile took the time of the first waits.

        A fixed buffer lets its delay pass first.
        """
        if not self.adaptive and self.refill == math.inf:
            self.refill = self.t + self.least
        if not self.adaptive and self.t + TICK < self.refill:
            return
        missing = next(m for m in range(self.k, self.top + 1) if self.arrival[m] <= self.t + TICK) - self.k
        first = len(self.steps) - self.waits
        for i in range(min(missing, self.waits)):
            self.steps[first + i] = Step(self.k, self._absence(self.k))
            self.k += 1
        self.waits, self.starved, self.refill = 0, 0, math.inf

    def _absence(self, k: int) -> Fate:
        return "late" if math.isfinite(self.arrival[k]) else "lost"

    def _conceal(self) -> None:
        behind = self.k + 1 < len(self.arrival) and self.arrival[self.k + 1] <= self.t + TICK
        self.starved = self.starved + 1 if self.top < self.k else 0
        self._step(Step(self.k, self._absence(self.k), recover=bool(behind), cut=self.cut))
        self.k, self.cut = self.k + 1, 0

    def _play(self) -> None:
        held = (self.top - self.k + 1) * self.frame
        self.level += SMOOTH * (held - self.level)
        if held > self.most + self.frame / 2:
            drop = max(1, round((held - self.least) / self.frame))
            self.k, self.cut = min(self.k + drop, self.top), self.cut + min(drop, self.top - self.k)
            if self.arrival[self.k] > self.t + TICK:
                return
        self._step(Step(self.k, "played", warp=self._warp(), cut=self.cut))
        self.k, self.cut, self.starved = self.k + 1, 0, 0

    def _step(self, step: Step) -> None:
        self.steps.append(step)
        self.t += self.frame + step.warp / self.sr

    def _excess(self) -> float:
        """Seconds of sound in the buffer above what the spacing of the last packets asks for; negative = too little."""
        spacing = sorted(self.spacing[-WINDOW:])
        return self.level - max(self.least, spacing[int(0.95 * len(spacing))] if spacing else 0.0)

    def _warp(self) -> int:
        """Samples to add or take out before the next packet so that the delay comes nearer to what it should be."""
        if not self.adaptive or self.how.catch_up == 1.0 or not self._follows():
            return 0
        longest = min(round(0.015 * self.sr), self.speech.shape[1])
        self.credit = min(self.credit + self.speech.shape[1] * (1 - 1 / self.how.catch_up), 2.0 * longest)
        excess = self._excess()
        if self.credit < longest or abs(excess) < max(self.frame, 0.02):
            return 0
        lag = cycle(self.speech[self.k - 1], self.speech[self.k], self.sr, longest, willing=abs(excess) > 0.2)
        self.credit -= lag
        return -lag if excess > 0 else lag

    def _follows(self) -> bool:
        """Whether the packet before the next one has just been played."""
        return bool(self.steps) and self.steps[-1].fate == "played" and self.steps[-1].packet == self.k - 1
