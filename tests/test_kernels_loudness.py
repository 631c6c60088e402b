"""How loud frames are, against plain NumPy, jitted and as plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from callqual.features.hidden import columns
from callqual.kernels.loudness import alike_share, frame_power, leaky
from naive import specialisations, ways

Run = Callable[..., Any]
SEEDS, FRAMES = st.integers(0, 2**32), st.integers(0, 4)


def both(kernel: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("run", ways(kernel), ids=["jit", "plain"])


def samples(seed: int, frames: int, hop: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=frames * hop).astype(np.float32)


@both(frame_power)
@given(seed=SEEDS, frames=FRAMES, hop=st.sampled_from([16, 48]))
def test_power_and_peak_of_each_frame(run: Run, seed: int, frames: int, hop: int) -> None:
    x, out = samples(seed, frames, hop), np.empty((frames, 2))
    run(x, hop, out)
    squares = x.reshape(frames, hop).astype(np.float64) ** 2
    np.testing.assert_allclose(out[:, 0], squares.mean(axis=1))
    np.testing.assert_array_equal(out[:, 1], squares.max(axis=1, initial=0.0))


@both(alike_share)
@given(seed=SEEDS, frames=FRAMES)
def test_steps_below_the_limit_of_the_frame(run: Run, seed: int, frames: int) -> None:
    x, out = samples(seed, frames, 20), np.empty(frames)
    limit = np.random.default_rng(seed).random(frames).astype(np.float32)
    run(x, limit, out)
    steps = np.abs(np.diff(x.reshape(frames, 20), axis=1))
    np.testing.assert_array_equal(out, (steps < limit[:, None]).mean(axis=1))


@both(leaky)
@given(seed=SEEDS, most=st.floats(0.0, 2.0))
def test_a_maximum_leaks_away(run: Run, seed: int, most: float) -> None:
    x = np.random.default_rng(seed).random(12)
    out = np.empty(12)
    run(x, most, 0.9, 0.3, out)
    wanted = [max(0.3, most * 0.9 ** (n + 1), *(x[: n + 1] * 0.9 ** np.arange(n, -1.0, -1.0))) for n in range(12)]
    np.testing.assert_allclose(out, wanted)


def test_one_specialisation() -> None:
    columns(np.zeros(40000, np.float32), 8000)
    for kernel in (alike_share, frame_power, leaky):
        assert specialisations(kernel) == 1, kernel
