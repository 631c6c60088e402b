"""The page on the benchmark shows what its commands give today: their words, their columns."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "docs"))

import make_benchmark
from benchmarks import accuracy, gate, misses

from test_benchmark_calls import SR, gap, outcome

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8")


def test_the_table_of_the_example_has_the_columns_of_today() -> None:
    made = outcome([gap(1, 2)], [gap(1, 2)], group="damage", row="appendix_i", options={})
    row = accuracy.measure("damage", "appendix_i", SR, [made]) | {"small": True}
    head = next(
        line for line in accuracy.page("light", {"damage/appendix_i/8000": row}).splitlines() if "damage |" in line
    )
    assert head in PAGE, "run docs/make_benchmark.py"


def test_the_commands_of_the_example_are_there_with_what_they_printed() -> None:
    for words in make_benchmark.COMMANDS.values():
        assert f"python -m {' '.join(words)}" in PAGE
    assert re.search(r"^  missed +\d+\.\d{3} s, .*; found there: ", PAGE, re.MULTILINE)
    assert len(PAGE.split("misses:begin")[1].split("misses:end")[0].splitlines()) <= make_benchmark.LONGEST + 6


def test_every_command_of_the_page_is_a_module() -> None:
    named = set(re.findall(r"python -m benchmarks\.(\w+)", PAGE))
    assert named >= {"accuracy", "misses", "gate", "history", "corpora"}
    folder = ROOT / "benchmarks"
    assert all((folder / f"{name}.py").is_file() or (folder / name / "__main__.py").is_file() for name in named)
    assert misses.__doc__
    assert gate.BASELINE.is_file()
