"""The kernels of copies and their seams against their oracles, jitted and as plain Python."""

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
from callqual.kernels.joins import seam_jumps

HOP, BLOCKS, HOPS = 8, 3, 6
W = HOP * BLOCKS
MATCH = 1.0 - 10**-3.0


def both(kernel: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("run", naive.ways(kernel), ids=["jit", "plain"])


# Refinement


def refined(
    run: Callable[..., Any],
    x: NDArray[np.float32],
    at: int,
    coarse: int,
    reach: int,
    between: bool = False,
    hops: int = HOPS,
) -> tuple[int, int, float, float]:
    where, lag = np.array([at], np.int64), np.array([coarse], np.int64)
    rest, beside = np.zeros(1), np.zeros(1)
    run(x, where, lag, reach, HOP, BLOCKS, hops, between, 0.3, 0.01, 1, rest, beside)
    return int(where[0]), int(lag[0]), float(rest[0]), float(beside[0])


@both(kernels.refine_copies)
@given(seed=st.integers(0, 2**32), at=st.integers(0, 90), coarse=st.integers(1, 40), reach=st.integers(0, 2))
def test_refinement_finds_the_window_and_the_lag_with_the_least_rest(
    run: Callable[..., Any], seed: int, at: int, coarse: int, reach: int
) -> None:
    x = np.cumsum(np.random.default_rng(seed).standard_normal(150)).astype(np.float32)
    where, lag, rest, _ = refined(run, x, at, coarse, reach)
    if at < coarse + reach + 1 or coarse - reach < 1 or at + HOPS * HOP >= x.size:
        assert (where, lag, rest) == (at, coarse, 1.0)
        return
    rests = {
        (a, d): naive.rest(x, a, W, d)
        for a in range(at, at + (HOPS - BLOCKS) * HOP + 1, HOP)
        for d in range(coarse - reach, coarse + reach + 1)
    }
    assert rests[where, lag] == pytest.approx(min(rests.values()), abs=1e-9)
    if min(rests.values()) < 0.29:
        assert rest == pytest.approx(naive.ramp_rest(x, where, W, lag), abs=1e-9)


@both(kernels.refine_copies)
@pytest.mark.parametrize("offset", range(-4, 5))
def test_a_wide_reach_finds_smooth_copies_wherever_they_are(
    run: Callable[..., Any], offset: int, rng: np.random.Generator
) -> None:
    """Of a wide reach every third lag is tried first: sound that changes in ten samples shows the way."""
    x = np.convolve(rng.standard_normal(260), np.hanning(24), "valid").astype(np.float32)
    x[120:180] = 0.5 * x[60:120]
    where, lag, rest, beside = refined(run, x, 124, 60 + offset, 4)
    assert lag == 60
    assert 124 <= where <= 148
    assert rest < 1e-9 < 1e-4 < beside


@both(kernels.refine_copies)
def test_a_copy_that_fades_is_a_copy(run: Callable[..., Any], rng: np.random.Generator) -> None:
    x = rng.standard_normal(150).astype(np.float32)
    x[60:84] = np.linspace(1.0, 0.7, 24) * x[30:54]
    where, lag, rest, _ = refined(run, x, 60, 28, 2, hops=BLOCKS)
    assert (where, lag) == (60, 30)
    assert rest < 1e-9


@both(kernels.refine_copies)
@given(seed=st.integers(0, 2**32), fraction=st.floats(0.2, 0.8))
def test_a_lag_between_samples_is_found_when_asked_for(run: Callable[..., Any], seed: int, fraction: float) -> None:
    x = np.convolve(np.random.default_rng(seed).standard_normal(165), np.hanning(16), "valid").astype(np.float32)
    x[60:84] = (1 - fraction) * x[30:54] + fraction * x[29:53]
    where, lag, whole, _ = refined(run, x, 60, 30, 2, hops=BLOCKS)
    *same, rest, _ = refined(run, x, 60, 30, 2, between=True, hops=BLOCKS)
    assert same == [where, lag]
    expected = naive.between_rest(x, 60, W, lag) if whole < 1.0 else whole
    assert rest == pytest.approx(min(whole, expected), abs=1e-6)


@both(kernels.refine_copies)
def test_refinement_of_silence_and_constants(run: Callable[..., Any]) -> None:
    assert refined(run, np.zeros(150, np.float32), 50, 10, 2)[2:] == (1.0, 1.0)
    _, _, rest, beside = refined(run, np.full(150, 2.0, np.float32), 50, 10, 2)
    assert max(rest, beside) <= 1e-9


# Extent


def grown(
    run: Callable[..., Any], x: NDArray[np.float32], spans: list[tuple[int, int, int]], block: int = 5
) -> list[tuple[int, int, float]]:
    start, end, lag = (np.array(v, np.int64) for v in zip(*spans, strict=True))
    level = np.zeros(start.size)
    run(x, block, MATCH, 0.01, start, end, lag, level)
    return list(zip(start.tolist(), end.tolist(), level.tolist(), strict=True))


@both(kernels.grow_copies)
@given(seed=st.integers(0, 2**32), length=st.integers(12, 50), gain=st.sampled_from([1.0, -0.5, 3.0]), data=st.data())
def test_copies_grow_to_the_sample(
    run: Callable[..., Any], seed: int, length: int, gain: float, data: st.DataObject
) -> None:
    """But for the samples beyond a copy that by chance go on as it would."""
    x = np.random.default_rng(seed).integers(-999, 1000, 160).astype(np.float32)
    x[80 : 80 + length] = abs(gain) * x[20 : 20 + length]
    x *= np.sign(gain)
    a = data.draw(st.integers(80, 80 + length - 10))
    ((start, end, level),) = grown(run, x, [(a, a + 10, 60)])
    u = x.astype(np.float64)
    assert 74 <= start <= 80
    assert 80 + length <= end <= 80 + length + 6
    near = np.sqrt(0.01 * max(np.mean(u[80:85] ** 2), np.mean(u[75 + length : 80 + length] ** 2)) * 4) + 1e-3
    beyond = [*range(start, 80), *range(80 + length, end)]
    assert all(abs(u[n] - abs(gain) * u[n - 60]) < near for n in beyond)
    assert level == pytest.approx(np.mean(u[start:end] ** 2))


@both(kernels.grow_copies)
def test_a_copy_inside_another_at_the_same_lag_is_dropped(run: Callable[..., Any], rng: np.random.Generator) -> None:
    x = rng.standard_normal(200).astype(np.float32)
    x[100:140] = x[60:100]
    first, second, other = grown(run, x, [(105, 115, 40), (120, 130, 40), (120, 130, 39)])
    assert first[:2] == (100, 140)
    assert second[2] == -1.0
    assert other[2] > 0.0


@both(kernels.grow_copies)
@pytest.mark.parametrize("span", [(40, 50, 40), (0, 10, 5), (50, 60, 30)])
def test_growth_ends_with_the_signal(run: Callable[..., Any], span: tuple[int, int, int]) -> None:
    ((start, end, _),) = grown(run, np.ones(60, np.float32), [span])
    assert start >= min(span[2], span[0])
    assert end <= 60


# Seams


@both(seam_jumps)
@pytest.mark.parametrize("at", [150, 250])
def test_a_seam_stands_out_of_what_can_be_foretold(run: Callable[..., Any], at: int, rng: np.random.Generator) -> None:
    n = np.arange(400)
    x = np.sin(0.3 * n) + 0.01 * rng.standard_normal(400)
    x[at:] += 0.8 * np.cos(0.3 * n[at:])
    jump = np.zeros(4)
    run(x.astype(np.float32), np.array([at, at - 80, 10, 390]), np.hanning(130)[1:-1], 2, 8, jump)
    assert jump[0] > 3.0 > jump[1]
    assert np.all(jump[2:] == 0.0)


@both(seam_jumps)
def test_silence_has_no_seams(run: Callable[..., Any]) -> None:
    jump = np.ones(1)
    run(np.zeros(100, np.float32), np.array([50]), np.hanning(34)[1:-1], 2, 6, jump)
    assert jump[0] == 0.0


def test_one_specialisation() -> None:
    for kernel in (kernels.refine_copies, kernels.grow_copies, seam_jumps):
        assert naive.specialisations(kernel) == 1
