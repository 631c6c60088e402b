"""Buzz laid under a made talker: found at its frequency and place, whatever the level; and nothing without it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from callqual.detect.buzz import PRIOR, _weigh_mains, find
from callqual.detect.candidates import Candidate
from callqual.detect.colours import echoes
from callqual.detect.speech import speech
from callqual.features.facts import FRAME, LAGS, SECOND, Facts
from callqual.features.scanner import Scanner
from callqual.features.spectra import BATCH, SpectrumReader
from talker import talk

SR, SECONDS = 8000, 16.0
Signal = NDArray[np.float64]
TDMA_HZ = 26 / 0.12


def talker(seed: int = 5, sr: int = SR) -> Signal:
    return talk(sr, SECONDS, seed) / 32768.0


def scan(x: Signal, sr: int = SR) -> Facts:
    scanner = Scanner(sr)
    samples = x.astype(np.float32)
    for i in range(0, len(x), scanner.block):
        scanner.push(samples[i : i + scanner.block], i + scanner.block >= len(x))
    return scanner.facts


def buzzes(x: Signal, sr: int = SR) -> list[Candidate]:
    facts = scan(x, sr)
    return [c for c in find(facts, speech(facts.frames.all())) if c.llr > 0.0]


def t(sr: int = SR) -> Signal:
    return np.arange(round(SECONDS * sr)) / sr


def hum(hz: float) -> Callable[[int], Signal]:
    return lambda sr: np.asarray(sum(np.sin(2 * np.pi * h * hz * t(sr) + h) / h for h in range(1, 12)))


def whistle(hz: float) -> Callable[[int], Signal]:
    return lambda sr: np.sin(2 * np.pi * hz * t(sr))


def clicks(hz: float) -> Callable[[int], Signal]:
    def make(sr: int) -> Signal:
        period = round(sr / hz)
        burst = np.random.default_rng(3).standard_normal(period) * np.exp(-np.arange(period) / (0.001 * sr))
        return np.resize(burst - burst.mean(), round(SECONDS * sr))

    return make


def tdma(sr: int) -> Signal:
    frame = (np.arange(8 * len(t(sr))) / (8 * sr)) * TDMA_HZ
    pulse = ((frame % 1.0) < 0.125) & (np.floor(frame) % 26 != 25)
    x = pulse.reshape(-1, 8).mean(axis=1)
    return np.asarray(x - x.mean())


ADDED: dict[str, tuple[str, float, Callable[[int], Signal]]] = {
    "hum 50": ("hum", 50.03, hum(50.03)),
    "hum 60": ("hum", 59.95, hum(59.95)),
    "whistle": ("whistle", 1234.5, whistle(1234.5)),
    "clicks 50": ("frame_rate", 50.0, clicks(50.0)),
    "clicks 16.7": ("frame_rate", 50 / 3, clicks(50 / 3)),
    "tdma": ("tdma", TDMA_HZ, tdma),
}


def under(
    x: Signal, sound: Signal, below_db: float = 18.0, start: float = 0.0, end: float = SECONDS, sr: int = SR
) -> Signal:
    y = x.copy()
    a, b = round(start * sr), round(end * sr)
    loud = 10 ** (-22.0 / 20)
    y[a:b] += sound[a:b] * (loud * 10 ** (-below_db / 20) / np.sqrt(np.mean(sound**2)))
    return y


@pytest.mark.parametrize("sr", [8000, 16000])
@pytest.mark.parametrize("name", ADDED)
def test_a_sound_under_speech_is_found_at_its_frequency(name: str, sr: int) -> None:
    kind, hz, make = ADDED[name]
    found = buzzes(under(talker(sr=sr), make(sr), sr=sr), sr)
    assert [c.kind for c in found] == [kind]
    assert found[0].details["hz"] == pytest.approx(hz, rel=2e-3)
    assert found[0].start == pytest.approx(0.0, abs=0.5)
    assert found[0].end == pytest.approx(SECONDS, abs=0.5)


def test_a_sure_hum_vouches_for_the_rest_of_it() -> None:
    def comb(start: float, hz: float, level_db: float, against: float) -> Candidate:
        details: dict[str, float | str] = {"hz": hz, "level_db": level_db}
        return Candidate("buzz", "hum", start, start + 5.0, {"comb": 4.0, "lines": against}, details)

    sure, same, others = (
        comb(0, 50.02, -30, 0),
        comb(9, 50.06, -31, -8),
        [comb(9, 50.3, -30, -8), comb(9, 50.02, -15, -8)],
    )
    _weigh_mains([sure, same, *others])
    assert same.llr > 0.0
    assert all(c.llr < 0.0 for c in others)
    _weigh_mains([alone := comb(9, 50.02, -30, -8)])
    assert alone.llr < 0.0


def test_faint_tones_of_a_call_speak_against_no_loud_hum() -> None:
    tones = np.asarray(sum(np.sin(2 * np.pi * hz * t(SR)) for hz in (473.0, 811.0, 1279.0, 1733.0, 2311.0, 2903.0)))
    facts = scan(under(under(talker(), tones, 24.0), hum(50.03)(SR), 4.0))
    (found,) = (c for c in find(facts, speech(facts.frames.all())) if c.kind == "hum")
    assert found.evidence["lines"] == 0.0


@pytest.mark.parametrize("name", ["hum 50", "whistle", "tdma"])
def test_its_level_and_its_ends_are_told(name: str) -> None:
    kind, _, make = ADDED[name]
    found = buzzes(under(talker(), make(SR), 15.0, 4.3, 12.1))
    assert [c.kind for c in found] == [kind]
    assert found[0].start == pytest.approx(4.3, abs=1.0)
    assert found[0].end == pytest.approx(12.1, abs=1.0)
    assert found[0].details["level_db"] == pytest.approx(-15.0, abs=2.5)


def test_ring_modulation_is_found_at_its_frequency() -> None:
    x = talker() * (1.0 + 0.3 * np.sin(2 * np.pi * 73.3 * t()))
    found = buzzes(x)
    assert [c.kind for c in found] == ["ring"]
    assert found[0].details["hz"] == pytest.approx(73.3, rel=2e-3)


@pytest.mark.parametrize("hz", [50.0, 200.0])
def test_the_beat_of_a_codec_is_no_ring_modulation(hz: float) -> None:
    assert buzzes(talker() * (1.0 + 0.2 * np.sin(2 * np.pi * hz * t()))) == []


def test_a_short_echo_is_found_at_its_lag() -> None:
    x, lag = talker(), 47
    x[lag:] += 0.35 * x[:-lag]
    found = buzzes(x)
    assert [c.kind for c in found] == ["comb"]
    assert found[0].details["hz"] == pytest.approx(SR / lag, rel=5e-3)


def test_a_voice_of_one_pitch_is_robotic() -> None:
    """Pulses of even distance through the spectral envelope of every 20 ms of a talker."""
    x, hop, period = talker(), 160, 66
    pulses = np.where(np.arange(x.size) % period == 0, 1.0, 0.0)
    y = np.zeros(x.size + hop)
    window = np.hanning(2 * hop + 1)[:-1]
    for a in range(0, x.size - 2 * hop, hop):
        envelope = np.abs(np.fft.rfft(x[a : a + 2 * hop] * window))
        smooth = np.convolve(np.pad(envelope, 4, "edge"), np.hanning(11)[1:-1] / 5, "valid")
        y[a : a + 2 * hop] += window * np.fft.irfft(np.fft.rfft(pulses[a : a + 2 * hop]) * smooth)
    y = y[: x.size] * np.sqrt(np.mean(x**2) / np.mean(y**2))
    found = buzzes(y)
    assert [c.kind for c in found] == ["robotic"]
    assert found[0].details["hz"] == pytest.approx(SR / period, rel=2e-3)


@pytest.mark.parametrize("seed", range(5))
def test_a_talker_alone_has_no_buzz(seed: int) -> None:
    assert buzzes(talker(seed)) == []


@pytest.mark.parametrize("sound", [whistle(440.0), hum(50.0), lambda sr: whistle(350.0)(sr) + whistle(440.0)(sr)])
def test_a_tone_that_stands_alone_is_no_buzz(sound: Callable[[int], Signal]) -> None:
    assert buzzes(0.05 * sound(SR)) == []


@pytest.mark.parametrize("gain", [0.1, 4.0, -1.0])
def test_level_and_polarity_change_nothing(gain: float) -> None:
    x = under(talker(), ADDED["hum 60"][2](SR))
    plain, other = buzzes(x), buzzes(x * gain)
    assert [(c.kind, c.details["hz"]) for c in plain] == [(c.kind, c.details["hz"]) for c in other]
    for a, b in zip(plain, other, strict=True):
        assert (a.start, a.end) == pytest.approx((b.start, b.end), abs=0.02)
        assert a.llr == pytest.approx(b.llr, abs=0.2)


@pytest.mark.parametrize("least", [1, 2, BATCH])
@pytest.mark.parametrize("cuts", [(100,), (1, 399, 400, 401), tuple(range(100, 1600, 100))])
def test_rows_do_not_depend_on_how_the_samples_come(cuts: tuple[int, ...], least: int) -> None:
    """Cuts in frames of 10 ms; the rows of a second are the same, bit for bit."""
    x = under(talker(), tdma(SR)).astype(np.float32)
    frames = np.zeros(len(x) // 80, FRAME)
    frames["peak"] = np.random.default_rng(1).random(frames.size)
    whole = SpectrumReader().push(x, frames, True)
    reader, parts = SpectrumReader(), []
    edges = [0, *cuts, frames.size]
    for a, b in pairwise(edges):
        parts.append(reader.push(x[a * 80 : b * 80], frames[a:b], b == frames.size, least))
    assert np.concatenate(parts).tobytes() == whole.tobytes()


@pytest.mark.parametrize("seconds", [0.0, 0.5, 0.99, 1.0, 2.5, 3.0, 4.0, 5.3])
def test_short_legs_have_a_row_for_every_whole_second(seconds: float) -> None:
    n = round(seconds * 100)
    rows = SpectrumReader().push(talker()[: n * 80].astype(np.float32), np.zeros(n, FRAME), True)
    assert rows.dtype == SECOND
    assert rows.size == int(seconds)
    assert np.isfinite(rows["mean"]).all()


def test_silence_has_no_lines_and_no_buzz() -> None:
    x = np.zeros(round(SECONDS * SR))
    assert not scan(x).spectra.all()["lines"].any()
    assert buzzes(x) == []


def test_a_row_is_small() -> None:
    assert SECOND.itemsize <= 1024


def ringing(lags: list[float]) -> NDArray[np.void]:
    """Seconds of speech in whose cepstrum one lag each, or none (0), stands out."""
    rows = np.zeros(len(lags), SECOND)
    rows["echo_frames"] = 40
    for row, lag in zip(rows, lags, strict=True):
        if lag:
            row["echo"][int(lag) - LAGS.start] = 0.15
    return rows


def test_an_echo_that_other_lags_contradict_is_a_voice() -> None:
    """A room has one lag; a lively voice has that of its pitch, another one every few seconds."""
    room = echoes(ringing([40.0] * 24), 24.0)
    assert [c.llr + PRIOR > 0.0 for c in room] == [True]
    voice = echoes(ringing([lag for lag in (40.0, 52.0, 35.0, 61.0, 45.0, 70.0) for _ in range(4)]), 24.0)
    assert voice
    assert not any(c.llr + PRIOR > 0.0 for c in voice)
    far = echoes(ringing([40.0] * 12 + [0.0] * 40 + [52.0] * 12), 64.0)
    assert sum(c.llr + PRIOR > 0.0 for c in far) == 2, "what stands a minute apart is no contradiction"
