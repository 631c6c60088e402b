"""What the simulator can do on this machine, by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from callqual.simulation import codecs
from callqual.simulation.buzz import BUZZES
from callqual.simulation.concealment import CONCEALMENTS
from callqual.simulation.recorder import RECORDERS
from callqual.simulation.timing import TIMING


class Entry(NamedTuple):
    """The option, a name it takes, and what is missing for it (None = nothing)."""

    option: str
    name: str
    missing: str | None = None


def catalogue() -> list[Entry]:
    """List codecs, concealments, splices, tones and recorder paths.

    Returns
    -------
    list of Entry
    """
    found = [Entry("codec", name, _missing(name)) for name in codecs.names()]
    groups: dict[str, Iterable[str]] = {
        "concealment": CONCEALMENTS,
        "timing": TIMING,
        "buzz": BUZZES,
        "recorder": RECORDERS,
    }
    return found + [Entry(option, name) for option, names in groups.items() for name in names]


def _missing(name: str) -> str | None:
    try:
        codecs.codec(name)
    except codecs.MissingLibrary as error:
        return str(error)
    return None
