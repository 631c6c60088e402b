"""What keeps the deciding of ten hours small changes no figure."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqual.detect.heap import LONG_SECONDS, Shared, give_back, joined

STATUS = Path("/proc/self/status")


@given(st.lists(st.floats() | st.sampled_from([0.0, -0.0, 1.0, 4.0]), max_size=30))
def test_shared_numbers_are_those_that_came_to_the_bit(values: list[float]) -> None:
    shared = Shared()
    for value in values:
        out = shared(value)
        assert (
            math.isnan(out) if math.isnan(value) else (out, math.copysign(1, out)) == (value, math.copysign(1, value))
        )


def test_equal_numbers_become_one_object() -> None:
    shared, digits = Shared(), "12.5"
    first, second = float(digits), float(digits)
    assert first is not second
    assert shared(first) is shared(second) is first


def test_columns_are_joined_in_order_and_their_parts_let_go() -> None:
    parts = [(np.arange(n), np.full((n, 2), float(n))) for n in (0, 3, 2)]
    a, b = joined(parts)
    assert a.tolist() == [0, 1, 2, 0, 1]
    assert b.tolist() == [[3.0, 3.0]] * 3 + [[2.0, 2.0]] * 2
    assert parts == []


def resident() -> float:
    """Resident memory, MB."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="only the C library of Linux keeps what it is given back")
def test_what_was_freed_is_given_back_after_a_long_leg() -> None:
    held = [np.ones(1500) for _ in range(6000)]  # 12 kB each: from the heap, 72 MB
    wedges = held[::100]
    full = resident()
    del held
    give_back(LONG_SECONDS - 1.0)
    kept = resident()
    give_back(LONG_SECONDS)
    assert resident() < full - 50
    assert resident() <= kept
    assert all(wedge[0] == 1.0 for wedge in wedges)
