"""The exit code of a run, decided while its records pass by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from callqual.names import printable

if TYPE_CHECKING:
    from callqual.result import CallScore

FINE, UNDER, USAGE, UNREADABLE = 0, 1, 2, 3
"""All well; under the threshold asked for; wrong usage; some input unreadable (the others are still scored)."""

INTERRUPTED, BROKEN_PIPE = 130, 141
"""What a shell expects after Ctrl-C, and after the reader of the output went away."""


class Verdict:
    """Looks at every record on its way to the output; tells what is wrong with it, one line each.

    Parameters
    ----------
    threshold : float or None
        MOS every recording is asked to reach. One without a MOS has not shown that it does.
    """

    def __init__(self, threshold: float | None) -> None:
        self._threshold = threshold
        self._unreadable = False
        self._under = False

    @property
    def code(self) -> int:
        """The exit code so far."""
        return UNREADABLE if self._unreadable else UNDER if self._under else FINE

    def watch(self, records: Iterable[CallScore], tell: Callable[[str], None]) -> Iterator[CallScore]:
        """Pass `records` through unchanged."""
        for record in records:
            if complaint := self._complaint(record):
                tell(complaint)
            yield record

    def _complaint(self, record: CallScore) -> str | None:
        name = printable(record.source.path or "samples")
        if record.reason == "unreadable":
            self._unreadable = True
            message = record.message or "cannot be read"
            return message if message.startswith(f"{name}: ") else f"{name}: {message}"
        if self._threshold is None or (record.mos is not None and record.mos >= self._threshold):
            return None
        self._under = True
        found = f"no MOS ({record.reason})" if record.mos is None else f"MOS {record.mos:.2f}"
        return f"{name}: {found}, asked for {self._threshold:g} or more"
