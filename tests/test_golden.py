"""The records of the example recordings are the golden ones, within the tolerances of golden_records.py."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from golden_records import GOLDEN, NAMES, differences, load, record


def test_every_example_has_its_golden_record() -> None:
    assert len(NAMES) == 7
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.json" for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_golden(name: str) -> None:
    found = list(differences(load(name), record(name)))
    assert not found, "\n".join([*found[:20], "if it is meant: python tests/golden_records.py, a line under Scores"])


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda r: r["legs"][0]["events"].pop(), True),
        (lambda r: r["legs"][0]["events"][0].update(kind="fade"), True),
        (lambda r: r["legs"][0]["events"][0].update(start=r["legs"][0]["events"][0]["start"] + 0.003), True),
        (lambda r: r["legs"][0]["events"][0].update(start=r["legs"][0]["events"][0]["start"] + 0.001), False),
        (lambda r: r.update(mos=r["mos"] + 0.03), True),
        (lambda r: r.update(mos=r["mos"] - 0.01), False),
        (lambda r: r.update(mos=None), True),
        (lambda r: r["legs"][0].update(news=1), True),
        (lambda r: r["legs"][0]["gap"].update(count=r["legs"][0]["gap"]["count"] + 1), True),
    ],
)
def test_differences_are_seen(change: Any, seen: bool) -> None:
    old = load("zero_filled.wav")
    new = copy.deepcopy(old)
    change(new)
    assert bool(list(differences(old, new))) is seen
