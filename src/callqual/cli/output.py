"""Where the data goes: stdout, or a file that appears whole or not at all; and all else: stderr, a line each."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO, cast

from callqual.errors import InputError
from callqual.names import printable


def open_closed() -> None:
    """Give standard streams that the caller closed: nothing to read, a refusal to write, and stderr to nowhere.

    In this order, so that no recording is opened under their numbers.
    """
    if sys.stdin is None:
        sys.stdin = _nowhere("r")
        sys.stdin.buffer.raw.name = "<stdin>"  # type: ignore[attr-defined]
    if sys.stdout is None:
        sys.stdout = _nowhere("r")
    if sys.stderr is None:
        sys.stderr = _nowhere("w")


def _nowhere(mode: str) -> TextIO:
    return cast(TextIO, open(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8", closefd=False))


def say(line: str) -> None:
    """Tell the person at the terminal one thing, on one line of stderr."""
    print(f"callqual: {printable(line)}", file=sys.stderr, flush=True)


@contextmanager
def opened(path: str | None) -> Iterator[TextIO]:
    """Give a text stream for the data.

    Parameters
    ----------
    path : str or None
        ``None`` or ``-`` is stdout. A file is written beside its place and renamed when all went well, so that a
        reader never sees half of it and a failed run leaves the old one; a pipe or device is written directly.
    """
    if path is None or path == "-":
        if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
        yield sys.stdout
    elif os.path.exists(path) and not os.path.isfile(path):
        with _open(path, "w", path) as stream:
            yield stream
    else:
        with _replaced(os.path.realpath(path)) as stream:
            yield stream


@contextmanager
def _replaced(path: str) -> Iterator[TextIO]:
    draft = f"{path}.{os.getpid()}.part"
    try:
        with _open(draft, "x", path) as stream:
            yield stream
        os.replace(draft, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.remove(draft)
        raise


def _open(path: str, mode: str, name: str) -> TextIO:
    """Open for writing text as UTF-8 with bare newlines; a refusal names what the user asked for."""
    try:
        return cast(TextIO, open(path, mode, encoding="utf-8", newline="\n"))
    except OSError as error:
        raise InputError(f"{name}: -o cannot be written ({error.strerror}); choose another file") from None
