"""The worst moments of a leg, for the ear to check: when, how long, what, and the evidence in a few words."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from callqual.names import printable
from callqual.report.look import Look
from callqual.report.words import KIND_WORDS, clock, hertz, length
from callqual.result import CONFIDENT, Event

MOST = 6
"""Moments shown for a leg."""

_STYLES = {"gap": "red", "jitter": "yellow", "buzz": "magenta"}


def worst(events: Sequence[Event], most: int = MOST) -> list[Event]:
    """The events that hurt most, worst first; those too weak to count are left out."""
    counted = [e for e in events if e.confidence >= CONFIDENT]
    return sorted(counted, key=lambda e: (-e.severity * e.confidence, e.start - e.end, e.start))[:most]


def moment_table(events: Sequence[Event], look: Look) -> list[RenderableType]:
    """Parts for the worst moments: none when nothing was found."""
    counted = sum(e.confidence >= CONFIDENT for e in events)
    if not counted:
        return []
    rows = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    rows.add_column("at", justify="right", min_width=8, no_wrap=True)
    rows.add_column("for", justify="right", min_width=6, no_wrap=True)
    rows.add_column("family", min_width=6)
    rows.add_column("what")
    rows.add_column("sure", justify="right", no_wrap=True)
    for event in worst(events):
        rows.add_row(
            clock(event.start),
            length(event.end - event.start) if event.end > event.start else look.marks.dash,  # a cut is a moment
            Text(event.family, _STYLES[event.family]),
            Text.assemble(KIND_WORDS.get(event.kind, event.kind), (_evidence(event, look), "dim")),
            f"{min(99, round(100 * event.confidence))} %",  # nothing is sure from sound alone
        )
    title = f" the worst {MOST} of {counted} moments" if counted > MOST else " moments, the worst first"
    return [Text(title, "bold"), Padding(rows, (0, 0, 0, 2))]


def _evidence(event: Event, look: Look) -> str:
    details, words = event.details, []
    if isinstance(hz := details.get("hz"), (int, float)):
        words.append(hertz(hz))
    if isinstance(level := details.get("level_db"), (int, float)):
        words.append(f"{level:.0f} dB".replace("-", look.marks.minus))
    if "hz" not in details and isinstance(lag := details.get("lag_ms"), (int, float)):
        words.append(f"{lag:.1f} ms back")
    if cause := details.get("cause"):
        words.append(printable(str(cause)).replace("_", " "))
    return f" ({', '.join(words)})" if words else ""
