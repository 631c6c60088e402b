"""Every format a call is recorded in: the samples come back, in time, whatever the blocks, and under the right name."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from callqual.audio.source import open_audio
from callqual.result import Source
from recordings import PCM, voice, write_coded, write_pcm

Writer = Callable[[Path, PCM, int], None]

EXACT: list[tuple[str, Writer, int, int, str, str]] = [
    ("x.wav", write_pcm("WAV", "PCM_16"), 8000, 1, "WAV", "PCM_16"),
    ("x.wav", write_pcm("WAV", "PCM_24"), 16000, 2, "WAV", "PCM_24"),
    ("x.wav", write_pcm("WAV", "PCM_32"), 48000, 1, "WAV", "PCM_32"),
    ("x.wav", write_pcm("WAV", "FLOAT"), 44100, 2, "WAV", "FLOAT"),
    ("x.wav", write_pcm("WAV", "DOUBLE"), 11025, 1, "WAV", "DOUBLE"),
    ("x.wav", write_pcm("WAVEX", "PCM_16"), 16000, 32, "WAV", "PCM_16"),
    ("x.w64", write_pcm("W64", "PCM_16"), 16000, 1, "W64", "PCM_16"),
    ("x.rf64", write_pcm("RF64", "PCM_16"), 192000, 1, "RF64", "PCM_16"),
    ("x.flac", write_pcm("FLAC", "PCM_16"), 16000, 2, "FLAC", "PCM_16"),
    ("x.flac", write_pcm("FLAC", "PCM_24"), 96000, 1, "FLAC", "PCM_24"),
    ("x.aiff", write_pcm("AIFF", "PCM_16"), 22050, 1, "AIFF", "PCM_16"),
    ("x.au", write_pcm("AU", "PCM_16"), 8000, 1, "AU", "PCM_16"),
    ("x.caf", write_pcm("CAF", "PCM_16"), 48000, 2, "CAF", "PCM_16"),
    ("x.m4a", write_coded("alac"), 16000, 2, "M4A", "ALAC_16"),
    ("x.mov", write_coded("pcm_s16le"), 48000, 1, "MOV", "PCM_16"),
    ("x.mkv", write_coded("flac"), 16000, 1, "MKV", "PCM_16"),
]

CODED: list[tuple[str, Writer, int, int, str, str, bool, float]] = [
    # name, writer, rate, channels, format, subtype, lossy, seconds that the container may add at the end
    ("x.wav", write_pcm("WAV", "PCM_U8"), 8000, 1, "WAV", "PCM_U8", False, 0.0),
    ("x.wav", write_pcm("WAV", "ULAW"), 8000, 2, "WAV", "ULAW", False, 0.0),
    ("x.wav", write_pcm("WAV", "ALAW"), 8000, 1, "WAV", "ALAW", False, 0.0),
    ("x.au", write_pcm("AU", "ULAW"), 8000, 1, "AU", "ULAW", False, 0.0),
    ("x.wav", write_pcm("WAV", "GSM610"), 8000, 1, "WAV", "GSM610", True, 0.04),
    ("x.wav", write_pcm("WAV", "IMA_ADPCM"), 8000, 1, "WAV", "IMA_ADPCM", True, 0.13),
    ("x.wav", write_pcm("WAV", "MS_ADPCM"), 16000, 1, "WAV", "MS_ADPCM", True, 0.13),
    ("x.ogg", write_pcm("OGG", "VORBIS"), 16000, 2, "OGG", "VORBIS", True, 0.0),
    ("x.opus", write_pcm("OGG", "OPUS"), 48000, 2, "OGG", "OPUS", True, 0.0),
    ("x.mp3", write_coded("libmp3lame"), 16000, 2, "MP3", "MPEG_LAYER_III", True, 0.0),
    ("x.mp3", write_coded("libmp3lame"), 44100, 1, "MP3", "MPEG_LAYER_III", True, 0.0),
    ("x.m4a", write_coded("aac"), 44100, 1, "M4A", "AAC", True, 0.07),
    ("x.mp4", write_coded("aac"), 16000, 2, "MP4", "AAC", True, 0.07),
    ("x.mov", write_coded("aac"), 48000, 1, "MOV", "AAC", True, 0.07),
    ("x.3gp", write_coded("aac"), 16000, 1, "3GP", "AAC", True, 0.07),
    ("x.webm", write_coded("libopus"), 48000, 2, "WEBM", "OPUS", True, 0.0),
    ("x.mkv", write_coded("libopus"), 48000, 1, "MKV", "OPUS", True, 0.0),
    ("x.amr", write_coded("libopencore_amrnb", bit_rate=12200), 8000, 1, "AMR", "AMR_NB", True, 0.03),
    ("x.3gp", write_coded("libopencore_amrnb", bit_rate=12200), 8000, 1, "3GP", "AMR_NB", True, 0.03),
]


def read(source: object, frames: int = 4096) -> tuple[NDArray[np.float32], Source]:
    with open_audio(source) as reader:  # type: ignore[arg-type]
        blocks = list(reader.blocks(frames))
        assert all(block.dtype == np.float32 and block.flags.c_contiguous for block in blocks)
        assert all(len(block) == frames for block in blocks[:-1])
        assert {block.shape[1] for block in blocks} == {reader.channels}
        return np.concatenate(blocks), reader.describe()


def lag(x: NDArray[np.floating], y: NDArray[np.floating], reach: int) -> int:
    """Samples by which `y` comes after `x`."""
    n = min(len(x), len(y))
    spectrum = np.fft.rfft(y[:n], 2 * n) * np.conj(np.fft.rfft(x[:n], 2 * n))
    correlation = np.fft.irfft(spectrum)
    return int(np.argmax(np.concatenate([correlation[-reach:], correlation[: reach + 1]]))) - reach


def envelope(x: NDArray[np.floating], sr: int) -> NDArray[np.floating]:
    """Level of each 10 ms."""
    k = sr // 100
    level: NDArray[np.floating] = np.sqrt(np.mean(x[: len(x) // k * k].reshape(-1, k, x.shape[1]) ** 2, axis=1))
    return level - level.mean()


@pytest.mark.parametrize(
    ("name", "write", "sr", "channels", "format", "subtype"), EXACT, ids=[f"{e[4]}-{e[5]}-{e[2]}" for e in EXACT]
)
def test_lossless_formats_are_exact(
    tmp_path: Path, name: str, write: Writer, sr: int, channels: int, format: str, subtype: str
) -> None:
    x = voice(sr, 0.5, channels)
    write(tmp_path / name, x, sr)
    y, source = read(tmp_path / name)
    assert np.array_equal(y, (x / 32768).astype(np.float32))
    assert (source.format, source.subtype, source.sr, source.channels) == (format, subtype, sr, channels)
    assert source.seconds == len(x) / sr
    with open_audio(tmp_path / name) as reader:
        assert not reader.lossy


@pytest.mark.parametrize(
    ("name", "write", "sr", "channels", "format", "subtype", "lossy", "more"),
    CODED,
    ids=[f"{c[4]}-{c[5]}-{c[2]}" for c in CODED],
)
def test_coded_formats_come_back_in_time(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    name: str,
    write: Writer,
    sr: int,
    channels: int,
    format: str,
    subtype: str,
    lossy: bool,
    more: float,
) -> None:
    x = voice(sr, 1.0, channels) / 32768
    write(tmp_path / name, np.rint(x * 32768).astype(np.int16), sr)
    capfd.readouterr()
    y, source = read(tmp_path / name)
    assert capfd.readouterr() == ("", ""), "a decoder wrote to the terminal"
    assert (source.format, source.subtype, source.sr, source.channels) == (format, subtype, sr, channels)
    assert source.seconds is not None
    assert 1.0 <= source.seconds <= 1.0 + more
    if subtype == "AMR_NB":  # a vocoder keeps the envelope, not the waveform
        x, y = envelope(x, sr), envelope(y, sr)
    n = min(len(x), len(y))
    for channel in range(channels):
        late = lag(x[:, channel], y[:, channel], n // 10)
        assert abs(late) <= 1, f"{late} samples late"
        assert np.corrcoef(x[:n, channel], y[:n, channel])[0, 1] > 0.85
    with open_audio(tmp_path / name) as reader:
        assert reader.lossy is lossy


@pytest.mark.parametrize("frames", [1, 17, 509, 44100])
@pytest.mark.parametrize("name", ["x.wav", "x.flac", "x.ogg", "x.m4a", "x.mp3", "x.webm"])
def test_blocks_of_any_length_give_the_same_samples(tmp_path: Path, name: str, frames: int) -> None:
    writers = {entry[0]: entry for entry in (*EXACT, *CODED)}
    _, write, sr, channels, *_ = writers[name]
    write(tmp_path / name, voice(sr, 0.25, channels), sr)
    assert np.array_equal(read(tmp_path / name, frames)[0], read(tmp_path / name, 8192)[0])


@pytest.mark.parametrize("name", ["x.wav", "x.m4a"])
def test_a_file_object_a_pipe_and_a_path_agree(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    (write_pcm("WAV", "PCM_16") if name == "x.wav" else write_coded("aac"))(path, voice(16000, 0.5), 16000)
    expected, source = read(path)
    assert source.path == str(path)
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()

    from_bytes, described = read(io.BytesIO(path.read_bytes()))
    assert np.array_equal(from_bytes, expected)
    assert (described.path, described.sha256) == (None, source.sha256)

    with path.open("rb") as file:
        from_file, described = read(file)
        assert not file.closed
    assert np.array_equal(from_file, expected)
    assert described.path == str(path)

    from_stream, _ = read(OneWay(path.read_bytes()))
    assert np.array_equal(from_stream, expected)

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=lambda: pipe.write_bytes(path.read_bytes()))
    feeder.start()
    from_pipe, described = read(pipe)
    feeder.join()
    assert np.array_equal(from_pipe, expected)
    assert described.sha256 == source.sha256


class OneWay(io.RawIOBase):
    """Bytes that come a few at a time and cannot be wound back, as on standard input."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(size, 777))


def test_temporary_copies_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    data = io.BytesIO()
    sf.write(data, voice(8000, 0.1), 8000, format="WAV")
    with open_audio(io.BytesIO(data.getvalue())) as reader:
        assert len(list(scratch.iterdir())) == 1
        list(reader.blocks(100))
    assert not list(scratch.iterdir())
    with pytest.raises(OSError, match="not a sound file"):
        open_audio(io.BytesIO(b"no sound at all"))
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("name", ["x.mp3", "x.txt", "x.raw", "x", "x.gsm", "x.wav.bak"])
def test_content_decides_not_the_name(tmp_path: Path, name: str) -> None:
    x = voice(8000, 0.5)
    write_pcm("WAV", "PCM_16")(tmp_path / name, x, 8000)
    y, source = read(tmp_path / name)
    assert source.format == "WAV"
    assert np.array_equal(y, x / np.float32(32768))


def test_an_m4a_named_wav_is_an_m4a(tmp_path: Path) -> None:
    write_coded("aac", "ipod")(tmp_path / "x.wav", voice(16000, 0.5), 16000)
    assert read(tmp_path / "x.wav")[1].format == "M4A"


@pytest.mark.parametrize("stated", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_header_that_lies_about_the_length(tmp_path: Path, stated: int) -> None:
    """Writers to a pipe, and writers that crashed, leave any of these behind."""
    x = voice(8000, 0.5)
    path = tmp_path / "x.wav"
    write_pcm("WAV", "PCM_16")(path, x, 8000)
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = stated.to_bytes(4, "little")
    path.write_bytes(data)
    assert np.array_equal(read(path)[0], x / np.float32(32768))


def test_the_whole_file_is_never_held(tmp_path: Path) -> None:
    """An hour at 8 kHz is 115 MB of float32; reading it may not take a tenth of that."""
    import tracemalloc

    path = tmp_path / "x.wav"
    sf.write(path, np.zeros(3600 * 8000, np.int16), 8000)
    tracemalloc.start()
    with open_audio(path) as reader:
        count = sum(len(block) for block in reader.blocks(16000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 3600 * 8000
    assert peak < 2_000_000


def test_amr_wideband(tmp_path: Path, rng: np.random.Generator) -> None:
    """Frames of the lowest mode, written by hand: no free encoder is at hand."""
    path = tmp_path / "x.awb"
    path.write_bytes(b"#!AMR-WB\n" + b"".join(b"\x04" + rng.bytes(17) for _ in range(50)))
    x, source = read(path)
    assert x.shape == (16000, 1)
    assert x.any()
    assert (source.format, source.subtype, source.sr) == ("AMR", "AMR_WB", 16000)


def test_bare_gsm_frames(tmp_path: Path) -> None:
    """What a telephone exchange calls .gsm: no header at all, known by its name and the mark of every frame."""
    path = tmp_path / "x.gsm"
    write_pcm("RAW", "GSM610")(path, voice(8000, 1.0), 8000)
    x, source = read(path)
    assert len(x) == 8000
    assert (source.format, source.subtype, source.sr) == ("GSM", "GSM610", 8000)
    path.write_text("not GSM at all " * 100, encoding="utf-8")
    with pytest.raises(OSError, match="not a sound file"):
        open_audio(path)
