"""Which recordings a command line means: files as given, folders searched through, ``-`` for stdin."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

STDIN = "-"

ENDINGS = frozenset({
    ".3g2", ".3ga", ".3gp", ".3gpp", ".aac", ".aif", ".aifc", ".aiff", ".alac", ".amr", ".au", ".avi", ".awb", ".caf",
    ".flac", ".gsm", ".m4a", ".m4b", ".m4v", ".mka", ".mkv", ".mov", ".mp3", ".mp4", ".mpga", ".oga", ".ogg", ".opus",
    ".rf64", ".snd", ".sph", ".w64", ".wav", ".wave", ".weba", ".webm", ".wma", ".wv",
})  # fmt: skip
"""Endings taken for recordings when a folder is searched; a file that is named is read whatever its ending."""


def collect(paths: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """Expand folders.

    Returns
    -------
    recordings : list of str
        Files and ``-`` in the order given, those of a folder sorted by path.
    barren : dict of str
        What is wrong with folders that hold no recording or cannot be searched, by name.
    """
    recordings: list[str] = []
    barren: dict[str, str] = {}
    for path in paths:
        if path == STDIN or not os.path.isdir(path):
            recordings.append(path)
            continue
        found = sorted(_search(path, barren), key=lambda name: name.split(os.sep))
        recordings.extend(found)
        if not found:
            barren.setdefault(path, "no recording found in it; name files to have them read whatever their ending")
    return recordings, barren


def _search(folder: str, closed: dict[str, str]) -> Iterator[str]:
    """Yield the recordings below `folder`; dot names are hidden, links to folders not followed."""

    def keep(error: OSError) -> None:
        closed[error.filename] = f"cannot be searched ({error.strerror}); check its permissions"

    for parent, folders, files in os.walk(folder, onerror=keep):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in ENDINGS:
                yield os.path.join(parent, name)
