"""How a table may look where it goes: width, colour, and which characters draw it."""

from __future__ import annotations

import io
import os
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


NARROWEST = 48
"""Columns below which a terminal may break lines as it likes."""


@dataclass(frozen=True)
class Look:
    """Width in columns, and whether a terminal with colours and a font with block characters reads it."""

    width: int = 80
    terminal: bool = False
    blocks: bool = False

    @classmethod
    def of(cls, stream: TextIO) -> Look:
        """Look for `stream`: plain ASCII of 80 columns unless it is a terminal (``FORCE_COLOR`` counts as one)."""
        if not (stream.isatty() or os.environ.get("FORCE_COLOR")):
            return cls()
        width = shutil.get_terminal_size().columns
        encoding = (getattr(stream, "encoding", None) or "ascii").lower()
        return cls(width=max(NARROWEST, min(width, 110)), terminal=True, blocks=encoding.startswith("utf"))

    @property
    def marks(self) -> Marks:
        """The characters to draw with."""
        marks = UNICODE if self.blocks else ASCII
        return replace(marks, bar=10) if self.narrow else marks

    @property
    def narrow(self) -> bool:
        """Whether bars and columns must be cut down to what matters most: a split screen, a phone."""
        return self.width < 72

    def text(self, *parts: RenderableType) -> str:
        """Render rich `parts` one below the other to text for this look."""
        console = self._console()
        console.print(*parts, sep="\n")
        lines = console.file.getvalue().split("\n")  # type: ignore[attr-defined]
        return "\n".join(line.rstrip() for line in lines)

    def _console(self) -> Console:
        from rich.console import Console

        return Console(
            file=io.StringIO(),
            width=self.width,
            force_terminal=self.terminal,
            color_system="auto" if self.terminal else None,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )


@dataclass(frozen=True)
class Marks:
    """Characters of the bars: filled, interval, the value itself, the rest; a ramp from MOS 1 to 5; dash and minus; columns of a bar."""

    full: str
    between: str
    here: str
    rest: str
    ramp: str
    dash: str
    minus: str
    bar: int = 20


UNICODE = Marks(full="█", between="▒", here="●", rest="·", ramp="▁▂▃▄▅▆▇█", dash="–", minus="−")
ASCII = Marks(full="#", between="=", here="O", rest=".", ramp="12345", dash="-", minus="-")
