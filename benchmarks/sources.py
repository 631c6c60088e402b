"""Sounds made from formulas: telephone tones, whistling, singing, crying, creaky voice.

Each is ``(clip, rng) -> samples`` at about the clip's level and of its length; the singing voices borrow the vowels of
the clip's talker.
"""

from __future__ import annotations

import numpy as np
import soxr
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter

from benchmarks.corpora import Clip, Signal

Rng = np.random.Generator

DTMF_LOW, DTMF_HIGH = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0, 1633.0)


def tone(n: int, sr: int, *hz: float) -> Signal:
    """Sum of sines of equal strength, peak 1."""
    t = np.arange(n) / sr
    return np.asarray(sum(np.sin(2 * np.pi * f * t) for f in hz) / len(hz))


def cadence(clip: Clip, rng: Rng, hz: tuple[float, ...], on: float, off: float) -> Signal:
    """Switch a tone on and off, hard, from a random moment of its rhythm."""
    n, sr = len(clip.x), clip.sr
    t = np.arange(n) / sr + rng.uniform(0.0, on + off)
    return 10 ** (rng.uniform(-25.0, -10.0) / 20) * tone(n, sr, *hz) * ((t % (on + off)) < on)


def dtmf(clip: Clip, rng: Rng) -> Signal:
    """Dial: digits of 50-150 ms with pauses of 50-150 ms."""
    y, k, sr = np.zeros(len(clip.x)), 0, clip.sr
    level = 10 ** (rng.uniform(-20.0, -8.0) / 20)
    while k < len(y):
        n = min(round(rng.uniform(0.05, 0.15) * sr), len(y) - k)
        y[k : k + n] = level * tone(n, sr, rng.choice(DTMF_LOW), rng.choice(DTMF_HIGH))
        k += n + round(rng.uniform(0.05, 0.15) * sr)
    return y


def beeps(clip: Clip, rng: Rng) -> Signal:
    """Beep 30-500 ms at 300-2500 Hz at random moments, with hard edges."""
    y, k, sr = np.zeros(len(clip.x)), 0, clip.sr
    while k < len(y):
        n = min(round(rng.uniform(0.03, 0.5) * sr), len(y) - k)
        y[k : k + n] = 10 ** (rng.uniform(-25.0, -10.0) / 20) * tone(n, sr, rng.uniform(300.0, 2500.0))
        k += n + round(rng.uniform(0.1, 2.0) * sr)
    return y


def answer_tone(clip: Clip, rng: Rng) -> Signal:
    """Answer as a modem: 2100 Hz for 3.3 s with the phase turned every 450 ms, then nothing for 1 s."""
    n, sr = len(clip.x), clip.sr
    t = np.arange(n) / sr
    turned = np.where(np.floor(t / 0.45) % 2 == 0, 1.0, -1.0)
    return 10 ** (rng.uniform(-25.0, -12.0) / 20) * tone(n, sr, 2100.0) * turned * ((t % 4.3) < 3.3)


def _glide(n: int, sr: int, rng: Rng, low: float, high: float, vibrato: float) -> Signal:
    """Frequency over time: a way through points in [low, high] Hz, one every 0.5-1 s, with vibrato (share of hz)."""
    knots = max(3, round(n / sr / rng.uniform(0.5, 1.0)))
    hz = np.exp(
        np.interp(np.linspace(0, knots - 1, n), np.arange(knots), rng.uniform(np.log(low), np.log(high), knots))
    )
    return np.asarray(hz * (1 + vibrato * np.sin(2 * np.pi * rng.uniform(4.5, 6.5) * np.arange(n) / sr)))


def _envelope(n: int, sr: int, rng: Rng, note: tuple[float, float], rest: tuple[float, float], soft: float) -> Signal:
    """Notes and rests of drawn lengths (s) with cosine edges of `soft` seconds."""
    y, k = np.zeros(n), 0
    while k < n:
        m = min(round(rng.uniform(*note) * sr), n - k)
        edge = min(round(soft * sr), m // 2)
        shape = np.ones(m)
        shape[:edge] = 0.5 - 0.5 * np.cos(np.pi * np.arange(edge) / max(edge, 1))
        shape[m - edge :] = shape[:edge][::-1]
        y[k : k + m] = shape * rng.uniform(0.5, 1.0)
        k += m + round(rng.uniform(*rest) * sr)
    return y


def whistling(clip: Clip, rng: Rng) -> Signal:
    """Whistle a tune: one gliding sine, 700-2500 Hz, in notes of 0.2-2 s."""
    n, sr = len(clip.x), clip.sr
    phase = 2 * np.pi * np.cumsum(_glide(n, sr, rng, 700.0, 2500.0, 0.01)) / sr
    breath = 0.01 * rng.standard_normal(n)
    return 10 ** (clip.level_db / 20) * (np.sin(phase) + breath) * _envelope(n, sr, rng, (0.2, 2.0), (0.05, 0.6), 0.03)


def _saw(hz: Signal, sr: int) -> Signal:
    """Sawtooth of a moving frequency, made at four times the rate against aliasing."""
    fast = np.repeat(hz, 4) / (4 * sr)
    return np.asarray(soxr.resample(2 * (np.cumsum(fast) % 1.0) - 1, 4 * sr, sr)[: len(hz)])


def vowel(clip: Clip, rng: Rng) -> Signal:
    """All-pole filter (1, -a1, ...) of one of the talker's loudest 40 ms, pre-emphasised."""
    k, order = clip.sr // 25, min(2 + clip.sr // 1000, 24)
    frames = clip.x[: len(clip.x) // k * k].reshape(-1, k)
    loudest = np.argsort(np.sum(frames**2, axis=1))[-20:]
    part = np.diff(frames[rng.choice(loudest)], prepend=0.0) * np.hamming(k)
    corr = np.correlate(part, part, "full")[k - 1 : k + order]
    corr[0] *= 1.001
    return np.concatenate([[1.0], -solve_toeplitz(corr[:-1], corr[1:])])


def _voiced(clip: Clip, rng: Rng, source: Signal, shape: Signal) -> Signal:
    """Colour a source with a vowel a second, and bring it to the clip's level."""
    y, state = np.empty(len(source)), None
    for k in range(0, len(source), clip.sr):
        poles = vowel(clip, rng)
        zi = np.zeros(len(poles) - 1) if state is None else state
        y[k : k + clip.sr], state = lfilter([1.0], poles, source[k : k + clip.sr], zi=zi)
    y *= shape
    gain = 10 ** (clip.level_db / 20) / np.sqrt(np.mean(y**2) + 1e-12)
    return np.asarray(y * min(gain, 0.97 / np.abs(y).max()))


def singing(clip: Clip, rng: Rng) -> Signal:
    """Sing: held notes of a scale with vibrato, in the talker's vowels."""
    n, sr = len(clip.x), clip.sr
    root = rng.uniform(110.0, 330.0)
    steps = rng.choice([0, 2, 4, 5, 7, 9, 11, 12], size=n // sr * 2 + 2)
    held = np.repeat(root * 2 ** (steps / 12), sr // 2)[:n]
    vibrato = 1 + 0.015 * np.sin(2 * np.pi * 5.5 * np.arange(n) / sr)
    return _voiced(clip, rng, _saw(held * vibrato, sr), _envelope(n, sr, rng, (0.5, 3.0), (0.1, 0.6), 0.04))


def humming(clip: Clip, rng: Rng) -> Signal:
    """Glide up and down without words: a siren of a voice, 100-350 Hz."""
    n, sr = len(clip.x), clip.sr
    hz = _glide(n, sr, rng, 100.0, 350.0, 0.005)
    return _voiced(clip, rng, _saw(hz, sr), _envelope(n, sr, rng, (0.5, 3.0), (0.1, 0.6), 0.05))


def baby_cry(clip: Clip, rng: Rng) -> Signal:
    """Cry: 350-550 Hz with formants near 1.1 and 3.2 kHz, in wails of 0.6-1.5 s between gasps."""
    n, sr = len(clip.x), clip.sr
    source = _saw(_glide(n, sr, rng, 350.0, 550.0, 0.01), sr) + 0.05 * rng.standard_normal(n)
    for hz, width in ((1100.0, 200.0), (3200.0, 300.0)):
        radius = np.exp(-np.pi * width / sr)
        source = lfilter([1.0], [1.0, -2 * radius * np.cos(2 * np.pi * hz / sr), radius**2], source)
    y = source * _envelope(n, sr, rng, (0.6, 1.5), (0.2, 0.5), 0.05)
    return np.asarray(y * (10 ** (clip.level_db / 20) / np.sqrt(np.mean(y**2))))


def creaky(clip: Clip, rng: Rng) -> Signal:
    """Creak: single pulses 30-60 a second, each a little early or late, in the talker's vowels."""
    n, sr = len(clip.x), clip.sr
    steps = sr / rng.uniform(30.0, 60.0, n * 60 // sr + 60) * rng.uniform(0.85, 1.15, n * 60 // sr + 60)
    places = np.cumsum(steps).astype(int)
    places = places[places < n]
    source = 0.002 * rng.standard_normal(n)
    source[places] += rng.uniform(0.5, 1.0, len(places))
    return _voiced(clip, rng, source, _envelope(n, sr, rng, (0.3, 1.5), (0.1, 0.5), 0.03))
