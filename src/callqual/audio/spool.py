"""File objects and pipes: copied once into a temporary file that every decoder can wind back, hashed on the way."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from typing import Any

from callqual.errors import AudioReadError, InputError

PIECE = 2**18
"""Bytes read at once."""


def spool(stream: Any, name: str) -> tuple[str, str]:
    """Copy a binary file object from where it stands to its end.

    Parameters
    ----------
    stream : file object
        Anything with ``read(n)`` that returns bytes; it need not be seekable and is left open.
    name : str
        What error messages call it.

    Returns
    -------
    path : str
        The copy; its owner calls :func:`discard`.
    sha256 : str
        Hash of the bytes copied.
    """
    digest = hashlib.sha256()
    path = None
    try:
        handle, path = tempfile.mkstemp(prefix="callqual-")
        with open(handle, "wb") as copy:
            while chunk := _read(stream, name):
                digest.update(chunk)
                copy.write(chunk)
    except BaseException as error:
        if path is not None:
            discard(path)
        if isinstance(error, OSError) and not isinstance(error, AudioReadError):
            raise AudioReadError(
                f"{name}: cannot be copied ({error.strerror}); set TMPDIR to a folder with room"
            ) from None
        raise
    return path, digest.hexdigest()


def discard(path: str) -> None:
    """Delete a copy."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def file_sha256(path: str) -> str:
    """Return the SHA-256 of the file at `path`."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(stream: Any, name: str) -> bytes:
    """Read the next piece, refusing text and closed files."""
    try:
        chunk = stream.read(PIECE)
    except OSError as error:
        raise AudioReadError(f"{name}: cannot be read ({error}); check where it comes from") from error
    except ValueError as error:  # closed, or text that does not decode
        raise InputError(f"{name}: cannot be read ({error}); expected a file opened with open(path, 'rb')") from error
    if not isinstance(chunk, bytes | bytearray | memoryview):
        raise InputError(f"{name}: read() gives {type(chunk).__name__}; expected bytes: open it with open(path, 'rb')")
    return bytes(chunk)
