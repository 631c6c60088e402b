"""`open_audio`: a path, a binary file object or samples in, an `AudioReader` out. Content decides, not the name."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO

from numpy.typing import ArrayLike

from callqual.audio.arrays import ArrayReader
from callqual.audio.files import NotForLibsndfile, SoundFileReader
from callqual.audio.reader import AudioReader
from callqual.audio.spool import discard, file_sha256, spool
from callqual.errors import AudioReadError, InputError
from callqual.names import as_text, printable

__all__ = ["AudioReader", "AudioSource", "open_audio"]

AudioSource = str | os.PathLike[str] | BinaryIO | ArrayLike
"""What can be scored."""

_HEAD = 64  # bytes: enough for an ID3 tag, an MPEG frame, or the document type of WebM


def open_audio(source: AudioSource, sr: float | None = None) -> AudioReader:
    """Open a recording for reading; use it as a context manager.

    Parameters
    ----------
    source : path, binary file object or ndarray [shape=(n,) or (n, channels)]
        A file object (or a pipe's path) is read from where it stands to its end into a temporary file; it needs no
        ``seek`` and is left open. Samples are floats within +-1 or 8, 16 or 32 bit integers.
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
    if isinstance(source, bytes | bytearray | memoryview):
        raise InputError(f"cannot score {type(source).__name__}; expected a path, file object or samples: io.BytesIO")
    if hasattr(source, "read"):
        given = getattr(source, "name", None)
        path = as_text(given) if isinstance(given, str) else None
        return _file_only(_open_stream(source, printable(path or "file object"), path), sr)
    return ArrayReader(source, sr)


def _file_only(reader: AudioReader, sr: float | None) -> AudioReader:
    """Refuse a rate that contradicts the file's."""
    if sr is None or sr == reader.sr:
        return reader
    reader.close()
    raise InputError(f"{reader.name}: sr={sr!r} but the file says {reader.sr} Hz; sr is for samples only: leave it out")


def _open_path(path: str) -> AudioReader:
    """Open the file at `path`; a pipe or device is spooled first."""
    name = printable(path)
    with _open_binary(path, name) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return _open_stream(file, name, as_text(path))
    return _decoder(path, name, as_text(path), partial(_hash, path, name))


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


def _open_stream(stream: Any, name: str, path: str | None) -> AudioReader:
    """Open a copy of a file object, deleted with its reader."""
    copy, sha256 = spool(stream, name)
    try:
        reader = _decoder(copy, name, path, lambda: sha256)
    except BaseException:
        discard(copy)
        raise
    reader.on_close(partial(discard, copy))
    return reader


def _decoder(file: str, name: str, path: str | None, digest: Callable[[], str]) -> AudioReader:
    """Choose the decoder of `file` by content: libsndfile first, then FFmpeg, which is loaded only when needed.

    A header that states no samples at all (a writer that never came back to it) is read to the end by FFmpeg.
    """
    with _open_binary(file, name) as opened:
        head = opened.read(_HEAD)
    if not head:
        raise AudioReadError(f"{name}: it is empty (0 bytes); expected a recording")
    first = None
    if not _is_talkative(head):
        with suppress(NotForLibsndfile):
            first = SoundFileReader(file, name, path, digest)
    if first is not None and first.frames:
        return first
    from callqual.audio.containers import ContainerReader

    try:
        reader = ContainerReader(file, head, name, path, digest)
    except AudioReadError:
        if first is None:
            raise
        return first  # a sound file with no sound in it
    if first is not None:
        first.close()
    return reader


def _is_talkative(head: bytes) -> bool:
    """Whether libsndfile's decoder would print complaints: MP3 (an ID3 tag, or a frame's eleven set bits) and CAF."""
    return head.startswith((b"ID3", b"caff")) or (head[0] == 0xFF and head[1:2] >= b"\xe0")


def _hash(path: str, name: str) -> str:
    """Hash the file at `path`, which was there a moment ago."""
    try:
        return file_sha256(path)
    except OSError as error:
        raise AudioReadError(f"{name}: it went away while it was read ({error.strerror})") from error
