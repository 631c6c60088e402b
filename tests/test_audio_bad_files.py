"""Files that are damaged, empty, mislabelled or no recordings at all: audio or one clear line, and nothing else."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bad_recordings import readable, unreadable
from callqual.audio.source import open_audio
from callqual.errors import AudioReadError, CallqualError, InputError
from recordings import voice, write_coded, write_pcm

CUT = ("cut WAV", "cut FLAC", "cut Ogg", "cut MP3")


def decode(source: object, frames: int = 7777) -> int:
    """Read to the end in blocks of `frames`; return the number of samples per channel."""
    with open_audio(source) as reader:  # type: ignore[arg-type]
        count = 0
        for block in reader.blocks(frames):
            assert block.dtype == np.float32
            assert block.shape[1] == reader.channels
            count += len(block)
        assert reader.describe().seconds == count / reader.sr
        return count


def test_unreadable_files_say_why_in_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cases = unreadable(tmp_path)
    assert len(cases) == 15
    for case, (path, says) in cases.items():
        with pytest.raises(CallqualError, match=says) as caught:
            decode(path)
        assert "\n" not in str(caught.value), case
        assert isinstance(caught.value, InputError if says.endswith(("Hz", "32")) else AudioReadError), case
    assert capfd.readouterr() == ("", "")


def test_readable_files_are_read_however_bad(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for case, path in readable(tmp_path).items():
        count = decode(path)
        assert (count > 0) is (case != "no samples"), case
        assert decode(path, 500) == decode(path, 200_000) == count, case
        if case in CUT:  # 60 % of 10 s
            with open_audio(path) as reader:
                assert 4.0 < count / reader.sr < 7.0, case
    assert capfd.readouterr() == ("", "")


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(AudioReadError, match=r"cannot be opened \(Permission denied\)"):
        open_audio(tmp_path / "x.wav")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "x.wav").touch(0)
    with pytest.raises(AudioReadError, match=r"cannot be opened \(Permission denied\)"):
        open_audio(tmp_path / "x.wav")


@pytest.mark.parametrize("subtype", ["PCM_16", "GSM610"])
def test_a_file_that_shrinks_or_grows_while_it_is_read(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "x.wav"
    write_pcm("WAV", subtype)(path, voice(8000, 60.0), 8000)
    whole = path.read_bytes()
    for change in (whole[: len(whole) // 2], b"", whole + whole):
        path.write_bytes(whole)
        with open_audio(path) as reader:
            blocks = reader.blocks(8000)
            count = len(next(blocks))
            path.write_bytes(change)
            count += sum(len(block) for block in blocks)
            assert 8000 <= count <= 60.1 * 8000
            assert reader.describe().seconds == count / 8000


def test_a_file_that_goes_away_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    write_pcm("WAV", "PCM_16")(path, voice(8000, 1.0), 8000)
    with open_audio(path) as reader:
        assert sum(len(block) for block in reader.blocks(1000)) == 8000
        path.unlink()
        with pytest.raises(AudioReadError, match="it went away while it was read"):
            reader.describe()


def test_a_full_disk_is_said_to_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(AudioReadError, match=r"file object: cannot be copied \(No such file.*set TMPDIR"):
        open_audio(io.BytesIO(b"RIFF"))


@pytest.mark.parametrize(
    ("source", "error", "says"),
    [
        (io.StringIO("text"), InputError, r"read\(\) gives str; expected bytes: open it with open\(path, 'rb'\)"),
        (io.BytesIO(b""), AudioReadError, r"file object: it is empty \(0 bytes\)"),
        (io.BytesIO(b"RIFF"), AudioReadError, "file object: not a sound file"),
        ("bad\0name.wav", AudioReadError, "embedded null"),
        ("", AudioReadError, "no such file"),
    ],
    ids=["text mode", "empty", "four bytes", "null in the name", "no name"],
)
def test_bad_file_objects_and_names(source: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        decode(source)


def test_a_closed_file(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    write_pcm("WAV", "PCM_16")(path, voice(8000, 0.1), 8000)
    with path.open("rb") as file:
        pass
    with pytest.raises(InputError, match="closed file"):
        decode(file)


def test_a_rate_that_contradicts_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    write_pcm("WAV", "PCM_16")(path, voice(8000, 0.1), 8000)
    with pytest.raises(InputError, match="sr=16000 but the file says 8000 Hz"):
        open_audio(path, 16000)
    with open_audio(path, 8000) as reader:
        assert reader.sr == 8000


def test_eight_coded_channels_are_refused(tmp_path: Path) -> None:
    """Eight planes crash PyAV; eight channels side by side in one do not."""
    legs = np.tile(voice(48000, 0.2), (1, 8))
    write_coded("pcm_s16le")(tmp_path / "eight.mov", legs, 48000)
    assert decode(tmp_path / "eight.mov") == 9600
    write_coded("libopus")(tmp_path / "eight.webm", legs, 48000)
    with pytest.raises(InputError, match="8 coded channels; expected 1 to 7"):
        decode(tmp_path / "eight.webm")


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Small valid files to damage."""
    folder = tmp_path_factory.mktemp("originals")
    speech = voice(8000, 0.5)
    writers: dict[str, Callable[..., None]] = {
        "x.wav": write_pcm("WAV", "PCM_16"),
        "gsm.wav": write_pcm("WAV", "GSM610"),
        "x.flac": write_pcm("FLAC", "PCM_16"),
        "x.ogg": write_pcm("OGG", "VORBIS"),
        "x.opus": write_pcm("OGG", "OPUS"),
        "x.au": write_pcm("AU", "ULAW"),
        "x.m4a": write_coded("aac"),
        "x.amr": write_coded("libopencore_amrnb", bit_rate=12200),
        "x.3gp": write_coded("libopencore_amrnb", bit_rate=12200),
    }
    for name, write in writers.items():
        write(folder / name, speech, 8000)
    write_coded("libmp3lame")(folder / "x.mp3", voice(16000, 0.5), 16000)
    write_coded("libopus")(folder / "x.webm", voice(48000, 0.5), 48000)
    files = [path.read_bytes() for path in sorted(folder.iterdir())]
    assert len(files) == 11
    assert all(decode(io.BytesIO(data)) for data in files)
    return files


def decodes_or_explains(data: bytes) -> None:
    said = ""
    try:
        decode(io.BytesIO(data))
    except (AudioReadError, InputError) as error:
        said = str(error)
    assert "\n" not in said


MAGIC = [b"", b"RIFF", b"RIFF\0\0\0\0WAVEfmt ", b"fLaC", b"OggS", b"ID3", b"\xff\xfb", b"caff", b"#!AMR\n", b"FORM"]


@given(magic=st.sampled_from([*MAGIC, b"\0\0\0\x18ftypM4A ", b"\x1aE\xdf\xa3"]), rest=st.binary(max_size=600))
@settings(max_examples=300)
def test_random_bytes(magic: bytes, rest: bytes) -> None:
    decodes_or_explains(magic + rest)


@given(data=st.data())
@settings(max_examples=300)
def test_random_truncations(originals: list[bytes], data: st.DataObject) -> None:
    original = data.draw(st.sampled_from(originals))
    decodes_or_explains(original[: data.draw(st.integers(0, len(original)))])


@given(data=st.data())
@settings(max_examples=300)
def test_random_damage_to_headers(originals: list[bytes], data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from(originals)))
    reach = min(len(damaged), data.draw(st.sampled_from([64, 300, len(damaged)]))) - 1
    bytes_and_places = st.tuples(st.integers(0, reach), st.integers(0, 255))
    for at, value in data.draw(st.lists(bytes_and_places, min_size=1, max_size=12)):
        damaged[at] = value
    decodes_or_explains(bytes(damaged))
