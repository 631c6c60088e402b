"""The measurements of a hole against their oracle, jitted and as plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import naive
from callqual.kernels.holes import COLUMNS, crossing_shares, measure_holes

MS = 4
RUN = pytest.mark.parametrize("run", naive.ways(measure_holes), ids=["jit", "plain"])


def measured(
    run: Callable[..., Any], x: NDArray[Any], places: list[tuple[int, int]], ms: float = MS
) -> NDArray[np.float64]:
    y = x.astype(np.float32)
    start, end = (np.array(side, np.int64) for side in zip(*places, strict=True))
    out = np.full((len(places), len(COLUMNS)), np.nan)
    run(y, naive.prefix(y), start, end, float(ms), out)
    return out


@RUN
@given(seed=st.integers(0, 2**32), n=st.integers(20, 700), data=st.data())
def test_measurements_are_those_of_the_oracle(run: Callable[..., Any], seed: int, n: int, data: st.DataObject) -> None:
    x = np.random.default_rng(seed).integers(-9, 10, n)
    x[np.random.default_rng(seed + 1).random(n) < 0.3] = 0
    a = data.draw(st.integers(0, n - 17))
    b = data.draw(st.integers(a + 16, n))
    x[a + 1 : b - 1] //= data.draw(st.sampled_from([1, 3, 100]))
    np.testing.assert_allclose(measured(run, x, [(a, b)])[0], naive.hole(x, a, b, MS), rtol=1e-9)


@RUN
@pytest.mark.parametrize(
    "x", [np.zeros(300), np.full(300, 5.0), -np.full(300, 1e-6)], ids=["zeros", "constant", "tiny"]
)
@pytest.mark.parametrize("place", [(0, 300), (0, 16), (284, 300), (100, 116), (100, 124), (100, 125), (100, 200)])
def test_flat_signals_and_borders(run: Callable[..., Any], x: NDArray[np.float64], place: tuple[int, int]) -> None:
    y = x.astype(np.float32)
    np.testing.assert_allclose(measured(run, y, [place])[0], naive.hole(y, *place, MS), rtol=1e-6)


@RUN
def test_what_the_columns_say_of_a_hole_of_zeros(run: Callable[..., Any], rng: np.random.Generator) -> None:
    x = rng.integers(-100, 101, 1000)
    x[400:480] = 0
    row = dict(zip(COLUMNS, measured(run, x, [(400, 480)])[0].tolist(), strict=True))
    beside = {"before", "after", "near_before", "near_after", "trend_before", "trend_after"}
    beside |= {"edge_before", "edge_after"}
    for name, value in row.items():
        assert value == (pytest.approx(100**2 / 3, rel=0.4) if name in beside else 0.0), name


@RUN
@pytest.mark.parametrize("ms", [8.0, 11.025, 16.0])
def test_levels_scale_and_the_rest_stays(run: Callable[..., Any], ms: float, rng: np.random.Generator) -> None:
    x = 2 * rng.integers(-1000, 1000, 4000) + 1
    x[2000:2400] = np.sign(x[2000:2400]) * (np.abs(x[2000:2400]) // 20 + 1)
    levels = ("before", "after", "inside", "inside_max")
    scale = [16.0 if name in levels or name.endswith(("_before", "_after")) else 1.0 for name in COLUMNS]
    row = measured(run, x, [(2000, 2400)], ms)
    np.testing.assert_allclose(measured(run, -4 * x, [(2000, 2400)], ms)[0], np.array(scale) * row[0], rtol=1e-9)


@RUN
def test_many_holes_are_many_rows(run: Callable[..., Any], rng: np.random.Generator) -> None:
    x = rng.integers(-9, 10, 500)
    places = [(100, 120), (90, 180), (300, 340)]
    assert np.array_equal(measured(run, x, places), np.concatenate([measured(run, x, [place]) for place in places]))


def test_one_specialisation(rng: np.random.Generator) -> None:
    measured(measure_holes, rng.integers(-9, 10, 500), [(100, 120)])
    assert naive.specialisations(measure_holes) == 1


@pytest.mark.parametrize("count", naive.ways(crossing_shares), ids=["jit", "plain"])
@given(seed=st.integers(0, 2**32), n=st.integers(8, 300), data=st.data())
def test_crossings_are_counted_stretch_by_stretch(
    count: Callable[..., Any], seed: int, n: int, data: st.DataObject
) -> None:
    x = np.random.default_rng(seed).integers(-2, 3, n).astype(np.float32)
    starts = data.draw(st.lists(st.integers(0, n - 4), min_size=1, max_size=6))
    start = np.array(starts, np.int64)
    end = np.array([data.draw(st.integers(a + 2, n)) for a in starts], np.int64)
    share = np.full(start.size, np.nan)
    count(x, start, end, share)
    crossed = x[1:] * x[:-1] < 0
    np.testing.assert_allclose(
        share, [crossed[a : b - 1].mean() * (b - a - 1) / (b - a) for a, b in zip(start, end, strict=True)]
    )
