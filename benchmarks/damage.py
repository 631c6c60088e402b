"""Damage to gaps and time: lost packets and what is played instead, splices, stalls; each with exact truth.

A damage is ``(x, sr, rng, **options) -> (y, events)`` and leaves `x` alone. Times of the events are those of `y`.
A loss that changes no 16-bit sample (digital silence for digital silence) is no event.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.buzz import BUZZES
from benchmarks.concealers import appendix_i, spandsp
from benchmarks.corpora import Signal, noise
from benchmarks.truth import Levels, TruthEvent, event

Rng = np.random.Generator
Damaged = tuple[Signal, list[TruthEvent]]
Run = tuple[int, int]
Filler = Callable[[Signal, Signal, Run, int, Levels, Rng], None]
"""``(y, x, run, frame, levels, rng)``: write into ``y[a:b]`` what is played instead of the lost run of frames."""

STUCK_SECONDS = 0.1
"""A copy repeated for so long is a stuck frame, which is a buzz: losses filled by repetition stay shorter."""


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


def _lossy(kind: str, fill: Filler, *, longest: float = 60.0, floor_db: float | None = None) -> Callable[..., Damaged]:
    def damage(
        x: Signal, sr: int, rng: Rng, *, rate: float = 0.05, burst: float = 1.5, frame_ms: float = 20.0
    ) -> Damaged:
        levels, y, truth, near = Levels(x, sr), x.copy(), [], sr // 50
        for a, b in list(losses(len(x), sr, rng, rate=rate, burst=burst, frame_ms=frame_ms, longest=longest)):
            around = slice(max(a - near, 0), b + near)
            was = y[around].copy()
            fill(y, x, (a, b), round(frame_ms * sr / 1000), levels, rng)
            if np.any(np.rint(y[a:b] * 32768) != np.rint(x[a:b] * 32768)):
                truth.append(event("gap", kind, (a, b), levels, cause="loss", frame_ms=frame_ms))
            else:
                y[around] = was
        return (y if floor_db is None else y + noise(len(y), floor_db, rng)), truth

    return damage


def _zero(y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng) -> None:
    y[slice(*run)] = 0.0


def _zero_soft(y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng) -> None:
    k = levels.sr // 400
    ramp = 0.5 + 0.5 * np.cos(np.pi * (np.arange(k) + 0.5) / k)
    a, b = run
    y[a:b] = 0.0
    y[a : a + k] = x[a : a + k] * ramp
    y[b - k : b] = x[b - k : b] * ramp[::-1]


def _fade(y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng) -> None:
    a, b = run
    k = levels.sr // 200
    y[a:b] = 0.0
    y[a : a + k] = x[a : a + k] * np.linspace(1.0, 0.0, k)


def _noise(below_db: float) -> Filler:
    def fill(y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng) -> None:
        a, b = run
        y[a:b] = noise(b - a, levels.active_db - below_db, rng)

    return fill


def _repeat(y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng) -> None:
    a, b = run
    y[a:b] = np.resize(x[a - frame : a], b - a)


def _repeat_faded(y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng) -> None:
    a, b = run
    gain = 10 ** (-rng.uniform(1.0, 6.0) / 20)
    y[a:b] = np.resize(x[a - frame : a], b - a) * gain ** (1 + np.arange(b - a) // frame)


def _repeat_next(y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng) -> None:
    a, b = run
    y[a:b] = np.resize(x[b : b + frame], b - a)


def _appendix_i(y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng) -> None:
    appendix_i(y, run, levels.sr)


def _spandsp(y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng) -> None:
    spandsp(y, run, levels.sr)


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


def noise_fill(below_db: float) -> Callable[..., Damaged]:
    """Return the damage that fills losses with white noise `below_db` under active speech."""
    return _lossy("noise_fill", _noise(below_db))


LOSSES: dict[str, Callable[..., Damaged]] = {
    "zero_fill": _lossy("zero_fill", _zero),
    "zero_soft": _lossy("zero_fill", _zero_soft, floor_db=-60.0),
    "fade": _lossy("fade", _fade),
    "noise_fill": noise_fill(25.0),
    "repeat": _lossy("repeat", _repeat, longest=STUCK_SECONDS),
    "repeat_faded": _lossy("repeat", _repeat_faded, longest=STUCK_SECONDS),
    "repeat_next": _lossy("repeat", _repeat_next, longest=STUCK_SECONDS),
    "appendix_i": _lossy("concealed", _appendix_i),
    "spandsp": _lossy("concealed", _spandsp),
}
"""Lost packets by what is played instead. Options: ``rate`` (0..1), ``burst`` (frames), ``frame_ms``."""

TIMING: dict[str, Callable[..., Damaged]] = {
    "inserted_silence": inserted_silence,
    "repeat_segment": repeat_segment,
    "cut": cut,
    "stuck": stuck,
    "dead_air": dead_air,
}
"""Damage at places of its own. Option: ``rate`` = share of time."""

DAMAGES: dict[str, Callable[..., Damaged]] = LOSSES | TIMING | BUZZES
"""Every damage by name."""


def damage(name: str, x: Signal, sr: int, seed: int | tuple[int, ...], **options: Any) -> Damaged:
    """Apply the damage called `name` with its own random stream."""
    return DAMAGES[name](x, sr, np.random.default_rng(seed), **options)
