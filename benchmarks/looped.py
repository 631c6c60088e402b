"""A damaged call of any length, made as it is read: the clean example again and again, its packets lost anew each time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "clean.wav"
FLOOR_DBFS = -65.0
PACKETS_A_SECOND = 50


@cache
def speech(sr: int) -> NDArray[np.float64]:
    """The clean example at the rate `sr`, with a pause at its end."""
    samples, own = soundfile.read(EXAMPLE)
    return np.concatenate([soxr.resample(samples, own, sr, "VHQ"), np.zeros(sr // 2)])


def blocks(sr: int, seconds: float, loss: float, seed: int = 1) -> Iterator[NDArray[np.int16]]:
    """Yield a call of `seconds` in 16-bit steps, a loop a block: speech over a noise floor, a share `loss` of its packets zeroed."""
    rng = np.random.default_rng(seed)
    voice, packet = speech(sr), sr // PACKETS_A_SECOND
    left = round(seconds * sr)
    while left > 0:
        block = voice + 10 ** (FLOOR_DBFS / 20) * rng.standard_normal(voice.size)
        lost = rng.random(voice.size // packet) < loss
        block[: lost.size * packet].reshape(-1, packet)[lost] = 0.0
        yield np.rint(32767 * np.clip(block[:left], -1.0, 1.0)).astype(np.int16)
        left -= voice.size


def write_call(path: Path, sr: int, seconds: float, loss: float = 0.03) -> None:
    """Write such a call as 16-bit WAV."""
    with soundfile.SoundFile(path, "w", sr, 1, "PCM_16") as file:
        for block in blocks(sr, seconds, loss):
            file.write(block)
