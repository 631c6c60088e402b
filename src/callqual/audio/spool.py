"""File objects and pipes: copied once into a file that can be wound back, and hashed on the way."""

from __future__ import annotations

import hashlib
import tempfile
from typing import Any, BinaryIO, cast

from callqual.errors import AudioReadError, InputError

IN_MEMORY = 16 * 2**20
"""Bytes of a file object kept in memory; a longer one goes to a temporary file."""


def spool(stream: Any, name: str) -> tuple[BinaryIO, str]:
    """Copy a binary file object from where it stands to its end.

    Parameters
    ----------
    stream : file object
        Anything with ``read(n)`` that returns bytes; it need not be seekable and is left open.
    name : str
        What error messages call it.

    Returns
    -------
    file : file object
        The copy, at its start; its owner closes it.
    sha256 : str
        Hash of the bytes copied.
    """
    digest = hashlib.sha256()
    copy = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    try:
        while chunk := _read(stream, name):
            digest.update(chunk)
            copy.write(chunk)
        if copy.tell() == 0:
            raise AudioReadError(f"{name}: it is empty (0 bytes); expected a recording")
    except BaseException:
        copy.close()
        raise
    copy.seek(0)
    return cast(BinaryIO, copy), digest.hexdigest()


def _read(stream: Any, name: str) -> bytes:
    """Read the next piece, refusing text and closed files."""
    try:
        chunk = stream.read(2**18)
    except OSError as error:
        raise AudioReadError(f"{name}: cannot be read ({error})") from error
    except ValueError as error:  # closed, or text that is not text
        raise InputError(f"{name}: cannot be read ({error}); expected a file opened with open(path, 'rb')") from error
    if not isinstance(chunk, bytes | bytearray | memoryview):
        raise InputError(f"{name}: read() gives {type(chunk).__name__}; expected bytes: open it with open(path, 'rb')")
    return bytes(chunk)


def file_sha256(path: str) -> str:
    """Return the SHA-256 of the file at `path`."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
