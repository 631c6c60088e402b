"""A talker that tests make themselves: vowels with formants, hisses, pauses and a room, and damage of known place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PCM = NDArray[np.int16]

FORMANTS = ((700, 1200, 2600), (300, 2300, 3000), (500, 900, 2500), (350, 800, 2400), (550, 1800, 2600))
SPEECH_DB, ROOM_DB = -22.0, -70.0


def talk(sr: int, seconds: float, seed: int = 1) -> PCM:
    """Words of two to four syllables and pauses between them: 16-bit samples of shape (n,)."""
    rng = np.random.default_rng(seed)
    x = np.zeros(round(sr * seconds))
    at = 0.15
    while at < seconds - 0.7:
        for _ in range(rng.integers(2, 5)):
            at = _say(x, sr, at, _hiss(rng, sr)) if rng.random() < 0.5 else at
            at = _say(x, sr, at, _vowel(rng, sr))
            if at > seconds - 0.5:
                break
        at += rng.uniform(0.1, 0.45)
    loud = np.abs(x) > 0.05 * np.abs(x).max()
    x *= 10 ** (SPEECH_DB / 20) / np.sqrt(np.mean(x[loud] ** 2))
    x += 10 ** (ROOM_DB / 20) * rng.standard_normal(x.size)
    return np.rint(np.clip(x, -1.0, 1.0) * 32767).astype(np.int16)


def _say(x: NDArray[np.float64], sr: int, at: float, sound: NDArray[np.float64]) -> float:
    """Add a sound at a time; return the time at which it ends, less a short overlap."""
    a = round(at * sr)
    n = min(sound.size, x.size - a)
    x[a : a + n] += sound[:n]
    return at + sound.size / sr - 0.02


def _vowel(rng: np.random.Generator, sr: int) -> NDArray[np.float64]:
    """Harmonics of a pitch that glides and trembles, weighted by two sets of formants, one fading into the other."""
    t = np.arange(round(sr * rng.uniform(0.12, 0.3))) / sr
    pitch = rng.uniform(95, 160) * (1 + 0.15 * rng.uniform(-1, 1) * t / t[-1] + 0.02 * np.sin(2 * np.pi * 5.3 * t))
    pitch *= 1 + 0.01 * np.interp(t, np.linspace(0, t[-1], 12), rng.standard_normal(12))
    phase = 2 * np.pi * np.cumsum(pitch) / sr
    first, second = (FORMANTS[i] for i in rng.integers(0, len(FORMANTS), 2))
    fade = t / t[-1]
    out = np.zeros(t.size)
    for h in range(1, int(min(3800, 0.45 * sr) / pitch.max())):
        weight = (1 - fade) * _formants(h * pitch, first) + fade * _formants(h * pitch, second)
        out += weight * np.cos(h * phase + rng.uniform(0, 2 * np.pi)) / np.sqrt(h)
    out += 0.02 * np.abs(out) * rng.standard_normal(t.size)
    return rng.uniform(0.5, 1.0) * out * np.minimum(1, np.minimum(t, t[-1] - t) / 0.03)


def _formants(hz: NDArray[np.float64], centres: tuple[int, ...]) -> NDArray[np.float64]:
    return np.asarray(0.03 + sum(1 / (1 + ((hz - f) / (60 + 0.05 * f)) ** 2) for f in centres))


def _hiss(rng: np.random.Generator, sr: int) -> NDArray[np.float64]:
    noise = np.diff(rng.standard_normal(round(sr * rng.uniform(0.06, 0.12)) + 1))
    return np.asarray(0.08 * noise * np.hanning(noise.size))


def frames(sr: int, seconds: float, count: int, seed: int = 2, first: float = 0.3) -> list[tuple[int, int]]:
    """Places of `count` packets of 20 ms, none beside another, in samples."""
    n = round(0.02 * sr)
    places = np.random.default_rng(seed).permutation(np.arange(round(first / 0.02), int(seconds / 0.02) - 15, 3))
    return [(int(k) * n, int(k) * n + n) for k in np.sort(places[:count])]


def damaged(sr: int, seconds: float, zeros: int, seed: int = 1, repeats: int = 1) -> PCM:
    """A talker with `zeros` packets filled with zeros, and some played twice: 16-bit samples of shape (n,)."""
    x = talk(sr, seconds, seed)
    places = frames(sr, seconds, zeros + repeats, seed)
    for i, (a, b) in enumerate(places):
        again = repeats and i % (len(places) // repeats) == 1
        x[a:b] = x[2 * a - b : a] if again else 0
    return x
