"""Where results go: a JSON file that keeps every row, a Markdown file written from it between markers, the history.

A run replaces the rows it made and leaves the others; the Markdown is never typed by hand. In the JSON a row is a line under the
stamp of what made it, so that a run which moves no figure moves no line; figures are rounded as the tables show them.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import history
from callqual import __version__

Rows = dict[str, dict[str, Any]]

DIGITS = 3
"""After the point: a mark is judged by the figure that is read."""

_HEAD = """# Results

Made by `python -m benchmarks.accuracy` and `python -m benchmarks.neteq`; every section is rewritten by the command that
makes it. Rules of counting: `callqual.evaluation`. Speech, damage and negatives: the modules of this folder.
"""


def update(out: Path, section: str, rows: Rows, write: Callable[[Rows], str]) -> str:
    """Merge `rows` into a section of the JSON beside `out`, rewrite its Markdown, and return that.

    The run is appended to the history beside them.
    """
    stamp = version()
    store, every = out.with_suffix(".json"), load(out)
    merged = every.get(section, {}) | {key: rounded(row) | {"made_by": stamp} for key, row in rows.items()}
    every[section] = dict(sorted(merged.items()))
    store.write_text(_by_row(every))
    text = write(every[section])
    by = sorted({row["made_by"] for row in every[section].values()})
    history.append(out.parent, section, rows, stamp)
    _replace(out, section, f"{text}\n\nMade by {', '.join(by)}.\n")
    return text


def load(out: Path) -> dict[str, Rows]:
    """Return the rows kept beside `out` by section, each with the stamp of what made it."""
    store = out.with_suffix(".json")
    kept = json.loads(store.read_text()) if store.exists() else {}
    return {
        section: {key: row | {"made_by": stamp} for stamp, rows in by.items() for key, row in rows.items()}
        for section, by in kept.items()
    }


def _by_row(every: dict[str, Rows]) -> str:
    """Write JSON of which every row is a line, by what made it, so that differences are read row by row."""
    sections = []
    for section, rows in every.items():
        lines: dict[str, list[str]] = {row["made_by"]: [] for row in rows.values()}
        for key, row in rows.items():
            figures = {name: value for name, value in row.items() if name != "made_by"}
            lines[row["made_by"]].append(f"   {json.dumps(key)}: {json.dumps(figures, separators=(',', ':'))}")
        parts = (f"  {json.dumps(stamp)}: {{\n" + ",\n".join(part) + "\n  }" for stamp, part in sorted(lines.items()))
        sections.append(f" {json.dumps(section)}: {{\n" + ",\n".join(parts) + "\n }")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def rounded(value: Any) -> Any:
    """Round every figure of a row to :data:`DIGITS`."""
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def version() -> str:
    """Name the code a result was made by: version and commit, with + if files differ from it."""
    here = Path(__file__).parent

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=here, capture_output=True, text=True, check=False).stdout.strip()

    commit = git("rev-parse", "--short", "HEAD")
    changed = "+" if git("status", "--porcelain", "--untracked-files=no", "../src") else ""
    return f"callqual {__version__}" + (f" ({commit}{changed})" if commit else "")


def _replace(out: Path, section: str, text: str) -> None:
    start, end = f"<!-- {section}: start -->", f"<!-- {section}: end -->"
    page = out.read_text() if out.exists() else _HEAD
    if start not in page:
        page += f"\n{start}\n{end}\n"
    head, rest = page.split(start, 1)
    out.write_text(f"{head}{start}\n{text}{end}{rest.split(end, 1)[1]}")


def table(head: str, rows: Iterable[Sequence[Any]], note: str = "") -> str:
    """Write a Markdown table of the columns named in `head` ("a | b | c"), numbers to the right; nothing of no rows."""
    body = [" | ".join(map(show, row)) for row in rows]
    if not body:
        return ""
    ruler = " | ".join("---" if i == 0 else "---:" for i in range(head.count("|") + 1))
    lines = "\n".join(f"| {line} |" for line in (head, ruler, *body))
    return f"{lines}\n\n{note}" if note else lines


def show(value: Any) -> str:
    """Write one cell: three digits after the point below 10, a dash for None, yes and no."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "**no**"
    if isinstance(value, float):
        return f"{value:.{DIGITS}f}" if abs(value) < 10 else f"{value:.1f}"
    return str(value)
