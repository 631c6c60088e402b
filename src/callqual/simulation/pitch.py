"""Two packet-loss concealments by pitch repetition, written from their published descriptions, at any sampling rate.

Both rewrite ``y[a:b]`` in place from the output before it, and the first milliseconds after it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.simulation.signals import Signal


def best_lag(history: Signal, shortest: int, longest: int, window: int) -> int:
    """Lag of the greatest normalised correlation of the last `window` samples with the past."""
    target = history[-window:]
    past = np.lib.stride_tricks.sliding_window_view(history[-window - longest : -shortest], window)
    energy = np.einsum("ij,ij->i", past, past)
    score = past @ target / np.sqrt(np.maximum(energy, 1e-9))
    return longest - int(np.argmax(score))


def cross(old: Signal, new: Signal) -> Signal:
    """Fade linearly from `old` to `new`."""
    ramp = (np.arange(len(new)) + 1) / (len(new) + 1)
    return np.asarray(old * (1 - ramp) + new * ramp)


class _Cycle:
    """The last `periods` pitch periods of a history, joined end to start over a quarter period, played in a circle."""

    def __init__(self, history: Signal, pitch: int, periods: int, offset: int = 0) -> None:
        quarter, length = max(pitch // 4, 1), periods * pitch
        self.buffer = history[-length:].copy()
        self.buffer[-quarter:] = cross(history[-quarter:], history[-length - quarter : -length])
        self.offset = offset

    def take(self, n: int) -> Signal:
        """Return the next `n` samples."""
        out = self.buffer[(self.offset + np.arange(n)) % len(self.buffer)]
        self.offset += n
        return np.asarray(out)


def appendix_i(y: Signal, run: tuple[int, int], sr: int) -> None:
    """ITU-T G.711 Appendix I.

    One pitch period for 10 ms, two for the next 10, then three; from 10 ms on the level falls by 20 % every 10 ms, to
    nothing at 60 ms. The 3.75 ms delay lets the end of the past be blended in; real speech is blended back over a
    quarter period and 4 ms for each further 10 ms, 10 ms at the most. (The constant delay itself is left out.)
    """
    a, b = run
    past, ten = round(0.04875 * sr), sr // 100
    if a < past + ten:
        y[a:b] = 0.0
        return
    history = y[a - past : a].copy()
    pitch = best_lag(history, sr // 200, round(0.015 * sr), sr // 50)
    quarter = max(pitch // 4, 1)
    cycle = _Cycle(history, pitch, 1)
    y[a - quarter : a] = cycle.buffer[-quarter:]
    for k, start in enumerate(range(a, b, ten)):
        n = min(ten, b - start)
        if k in (1, 2):
            tail = cycle.take(quarter)
            cycle = _Cycle(history, pitch, k + 1, (cycle.offset - quarter) % pitch)
        block = cycle.take(n)
        if k in (1, 2):
            block[:quarter] = cross(tail[:n], block[:quarter])
        y[start : start + n] = block * _weight(k * ten + np.arange(n), ten)
    back = min(quarter + round(0.004 * sr) * max((b - a) // ten - 1, 0), ten, len(y) - b)
    y[b : b + back] = cross(cycle.take(back) * _weight(b - a, ten), y[b : b + back])


def _weight(n: NDArray[np.int_] | int, ten: int) -> Signal:
    """Level after `n` samples of Appendix I: 1 for the first 10 ms, then 20 % less every 10 ms."""
    return np.asarray(np.clip(1.0 - 0.2 * (np.asarray(n) - ten) / ten, 0.0, 1.0), dtype=np.float64)


def spandsp(y: Signal, run: tuple[int, int], sr: int) -> None:
    """SpanDSP's: one pitch period again and again, falling linearly to nothing in 50 ms; no delay.

    The first quarter period is blended from the time-reversed past, the return over a quarter period.
    """
    a, b = run
    past = round(0.035 * sr)
    if a < past:
        y[a:b] = 0.0
        return
    history = y[a - past : a].copy()
    pitch = best_lag(history, sr // 200, round(0.015 * sr), sr // 50)
    quarter = max(min(pitch // 4, b - a), 1)
    cycle = _Cycle(history, pitch, 1)
    gain = np.maximum(1.0 - np.arange(b - a + quarter) / (0.05 * sr), 0.0)
    y[a:b] = cycle.take(b - a) * gain[: b - a]
    y[a : a + quarter] = cross(history[: -quarter - 1 : -1], y[a : a + quarter])
    back = min(quarter, len(y) - b)
    y[b : b + back] = cross(cycle.take(back) * gain[b - a : b - a + back], y[b : b + back])
