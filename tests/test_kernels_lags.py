"""The kernels that correlate a signal with its past against their oracles, jitted and as plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import naive
from callqual.kernels import lags as kernels
from callqual.kernels.frames import scan_frames

SHORT, LONG, HOP, HOPS = 2, 12, 3, 3
W = HOP * HOPS


def both(kernel: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("run", naive.ways(kernel), ids=["jit", "plain"])


def padded(x: list[int]) -> NDArray[np.float64]:
    return np.concatenate((np.zeros(LONG), np.array(x, np.float64), np.zeros(LONG)))


def periods(
    run: Callable[..., Any], y: NDArray[np.float64], frames: int
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    peak, lag = np.zeros(frames, np.float32), np.zeros(frames, np.int32)
    run(y, LONG, HOP, frames, HOPS, SHORT, LONG, peak, lag)
    return peak, lag


@both(kernels.periodicity)
@given(x=st.lists(st.integers(-9, 9), min_size=W, max_size=60))
def test_periodicity_is_the_best_autocorrelation(run: Callable[..., Any], x: list[int]) -> None:
    y, frames = padded(x), (len(x) - W) // HOP + 1
    peak, lag = periods(run, y, frames)
    for f in range(frames):
        r = naive.autocorrelation(y, LONG + f * HOP, W, SHORT, LONG)
        assert peak[f] == pytest.approx(np.sqrt(r.max()), abs=1e-6)
        assert SHORT <= lag[f] <= LONG
        assert r[lag[f] - SHORT] == pytest.approx(r.max(), abs=1e-9)


@both(kernels.periodicity)
@pytest.mark.parametrize("period", [3, 5, 7])
def test_the_period_of_a_pulse_train_is_found(run: Callable[..., Any], period: int) -> None:
    y = np.zeros(80)
    y[::period] = 5.0
    peak, lag = periods(run, y, 5)
    assert np.all(peak == 1.0)
    assert np.all(lag % period == 0)


@both(kernels.periodicity)
def test_silence_and_constants_have_a_lag_in_range(run: Callable[..., Any]) -> None:
    for y, expected in ((np.zeros(60), 0.0), (np.full(60, 2.0), 1.0)):
        peak, lag = periods(run, y, 4)
        assert np.all(peak == expected)
        assert np.all((lag >= SHORT) & (lag <= LONG))


MATCH, NEAR = 0.6, 0.1


def scanned(
    run: Callable[..., Any], y: NDArray[np.float64], step: int, count: int, gate: float = 0.0
) -> set[tuple[int, int]]:
    at, lag = np.zeros(512, np.int64), np.zeros(512, np.int64)
    n = run(y, LONG, HOP, HOPS, step, count, SHORT, LONG, MATCH, NEAR, gate, at, lag)
    found = list(zip(at[:n].tolist(), lag[:n].tolist(), strict=True))
    assert len(set(found)) == n
    return set(found)


@both(kernels.scan_lags)
@given(
    x=st.lists(st.integers(-9, 9), min_size=W, max_size=60),
    gate=st.sampled_from([0.0, 5.0]),
    step=st.sampled_from([1, 2, 5]),
)
def test_lags_are_the_peaks_of_the_autocorrelation(
    run: Callable[..., Any], x: list[int], gate: float, step: int
) -> None:
    y, count = padded(x), (len(x) - W) // (HOP * step) + 1
    found = scanned(run, y, step, count, gate)
    wanted = dict(naive.lag_peaks(y, LONG, HOP * step, count, W, SHORT, LONG, MATCH, NEAR, gate))
    sure = {key for key, margin in wanted.items() if margin > 1e-9}
    assert sure <= found <= set(wanted)  # the two may differ in the last bit where two lags are equally good


@both(kernels.scan_lags)
@pytest.mark.parametrize("period", [7.0, 7.45, 8.5, 9.0])
def test_a_lag_between_samples_is_read_there(run: Callable[..., Any], period: float) -> None:
    y = np.sin(2.0 * np.pi * np.arange(120) / period)
    assert {lag for _, lag in scanned(run, y, 1, 20)} == {round(2 * period)}


@both(scan_frames)
@given(
    seed=st.integers(0, 2**32),
    at=st.integers(24, 60),
    lag=st.sampled_from([8, 16, 24]),
    gain=st.sampled_from([1.0, 0.3]),
)
def test_a_repeated_frame_is_found_at_its_lag_once(
    run: Callable[..., Any], seed: int, at: int, lag: int, gain: float
) -> None:
    y = np.random.default_rng(seed).standard_normal(120)
    y[at : at + 24] = gain * np.resize(y[at - lag : at].copy(), 24)
    where, lags = np.zeros(64, np.int64), np.zeros(64, np.int64)
    n = run(y, 24, 4, 3, 20, np.array([8, 16, 24]), 0.999, 0.0, where, lags)
    found = list(zip(where[:n].tolist(), lags[:n].tolist(), strict=True))
    inside = [a for a, d in found if d == lag and at <= a and a + 12 <= at + 24]
    assert len(inside) in (1, 2)
    assert all(at <= a and a + 12 <= at + 24 and d % lag == 0 for a, d in found)
    assert np.all(np.diff(inside) >= 12)


@both(scan_frames)
def test_frames_below_the_gate_are_passed_over(run: Callable[..., Any]) -> None:
    where, lags = np.zeros(64, np.int64), np.zeros(64, np.int64)
    for y, gate in (
        (np.zeros(120), 0.0),
        (np.ones(120), 1.0),
        (np.tile([1.0, -1.0], 60) * np.repeat([1, -1], 60), 1.0),
    ):
        assert run(y, 24, 4, 3, 20, np.array([8, 16, 24]), 0.999, gate, where, lags) == 0
    assert run(np.ones(120), 24, 4, 3, 6, np.array([8]), 0.999, 0.9, where, lags) == 2


def test_one_specialisation() -> None:
    for kernel in (kernels.periodicity, kernels.scan_lags, scan_frames):
        assert naive.specialisations(kernel) == 1, kernel
