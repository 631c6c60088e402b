"""Tones, music and talkers: what the vetoes let pass and what they stop."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from callqual.detect import music, vetoes
from callqual.detect.speech import Speech, speech
from callqual.features.facts import FRAME, half_db
from callqual.features.scanner import Scanner
from callqual.simulation.recorder import RECORDERS
from talker import talk

SR = 8000
Signal = NDArray[np.float64]


def heard(x: Signal) -> tuple[NDArray[np.void], Speech]:
    scanner = Scanner(SR)
    samples = np.rint(x * 32768).astype(np.float32) / 32768
    for i in range(0, len(x), scanner.block):
        scanner.push(samples[i : i + scanner.block], i + scanner.block >= len(x))
    frames = scanner.facts.frames.all()
    return frames, speech(frames)


def tone(seconds: float, *hz: float) -> Signal:
    t = np.arange(round(seconds * SR)) / SR
    return np.asarray(0.1 * sum(np.sin(2 * np.pi * f * t) for f in hz))


def digits(length: float) -> tuple[Signal, NDArray[np.bool_]]:
    """Digits of `length` seconds and pauses of 0.1 s, and which frames lie wholly in a digit."""
    parts = [part for k in range(20) for part in (tone(length, 697.0 + 8 * k, 1209.0 + 20 * k), np.zeros(SR // 10))]
    x = np.concatenate([np.zeros(SR // 4), *parts, np.zeros(SR // 4)])
    level = (x[: x.size // 80 * 80].reshape(-1, 80) ** 2).mean(axis=1)
    return x, level > 0.3 * level.max()


def mu_law(x: Signal) -> Signal:
    y = np.round(np.log1p(255 * np.abs(x)) / np.log1p(255) * 127) / 127
    return np.asarray(np.sign(x) * np.expm1(y * np.log1p(255)) / 255)


@pytest.mark.parametrize("length", [0.05, 0.08, 0.15])
def test_digits_are_tones(length: float) -> None:
    x, loud = digits(length)
    _, s = heard(x)
    near = np.convolve(s.tonal, [1, 1, 1], "same") > 0  # half of the first and the last 64 ms window lies in the pause
    assert near[loud].mean() > 0.9


@pytest.mark.parametrize("hz", [(425.0,), (440.0, 480.0), (480.0, 620.0), (350.0, 440.0), (1100.0,), (2100.0,)])
@pytest.mark.parametrize("noise", ["clean", "mu-law", "noise"])
def test_signalling_is_a_tone_through_g711_and_in_noise(
    hz: tuple[float, ...], noise: str, rng: np.random.Generator
) -> None:
    x = np.concatenate([np.zeros(SR), tone(1.0, *hz), np.zeros(SR)])
    x = mu_law(x) if noise == "mu-law" else x + 1e-3 * rng.standard_normal(x.size) * (noise == "noise")
    _, s = heard(x)
    assert s.tonal[105:195].all()
    if noise == "clean":
        assert s.active[:300].sum() <= 4


@pytest.mark.parametrize("seed", range(4))
def test_a_talker_is_no_tone_and_no_music(seed: int) -> None:
    _, s = heard(talk(SR, 16.0, seed) / 32768.0)
    assert s.tonal[s.level_db() > -45.0].mean() < 0.02
    assert (s.music < 0.0).all()


def held_notes(seconds: float, rng: np.random.Generator) -> Signal:
    """Chords of eight harmonics a voice, a new one every second, without a pause."""
    parts = []
    for _ in range(round(seconds)):
        hz = 110.0 * 2 ** (rng.choice([0, 3, 5, 7, 10], 3) / 12)
        parts.append(sum(tone(1.0, *(h * f for h in range(1, 9))) / 8 for f in hz))
    return np.concatenate(parts)


def test_held_notes_are_music(rng: np.random.Generator) -> None:
    _, s = heard(held_notes(16.0, rng))
    assert (s.music > 1.0).all()


def test_music_before_speech_is_told_by_place(rng: np.random.Generator) -> None:
    notes, voice = held_notes(20.0, rng), talk(SR, 20.0) / 32768.0
    _, s = heard(np.concatenate([notes, voice]))
    assert (s.music[:3] > 1.0).all()
    assert (s.music[-3:] < 0.0).all()


def test_breaks_of_a_tone_are_bridged_and_single_frames_left_out() -> None:
    frames = np.zeros(20, FRAME)
    frames["tone"][[3, 4, 8, 9, 15]] = half_db(np.float32(vetoes.TONE_DB + 1.0))
    assert np.flatnonzero(vetoes.tonal(frames)).tolist() == [3, 4, 5, 6, 7, 8, 9]


def test_lines_reach_as_far_as_the_window_they_are_read_in() -> None:
    frames = np.zeros(20, FRAME)
    frames["lines"][[8, 9, 15]] = half_db(np.float32(vetoes.LINES_DB + 1.0))
    assert np.flatnonzero(vetoes.tonal(frames)).tolist() == [5, 6, 7, 8, 9, 10, 11, 12]


@pytest.mark.parametrize("law", ["mu_law", "a_law"])
def test_digits_through_g711_are_tones(law: str, rng: np.random.Generator) -> None:
    x, inside = digits(0.09)
    _, s = heard(RECORDERS[law](x, SR, rng))
    assert s.tonal[: inside.size][inside].mean() > 0.9


@pytest.mark.parametrize("n", [0, 1, 199, 200, 799, 800, 1234])
def test_likelihood_has_an_entry_for_every_four_seconds(n: int) -> None:
    frames = np.zeros(n, FRAME)
    frames["level"], frames["peak"] = 1e-3, 0.5
    found = music.likelihood(frames, np.zeros(n, bool))
    assert found.shape == (-(-n // music.STEP_FRAMES),)
    assert music.by_frame(found, n).shape == (n,)
    assert np.isfinite(found).all()
    assert bool((found == 0.0).all()) == (n < 200)


def test_level_changes_no_feature() -> None:
    x = talk(SR, 10.0) / 32768.0
    (a, s), (b, q) = heard(x), heard(4.0 * x)
    one, other = (music.describe(f[:800], h.level_db(0, 800), vetoes.tonal(f)[:800]) for f, h in ((a, s), (b, q)))
    assert one is not None
    np.testing.assert_allclose(one, other, atol=0.05)
