"""The kernels round the Fourier transforms against plain NumPy, jitted and as plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from callqual.kernels.echoes import mean_clipped, relative_power, weigh_band
from callqual.kernels.ripples import energy_ratios, settle
from callqual.kernels.windows import bin_power, cut_windows
from naive import specialisations, ways

Run = Callable[..., Any]
SEEDS = st.integers(0, 2**32)


def both(kernel: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("run", ways(kernel), ids=["jit", "plain"])


def spectra(seed: int, *shape: int) -> NDArray[np.complex128]:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.normal(size=shape) + 1j * rng.normal(size=shape))


def moving_mean(x: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    half = width // 2
    return np.array([x[max(i - half, 0) : i + half + 1].mean() for i in range(x.size)])


@both(cut_windows)
@given(seed=SEEDS, at=st.lists(st.integers(0, 20), max_size=5))
def test_windows_are_slices_times_weights(run: Run, seed: int, at: list[int]) -> None:
    rng = np.random.default_rng(seed)
    x, window = rng.normal(size=30).astype(np.float32), rng.random(10)
    out = np.empty((len(at), 10))
    run(x, np.array(at, np.int64), window, out)
    np.testing.assert_array_equal(out, [window * x[a : a + 10].astype(np.float64) for a in at] or out)


@both(bin_power)
@given(seed=SEEDS)
def test_bin_power_is_the_squared_magnitude(run: Run, seed: int) -> None:
    spectrum, out = spectra(seed, 3, 9), np.empty((3, 7))
    run(spectrum, 2.0, 0.5, out)
    np.testing.assert_allclose(out, 2.0 * np.abs(spectrum[:, :7]) ** 2 + 0.5)


@both(relative_power)
@given(seed=SEEDS, quiet=st.integers(0, 3))
def test_relative_power_leaves_out_the_quiet(run: Run, seed: int, quiet: int) -> None:
    spectrum = spectra(seed, 3, 8)
    spectrum[:quiet] *= 1e-3
    out, owner = np.empty((3, 8), np.float32), np.array([4, 5, 6])
    assert run(spectrum, 1e-3, 1e-6, owner, out) == 3 - quiet
    np.testing.assert_array_equal(owner[: 3 - quiet], [4, 5, 6][quiet:])
    power = np.abs(spectrum[quiet:]) ** 2
    np.testing.assert_allclose(out[: 3 - quiet], power / power.mean(axis=1, keepdims=True) + 1e-6, rtol=1e-6)


@both(weigh_band)
@given(seed=SEEDS)
def test_the_band_has_no_mean_left(run: Run, seed: int) -> None:
    rng = np.random.default_rng(seed)
    log, band = rng.normal(size=(2, 9)).astype(np.float32), rng.random(9) + 0.1
    out = np.empty((2, 9))
    run(log, band, out)
    half = 0.5 * log.astype(np.float64)
    np.testing.assert_allclose(out, (half - (half @ band / band.sum())[:, None]) * band, atol=1e-12)


@both(mean_clipped)
@given(seed=SEEDS)
def test_rows_are_clipped_before_they_are_averaged(run: Run, seed: int) -> None:
    rows, out, count = np.random.default_rng(seed).normal(size=(5, 9)), np.empty((3, 5)), np.empty(3, np.int64)
    run(rows, np.array([0, 0, 2, 2, 2]), 3, 2.0, 0.7, count, out)
    clipped = np.clip(2.0 * rows[:, 3:8], -0.7, 0.7)
    np.testing.assert_allclose(out, [clipped[:2].mean(axis=0), np.zeros(5), clipped[2:].mean(axis=0)])
    np.testing.assert_array_equal(count, [2, 0, 3])


@both(energy_ratios)
@given(seed=SEEDS)
def test_energies_are_of_the_difference_and_relative_to_their_surroundings(run: Run, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(2, 84)).astype(np.float32)
    around, ratio = np.empty((2, 2, 12))
    run(x, 5, 1e-3, around, ratio)
    for i, row in enumerate(x):
        energy = (np.diff(row, prepend=row[:1]).astype(np.float64) ** 2).reshape(12, 7).sum(axis=1)
        np.testing.assert_allclose(around[i], moving_mean(energy, 5))
        np.testing.assert_allclose(ratio[i], (energy + 1e-3) / (moving_mean(energy, 5) + 1e-3))


@both(settle)
@given(seed=SEEDS)
def test_what_settles_is_clipped_levelled_and_muted(run: Run, seed: int) -> None:
    rng = np.random.default_rng(seed)
    log, around, mute = rng.normal(0.0, 10.0, (2, 20)), rng.exponential(size=(2, 20)) ** 3, rng.random((2, 5)) < 0.3
    clipped = np.clip(log, -12.0, 8.0)
    expected = clipped - [moving_mean(row, 5) for row in clipped]
    expected[(around <= 0.01 * around.max(axis=1, keepdims=True)) | np.repeat(mute, 4, axis=1)] = 0.0
    run(log, around, mute, 5, -12.0, 8.0, 0.01)
    np.testing.assert_allclose(log, expected, atol=1e-12)


@pytest.mark.parametrize(
    "kernel", [cut_windows, bin_power, relative_power, weigh_band, mean_clipped, energy_ratios, settle], ids=str
)
def test_each_kernel_is_compiled_for_one_set_of_types(kernel: Any) -> None:
    assert specialisations(kernel) <= 1
