"""The kernels of the learned stage's columns against their oracles, jitted and as plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import naive
from callqual.kernels.bands import band_powers, line_rests
from callqual.kernels.filters import fir, halve
from callqual.kernels.lags import cycles, near_lags

Run = Callable[..., Any]
Floats = NDArray[np.float64]
SHORT, LONG, BLOCK, HALVES = 2, 12, 3, np.array([1, 2, 4])
WIDE = BLOCK * int(HALVES[-1])
SAMPLES = st.lists(st.integers(-9, 9), min_size=2 * WIDE, max_size=60)


def both(kernel: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("run", naive.ways(kernel), ids=["jit", "plain"])


def padded(x: list[int]) -> Floats:
    return np.concatenate((np.zeros(LONG), np.array(x, np.float64), np.zeros(LONG)))


def middles(y: Floats, skipped: set[int]) -> NDArray[np.int64]:
    """Every second block that has a whole window round it, less those `skipped`."""
    every = range(LONG + WIDE, y.size - LONG - WIDE + 1, 2 * BLOCK)
    return np.array([at for i, at in enumerate(every) if i not in skipped], np.int64)


def periods(run: Run, y: Floats, at: NDArray[np.int64], floor: float = 0.0) -> tuple[Floats, Floats, Floats]:
    peak, gain, lag = np.full((3, HALVES.size, at.size), np.nan)
    run(y, at, np.full(at.size, floor), BLOCK, HALVES, SHORT, LONG, 0, y.size, peak, gain, lag)
    return peak, gain, lag


@both(cycles)
@given(x=SAMPLES, skipped=st.sets(st.integers(0, 8)), floor=st.sampled_from([0.0, 0.5]))
def test_each_window_has_its_best_lag_and_gain(run: Run, x: list[int], skipped: set[int], floor: float) -> None:
    """Whatever frames are left out, and so what blocks are at hand from before."""
    y = padded(x)
    at = middles(y, skipped)
    peak, gain, lag = periods(run, y, at, floor)
    for k, half in enumerate(HALVES * BLOCK):
        for i, middle in enumerate(at):
            found = naive.copies(y, middle - half, 2 * half, range(SHORT, LONG + 1), floor)
            top = max(r for r, _ in found.values())
            assert peak[k, i] == pytest.approx(top, abs=1e-9)
            assert found[int(lag[k, i])][0] >= top * (1.0 - 1.01e-4)
            assert all(found[d][0] < top * (1.0 - 0.99e-4) or top == 0.0 for d in range(SHORT, int(lag[k, i])))
            assert gain[k, i] == pytest.approx(found[int(lag[k, i])][1], abs=1e-9)


@both(cycles)
def test_a_fading_copy_is_found_at_its_lag_and_gain(run: Run) -> None:
    """The cycle itself is told, not two of them, which are as good."""
    y = np.random.default_rng(1).standard_normal(96)
    for n in range(36, 84):
        y[n] = 0.5 * y[n - 5]
    peak, gain, lag = periods(run, y, np.array([60]))
    np.testing.assert_allclose(peak, 1.0)
    np.testing.assert_allclose(gain, 0.5)
    assert np.all(lag == 5)


@both(cycles)
def test_silence_is_no_copy(run: Run) -> None:
    peak, gain, lag = periods(run, np.zeros(80), np.array([30, 36]))
    assert not peak.any()
    assert not gain.any()
    assert np.all(lag == SHORT)


@both(cycles)
def test_next_to_nothing_is_not_like_what_follows_it(run: Run) -> None:
    y = np.resize([1.0, -1.0, 2.0], 96)
    y[:48] *= 1e-7
    at = np.array([51])
    assert periods(run, y, at)[0][0] == pytest.approx(1.0)
    assert periods(run, y, at, 1e-6)[0][0] < 0.6


@both(near_lags)
@given(x=SAMPLES, lag=st.integers(4, 10), floor=st.sampled_from([0.0, 0.5]))
def test_only_lags_nearby_are_asked(run: Run, x: list[int], lag: int, floor: float) -> None:
    y, halves, reach = padded(x), np.array([4, 7]), 2
    at = np.arange(LONG + 7, y.size - LONG - 7, 5)
    peak, gain = np.full((2, 2, at.size), np.nan)
    run(y, at, np.full(at.size, lag), np.full(at.size, floor), halves, reach, 0, y.size, peak, gain)
    for k, half in enumerate(halves):
        for i, middle in enumerate(at):
            found = naive.copies(y, middle - half, 2 * half, range(lag - reach, lag + reach + 1), floor)
            best = max(r for r, _ in found.values())
            assert peak[k, i] == pytest.approx(best, abs=1e-9)
            assert any(gain[k, i] == pytest.approx(g, abs=1e-9) for r, g in found.values() if r >= 0.9998 * best)


@both(fir)
@given(seed=st.integers(0, 2**32), half=st.integers(0, 4), piece=st.sampled_from([1, 3, 64]))
def test_a_filter_is_a_convolution(run: Run, seed: int, half: int, piece: int) -> None:
    rng = np.random.default_rng(seed)
    x, side = rng.standard_normal(40), rng.standard_normal(half)
    taps = np.concatenate((side, rng.standard_normal(1), side[::-1]))
    out = np.empty(x.size - 2 * half)
    run(x, taps, piece, out)
    np.testing.assert_allclose(out, np.convolve(x, taps, "valid"), atol=1e-12)


@both(halve)
@given(x=st.lists(st.integers(-99, 99), max_size=21))
def test_half_a_rate_is_a_convolution(run: Run, x: list[int]) -> None:
    out = np.empty(len(x) // 2)
    run(np.array(x, np.float32), out)
    full = np.convolve([0.0, *x[: 2 * out.size]], [1, 3, 3, 1])
    np.testing.assert_array_equal(out, full[3::2][: out.size] / 8.0)


def transform(size: int) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    bits = size.bit_length() - 2
    order = np.array([int(f"{n:b}".zfill(bits)[::-1], 2) for n in range(size // 2)])
    turns = np.exp(-2j * np.pi / size * np.arange(size // 2))
    return order, turns.real.astype(np.float32), turns.imag.astype(np.float32)


def powers(x: NDArray[np.float32], hop: int, window: NDArray[np.float32], count: int) -> NDArray[np.float64]:
    return np.array([np.abs(np.fft.rfft(window * x[i * hop : i * hop + window.size])) ** 2 for i in range(count)])


@both(band_powers)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 18),
    first=st.lists(st.integers(0, 5), max_size=4),
    bits=st.integers(2, 3),
)
def test_bands_are_weighted_sums_of_the_power_of_bins(
    run: Run, seed: int, count: int, first: list[int], bits: int
) -> None:
    rng = np.random.default_rng(seed)
    size, hop = 4 << bits, 5
    x = rng.standard_normal(count * hop + size + 1).astype(np.float32)
    window, weight = rng.random(size).astype(np.float32), rng.random((len(first), 8)).astype(np.float32)
    width = np.where(np.array(first, np.int64) > size // 2 - 7, 4, 8)
    out = np.empty((count, len(first)))
    run(x, hop, window, *transform(size), np.array(first, np.int64), width, weight, out)
    for row, power in zip(out, powers(x, hop, window, count), strict=True):
        sums = [power[a : a + n] @ w[:n] for a, n, w in zip(first, width, weight, strict=True)]
        np.testing.assert_allclose(row, sums, rtol=1e-5, atol=1e-5)


@both(line_rests)
@given(seed=st.integers(0, 2**32), count=st.integers(0, 18), lines=st.integers(1, 3), bits=st.integers(4, 5))
def test_line_rests_are_what_the_strongest_lines_leave(run: Run, seed: int, count: int, lines: int, bits: int) -> None:
    rng = np.random.default_rng(seed)
    size, hop = 4 << bits, 5
    x, window = rng.standard_normal(count * hop + size + 1).astype(np.float32), rng.random(size).astype(np.float32)
    rest = np.empty(count)
    run(x, hop, window, *transform(size), lines, 2, rest)
    for found, power in zip(rest, powers(x, hop, window, count), strict=True):
        left = power.copy()
        for _ in range(lines):
            k = 1 + int(left[1:-1].argmax())
            left[max(k - 2, 0) : k + 3] = 0.0
        assert found == pytest.approx(left.sum() / power.sum(), rel=1e-4)


@both(line_rests)
def test_silence_is_no_line(run: Run) -> None:
    rest = np.zeros(3)
    run(np.zeros(60, np.float32), 5, np.ones(16, np.float32), *transform(16), 2, 2, rest)
    np.testing.assert_array_equal(rest, 1.0)


def test_one_specialisation() -> None:
    for kernel in (cycles, near_lags, fir, halve, band_powers, line_rests):
        assert naive.specialisations(kernel) == 1, kernel
