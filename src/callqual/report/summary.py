"""Several recordings at a glance: one line a leg, in the order they were given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from callqual.names import printable
from callqual.report.look import Look
from callqual.report.words import grade, share
from callqual.result import CallScore, Leg

if TYPE_CHECKING:
    from rich.console import RenderableType

_FIGURES = ("MOS", "95 %", "gap", "jitter", "buzz", "lost")
_FAMILIES = ("gap", "jitter", "buzz")


def summary(records: Sequence[CallScore], look: Look) -> RenderableType:
    """A table of one line a leg: MOS, interval, family scores (where there is room), share lost."""
    table = Table(box=None, padding=(0, 1 if look.narrow else 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("recording", overflow="fold", min_width=12)
    table.add_column("leg", justify="right")
    names = [name for name in _FIGURES if not (look.narrow and name in _FAMILIES)]
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", min_width=10)
    for record in records:
        name = printable(PurePath(record.source.path).name if record.source.path else "samples")
        if not record.legs:
            table.add_row(name, "", *[""] * len(names), Text((record.reason or "").replace("_", " "), "red"))
        for leg in record.legs:
            table.add_row(name, str(leg.channel), *(_figures(leg, look)[name] for name in names), _verdict(leg))
    return table


def _figures(leg: Leg, look: Look) -> dict[str, str]:
    dash = look.marks.dash
    interval = dash if leg.mos_low is None or leg.mos_high is None else f"{leg.mos_low:.1f}{dash}{leg.mos_high:.1f}"
    scores = [dash if x is None else f"{x:.1f}" for x in (leg.gap_score, leg.jitter_score, leg.buzz_score)]
    lost = dash if leg.gap.loss_rate is None else share(leg.gap.loss_rate)
    values = (dash if leg.mos is None else f"{leg.mos:.2f}", interval, *scores, lost)
    return dict(zip(_FIGURES, values, strict=True))


def _verdict(leg: Leg) -> Text:
    if leg.mos is None:
        return Text((leg.reason or "").replace("_", " "), "yellow")
    return Text(grade(leg.mos), "green" if leg.mos >= 3.75 else "yellow" if leg.mos >= 2.75 else "red")
