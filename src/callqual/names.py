"""Names of files as text that any record, page or terminal can take."""

from __future__ import annotations

import os
import unicodedata


def as_text(path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> str:
    r"""Return `path` as text that UTF-8 can hold: a byte of a name that is not UTF-8 is written ``\xe9``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def printable(name: str) -> str:
    """Return `name` fit for one line of a message: it must not break the line, move the cursor or turn the text round."""
    return "".join(_shown(c) for c in as_text(name))


def _shown(c: str) -> str:
    kind = unicodedata.category(c)
    return c.encode("unicode_escape").decode() if kind[0] == "C" or kind in ("Zl", "Zp") else c
