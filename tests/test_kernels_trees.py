"""The walk down fitted trees against its oracle, jitted and as plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import naive
from callqual.kernels.trees import walk_trees

RUN = pytest.mark.parametrize("run", naive.ways(walk_trees), ids=["jit", "plain"])
Forest = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]


@st.composite
def forests(draw: st.DrawFn, columns: int) -> Forest:
    """Complete binary trees; rows can meet their whole-number thresholds, and their leaves sum exactly."""
    trees, depth = draw(st.integers(0, 4)), draw(st.integers(0, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    inner = 2**depth - 1
    return (
        rng.integers(0, columns, (trees, inner)),
        rng.integers(-3, 4, (trees, inner)).astype(np.float64),
        rng.integers(-64, 65, (trees, inner + 1)) / 64.0,
    )


@RUN
@given(forest=forests(3), x=st.lists(st.tuples(*[st.integers(-4, 4)] * 3), max_size=8), bias=st.integers(-5, 5))
def test_each_row_gets_the_leaves_it_falls_into(
    run: Callable[..., Any], forest: Forest, x: list[tuple[int, ...]], bias: int
) -> None:
    rows = np.array(x, np.float64).reshape(-1, 3)
    out = np.full(len(rows), float(bias))
    run(rows, *forest, out)
    assert np.array_equal(out, bias + naive.forest(rows, *forest))


@RUN
@pytest.mark.parametrize(("value", "leaf"), [(-np.inf, 1.0), (0.0, 1.0), (5e-324, 2.0), (np.inf, 2.0)])
def test_a_value_at_the_threshold_goes_left(run: Callable[..., Any], value: float, leaf: float) -> None:
    out = np.zeros(1)
    run(np.array([[value]]), np.zeros((1, 1), np.int64), np.zeros((1, 1)), np.array([[1.0, 2.0]]), out)
    assert out[0] == leaf


def test_one_specialisation() -> None:
    walk_trees(np.zeros((1, 1)), np.zeros((1, 1), np.int64), np.zeros((1, 1)), np.zeros((1, 2)), np.zeros(1))
    assert naive.specialisations(walk_trees) == 1
