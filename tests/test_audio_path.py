"""The path profile and the bandwidth, on speech that went through known recorders."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr

from callqual.audio.bandwidth import Bandwidth
from callqual.audio.path import CUES, PathProfiler
from callqual.audio.source import open_audio
from callqual.kernels.grids import count_on_grids
from naive import ways


@pytest.fixture
def speech(examples: Path) -> np.ndarray:
    """8.8 s of clean speech at 16 kHz."""
    return sf.read(examples / "clean.wav", dtype="float32")[0]


def through(x: np.ndarray, sr: int, subtype: str) -> np.ndarray:
    file = io.BytesIO()
    sf.write(file, x, sr, format="WAV", subtype=subtype)
    file.seek(0)
    return sf.read(file, dtype="float32")[0]


def profile(x: np.ndarray, sr: int) -> PathProfiler:
    profiler = PathProfiler(sr)
    for start in range(0, len(x), 2 * sr):
        profiler.push(np.ascontiguousarray(x[start : start + 2 * sr], np.float32))
    return profiler


def bandwidth(x: np.ndarray, sr: int) -> float | None:
    band = Bandwidth(sr)
    for start in range(0, len(x), 2 * sr):
        band.push(np.ascontiguousarray(x[start : start + 2 * sr], np.float32))
    return band.hz()


@pytest.mark.parametrize("together", [1, 20, 1000])
def test_a_bandwidth_does_not_depend_on_what_is_read_together(
    together: int, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    x = (rng.standard_normal(9 * 8000) * np.repeat(rng.random(9), 8000)).astype(np.float32)

    def summed() -> list[object]:
        band = Bandwidth(8000)
        for start in range(0, len(x), 14400):
            band.push(x[start : start + 14400])
        hz = band.hz()
        return [hz, band._all.tobytes(), band._floor.tobytes()]

    usual = summed()
    monkeypatch.setattr("callqual.audio.bandwidth.TOGETHER", together)
    assert summed() == usual


@pytest.mark.parametrize(
    ("subtype", "path"),
    [
        ("PCM_16", "pcm"),
        ("PCM_24", "pcm"),
        ("PCM_U8", "pcm"),
        ("ULAW", "g711"),
        ("ALAW", "g711"),
        ("GSM610", "pcm"),  # decoded to 13 bits: on the grid, and on no code of G.711
        ("FLOAT", "unknown"),
    ],
)
@pytest.mark.parametrize("gain", [1.0, 0.2])
def test_path_by_what_the_samples_are(speech: np.ndarray, subtype: str, path: str, gain: float) -> None:
    x = soxr.resample(speech, 16000, 8000) * gain
    assert profile(through(x, 8000, subtype), 8000).path() == path


def test_g711_with_concealment_in_it_is_still_g711(speech: np.ndarray, rng: np.random.Generator) -> None:
    x = through(soxr.resample(speech, 16000, 8000), 8000, "ULAW")
    for start in range(800, len(x) - 160, 1600):  # 10 % of the frames made up by the receiver
        x[start : start + 160] = np.rint(rng.normal(0, 0.05, 160) * 32768) / 32768
    assert profile(x, 8000).path() == "g711"


def test_g711_with_a_changed_level_is_pcm(speech: np.ndarray) -> None:
    x = through(soxr.resample(speech, 16000, 8000), 8000, "ULAW")
    assert profile(np.rint(x * 0.7 * 32768) / 32768, 8000).path() == "pcm"


def test_quiet_13_bit_samples_are_no_g711(rng: np.random.Generator) -> None:
    """GSM and AMR decoders give multiples of 8, and so do the first codes of mu-law."""
    x = np.rint(rng.normal(0, 6, 80000)) * 8 / 32768
    assert profile(x, 8000).path() == "pcm"


def test_a_file_s_own_coding_decides(speech: np.ndarray, examples: Path) -> None:
    profiler = profile(speech, 16000)
    assert profiler.path() == "pcm"
    assert profiler.alive() == CUES
    assert profiler.path(lossy=True) == "lossy"
    assert profiler.alive(lossy=True) == ("edges",)
    for name, lossy in (("clean.wav", False), ("memo.m4a", True), ("voip.opus", True)):
        with open_audio(examples / name) as reader:
            assert reader.lossy is lossy


@pytest.mark.parametrize("x", [np.zeros(0), np.zeros(80000), np.full(100, 0.25)], ids=["nothing", "silence", "short"])
def test_too_little_to_say(x: np.ndarray) -> None:
    assert profile(x, 8000).path() == "unknown"


def test_a_constant_beyond_16_bits_is_no_crash() -> None:
    assert profile(np.full(80000, 1.0), 8000).path() == "pcm"
    assert profile(np.full(80000, 3.0e4), 8000).path() == "pcm"


@pytest.mark.parametrize("sr", [16000, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize("rate", [8000, 11025, 16000])
def test_bandwidth_of_a_narrow_call_in_a_wide_file(speech: np.ndarray, sr: int, rate: int) -> None:
    x = soxr.resample(soxr.resample(speech, 16000, rate), rate, sr)
    assert bandwidth(np.rint(x * 32768) / 32768, sr) == pytest.approx(rate / 2, rel=0.06)


@pytest.mark.parametrize("gain", [1.0, 0.03])
def test_bandwidth_knows_noise_from_content(speech: np.ndarray, rng: np.random.Generator, gain: float) -> None:
    x = soxr.resample(soxr.resample(speech, 16000, 8000), 8000, 48000)
    x = x + 10 ** (-65 / 20) * rng.standard_normal(len(x))
    found = bandwidth((x * gain).astype(np.float32), 48000)
    assert found is not None
    assert 3400 < found < 4300


def test_bandwidth_ignores_what_is_far_below_the_speech(speech: np.ndarray) -> None:
    """A poor resampler leaves images of the speech 60 dB down, and pauses of digital silence hide nothing."""
    x = soxr.resample(soxr.resample(speech, 16000, 8000), 8000, 48000)
    x[np.abs(x) < 1e-3] = 0.0
    x = soxr.resample(soxr.resample(x, 48000, 8000), 8000, 48000)
    image = x * np.cos(2 * np.pi * 12000 * np.arange(len(x)) / 48000)
    assert bandwidth(x + 10 ** (-65 / 20) * image, 48000) == pytest.approx(4000, rel=0.06)


@pytest.mark.parametrize("x", [np.zeros(0), np.zeros(100), np.zeros(32000)], ids=["nothing", "short", "silence"])
def test_no_bandwidth_without_content(x: np.ndarray) -> None:
    assert bandwidth(x, 16000) is None


def test_steady_noise_has_no_content(rng: np.random.Generator) -> None:
    assert bandwidth(0.1 * rng.standard_normal(160000), 16000) is None


@pytest.mark.parametrize("run", ways(count_on_grids), ids=["jit", "plain"])
def test_samples_are_counted_by_the_grids_they_lie_on(run):
    codes = np.zeros((2, 2**15), np.bool_)
    codes[0, 200] = codes[:, 300] = True
    x = np.array([0, 100, 200, -300, 300, 400, 7.5, 1 / 3, np.nan, np.inf, 999], np.float32) / np.float32(2**15)
    counts = np.zeros(6, np.int64)
    run(np.repeat(x, 3), 3, codes, 128.0, counts)
    assert counts.tolist() == [10, 7, 8, 5, 3, 2]
