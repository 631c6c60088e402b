"""The kernels of copies and periodicity against their oracles, jitted and as plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import naive
from callqual.kernels import copies as kernels

MATCH = 1.0 - 10**-3.0
SHORT, LONG, W, HOP = 2, 12, 9, 5


def both(kernel: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("run", naive.ways(kernel), ids=["jit", "plain"])


@st.composite
def stuttered(draw: st.DrawFn) -> NDArray[np.float32]:
    """Whole-number noise in which some stretches are scaled copies of what lies before them, and some are silent."""
    n = draw(st.integers(0, 90))
    x = np.random.default_rng(draw(st.integers(0, 2**32))).integers(-20, 21, n)
    for _ in range(draw(st.integers(0, 3))):
        lag, length = draw(st.integers(1, 12)), draw(st.integers(1, 30))
        at = draw(st.integers(lag, max(n, lag)))
        for i in range(at, min(at + length, n)):
            x[i] = draw(st.sampled_from([1, 1, 1, -1])) * x[i - lag] if length % 3 else 0
    return x.astype(np.float32)


def found_copies(run: Callable[..., Any], x: NDArray[np.float32], lo: int, lag: int, w: int, gate: float) -> list[Any]:
    start, end = np.zeros(64, np.int64), np.zeros(64, np.int64)
    rest, gain = np.zeros(64), np.zeros(64)
    n = run(x, lo, x.size, lag, w, MATCH, gate, w // 3, start, end, rest, gain)
    return list(zip(start[:n].tolist(), end[:n].tolist(), rest[:n].tolist(), gain[:n].tolist(), strict=True))


@both(kernels.find_copies)
@given(
    x=stuttered(), lo=st.integers(0, 40), lag=st.integers(1, 12), w=st.integers(1, 9), gate=st.sampled_from([0.0, 4.0])
)
def test_copies_are_windows_that_repeat(
    run: Callable[..., Any], x: NDArray[np.float32], lo: int, lag: int, w: int, gate: float
) -> None:
    assert found_copies(run, x, lo, lag, w, gate) == naive.copies(x, lo, x.size, lag, w, MATCH, gate, w // 3)


@both(kernels.find_copies)
@pytest.mark.parametrize("gain", [1.0, 0.25, 4.0])
def test_a_scaled_copy_is_found_with_its_gain(run: Callable[..., Any], gain: float, rng: np.random.Generator) -> None:
    x = rng.integers(-100, 101, 200).astype(np.float32)
    x[[49, 90]], x[[99, 140]] = 100.0, -100.0
    x[100:140] = gain * x[50:90]
    ((start, end, rest, found),) = found_copies(run, x, 0, 50, 12, 0.0)
    assert (start, end, rest, found) == (100, 140, 1e-12, gain)


@both(kernels.find_copies)
@pytest.mark.parametrize("n", [0, 1, 5, 11, 12, 13, 20])
def test_signals_shorter_than_lag_and_window_have_no_copies(run: Callable[..., Any], n: int) -> None:
    """Lag 7 and window 6 need 13 samples; a constant copies itself from there on."""
    found = found_copies(run, np.full(n, 3.0, np.float32), 0, 7, 6, 0.0)
    assert found == ([] if n < 13 else [(7, n, 1e-12, 1.0)])


@both(kernels.find_copies)
def test_an_inverted_copy_and_silence_are_none(run: Callable[..., Any], rng: np.random.Generator) -> None:
    x = rng.integers(-100, 101, 100).astype(np.float32)
    x[50:] = -x[:50]
    assert found_copies(run, x, 60, 50, 12, 0.0) == []
    assert found_copies(run, np.zeros(100, np.float32), 0, 10, 12, 0.0) == []


# Periodicity


def padded(x: list[int]) -> NDArray[np.float64]:
    return np.concatenate((np.zeros(LONG), np.array(x, np.float64), np.zeros(LONG)))


def periods(
    run: Callable[..., Any], y: NDArray[np.float64], frames: int
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    peak, lag = np.zeros(frames, np.float32), np.zeros(frames, np.int32)
    run(y, LONG, HOP, frames, W, SHORT, LONG, peak, lag)
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


# Coarse lags and their refinement


@both(kernels.scan_lags)
@given(
    x=st.lists(st.integers(-9, 9), min_size=W, max_size=60),
    gate=st.sampled_from([0.0, 5.0]),
    match=st.sampled_from([0.3, 0.7]),
)
def test_coarse_lags_are_the_peaks_of_the_autocorrelation(
    run: Callable[..., Any], x: list[int], gate: float, match: float
) -> None:
    y, count = padded(x), (len(x) - W) // HOP + 1
    at, lag = np.zeros(256, np.int64), np.zeros(256, np.int64)
    n = run(y, LONG, HOP, count, W, SHORT, LONG, match, gate, at, lag)
    found = set(zip(at[:n].tolist(), lag[:n].tolist(), strict=True))
    assert len(found) == n
    wanted = set(naive.lag_peaks(y, LONG, HOP, count, W, SHORT, LONG, match, gate))
    for a, d in found ^ wanted:  # the two may differ in the last bit where two lags are equally good
        r = naive.autocorrelation(y, a, W, SHORT, LONG)
        near = np.concatenate(([0.0], r, [0.0]))[d - SHORT : d - SHORT + 3]
        ties = np.isclose(near[1], [near[0], near[2], match, r.max() - 0.05], rtol=0, atol=1e-9)
        assert ties.any()


def refined(
    run: Callable[..., Any], x: NDArray[np.float32], at: int, coarse: int, reach: int, between: bool, w: int = 24
) -> tuple[float, int]:
    rest, lag = np.zeros(1), np.zeros(1, np.int64)
    run(x, np.array([at], np.int64), w, np.array([coarse], np.int64), reach, between, rest, lag)
    return float(rest[0]), int(lag[0])


@both(kernels.refine_copies)
@given(seed=st.integers(0, 2**32), at=st.integers(0, 90), coarse=st.integers(1, 30), reach=st.integers(0, 4))
def test_refinement_finds_the_lag_with_the_least_rest(
    run: Callable[..., Any], seed: int, at: int, coarse: int, reach: int
) -> None:
    x = np.random.default_rng(seed).standard_normal(100).astype(np.float32)
    lags = [d for d in range(coarse - reach, coarse + reach + 1) if 0 < d <= at and at + 24 <= x.size]
    rests = {d: naive.ramp_rest(x, at, 24, d) for d in lags}
    rest, lag = refined(run, x, at, coarse, reach, between=False)
    if not rests:
        assert (rest, lag) == (2.0, coarse)
        return
    assert rest == pytest.approx(min(rests.values()), abs=1e-9)
    assert rests[lag] == pytest.approx(min(rests.values()), abs=1e-9)


@both(kernels.refine_copies)
def test_a_copy_that_fades_is_a_copy(run: Callable[..., Any], rng: np.random.Generator) -> None:
    x = rng.standard_normal(100).astype(np.float32)
    x[60:84] = np.linspace(1.0, 0.4, 24) * x[30:54]
    rest, lag = refined(run, x, 60, 28, 4, between=False)
    assert lag == 30
    assert rest < 1e-9


@both(kernels.refine_copies)
@given(seed=st.integers(0, 2**32), fraction=st.floats(0.2, 0.8))
def test_a_lag_between_samples_is_found_when_asked_for(run: Callable[..., Any], seed: int, fraction: float) -> None:
    x = np.convolve(np.random.default_rng(seed).standard_normal(130), np.hanning(16), "valid").astype(np.float32)
    x[60:84] = (1 - fraction) * x[30:54] + fraction * x[29:53]
    whole, lag = refined(run, x, 60, 30, 2, between=False)
    rest, same = refined(run, x, 60, 30, 2, between=True)
    assert lag == same
    expected = naive.between_rest(x, 60, 24, lag) if whole < 0.03 else whole
    assert rest == pytest.approx(min(whole, expected), abs=1e-6)


@both(kernels.refine_copies)
@pytest.mark.parametrize("between", [False, True])
def test_refinement_of_silence_and_constants(run: Callable[..., Any], between: bool) -> None:
    assert refined(run, np.zeros(100, np.float32), 50, 10, 2, between)[0] == 1.0
    rest, _ = refined(run, np.full(100, 2.0, np.float32), 50, 10, 2, between)
    assert rest <= 1e-9


@both(kernels.grow_copies)
@given(x=stuttered(), block=st.integers(1, 5), lag=st.integers(1, 12), data=st.data())
def test_copies_grow_while_their_blocks_match(
    run: Callable[..., Any], x: NDArray[np.float32], block: int, lag: int, data: st.DataObject
) -> None:
    a = data.draw(st.integers(lag, lag + x.size))
    b = data.draw(st.integers(a, max(a, x.size)))
    start, end = np.array([a, a], np.int64), np.array([b, b], np.int64)
    run(x, 6, block, MATCH, start, end, np.array([lag, lag], np.int64))
    grown = naive.grown(x, block, MATCH, min(a, x.size), b, lag) if a <= x.size else (start[0], end[0])
    assert list(zip(start.tolist(), end.tolist(), strict=True)) == [grown, grown]


def test_one_specialisation(rng: np.random.Generator) -> None:
    x = rng.standard_normal(200).astype(np.float32)
    found_copies(kernels.find_copies, x, 0, 10, 12, 0.0)
    refined(kernels.refine_copies, x, 60, 15, 4, between=False)
    for name in ("find_copies", "periodicity", "scan_lags", "refine_copies", "grow_copies"):
        assert naive.specialisations(getattr(kernels, name)) == 1, name
