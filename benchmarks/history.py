"""How the figures went from commit to commit: every run with ``--out`` appends a line to HISTORY.jsonl beside it.

::

    python -m benchmarks.history                              # every row of every run
    python -m benchmarks.history coded/gsm 'damage/*/8000'    # rows by a part of the name or a pattern
    python -m benchmarks.history coded/ --plot history.png

A line is a run: commit, date, version, section, whether small, and the headline figures of its rows in order of name.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

Rows = dict[str, dict[str, Any]]
Run = dict[str, Any]

NAME = "HISTORY.jsonl"
HEADLINES = {
    "f1": "f1",
    "recall": "recall",
    "precision": "precision",
    "gap_per_minute": "FA/min",
    "clean_gap_per_minute": "clean FA/min",
    "share_mae": "share MAE",
    "false alarms a minute, clean calls": "clean FA/min",
    "concealed share: MAE, points": "share MAE",
    "r, clips": "MOS r",
    "RMSE, clips": "MOS RMSE",
    "MOS and concealed share of speech: Spearman": "MOS Spearman",
    "ratio": "ratio",
    "median": "median",
    "megabytes": "MB",
}
"""Figures of a row that are kept, and what they are called in the history."""

DIGITS = 4


def append(folder: Path, section: str, rows: Rows, made_by: str, when: datetime | None = None) -> None:
    """Append one run to the history in `folder`; `made_by` is the stamp of :func:`benchmarks.results.version`."""
    _, version, *commit = made_by.split()
    line = {
        "commit": "".join(commit).strip("()") or None,
        "date": (when or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "version": version,
        "section": section,
        "small": any(row.get("small") for row in rows.values()),
        "rows": {key: figures for key in sorted(rows) if (figures := headline(rows[key]))},
    }
    with (folder / NAME).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def headline(row: dict[str, Any]) -> dict[str, float]:
    """Return the figures of a row that are kept."""
    kept = {short: row[name] for name, short in HEADLINES.items() if row.get(name) is not None}
    return {name: round(float(value), DIGITS) for name, value in kept.items()}


def read(path: Path) -> list[Run]:
    """Read all runs, in the order in which they were made."""
    if not path.is_file():
        sys.exit(f"{path} is missing: a benchmark run with --out writes it")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def chosen(runs: Iterable[Run], patterns: Sequence[str]) -> Iterator[tuple[str, Run, dict[str, float]]]:
    """Yield row, run and figures of the rows that a pattern names, row by row, each in the order of its runs."""
    runs = list(runs)
    keys = sorted({key for run in runs for key in run["rows"]})
    for key in keys:
        if not patterns or any(pattern in key or fnmatch(key, pattern) for pattern in patterns):
            yield from ((key, run, run["rows"][key]) for run in runs if key in run["rows"])


def page(runs: Iterable[Run], patterns: Sequence[str]) -> str:
    """Write the table: a line for each row and run."""
    from benchmarks.results import table

    found = list(chosen(runs, patterns))
    names = [name for name in dict.fromkeys(HEADLINES.values()) if any(name in figures for _, _, figures in found)]
    lines = []
    for key, run, figures in found:
        of = run["section"] + (", small" if run["small"] else "")
        lines.append([key, run["commit"], run["date"][:10], of, *(figures.get(name) for name in names)])
    return table(" | ".join(["row", "commit", "date", "run", *names]), lines)


def plot(runs: Iterable[Run], patterns: Sequence[str], path: Path) -> None:
    """Draw the first headline figure of every row chosen, run after run."""
    from matplotlib.figure import Figure

    found = list(chosen(runs, patterns))
    commits = list(dict.fromkeys(str(run["commit"]) for _, run, _ in found))
    figure = Figure(figsize=(10, 5), layout="constrained")
    axes = figure.add_subplot()
    for key in dict.fromkeys(key for key, _, _ in found):
        points = [(commits.index(str(run["commit"])), figures) for k, run, figures in found if k == key]
        name = next(iter(points[0][1]))
        axes.plot([x for x, _ in points], [f.get(name) for _, f in points], marker="o", label=f"{key}: {name}")
    axes.set_xticks(range(len(commits)), commits, rotation=60)
    axes.legend(fontsize="small")
    figure.savefig(path)


def main(argv: list[str] | None = None) -> int:
    """Print the table, and draw it where asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=str(__doc__).splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help="part of a row's name, or a pattern; default: all")
    parser.add_argument("--file", type=Path, default=Path(__file__).parent / NAME)
    parser.add_argument(
        "--plot", type=Path, metavar="PNG", help="draw F1, or what the rows have, by commit (matplotlib)"
    )
    args = parser.parse_args(argv)
    runs = read(args.file)
    text = page(runs, args.rows)
    if not text:
        sys.exit(f"no row of the history is {' or '.join(args.rows)}")
    print(text)
    if args.plot:
        plot(runs, args.rows, args.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
