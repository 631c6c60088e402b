"""`open_audio`: a path, a binary file object or samples in, an `AudioReader` out. Content decides, not the name."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import BinaryIO

from numpy.typing import ArrayLike

from callqual.audio.arrays import ArrayReader
from callqual.audio.files import NotForLibsndfile, SoundFileReader
from callqual.audio.reader import AudioReader
from callqual.audio.spool import file_sha256, spool
from callqual.errors import AudioReadError, InputError

__all__ = ["AudioReader", "AudioSource", "open_audio"]

AudioSource = str | os.PathLike[str] | BinaryIO | ArrayLike
"""What can be scored."""

_HEAD = 64  # bytes: enough for an ID3 tag, an MPEG frame, or the document type of WebM


def open_audio(source: AudioSource, sr: float | None = None) -> AudioReader:
    """Open a recording for reading; use it as a context manager.

    Parameters
    ----------
    source : path, binary file object or ndarray [shape=(n,) or (n, channels)]
        A file object is read from where it stands to its end, needs no ``seek``, and is left open; up to 16 MiB of it
        are held in memory, more goes to a temporary file. Samples are floats within +-1 or 8, 16 or 32 bit integers.
    sr : int, optional
        Sample rate of samples, Hz. A file knows its own.

    Raises
    ------
    AudioReadError
        Missing, a directory, empty, not a sound file, or nothing in it could be decoded.
    InputError
        A rate outside 8 to 192 kHz, more than 32 channels, samples of a wrong shape or type.
    """
    if isinstance(source, str | os.PathLike):
        return _file_only(_open_path(os.fsdecode(source)), sr)
    if hasattr(source, "read"):
        return _file_only(_open_stream(source), sr)
    if isinstance(source, bytes | bytearray | memoryview):
        raise InputError(f"cannot score {type(source).__name__}; expected a path, file object or samples: io.BytesIO")
    return ArrayReader(source, sr)


def _file_only(reader: AudioReader, sr: float | None) -> AudioReader:
    """Refuse a rate that contradicts the file's."""
    if sr is None or sr == reader.sr:
        return reader
    reader.close()
    raise InputError(f"{reader.name}: sr={sr!r} but the file says {reader.sr} Hz; sr is for samples only: leave it out")


def _open_path(path: str) -> AudioReader:
    """Open the file at `path`; a pipe or device is spooled first."""
    name = path if path.isprintable() else repr(path)
    with _open_binary(path, name) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return _open_copy(*spool(file, name), name, path)
        head = file.read(_HEAD)
    if not head:
        raise AudioReadError(f"{name}: it is empty (0 bytes); expected a recording")
    return _decoder(path, head, name, path, partial(_hash, path, name))


def _open_binary(path: str, name: str) -> BinaryIO:
    """Open a file, or say why it cannot be."""
    try:
        return open(path, "rb")
    except FileNotFoundError:
        raise AudioReadError(f"{name}: no such file; check its name and the working directory") from None
    except IsADirectoryError:
        raise AudioReadError(f"{name}: it is a directory; expected a file: give the files in it") from None
    except OSError as error:
        raise AudioReadError(f"{name}: cannot be opened ({error.strerror}); check its name and permissions") from None
    except ValueError as error:
        raise AudioReadError(f"{name}: cannot be opened ({error}); check its name") from None


def _open_stream(stream: object) -> AudioReader:
    """Open a file object by a copy of it."""
    given = getattr(stream, "name", None)
    path = given if isinstance(given, str) else None
    name = path if path and path.isprintable() else "file object"
    return _open_copy(*spool(stream, name), name, path)


def _open_copy(file: BinaryIO, sha256: str, name: str, path: str | None) -> AudioReader:
    """Open a spooled copy, closed with its reader."""
    head = file.read(_HEAD)
    file.seek(0)
    try:
        reader = _decoder(file, head, name, path, lambda: sha256)
    except BaseException:
        file.close()
        raise
    reader.on_close(file.close)
    return reader


def _decoder(file: str | BinaryIO, head: bytes, name: str, path: str | None, digest: Callable[[], str]) -> AudioReader:
    """Choose the decoder by content: libsndfile first, then FFmpeg, which is loaded only when needed.

    A header that states no samples at all (a writer that never came back to it) is read to the end by FFmpeg.
    """
    first = None
    if not _is_mpeg(head):
        with suppress(NotForLibsndfile):
            first = SoundFileReader(file, name, path, digest)
    if first is not None and first.frames:
        return first
    from callqual.audio.containers import ContainerReader

    if not isinstance(file, str):
        file.seek(0)
    try:
        reader = ContainerReader(file, head, name, path, digest)
    except AudioReadError:
        if first is None:
            raise
        return first  # a sound file with no sound in it
    if first is not None:
        first.close()
    return reader


def _is_mpeg(head: bytes) -> bool:
    """Whether a file starts as MP3 does, with an ID3 tag or the eleven set bits of a frame."""
    return head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0)


def _hash(path: str, name: str) -> str:
    """Hash the file at `path`, which was there a moment ago."""
    try:
        return file_sha256(path)
    except OSError as error:
        raise AudioReadError(f"{name}: it went away while it was read ({error.strerror})") from error
