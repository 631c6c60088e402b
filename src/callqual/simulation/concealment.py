"""What is played in place of lost packets when no decoder conceals them.

A filler is ``(y, x, run, frame, levels, rng)``: it writes into ``y[a:b]`` what is played instead of the lost run of
frames; `x` is what was sent, `frame` the samples of a packet. Pitch repetition lives in
:mod:`callqual.simulation.pitch` and :mod:`callqual.simulation.expand`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from callqual.simulation.expand import Expand, expand
from callqual.simulation.pitch import appendix_i, spandsp
from callqual.simulation.signals import Rng, Signal, noise
from callqual.simulation.timing import STUCK_SECONDS
from callqual.simulation.truth import Levels

Run = tuple[int, int]
Fill = Callable[[Signal, Signal, Run, int, Levels, Rng], None]


class Concealment(NamedTuple):
    """A way to fill gaps: the kind of event it makes, the filler, the longest run (s) it stands for."""

    kind: str
    fill: Fill
    longest: float = 60.0


def conceal(
    how: Concealment, y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng, near: float = 0.02
) -> bool:
    """Fill a lost run of `y` in place.

    Parameters
    ----------
    how : Concealment
    y, x : ndarray [shape=(n,), float64, full scale ±1]
        What is heard, to be changed; what was sent.
    run : tuple of int
        First sample lost and the one behind the last.
    frame : int
        Samples of a packet.
    levels : Levels
        Of `x`.
    rng : Generator
    near : float
        Seconds beside the run that the filler may blend.

    Returns
    -------
    bool
        Whether a 16-bit sample of the run changed; if none did, all is as it was.
    """
    a, b = run
    beside = round(near * levels.sr)
    around = slice(max(a - beside, 0), b + beside)
    was = y[around].copy()
    how.fill(y, x, run, frame, levels, rng)
    if np.any(np.rint(y[a:b] * 32768) != np.rint(x[a:b] * 32768)):
        return True
    y[around] = was
    return False


def _zero(y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng) -> None:
    y[slice(*run)] = 0.0


def _zero_soft(y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng) -> None:
    a, b = run
    k = min(levels.sr // 400, (b - a) // 2)
    ramp = 0.5 + 0.5 * np.cos(np.pi * (np.arange(k) + 0.5) / max(k, 1))
    y[a:b] = 0.0
    y[a : a + k] = x[a : a + k] * ramp
    y[b - k : b] = x[b - k : b] * ramp[::-1]


def _fade(y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng) -> None:
    a, b = run
    k = min(levels.sr // 200, b - a)
    y[a:b] = 0.0
    y[a : a + k] = x[a : a + k] * np.linspace(1.0, 0.0, k)


def noise_filler(below_db: float) -> Concealment:
    """Fill with white noise `below_db` (dB) under active speech."""

    def fill(y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng) -> None:
        a, b = run
        y[a:b] = noise(b - a, levels.active_db - below_db, rng)

    return Concealment("noise_fill", fill)


def expanding(how: Expand) -> Concealment:
    """Play the last pitch cycles on, as a jitter buffer does."""

    def fill(y: Signal, x: Signal, run: Run, frame: int, levels: Levels, rng: Rng) -> None:
        expand(y, run, levels.sr, how, rng)

    return Concealment("concealed", fill)


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


CONCEALMENTS: dict[str, Concealment] = {
    "zero": Concealment("zero_fill", _zero),
    "zero_soft": Concealment("zero_fill", _zero_soft),
    "fade": Concealment("fade", _fade),
    "noise": noise_filler(25.0),
    "repeat": Concealment("repeat", _repeat, longest=STUCK_SECONDS),
    "repeat_faded": Concealment("repeat", _repeat_faded, longest=STUCK_SECONDS),
    "repeat_next": Concealment("repeat", _repeat_next, longest=STUCK_SECONDS),
    "appendix_i": Concealment("concealed", _appendix_i),
    "spandsp": Concealment("concealed", _spandsp),
    "expand": expanding(Expand()),
}
"""Concealments by name."""
