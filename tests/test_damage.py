"""The benchmark's damage is where its truth says, and nowhere else."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.corpora import Clip, active_level, quantise
from benchmarks.damage import DAMAGES, LOSSES, damage, losses
from benchmarks.negatives import NEGATIVES, TEST_ONLY, negative

from callqual.simulation.buzz import BUZZES
from callqual.simulation.recorder import RECORDERS
from callqual.simulation.timing import TIMING
from callqual.simulation.truth import Levels

SR = 8000


def speechlike(seconds: float = 20.0, sr: int = SR) -> np.ndarray:
    """Syllables of a gliding voice with breath, pauses of digital silence."""
    rng, n = np.random.default_rng(7), round(seconds * sr)
    t = np.arange(n) / sr
    phase = np.cumsum(120 + 25 * np.sin(2 * np.pi * 0.31 * t) + 3 * np.sin(2 * np.pi * 2.3 * t)) / sr
    voice = sum(np.sin(2 * np.pi * h * phase) * h**-0.8 for h in range(1, 25)) + 0.2 * rng.standard_normal(n)
    envelope = np.clip(np.sin(2 * np.pi * 2.1 * t + np.sin(t)) + 0.3, 0, None) * ((t % 5) < 4)
    return quantise(0.1 * voice * envelope).astype(np.float64)


X = speechlike()


def inside(truth: list, n: int, before: float = 0.0, after: float = 0.0) -> np.ndarray:
    mask = np.zeros(n, dtype=bool)
    for e in truth:
        mask[max(round((e["start"] - before) * SR), 0) : round((e["end"] + after) * SR)] = True
    return mask


@pytest.mark.parametrize("name", DAMAGES)
def test_one_seed_one_recording(name: str) -> None:
    (y1, t1), (y2, t2), (y3, _) = damage(name, X, SR, 1), damage(name, X, SR, 1), damage(name, X, SR, 2)
    assert t1
    assert t1 == t2
    assert np.array_equal(y1, y2)
    assert not np.array_equal(y1, y3)
    assert np.array_equal(X, speechlike())


@pytest.mark.parametrize("name", [name for name in LOSSES if name != "zero_soft"])
def test_losses_change_the_samples_of_their_events_only(name: str) -> None:
    y, truth = damage(name, X, SR, 3, rate=0.1, burst=2.0)
    blended = (0.004, 0.010) if name in ("appendix_i", "spandsp") else (0.0, 0.0)
    outside = ~inside(truth, len(X), *blended)
    assert np.max(np.abs(quantise(y)[outside] - X[outside])) == 0
    for e in truth:
        a, b = round(e["start"] * SR), round(e["end"] * SR)
        assert np.any(y[a:b] != X[a:b])


def test_what_is_played_instead() -> None:
    frame = SR // 50
    for e in damage("zero_fill", X, SR, 4)[1]:
        assert e["kind"] == "zero_fill"
    y, truth = damage("zero_fill", X, SR, 4)
    assert not np.any(y[inside(truth, len(y))])
    for name, step in (("repeat", -frame), ("repeat_next", None)):
        y, truth = damage(name, X, SR, 4, rate=0.1)
        for e in truth:
            a, b = round(e["start"] * SR), round(e["end"] * SR)
            source = y[a + step : a] if step else y[b : b + frame]
            assert np.array_equal(y[a:b], np.resize(source, b - a))
            assert e["end"] - e["start"] < 0.1
    y, truth = damage("stuck", X, SR, 4)
    for e in truth:
        a, b, k = round(e["start"] * SR), round(e["end"] * SR), round(e["details"]["frame_ms"] * SR / 1000)
        assert np.array_equal(y[a:b], y[a - k : b - k])


@pytest.mark.parametrize(("name", "silent_after"), [("appendix_i", 0.060), ("spandsp", 0.050)])
def test_concealers_hold_the_level_and_then_fall_silent(name: str, silent_after: float) -> None:
    y, truth = damage(name, X, SR, 5, rate=0.05, burst=5.0)
    early, before = [], []
    for e in truth:
        a, b = round(e["start"] * SR), round(e["end"] * SR)
        assert not np.any(y[a + round(silent_after * SR) : b])
        if np.mean(X[a - 160 : a] ** 2) > 1e-4:
            early.append(np.mean(y[a : a + 80] ** 2))
            before.append(np.mean(X[a - 80 : a] ** 2))
    assert len(early) > 3
    assert np.mean(early) == pytest.approx(np.mean(before), rel=0.6)


@pytest.mark.parametrize("name", ["inserted_silence", "repeat_segment"])
def test_without_what_was_inserted_the_speech_is_whole(name: str) -> None:
    y, truth = damage(name, X, SR, 6)
    assert np.array_equal(y[~inside(truth, len(y))], X)


def test_cuts_lie_where_speech_was_removed() -> None:
    y, truth = damage("cut", X, SR, 6)
    removed = [round(e["details"]["removed_ms"] * SR / 1000) for e in truth]
    assert len(y) == len(X) - sum(removed)
    rebuilt, taken = 0, 0
    for e, k in zip(truth, removed, strict=True):
        at = round(e["start"] * SR)
        assert np.array_equal(y[rebuilt:at], X[rebuilt + taken : at + taken])
        rebuilt, taken = at, taken + k


def test_losses_have_the_rate_and_the_bursts_asked_for() -> None:
    runs = list(losses(3600 * SR, SR, np.random.default_rng(0), rate=0.1, burst=2.5, frame_ms=20.0))
    lengths = np.array([(b - a) / 160 for a, b in runs])
    assert lengths.sum() / (3600 * 50) == pytest.approx(0.1, rel=0.05)
    assert lengths.mean() == pytest.approx(2.5, rel=0.05)
    assert len({a % 160 for a, _ in runs}) == 1


@pytest.mark.parametrize("name", ["hum", "tdma", "frame_rate", "whistle"])
def test_buzz_has_its_level_and_frequency(name: str) -> None:
    y, (e,) = damage(name, X, SR, 8, below_db=12.0)
    a, b = round(e["start"] * SR), round(e["end"] * SR)
    added = y[a:b] - X[a:b]
    assert np.array_equal(np.delete(y, np.s_[a:b]), np.delete(X, np.s_[a:b]))
    assert 10 * np.log10(np.mean(added**2)) == pytest.approx(active_level(X, SR) - 12.0, abs=0.1)
    spectrum = np.abs(np.fft.rfft(added * np.hanning(len(added)))) ** 2
    hz = np.fft.rfftfreq(len(added), 1 / SR)
    near = np.abs(hz / e["details"]["hz"] - np.maximum(np.round(hz / e["details"]["hz"]), 1)) * e["details"]["hz"] < 1.0
    assert spectrum[near].sum() > (0.5 if name == "tdma" else 0.9) * spectrum.sum()


def test_context_is_the_louder_neighbour() -> None:
    x = np.zeros(SR)
    x[: SR // 2] = 0.1
    levels = Levels(x, SR)
    assert levels.context(SR // 2, SR // 2 + 800) == pytest.approx(0.0, abs=0.01)
    assert levels.context(SR // 2 + 480, SR - 480) == -100.0
    assert levels.context(SR // 2 + 432, SR - 480) == pytest.approx(-10.0, abs=0.01)


@pytest.mark.parametrize("name", RECORDERS)
def test_recorder_paths_keep_the_time(name: str) -> None:
    y = RECORDERS[name](X, SR, np.random.default_rng(1))
    assert len(y) == len(X)
    size = 2 * len(X)
    correlation = np.fft.irfft(np.fft.rfft(y, size) * np.conj(np.fft.rfft(X, size)), size)
    assert int(np.argmax(correlation)) in (0, 1)


def test_g711_codes_hold_their_step() -> None:
    x = np.linspace(-0.99, 0.99, 9999)
    for name, smallest in (("mu_law", 0.0), ("a_law", 8 / 32768)):
        y = RECORDERS[name](x, SR, np.random.default_rng(1))
        assert len(np.unique(y)) <= 256
        assert np.abs(y).min() == smallest
        assert np.max(np.abs(y - x) / np.maximum(np.abs(x), 0.01)) < 0.06


@pytest.mark.parametrize("name", [n for n in NEGATIVES if n not in TEST_ONLY | {"music"}])
def test_negatives_are_of_the_clip_length_and_heard(name: str) -> None:
    clip = Clip(X, SR, "made", active_level(X, SR), None)
    y = negative(name, clip, "tune", 1)
    assert len(y) == len(X)
    assert np.isfinite(y).all()
    assert active_level(y, SR) > -45
    assert np.array_equal(y, negative(name, clip, "tune", 1))


def test_every_damage_is_listed_once() -> None:
    assert len(DAMAGES) == len(LOSSES) + len(TIMING) + len(BUZZES)
