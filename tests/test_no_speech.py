"""A leg in which nobody talks has no MOS, and a leg in which somebody does has one, whatever there is besides."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import callqual
from talker import damaged, talk

SECONDS = 9.0
Sound = NDArray[np.float64]


def noise(sr: int, seed: int = 3, slope: float = 0.0) -> Sound:
    """Noise of 0 dB whose power falls with frequency: 0 = white, 1 = pink (above 50 Hz)."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(round(SECONDS * sr)))
    hz = np.arange(spectrum.size) / SECONDS
    spectrum *= np.maximum(hz, 50.0) ** (-slope / 2)
    x = np.fft.irfft(spectrum)
    return np.asarray(x / np.sqrt(np.mean(x**2)))


def hum(sr: int, hz: float) -> Sound:
    t = np.arange(round(SECONDS * sr)) / sr
    x = sum((np.sin(2 * np.pi * h * hz * t + h * h) / h for h in range(1, 12)), np.zeros(t.size))
    return np.asarray(x / np.sqrt(np.mean(x**2)))


def tones(sr: int, *hz: float, on: float, off: float) -> Sound:
    t = np.arange(round(SECONDS * sr)) / sr
    return np.asarray(sum(np.sin(2 * np.pi * f * t) for f in hz) * (t % (on + off) < on))


def organ(sr: int) -> Sound:
    """Chords, held for a second each."""
    t = np.arange(round(SECONDS * sr)) / sr
    root = 131.0 * 2 ** (np.array([0, 5, 7, 2, 9, 4, 0, 7, 5, 0])[t.astype(int)] / 12)
    phase = 2 * np.pi * np.cumsum(root) / sr
    pulse = np.minimum(1.0, 20 * (t % 1.0)) * np.minimum(1.0, 20 * (1.0 - t % 1.0))
    return np.asarray(pulse * sum(np.sin(k * phase) / k for k in (1, 2, 3, 4, 5, 6)))


def voice(sr: int) -> Sound:
    """A talker of active level 0 dB."""
    return np.asarray(talk(sr, SECONDS, seed=4) / 32768 * 10 ** (22 / 20))


def switched(sr: int, x: Sound) -> Sound:
    return np.asarray(x * (np.arange(x.size) / sr % 2.0 < 0.9))


SPEECHLESS = {
    "white noise": noise,
    "pink noise": lambda sr: noise(sr, slope=1.0),
    "noise and silence": lambda sr: switched(sr, noise(sr)),
    "hum": lambda sr: hum(sr, 50.0),
    "hum in noise": lambda sr: hum(sr, 60.0) + 0.3 * noise(sr),
    "ring-back": lambda sr: tones(sr, 440.0, 480.0, on=2.0, off=4.0),
    "busy": lambda sr: tones(sr, 425.0, on=0.5, off=0.5),
    "touch tones": lambda sr: tones(sr, 697.0, 1336.0, on=0.1, off=0.1),
    "music": organ,
}

SPOKEN = {
    "talk": voice,
    "in noise": lambda sr: voice(sr) + 10 ** (-5 / 20) * noise(sr),
    "in pink noise": lambda sr: voice(sr) + 10 ** (-8 / 20) * noise(sr, slope=1.0),
    "over hum": lambda sr: voice(sr) + 10 ** (-8 / 20) * hum(sr, 50.0),
    "over music": lambda sr: voice(sr) + 10 ** (-20 / 20) * organ(sr),
    "one word in noise": lambda sr: np.concatenate((0.1 * noise(sr), voice(sr)[: 2 * sr], 0.1 * noise(sr))),
    "after ring-back": lambda sr: np.concatenate((tones(sr, 425.0, on=1.0, off=4.0), voice(sr)[: 2 * sr])),
    "a third of it lost": lambda sr: damaged(sr, SECONDS, 140, seed=4) / 32768.0,
}


@pytest.mark.parametrize("sr", [8000, 16000])
@pytest.mark.parametrize("db", [-15.0, -45.0])
@pytest.mark.parametrize("name", SPEECHLESS)
def test_nobody_talks(name: str, sr: int, db: float) -> None:
    x = SPEECHLESS[name](sr)
    record = callqual.score(np.rint(10 ** (db / 20) * x * 32767).clip(-32768, 32767).astype(np.int16), sr)
    assert (record.mos, record.reason, record.events) == (None, "no_speech", ())
    (leg,) = record.legs
    assert (leg.speech_seconds, leg.active_level_dbov, leg.gap.loss_rate) == (0.0, None, None)


@pytest.mark.parametrize("sr", [8000, 16000])
@pytest.mark.parametrize("name", SPOKEN)
def test_somebody_talks(name: str, sr: int) -> None:
    record = callqual.score(
        np.rint(10 ** (-26 / 20) * SPOKEN[name](sr) * 32767).clip(-32768, 32767).astype(np.int16), sr
    )
    assert record.reason is None
    assert record.mos is not None


def test_whispering_is_talking(rng: np.random.Generator) -> None:
    """Noise with the spectrum and the moves of a talker, and no pitch."""
    sr, x = 16000, voice(16000)
    width, hop = 512, 128
    window = np.hanning(width)
    y = np.zeros(x.size)
    for at in range(0, x.size - width, hop):
        size = np.convolve(np.abs(np.fft.rfft(x[at : at + width] * window)), np.ones(9) / 9, "same")
        y[at : at + width] += window * np.fft.irfft(size * np.exp(2j * np.pi * rng.random(size.size)))
    assert callqual.score((0.05 * y / np.sqrt(np.mean(y**2))).astype(np.float32), sr).reason is None
