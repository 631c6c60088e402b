"""Damage to time at places of its own: splices, stuck frames, silence; each with exact truth.

``rate`` is the share of the time that is inserted, removed or replaced. A damage is called as
:data:`callqual.simulation.truth.Damage` says.
"""

from __future__ import annotations

import numpy as np

from callqual.simulation.signals import Rng, Signal
from callqual.simulation.truth import Damage, Damaged, Levels, event

STUCK_SECONDS = 0.1
"""A copy repeated for so long is a stuck frame, which is a buzz: losses filled by repetition stay shorter."""


def _places(
    x: Signal, levels: Levels, rng: Rng, count: float, *, guard: float = 0.15, above_db: float = -np.inf
) -> list[int]:
    """Draw about `count` places, `guard` seconds apart, with sound on both sides and a level of `above_db` before."""
    chosen: list[int] = []
    sr = levels.sr
    k, count = sr // 200, max(1, round(count))
    for p in rng.integers(sr // 2, len(x) - sr // 2, 20 * count):
        heard = np.abs(x[p - k : p]).max() > 1e-4 and np.abs(x[p : p + k]).max() > 1e-4
        loud = levels.db(p - 4 * k, p) > above_db
        if heard and loud and all(abs(p - q) > guard * sr for q in chosen):
            chosen.append(int(p))
        if len(chosen) == count:
            break
    return sorted(chosen)


def inserted_silence(x: Signal, sr: int, rng: Rng, *, rate: float = 0.05) -> Damaged:
    """Insert 20-60 ms of digital silence: a buffer that ran dry. `rate` = share of time inserted."""
    levels, parts, truth, last, shift = Levels(x, sr), [], [], 0, 0
    for p in _places(x, levels, rng, rate * len(x) / sr / 0.04):
        k = round(rng.uniform(0.02, 0.06) * sr)
        found = event("jitter", "inserted_silence", (p, p), levels, cause="underrun", shift=shift)
        truth.append(
            found | {"end": (p + shift + k) / sr, "lost_db": round(levels.db(p - sr // 100, p + sr // 100), 1)}
        )
        parts += [x[last:p], np.zeros(k)]
        last, shift = p, shift + k
    return np.concatenate([*parts, x[last:]]), truth


def repeat_segment(x: Signal, sr: int, rng: Rng, *, rate: float = 0.05) -> Damaged:
    """Play a segment of 20-100 ms a second time. `rate` = share of time inserted."""
    levels, parts, truth, last, shift = Levels(x, sr), [], [], 0, 0
    for p in _places(x, levels, rng, rate * len(x) / sr / 0.06):
        k = round(rng.uniform(0.02, 0.1) * sr)
        found = event(
            "jitter", "repeat_segment", (p - k, p), levels, cause="jitter", shift=shift + k, lag_ms=1000 * k / sr
        )
        truth.append(found)
        parts += [x[last:p], x[p - k : p]]
        last, shift = p, shift + k
    return np.concatenate([*parts, x[last:]]), truth


def cut(x: Signal, sr: int, rng: Rng, *, rate: float = 0.05) -> Damaged:
    """Remove 20-40 ms and join what is left: an event without length. `rate` = share of time removed."""
    levels, parts, truth, last, shift = Levels(x, sr), [], [], 0, 0
    for p in _places(x, levels, rng, rate * len(x) / sr / 0.03):
        k = round(rng.uniform(0.02, 0.04) * sr)
        found = event("jitter", "cut", (p, p + k), levels, cause="discard", shift=shift, removed_ms=1000 * k / sr)
        truth.append(found | {"end": found["start"]})
        parts.append(x[last:p])
        last, shift = p + k, shift - k
    return np.concatenate([*parts, x[last:]]), truth


def stuck(x: Signal, sr: int, rng: Rng, *, rate: float = 0.05) -> Damaged:
    """Play one frame of 10-40 ms of loud speech again and again for 100-600 ms. `rate` = share of time."""
    levels, y, truth = Levels(x, sr), x.copy(), []
    for p in _places(x, levels, rng, rate * len(x) / sr / 0.35, guard=0.8, above_db=-15.0):
        frame_ms = float(rng.choice([10.0, 20.0, 30.0, 40.0]))
        frame = round(frame_ms * sr / 1000)
        b = min(p + round(rng.uniform(STUCK_SECONDS, 0.6) * sr), len(x))
        y[p:b] = np.resize(x[p - frame : p], b - p)
        hz = 1000 / frame_ms
        truth.append(event("buzz", "stuck", (p, b), levels, cause="stuck", frame_ms=frame_ms, hz=hz))
    return y, truth


def dead_air(x: Signal, sr: int, rng: Rng, *, rate: float = 0.1) -> Damaged:
    """Cut the sound for 1-5 s in speech: at once, or faded by 0.15 dB/ms and back in 20 ms. `rate` = share of time."""
    levels, y, truth = Levels(x, sr), x.copy(), []
    for p in _places(x, levels, rng, rate * len(x) / sr / 2.0, guard=6.0, above_db=-15.0):
        b = min(p + round(rng.uniform(1.0, 5.0) * sr), len(x) - sr // 4)
        if b - p < sr:
            continue
        y[p:b] = 0.0
        if rng.integers(2):
            fall, rise = round(0.45 * sr), sr // 50
            y[p : p + fall] = x[p : p + fall] * 10 ** (-150.0 * np.arange(fall) / sr / 20)
            y[b - rise : b] = x[b - rise : b] * np.linspace(0.0, 1.0, rise)
        truth.append(event("gap", "dead_air", (p, b), levels, cause="outage"))
    return y, truth


TIMING: dict[str, Damage] = {
    "inserted_silence": inserted_silence,
    "repeat_segment": repeat_segment,
    "cut": cut,
    "stuck": stuck,
    "dead_air": dead_air,
}
"""Damage to time by kind. Option: ``rate``."""
