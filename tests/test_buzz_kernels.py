"""The kernels of lines, combs and tones against slow oracles, jitted and as plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqual.kernels.combs import comb_power, harmonic_sums, steady, strongest_peaks, whiten, widen
from callqual.kernels.lines import prediction_rest
from naive import ways

Run = Callable[..., Any]


def both(kernel: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("run", ways(kernel), ids=["jit", "plain"])


@both(whiten)
@given(seed=st.integers(0, 2**32), blocks=st.integers(2, 9), block=st.integers(2, 9))
def test_whitening_takes_away_the_line_through_the_medians(run: Run, seed: int, blocks: int, block: int) -> None:
    rng = np.random.default_rng(seed)
    level, median = rng.normal(0, 10, (2, blocks * block)), rng.normal(0, 10, (2, blocks))
    out = np.full(level.shape, np.nan, np.float32)
    run(level, median, block, -5.0, 7.0, out)
    centres = np.arange(blocks) * block + block // 2
    around = [np.interp(np.arange(blocks * block), centres, row) for row in median]
    expected = np.clip(level - around, -5.0, 7.0)
    np.testing.assert_allclose(out, expected, atol=1e-4)


@both(steady)
@given(seed=st.integers(0, 2**32), rows=st.integers(2, 6), bins=st.integers(1, 20))
def test_steady_is_mean_lowest_and_second_lowest(run: Run, seed: int, rows: int, bins: int) -> None:
    x = np.random.default_rng(seed).integers(-4, 5, (rows + 1, bins)).astype(np.float32)
    mean, least, second = np.zeros((3, 2, bins))
    run(x, mean, least, second)
    for i in range(2):
        ordered = np.sort(x[i : i + rows], axis=0)
        np.testing.assert_allclose(mean[i], ordered.mean(axis=0), atol=1e-6)
        np.testing.assert_array_equal(least[i], ordered[0])
        np.testing.assert_array_equal(second[i], ordered[1])


@both(widen)
@given(seed=st.integers(0, 2**32), n=st.integers(3, 40))
def test_widening_takes_the_greatest_of_three(run: Run, seed: int, n: int) -> None:
    x = np.random.default_rng(seed).normal(size=(2, n))
    out, mean = np.zeros((2, n)), np.zeros(2)
    run(x, 1, n - 1, out, mean)
    expected = np.array([[row[max(k - 1, 0) : k + 2].max() for k in range(n)] for row in x])
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_allclose(mean, expected[:, 1 : n - 1].mean(axis=1))


@both(harmonic_sums)
@given(seed=st.integers(0, 2**32), hz=st.floats(8.0, 120.0))
def test_harmonic_sums_are_mean_excess_times_root(run: Run, seed: int, hz: float) -> None:
    wide = np.random.default_rng(seed).normal(size=(2, 400))
    out = np.zeros((2, 1))
    run(wide, np.array([0.5, 0.2]), 20.0, np.array([380.0]), np.array([hz]), out)
    bins = [int(h * hz + 0.5) for h in range(1, 400) if 20.0 <= h * hz <= 380.0]
    expected = (wide[:, bins].mean(axis=1) - [0.5, 0.2]) * np.sqrt(len(bins)) if bins else np.zeros(2)
    np.testing.assert_allclose(out[:, 0], expected)


@both(harmonic_sums)
def test_a_fundamental_without_harmonics_in_the_band_scores_nothing(run: Run) -> None:
    out = np.ones((1, 1))
    run(np.ones((1, 400)), np.zeros(1), 20.0, np.array([30.0]), np.array([50.0]), out)
    assert out[0, 0] == 0.0


@both(comb_power)
def test_comb_power_adds_the_lines_that_stand_out(run: Run) -> None:
    level, wide = np.full(400, -200.0), np.zeros(400)
    for k, standing in ((50, 5.0), (100, 1.0), (150, 5.0)):
        level[k - 1 : k + 2] = 10.0 * np.log10([0.25, 1.0, 0.25])
        wide[k] = standing
    assert run(level, wide, 20.0, 380.0, 50.0, 4.0) == pytest.approx(2.0)


@both(strongest_peaks)
@given(seed=st.integers(0, 2**32), n=st.integers(12, 60), reach=st.integers(1, 4), room=st.integers(0, 20))
def test_peaks_exceed_all_within_reach_and_come_by_height(run: Run, seed: int, n: int, reach: int, room: int) -> None:
    rng = np.random.default_rng(seed)
    x, level = rng.integers(0, 6, n).astype(float), rng.normal(0.0, 10.0, n)
    at, where, counts = np.full((1, room), -1, np.int64), np.zeros((1, room)), np.zeros(1, np.int64)
    run(x[None], level[None], 2, n - 1, reach, 3.0, at, where, counts)
    at, where, count = at[0], where[0], counts[0]
    expected = [
        k
        for k in range(max(2, reach), min(n - 1, n - reach))
        if x[k] >= 3.0 and x[k] > x[k - reach : k].max() and x[k] >= x[k + 1 : k + reach + 1].max()
    ]
    assert count == len(expected)
    expected.sort(key=lambda k: -x[k])
    np.testing.assert_array_equal(at[:count], expected[:room])
    assert np.abs(where - at)[:count].max(initial=0.0) <= 0.5


@both(strongest_peaks)
@given(top=st.floats(-0.45, 0.45))
def test_a_peak_lies_where_its_parabola_has_its_top(run: Run, top: float) -> None:
    level = -((np.arange(20) - (9.0 + top)) ** 2)
    at, where, count = np.zeros((1, 1), np.int64), np.zeros((1, 1)), np.zeros(1, np.int64)
    run(np.exp(level)[None], level[None], 2, 18, 2, 1e-3, at, where, count)
    assert count[0] == 1
    assert where[0, 0] == pytest.approx(9.0 + top)


@both(prediction_rest)
@given(seed=st.integers(0, 2**32))
def test_prediction_rest_is_that_of_least_squares(run: Run, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.convolve(rng.normal(size=140), [1.0, 0.9, 0.3], "same").astype(np.float32)
    rest = np.zeros(1)
    run(x, np.array([10]), 100, 1e-12, np.zeros((5, 5)), rest)
    past = np.stack([x[10 - j : 110 - j] for j in range(1, 5)], axis=1).astype(float)
    target = x[10:110].astype(float)
    taps = np.linalg.lstsq(past, target, rcond=None)[0]
    expected = np.sum((target - past @ taps) ** 2) / np.sum(target**2)
    assert rest[0] == pytest.approx(expected, rel=1e-4)


@both(prediction_rest)
@pytest.mark.parametrize(
    ("hz", "predicted"), [((440.0,), True), ((697.0, 1209.0), True), ((697.0, 1209.0, 2000.0), False)]
)
def test_four_taps_predict_two_sines_and_no_more(run: Run, hz: tuple[float, ...], predicted: bool) -> None:
    t = np.arange(200) / 8000
    x = sum(np.sin(2 * np.pi * f * t) for f in hz).astype(np.float32)
    rest = np.zeros(1)
    run(x, np.array([10]), 120, 1e-9, np.zeros((5, 5)), rest)
    assert (rest[0] < 1e-5) == predicted


@both(prediction_rest)
def test_silence_is_not_predicted(run: Run) -> None:
    rest = np.zeros(1)
    run(np.zeros(200, np.float32), np.array([10]), 120, 1e-9, np.zeros((5, 5)), rest)
    assert rest[0] == 1.0
