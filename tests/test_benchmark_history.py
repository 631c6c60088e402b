"""Runs of the benchmark are appended to its history and read back by row."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import history
from benchmarks.results import update

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ROWS = {
    "coded/gsm/8000": {"f1": 0.123456, "recall": 0.5, "gap_per_minute": 0.0, "small": True, "clips": 5},
    "clean/clean/8000": {"f1": None, "gap_per_minute": 0.25, "small": True},
    "coded/g729/8000": {"missing": "libbcg729-0", "small": True},
}


def test_a_run_is_a_line_with_its_headlines_in_order(tmp_path):
    for rows in (ROWS, dict(reversed(ROWS.items()))):
        history.append(tmp_path, "accuracy tune", rows, "callqual 0.1.0 (abc1234+)", WHEN)
    one, two = (tmp_path / history.NAME).read_text().splitlines()
    assert one == two
    assert json.loads(one) == {
        "commit": "abc1234+",
        "date": "2026-01-02T03:04:05Z",
        "version": "0.1.0",
        "section": "accuracy tune",
        "small": True,
        "rows": {
            "clean/clean/8000": {"FA/min": 0.25},
            "coded/gsm/8000": {"f1": 0.1235, "recall": 0.5, "FA/min": 0.0},
        },
    }


def test_every_update_of_results_is_in_the_history(tmp_path):
    for _ in range(2):
        update(tmp_path / "R.md", "accuracy tune", ROWS, lambda rows: str(sorted(rows)))
    runs = history.read(tmp_path / history.NAME)
    assert [list(run["rows"]) for run in runs] == [["clean/clean/8000", "coded/gsm/8000"]] * 2


def test_rows_are_chosen_by_part_or_pattern(tmp_path, capsys):
    for f1, commit in ((0.1, "aaa"), (0.2, "bbb")):
        rows = {key: {"f1": f1} for key in ("coded/gsm/8000", "coded/g729/8000", "damage/fade/8000")}
        history.append(tmp_path, "accuracy tune", rows, f"callqual 0.1.0 ({commit})", WHEN)
    file = str(tmp_path / history.NAME)

    def lines(*patterns):
        assert history.main([*patterns, "--file", file]) == 0
        return [line.split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]

    assert [[line[0], line[1], line[-1]] for line in lines("gsm")] == [
        ["| coded/gsm/8000", "aaa", "0.100 |"],
        ["| coded/gsm/8000", "bbb", "0.200 |"],
    ]
    assert len(lines("coded/*/8000", "fade")) == 6
    assert len(lines()) == 6
    with pytest.raises(SystemExit, match="no row of the history is hum"):
        history.main(["hum", "--file", file])
    with pytest.raises(SystemExit, match="is missing"):
        history.main(["--file", str(tmp_path / "none")])


def test_a_plot_is_a_picture(tmp_path):
    history.append(tmp_path, "accuracy tune", ROWS, "callqual 0.1.0 (abc)", WHEN)
    history.main(["--file", str(tmp_path / history.NAME), "--plot", str(tmp_path / "p.png")])
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
