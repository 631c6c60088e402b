"""What callqual prints: each renderer turns records into text, one chunk as soon as it is known.

Every renderer has the same shape, ``(records, ...) -> Iterator[str]``: joined, the chunks are the whole output;
written one by one they stream. None of them opens a file or looks at the terminal by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from callqual.report.look import Look
    from callqual.result import CallScore

FORMATS = ("table", "json", "jsonl", "csv")
"""Names of the formats :func:`render` knows."""

__all__ = ["FORMATS", "render"]


def render(
    records: Iterable[CallScore], form: str = "table", *, fields: Sequence[str] = (), look: Look | None = None
) -> Iterator[str]:
    """Turn records into text.

    Parameters
    ----------
    records : iterable of CallScore
        Consumed one at a time: the output of a record is yielded before the next is asked for (json looks one ahead).
    form : {"table", "json", "jsonl", "csv"}
        See :data:`FORMATS`.
    fields : sequence of str
        Dotted names: bare values instead of `form`, one line a recording (see :mod:`callqual.report.fields`).
    look : Look, optional
        Width, colour and characters of the table; plain ASCII of 80 columns by default.

    Yields
    ------
    str
        Whole lines.
    """
    from callqual.report import fields as bare
    from callqual.report import records as data

    if fields:
        return bare.render(records, fields)
    if form == "table":
        from callqual.report import table

        return table.render(records, look)
    return {"json": data.render_json, "jsonl": data.render_jsonl, "csv": data.render_csv}[form](records)
