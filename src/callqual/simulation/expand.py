"""Concealment as jitter buffers of messengers do it: the last pitch cycles played on, with breath, ever softer.

Written from what the calls of WebRTC's NetEq sound like and from the public description of its *Expand* and *Merge*; every number that
differs from client to client is an option. Works on the sound of any codec, at any rate.
"""

from __future__ import annotations

import msgspec
import numpy as np

from callqual.simulation.options import number, whole
from callqual.simulation.pitch import best_lag, cross
from callqual.simulation.signals import Rng, Signal, prediction

SHORTEST, LONGEST, WINDOW = 0.0025, 0.015, 0.01
"""Least and greatest pitch period, and how much is compared to find it, seconds."""

TURNS = 12
"""Cycles after which their lengths come again: six for each of two blends."""

ORDER = 8
"""Of the linear prediction whose residual is played as breath."""

SILENT = 1e-8
"""Energy of the past below which nothing can be told of it."""

SILENT_DB = -70.0
"""Below this level, re what stood before, nothing more is played."""

UNVOICED = 0.4
"""Normalised correlation of the last two cycles up to which all is breath; at 1 all is voice."""


class Expand(msgspec.Struct, frozen=True, kw_only=True):
    """How a buffer plays on without packets.

    Attributes
    ----------
    cycles : int
        Pitch cycles that take turns, 1 to 3: the last alone, or blends of it with the one before.
    wander : float
        How much, as a share, the lengths of cycles differ, 0 to 0.2: buffers look for the pitch at a coarse rate, or take several in turn.
    voicing : float
        Exponent of the share of voice over the correlation of the last cycles, 0.2 to 3: small ones play nearly all as voice.
    breath : float
        Share of the voice's unvoiced part that is played as noise, 0 to 1.
    blend : float
        How voice and breath add, 1 to 2: at 2 they keep the power, at 1 their amplitudes make one, which is softer by up to 3 dB.
    hold_ms, fade_db : float
        Time at full level, and decibels that each 10 ms after it are softer.
    seam_ms : float
        Cross-fade at the end of the last packet, and from cycle to cycle.
    merge_ms, rise_ms : float
        Cross-fade into the next packet, and the time in which that one rises from the level that had been reached.
    """

    cycles: int = 2
    wander: float = 0.02
    voicing: float = 1.0
    breath: float = 0.5
    blend: float = 2.0
    hold_ms: float = 8.0
    fade_db: float = 2.5
    seam_ms: float = 0.6
    merge_ms: float = 15.0
    rise_ms: float = 15.0

    def __post_init__(self) -> None:
        whole("cycles", self.cycles, 1, 3)
        number("wander", self.wander, 0.0, 0.2, " (a share, not percent)")
        number("voicing", self.voicing, 0.2, 3.0)
        number("breath", self.breath, 0.0, 1.0, " (a share, not percent)")
        number("blend", self.blend, 1.0, 2.0)
        number("hold_ms", self.hold_ms, 0.0, 500.0, " ms")
        number("fade_db", self.fade_db, 0.0, 100.0, " dB every 10 ms")
        for name in ("seam_ms", "merge_ms", "rise_ms"):
            number(name, getattr(self, name), 0.0, 20.0, " ms")


def expand(y: Signal, run: tuple[int, int], sr: int, how: Expand, rng: Rng) -> None:
    """Rewrite ``y[a:b]``, and the first milliseconds after it, as `how` says.

    Parameters
    ----------
    y : ndarray [shape=(n,), float64, full scale ±1]
        What has been heard; changed in place.
    run : tuple of int
        First sample lost and the one behind the last.
    sr : int
        Hz.
    how : Expand
    rng : Generator
        Of the breath.
    """
    a, b = run
    past = round((2 * LONGEST + WINDOW) * sr)
    if a < past:
        y[a:b] = 0.0
        return
    history = y[a - past : a].copy()
    merge, rise = (min(round(ms * sr / 1000), len(y) - b) for ms in (how.merge_ms, how.rise_ms))
    pitch = best_lag(history, round(SHORTEST * sr), round(LONGEST * sr), round(WINDOW * sr))
    seam = max(min(round(how.seam_ms * sr / 1000), pitch), 1)
    history[-seam:] = y[a - seam : a] = cross(history[-seam:], history[-pitch - seam : len(history) - pitch])
    gain = _gain(history, pitch, b - a + max(merge, rise, 1), sr, how)
    made = gain * _voice(history, pitch, len(gain), how, rng)
    y[a:b] = made[: b - a]
    y[b : b + rise] *= gain[b - a] + (1.0 - gain[b - a]) * (np.arange(rise) + 1) / (rise + 1)
    y[b : b + merge] = cross(made[b - a : b - a + merge], y[b : b + merge])


def _voice(history: Signal, pitch: int, n: int, how: Expand, rng: Rng) -> Signal:
    """Return `n` samples of cycles and breath, at the level of the last cycle."""
    last, before = history[-pitch:], history[-2 * pitch : -pitch]
    level = np.sqrt(np.mean(last**2) + 1e-12)
    alike = float(last @ before) / (np.linalg.norm(last) * np.linalg.norm(before) + 1e-9)
    voiced = float(np.clip((alike - UNVOICED) / (1.0 - UNVOICED), 0.0, 1.0)) ** how.voicing
    scaled = before * float(np.clip(level / np.sqrt(np.mean(before**2) + 1e-12), 0.5, 2.0))
    blends = [last + 0.25 * turn * (scaled - last) for turn in range(how.cycles)]
    lengths = pitch * (1.0 + how.wander * rng.uniform(-1.0, 1.0, TURNS))
    parts = [_long(blends[turn % how.cycles], round(length)) for turn, length in enumerate(lengths.tolist())]
    cycles = np.resize(np.concatenate(parts), n)
    breath = _breath(history, n, rng)
    breath *= level / np.sqrt(np.mean(breath**2) + 1e-12)
    unvoiced = how.breath * (1.0 - voiced**how.blend) ** (1.0 / how.blend) if voiced else 1.0
    return np.asarray(voiced * cycles + unvoiced * breath)


def _long(cycle: Signal, n: int) -> Signal:
    """Return the last `n` samples of a cycle, or all of it and its beginning once more in front."""
    return np.resize(cycle[::-1], max(n, 1))[::-1]


def _breath(history: Signal, n: int, rng: Rng) -> Signal:
    """Return noise of the spectral envelope of `history`."""
    from scipy.signal import lfilter

    windowed = history * np.hanning(len(history))
    if windowed @ windowed < SILENT:
        return np.zeros(n)
    predictor, _ = prediction(windowed, ORDER)
    return np.asarray(lfilter([1.0], np.concatenate(([1.0], -predictor)), rng.standard_normal(n + 100))[100:])


def _gain(history: Signal, pitch: int, n: int, sr: int, how: Expand) -> Signal:
    """Return the level of every sample: a voice that was falling goes on as it fell, or fades as `how` says."""
    last, before = (np.sqrt(np.mean(part**2) + 1e-12) for part in (history[-pitch:], history[-2 * pitch : -pitch]))
    falling = max(0.0, -20.0 * float(np.log10(last / before))) * 0.01 * sr / pitch
    after = np.maximum(np.arange(n) / sr - how.hold_ms / 1000, 0.0)
    db = -100.0 * after * max(how.fade_db, min(falling, 3.0 * how.fade_db))
    return np.asarray(np.where(db > SILENT_DB, 10 ** (db / 20), 0.0))
