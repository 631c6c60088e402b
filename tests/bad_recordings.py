"""Recordings that go wrong, each as a file: what happens in the field when a recorder, a copy or a person fails."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from recordings import voice, write_coded, write_pcm

SR = 8000


def _wav(path: Path, x: NDArray[np.generic]) -> Path:
    sf.write(path, x, SR, subtype="FLOAT" if x.dtype.kind == "f" else "PCM_16")
    return path


def _with_rate(path: Path, sr: int) -> Path:
    data = bytearray(_wav(path, voice(SR, 0.5)).read_bytes())
    struct.pack_into("<I", data, 24, sr)
    path.write_bytes(data)
    return path


def _cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def unreadable(folder: Path) -> dict[str, tuple[Path, str]]:
    """Write files that no score can come from; return each with a pattern of what must be said of it."""
    write_coded("aac")(folder / "cut_off.m4a", voice(16000, 1.0), 16000)
    write_pcm("WAV", "PCM_16")(folder / "half_a_header.wav", voice(SR, 0.5), SR)
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("Dear operator, the call of Tuesday ...\n" * 50, encoding="utf-8")
    (folder / "page.mp3").write_text("<!DOCTYPE html><html><body>not found</body></html>" * 20, encoding="utf-8")
    with zipfile.ZipFile(folder / "packed.wav", "w") as packed:
        packed.write(_wav(folder / "inside.wav", voice(SR, 0.5)), "inside.wav")
    (folder / "noise.opus").write_bytes(np.random.default_rng(0).bytes(5000))
    (folder / "playlist.m4a").write_text("#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n", encoding="utf-8")
    _wav(folder / "elsewhere.wav", voice(SR, 0.5))
    (folder / "list.wav").write_text("ffconcat version 1.0\nfile elsewhere.wav\n", encoding="utf-8")
    (folder / "folder.wav").mkdir()
    sf.write(folder / "too_many_legs.wav", np.zeros((SR, 64), np.int16), SR)
    (folder / "shown_as_line\nbreak.wav").touch()
    return {
        "missing": (folder / "nobody_was_here.wav", "no such file"),
        "directory": (folder / "folder.wav", "it is a directory"),
        "empty": (folder / "empty.wav", r"it is empty \(0 bytes\)"),
        "line break in the name": (folder / "shown_as_line\nbreak.wav", r"line\\nbreak.wav: it is empty"),
        "text": (folder / "text.wav", "not a sound file"),
        "web page": (folder / "page.mp3", "not a sound file"),
        "zip": (folder / "packed.wav", "not a sound file"),
        "random bytes": (folder / "noise.opus", "not a sound file"),
        "playlist": (folder / "playlist.m4a", "not a sound file"),
        "list of other files": (folder / "list.wav", "not a sound file"),
        "M4A without its index": (_cut(folder / "cut_off.m4a", 0.5), "not a sound file"),
        "half a header": (_cut(folder / "half_a_header.wav", 0.003), "not a sound file"),
        "64 channels": (folder / "too_many_legs.wav", "64 channels; expected 1 to 32"),
        "7 kHz": (_with_rate(folder / "slow.wav", 7000), "7000 Hz; expected 8000 to 192000 Hz"),
        "3 MHz": (_with_rate(folder / "fast.wav", 3_000_000), "3000000 Hz; expected 8000 to 192000 Hz"),
    }


def readable(folder: Path) -> dict[str, Path]:
    """Write files that decode, however little they hold."""
    rng = np.random.default_rng(0)
    speech = voice(SR, 2.0)
    for format, subtype in (("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS")):
        path = folder / f"cut.{format.lower()}"
        write_pcm(format, subtype)(path, voice(SR, 10.0), SR)
        _cut(path, 0.6)
    write_coded("libmp3lame")(folder / "cut.mp3", voice(16000, 10.0), 16000)
    holes = speech[:, 0] / 32768
    holes[4000:4100] = np.nan
    endless = speech[:, 0] / 32768
    endless[5000] = np.inf
    write_pcm("WAV", "PCM_16")(folder / "mislabelled.mp3", speech, SR)
    return {
        "no samples": _wav(folder / "none.wav", np.zeros(0, np.int16)),
        "one sample": _wav(folder / "one.wav", np.ones(1, np.int16)),
        "all zeros": _wav(folder / "zeros.wav", np.zeros(3 * SR, np.int16)),
        "NaN": _wav(folder / "nan.wav", holes),
        "infinity": _wav(folder / "infinity.wav", endless),
        "constant": _wav(folder / "constant.wav", np.full(3 * SR, 9000, np.int16)),
        "clipped": _wav(folder / "clipped.wav", np.clip(speech.astype(np.int32) * 40, -32768, 32767).astype(np.int16)),
        "1-bit noise": _wav(folder / "bits.wav", rng.choice(np.array([-32768, 32767], np.int16), 3 * SR)),
        "32 channels": _wav(folder / "legs.wav", np.tile(speech[:SR], (1, 32))),
        "cut WAV": folder / "cut.wav",
        "cut FLAC": folder / "cut.flac",
        "cut Ogg": folder / "cut.ogg",
        "cut MP3": _cut(folder / "cut.mp3", 0.6),
        "mislabelled": folder / "mislabelled.mp3",
    }
