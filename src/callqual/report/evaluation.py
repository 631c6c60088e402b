"""An evaluation as a table: what was found of what is there, by kind and length, and what was found wrongly.

And its curve: the same over the confidence asked for.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from callqual.evaluation import BuzzTally, Curve, Evaluation, Tally
from callqual.report.look import Look

_HEADS = ("true", "found", "recall", "precision", "F1", "wrong")
_STEPS = 20
"""Points of a curve that are shown."""

Groups = Mapping[str, Mapping[str, Evaluation]]


def render_evaluation(found: Evaluation, look: Look | None = None, groups: Groups | None = None) -> str:
    """Return the table of an evaluation as text; `groups` holds parts of it by label, then by value."""
    look = look or Look()
    table = _table("", *_HEADS)
    table.add_row(Text("gaps", "bold"), *_figures(found.gap, look))
    _add(table, found.by_kind, look)
    _add(table, {f"{name} ms": tally for name, tally in found.by_length.items() if tally.hit + tally.missed}, look)
    for label, values in (groups or {}).items():
        _add(table, {f"{label} {name}": evaluation.gap for name, evaluation in values.items()}, look)
    if found.buzz:
        table.add_row(Text("buzz and warp", "bold"))
        _add(table, found.buzz, look)
    edges = found.edge_errors()
    notes = [
        f"false alarms a minute: gaps {found.false_alarms_per_minute:.2f}, "
        f"buzz and warp {found.buzz_false_alarms_per_minute:.2f}, in {found.seconds:.1f} s"
    ]
    if edges["start_median_ms"] is not None:
        start, end = edges["start_median_ms"], edges["end_median_ms"]
        notes.append(f"edges off by (median): start {start:.1f} ms, end {end:.1f} ms")
    return look.text(table, Text("\n".join(notes), "dim"))


def render_curve(curve: Curve, look: Look | None = None) -> str:
    """Return the figures over the confidence asked for as text."""
    look = look or Look()
    table = _table("confidence", *_HEADS, "wrong/min")
    for k in range(_STEPS):
        point = curve.at(k / _STEPS)
        alarms = f"{point.false_alarms_per_minute:.2f}"
        table.add_row(f"{point.min_confidence:.2f}", *_figures(point.tally, look), alarms)
    return look.text(table)


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(first)
    for head in others:
        table.add_column(head, justify="right")
    return table


def _add(table: Table, tallies: Mapping[str, Tally | BuzzTally], look: Look) -> None:
    for name, tally in tallies.items():
        table.add_row(f"  {name}", *_figures(tally, look))


def _figures(tally: Tally | BuzzTally, look: Look) -> list[str]:
    shares = (tally.recall, tally.precision, tally.f1)
    return [
        str(tally.hit + tally.missed),
        str(tally.hit),
        *(look.marks.dash if share is None else f"{share:.3f}" for share in shares),
        str(tally.wrong),
    ]
