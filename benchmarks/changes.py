"""What is done to a call to see how its rating moves: nothing that a listener would mark down, three kinds of damage, and damage that grows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import soxr

from benchmarks.corpora import Signal, quantise
from callqual.simulation.recorder import RECORDERS
from callqual.simulation.signals import Rng
from callqual.simulation.truth import Levels

PACKET_S, STUCK_S, OUTAGE_S = 0.02, 0.5, 2.0
HUM_DB = -30.0

Call = tuple[Signal, int]
"""Samples of shape (n,) or (n, channels), full scale ±1, and their rate."""


@dataclass(frozen=True)
class Same:
    """A change that no listener hears: calls whose mean MOS is to be as that of the call, within a tolerance for callqual."""

    tolerance: float
    make: Callable[[Signal, int, Rng], list[Call]]


def _gain(db: float) -> Callable[[Signal, int, Rng], list[Call]]:
    def make(x: Signal, sr: int, rng: Rng) -> list[Call]:
        return [(x * 10 ** (db / 20), sr)]

    return make


def _silence(before_s: float, after_s: float) -> Callable[[Signal, int, Rng], list[Call]]:
    def make(x: Signal, sr: int, rng: Rng) -> list[Call]:
        return [(np.concatenate((np.zeros(round(before_s * sr)), x, np.zeros(round(after_s * sr)))), sr)]

    return make


def _middle(x: Signal, sr: int) -> int:
    """Sample in the middle third around which it is quietest, so that a cut there takes no word apart."""
    n = len(x) // 3
    level = np.convolve(np.square(x[n : 2 * n]), np.ones(sr // 10), "same")
    return n + int(np.argmin(level))


def _swapped(x: Signal, sr: int, rng: Rng) -> list[Call]:
    k = _middle(x, sr)
    return [(np.concatenate((x[k:], x[:k])), sr)]


def _split(x: Signal, sr: int, rng: Rng) -> list[Call]:
    k = _middle(x, sr)
    return [(x[:k], sr), (x[k:], sr)]


def _resampled(x: Signal, sr: int, rng: Rng) -> list[Call]:
    there = {8000: 16000, 16000: 48000, 48000: 44100}[sr]
    return [(quantise(soxr.resample(x, sr, there)).astype(np.float64), there)]


def _recorded(name: str) -> Callable[[Signal, int, Rng], list[Call]]:
    def make(x: Signal, sr: int, rng: Rng) -> list[Call]:
        return [(quantise(RECORDERS[name](x, sr, rng)).astype(np.float64), sr)]

    return make


def _second_leg(x: Signal, sr: int, rng: Rng) -> list[Call]:
    """The call as the right channel of two, the left one silent."""
    return [(np.stack((np.zeros(len(x)), x), axis=1), sr)]


SAME = {
    "20 dB down": Same(0.05, _gain(-20.0)),
    "20 dB up": Same(0.05, _gain(20.0)),
    "sign turned": Same(0.05, lambda x, sr, rng: [(-x, sr)]),
    "5 s of silence before": Same(0.1, _silence(5.0, 0.0)),
    "5 s of silence after": Same(0.15, _silence(0.0, 5.0)),
    "other channel": Same(0.01, _second_leg),
    "halves swapped": Same(0.25, _swapped),
    "split in two, mean": Same(0.3, _split),
    "resampled": Same(0.3, _resampled),
    "mu-law there and back": Same(0.3, _recorded("mu_law")),
    "coded again, AAC 32 kbit/s": Same(0.6, _recorded("aac_32k")),
}
"""Changes that are to cost nothing, each with its tolerance, in MOS. Files of 16 bits, but for the gains, which keep every digit.

Silence after the call may show an echo at its very end that was too faint before; halves have a worst part each; and what cannot be undone is
that coding fills in zeros: of some calls AAC at 32 kbit/s leaves no trace of a third of the lost packets."""


def loud_place(x: Signal, sr: int, seconds: float, rng: Rng) -> int:
    """Return a sample in mid-speech, away from the ends, that has speech `seconds` later too."""
    levels, k = Levels(x, sr), sr // 20
    places = rng.integers(sr, len(x) - round((seconds + 1.0) * sr), 400)
    end = round(seconds * sr)
    loud = [min(levels.db(p - k, p), levels.db(p + end, p + end + k)) for p in places]
    return int(places[int(np.argmax(loud))])


def outage(x: Signal, sr: int, rng: Rng) -> Signal:
    """Return the call with zeros for 2 s."""
    y, a = x.copy(), loud_place(x, sr, OUTAGE_S, rng)
    y[a : a + round(OUTAGE_S * sr)] = 0.0
    return y


def stuck(x: Signal, sr: int, rng: Rng) -> Signal:
    """Return the call with one packet of 20 ms again and again for half a second."""
    y, a = x.copy(), loud_place(x, sr, STUCK_S, rng)
    k = round(STUCK_S * sr)
    y[a : a + k] = np.resize(x[a - round(PACKET_S * sr) : a], k)
    return y


def hum(x: Signal, sr: int, rng: Rng, level_db: float = HUM_DB) -> Signal:
    """Return the call with mains hum, fifteen harmonics that fall by 6 dB an octave, at a level re active speech."""
    hz, t = 50.0 * (1.0 + rng.uniform(-1e-3, 1e-3)), np.arange(len(x)) / sr
    tone = np.sum([np.sin(2 * np.pi * (h * hz * t + rng.uniform())) / h for h in range(1, 16)], axis=0)
    y = x + tone * (Levels(x, sr).active_rms * 10 ** (level_db / 20) / np.sqrt(np.mean(tone**2)))
    return quantise(y).astype(np.float64)


WORSE = {"outage of 2 s": outage, "hum at -30 dB": hum, "stuck frame of 0.5 s": stuck}
"""Damage of a call of 20 s that is to lower its score below the interval of the undamaged call."""


def lost(x: Signal, sr: int, rng: Rng, share: float, packets: int = 1) -> Signal:
    """Return the call with a share of its packets zeroed, in runs: more of them at the same places, or longer ones there."""
    frame = round(PACKET_S * sr)
    order = rng.permutation(len(x) // frame // 16 - 1) * 16 + 16
    y = x.copy()
    for k in order[: round(share * len(x) / frame)] * frame:
        y[k : k + packets * frame] = 0.0
    return y


GROWING: dict[str, list[Callable[[Signal, int, Rng], Signal]]] = {
    "more packets lost: 0, 1, 2, 5 %": [lambda x, sr, rng, p=p: lost(x, sr, rng, p) for p in (0.0, 0.01, 0.02, 0.05)],
    "longer losses: 20, 60, 200 ms": [lambda x, sr, rng, n=n: lost(x, sr, rng, 0.01, n) for n in (1, 3, 10)],
    "louder hum: -40, -30, -20, -10 dB": [
        lambda x, sr, rng, db=db: hum(x, sr, rng, db) for db in (-40.0, -30.0, -20.0, -10.0)
    ],
}
"""Damage that grows from step to step: no step may raise the score."""


def rises(scores: list[float]) -> list[float]:
    """By how much each step raised the score; negative where it fell."""
    return [b - a for a, b in pairwise(scores)]
