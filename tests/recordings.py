"""Recordings that tests write themselves: a signal to write, and a writer for every format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import soundfile as sf
from numpy.typing import NDArray

PCM = NDArray[np.int16]


def voice(sr: int, seconds: float, channels: int = 1) -> PCM:
    """A hum of gliding pitch that comes and goes, another in each channel: 16-bit samples of shape (n, channels)."""
    t = np.arange(round(sr * seconds)) / sr
    legs = []
    for channel in range(channels):
        phase = 2 * np.pi * ((110 + 7 * channel) * t + 3.0 * np.sin(2 * np.pi * 1.3 * t + channel))
        tone = sum((np.cos(h * phase) / h for h in range(1, 12)), np.zeros(len(t)))
        legs.append(tone * (0.6 + 0.4 * np.sin(2 * np.pi * 4.0 * t + channel)))
    x = np.stack(legs, axis=1)
    return np.rint(x / np.abs(x).max() * 12000).astype(np.int16)


def write_pcm(format: str, subtype: str) -> Callable[[Path, PCM, int], None]:
    """Return a writer through libsndfile."""

    def write(path: Path, x: PCM, sr: int) -> None:
        sf.write(path, x / 32768 if subtype in ("FLOAT", "DOUBLE") else x, sr, format=format, subtype=subtype)

    return write


def write_coded(codec: str, container: str | None = None, bit_rate: int = 64000) -> Callable[[Path, PCM, int], None]:
    """Return a writer through FFmpeg."""

    def write(path: Path, x: PCM, sr: int) -> None:
        layout = {1: "mono", 2: "stereo", 8: "7.1"}[x.shape[1]]
        with av.open(str(path), "w", format=container) as file:
            stream = file.add_stream(codec, rate=sr, layout=layout)
            stream.bit_rate = bit_rate
            frame = av.AudioFrame.from_ndarray(x.reshape(1, -1), format="s16", layout=layout)
            frame.sample_rate, frame.pts = sr, 0
            for packet in (*stream.encode(frame), *stream.encode(None)):
                file.mux(packet)

    return write
