"""The benchmark's damage by name: packets lost in runs that need no network, and what the simulator does to time and tone.

A damage is ``(x, sr, rng, **options) -> (y, events)`` and leaves `x` alone. Times of the events are those of `y`.
A loss that changes no 16-bit sample (digital silence for digital silence) is no event.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from callqual.simulation.buzz import BUZZES
from callqual.simulation.concealment import CONCEALMENTS, Concealment, Run, conceal, noise_filler
from callqual.simulation.signals import Rng, Signal, noise
from callqual.simulation.timing import TIMING
from callqual.simulation.truth import Damage, Damaged, Levels, event


def losses(
    n: int, sr: int, rng: Rng, *, rate: float, burst: float, frame_ms: float, longest: float = 60.0
) -> Iterator[Run]:
    """Yield runs [a, b) of lost frames by Gilbert's two states: loss `rate`, mean run of `burst` frames, any phase."""
    frame = round(frame_ms * sr / 1000)
    phase = int(rng.integers(frame))
    count = (n - phase) // frame
    start_loss, end_loss = rate / (burst * (1 - rate)), 1 / burst
    k, most = 1, max(1, math.ceil(longest * sr / frame) - 1)
    while k < count - 1:
        k += int(rng.geometric(min(start_loss, 1.0)))
        length = min(int(rng.geometric(end_loss)), most)
        if k + length >= count:
            return
        yield phase + k * frame, phase + (k + length) * frame
        k += length


def _lossy(how: Concealment, floor_db: float | None = None) -> Damage:
    def damage(
        x: Signal, sr: int, rng: Rng, *, rate: float = 0.05, burst: float = 1.5, frame_ms: float = 20.0
    ) -> Damaged:
        levels, y, truth, frame = Levels(x, sr), x.copy(), [], round(frame_ms * sr / 1000)
        for run in list(losses(len(x), sr, rng, rate=rate, burst=burst, frame_ms=frame_ms, longest=how.longest)):
            if conceal(how, y, x, run, frame, levels, rng):
                truth.append(event("gap", how.kind, run, levels, cause="loss", frame_ms=frame_ms))
        return (y if floor_db is None else y + noise(len(y), floor_db, rng)), truth

    return damage


def noise_fill(below_db: float) -> Damage:
    """Return the damage that fills losses with white noise `below_db` under active speech."""
    return _lossy(noise_filler(below_db))


LOSSES: dict[str, Damage] = {
    "zero_fill": _lossy(CONCEALMENTS["zero"]),
    "zero_soft": _lossy(CONCEALMENTS["zero_soft"], floor_db=-60.0),
    "fade": _lossy(CONCEALMENTS["fade"]),
    "noise_fill": _lossy(CONCEALMENTS["noise"]),
    "repeat": _lossy(CONCEALMENTS["repeat"]),
    "repeat_faded": _lossy(CONCEALMENTS["repeat_faded"]),
    "repeat_next": _lossy(CONCEALMENTS["repeat_next"]),
    "appendix_i": _lossy(CONCEALMENTS["appendix_i"]),
    "spandsp": _lossy(CONCEALMENTS["spandsp"]),
}
"""Lost packets by what is played instead. Options: ``rate`` (0..1), ``burst`` (frames), ``frame_ms``."""

DAMAGES: dict[str, Damage] = LOSSES | TIMING | BUZZES
"""Every damage by name."""


def damage(name: str, x: Signal, sr: int, seed: int | tuple[int, ...], **options: Any) -> Damaged:
    """Apply the damage called `name` with its own random stream."""
    return DAMAGES[name](x, sr, np.random.default_rng(seed), **options)
