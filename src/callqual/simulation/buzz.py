"""Buzz: tones that do not belong, laid on a stretch of 4-20 s; each with exact truth.

``below_db`` says how far the buzz lies below active speech. For ring modulation and the comb, which have no level of
their own, it is the level of what is added (sidebands, echo) below the speech itself.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from callqual.simulation.signals import Rng, Signal, prediction
from callqual.simulation.truth import Damage, Damaged, Levels, event

TDMA_HZ = 26 / 0.12
"""Frames a second of a GSM phone, 216.67 Hz."""


def _stretch(n: int, sr: int, rng: Rng) -> tuple[int, int]:
    """Draw a stretch of 4-20 s, or the whole of a shorter clip."""
    k = min(round(rng.uniform(4.0, 20.0) * sr), n)
    a = int(rng.integers(n - k + 1))
    return a, a + k


def _added(kind: str, make: Callable[[int, int, Rng], tuple[Signal, float]]) -> Damage:
    """Make a damage of a source ``(n, sr, rng) -> (samples, hz)`` that is added to the speech."""

    def buzz(x: Signal, sr: int, rng: Rng, *, below_db: float = 18.0) -> Damaged:
        levels = Levels(x, sr)
        a, b = _stretch(len(x), sr, rng)
        tone, hz = make(b - a, sr, rng)
        y = x.copy()
        y[a:b] += tone * (levels.active_rms * 10 ** (-below_db / 20) / np.sqrt(np.mean(tone**2)))
        return y, [event("buzz", kind, (a, b), levels, cause="tone", hz=hz, level_db=-below_db)]

    return buzz


def _hum(n: int, sr: int, rng: Rng) -> tuple[Signal, float]:
    hz = float(rng.choice([50.0, 60.0])) * (1 + rng.uniform(-1e-3, 1e-3))
    t = np.arange(n) / sr
    out = np.zeros(n)
    for h in range(1, 16):
        strength = h ** -rng.uniform(0.5, 1.5) * rng.uniform(0.3, 1.0)
        out += strength * np.sin(2 * np.pi * (h * hz * t + rng.uniform()))
    return out, hz


def _tdma(n: int, sr: int, rng: Rng) -> tuple[Signal, float]:
    """Transmit bursts of 577 us in one of eight slots, every 26th frame idle; made at eight times the rate."""
    import soxr

    fast = 8 * sr
    t = np.arange(8 * n) / fast + rng.uniform(0.0, 0.12)
    frame = t * TDMA_HZ
    pulse = ((frame % 1.0) < 0.125) & (np.floor(frame) % 26 != 25)
    out = soxr.resample(pulse.astype(np.float64), fast, sr)[:n]
    return out - out.mean(), TDMA_HZ


def _frame_rate(n: int, sr: int, rng: Rng) -> tuple[Signal, float]:
    """Click once a packet: the same burst of 2 ms of decaying noise at 100, 50, 33.3 or 16.7 Hz."""
    hz = float(rng.choice([100.0, 50.0, 100.0 / 3, 50.0 / 3]))
    period = round(sr / hz)
    burst = rng.standard_normal(period) * np.exp(-np.arange(period) / (0.001 * sr))
    return np.resize(burst - burst.mean(), n), hz


def _whistle(n: int, sr: int, rng: Rng) -> tuple[Signal, float]:
    hz = float(rng.uniform(800.0, 3300.0))
    return np.sin(2 * np.pi * (hz * np.arange(n) / sr + rng.uniform())), hz


def ring(x: Signal, sr: int, rng: Rng, *, below_db: float = 18.0) -> Damaged:
    """Multiply by 1 - d + d sin at 30-250 Hz; the sidebands lie `below_db` under the carrier."""
    levels, (a, b) = Levels(x, sr), _stretch(len(x), sr, rng)
    ratio = np.sqrt(2.0) * 10 ** (-below_db / 20)
    depth = float(ratio / (1 + ratio))
    hz = float(rng.uniform(30.0, 250.0))
    y = x.copy()
    y[a:b] *= 1 - depth + depth * np.sin(2 * np.pi * hz * np.arange(b - a) / sr)
    return y, [event("buzz", "ring", (a, b), levels, cause="modulation", hz=hz, level_db=-below_db, depth=depth)]


def comb(x: Signal, sr: int, rng: Rng, *, below_db: float = 18.0) -> Damaged:
    """Add an echo of 3-12 ms that is `below_db` weaker."""
    levels, (a, b) = Levels(x, sr), _stretch(len(x), sr, rng)
    lag = round(rng.uniform(0.003, 0.012) * sr)
    a = max(a, lag)
    y = x.copy()
    y[a:b] += 10 ** (-below_db / 20) * x[a - lag : b - lag]
    return y, [event("buzz", "comb", (a, b), levels, cause="echo", hz=sr / lag, level_db=-below_db)]


def robotic(x: Signal, sr: int, rng: Rng, *, below_db: float = 18.0) -> Damaged:
    """Speak with a fixed pitch: 20 ms frames of linear prediction driven by even pulses; `below_db` has no meaning."""
    from scipy.signal import lfilter

    levels, (a, b) = Levels(x, sr), _stretch(len(x), sr, rng)
    period = round(sr / rng.uniform(70.0, 180.0))
    order, hop = min(2 + sr // 1000, 24), sr // 50
    window = np.hamming(hop + hop // 2)
    pulses = np.where(np.arange(b - a) % period == 0, np.sqrt(period), 0.0)
    y, state = x.copy(), np.zeros(order)
    for p in range(a, b, hop):
        q = min(p + hop, b)
        part = x[p : p + len(window)] * window[: len(x[p : p + len(window)])]
        part = np.pad(part, (0, len(window) - len(part)))
        if part @ part < 1e-8:
            y[p:q], state = x[p:q], np.zeros(order)
            continue
        lpc, rest = prediction(part, order)
        gain = np.sqrt(rest / np.sum(window**2))
        y[p:q], state = lfilter([gain], np.concatenate([[1.0], -lpc]), pulses[p - a : q - a], zi=state)
    np.clip(y, -1.0, 1.0, out=y)
    return y, [event("buzz", "robotic", (a, b), levels, cause="vocoder", hz=sr / period)]


BUZZES: dict[str, Damage] = {
    "hum": _added("hum", _hum),
    "tdma": _added("tdma", _tdma),
    "frame_rate": _added("frame_rate", _frame_rate),
    "whistle": _added("whistle", _whistle),
    "robotic": robotic,
    "ring": ring,
    "comb": comb,
}
"""Buzzes by kind. Option: ``below_db``."""
