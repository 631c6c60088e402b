"""The learned stage: the same as convolutions over the whole leg, however its rows come."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from callqual.features.facts import HIDDEN, HIDDEN_STEP
from callqual.features.hidden import NAMES, PIECE, columns
from callqual.features.net import WIDTH, NetRunner, Weights, weights
from callqual.kernels.layers import run_net
from naive import specialisations, ways
from talker import damaged

Rows = NDArray[np.float32]


@cache
def rows(seconds: float = 7.0) -> Rows:
    return columns(damaged(8000, seconds, zeros=16, seed=5) / np.float32(32768), 8000)


def convolved(x: Rows, weight: Rows, offset: Rows, dilation: int) -> Rows:
    """Three taps over a whole leg, zeros beyond its ends: shape (outputs, frames)."""
    padded = np.pad(x, ((0, 0), (dilation, dilation)))
    taps = [padded[:, k * dilation : k * dilation + x.shape[1]] for k in range(3)]
    return weight @ np.concatenate(taps) + offset[:, None]


def read(w: Weights) -> Iterator[Rows]:
    """Yield the rows of the weights, one at a time."""
    return iter(w.layers.reshape(-1, WIDTH))


def matrix(layers: Iterator[Rows], inputs: int) -> Rows:
    """Take the weights of so many inputs: shape (outputs, inputs)."""
    return np.stack(list(islice(layers, inputs)), axis=1)


def whole(x: Rows) -> Rows:
    """Return the logits of all frames at once, shape (heads, frames)."""
    w = weights()
    layers = read(w)
    offset = next(layers)
    y = convolved(((x - w.mean) * w.scaling).T, matrix(layers, 3 * len(NAMES)), offset, 1)
    for d in w.dilations:
        factor, offset, spread_offset, mix_offset = matrix(layers, 4).T
        q = np.maximum(y * factor[:, None] + offset[:, None], 0)
        q = np.maximum(convolved(q, matrix(layers, 3 * WIDTH), spread_offset, int(d)), 0)
        y = y + matrix(layers, WIDTH) @ q + mix_offset[:, None]
    factor, offset, heads_offset = matrix(layers, 3).T
    logits = matrix(layers, WIDTH) @ np.maximum(y * factor[:, None] + offset[:, None], 0) + heads_offset[:, None]
    assert not list(layers)
    return logits[: len(HIDDEN.names)]


def told(x: Rows, pieces: list[int]) -> NDArray[np.void]:
    """Push so many whole pieces at a time, what is left at the last."""
    runner, out, at = NetRunner(), [], 0
    for n in pieces:
        stop = min(at + n * PIECE, len(x) // PIECE * PIECE)
        out.append(runner.push(x[at:stop], last=False))
        at = stop
    return np.concatenate([*out, runner.push(x[at:], last=True)])


@pytest.mark.parametrize("frames", [0, 1, 40, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 30, 700])
def test_it_is_the_convolutions_of_the_whole_leg(frames):
    x = rows()[:frames]
    out = told(x, [1] * (frames // PIECE))
    assert out.size == frames
    for name, row in zip(HIDDEN.names, whole(x), strict=True):
        near = np.clip(row / HIDDEN_STEP, -127, 127)
        assert np.abs(out[name] - near).max(initial=0.0) < 0.51


@settings(max_examples=20)
@given(st.lists(st.integers(0, 4), max_size=8))
def test_it_does_not_matter_how_the_rows_come(pieces):
    x = rows()
    assert np.array_equal(told(x, pieces), told(x, [1] * 7))


def test_it_tells_a_frame_two_thirds_of_a_second_late():
    runner = NetRunner()
    reach = 1 + int(weights().dilations.sum())
    assert reach == 65
    sizes = [runner.push(rows()[k : k + PIECE], last=False).size for k in range(0, 4 * PIECE, PIECE)]
    assert np.cumsum(sizes).tolist() == [max(k * PIECE - reach, 0) for k in (1, 2, 3, 4)]


def test_it_hears_packets_repeated_and_faded_in_a_voice():
    sr, n = 8000, 160
    x = (damaged(sr, 12.0, zeros=0, seed=2) / np.float32(32768)).astype(np.float32)
    loud = [k for k in range(100, x.size // n - 10) if np.abs(x[k * n : k * n + 3 * n]).mean() > 0.04][::40]
    y, inside = x.copy(), np.zeros(x.size // 80, bool)
    for k in loud:
        for j in range(2):
            y[(k + j) * n : (k + j + 1) * n] = x[(k - 1) * n : k * n] * np.float32(0.8 - 0.3 * j)
        inside[2 * k : 2 * k + 4] = True
    before, after = (told(columns(z, sr), [99])["inside"] for z in (x, y))
    assert len(loud) >= 5
    assert after[inside].mean() > before[inside].mean() + 2.0 / HIDDEN_STEP
    assert (before > 0).mean() < 0.1


def test_the_columns_are_those_it_learned():
    assert weights().mean.shape == weights().scaling.shape == (len(NAMES),)


@pytest.mark.parametrize("run", ways(run_net))
def test_plain_loops_say_the_same(run):
    """Of four frames and 8 columns, in the middle of a leg that ends within: one way is held to the other."""
    rng = np.random.default_rng(1)
    frames, inputs, dilations = 4, 8, np.array([1, 2])
    rows, mean, scaling = (rng.standard_normal(s).astype(np.float32) for s in ((frames, inputs), inputs, inputs))
    layers = rng.standard_normal((1 + 3 * inputs + 2 * 260 + 67) * WIDTH).astype(np.float32) / 8
    outs = []
    for each in (run, run_net):
        seen, memory = np.ones((2 + frames) * inputs, np.float32), np.ones((9 + 4 * frames) * WIDTH, np.float32)
        room, out = np.zeros((2, frames, WIDTH), np.float32)
        each(rows, mean, scaling, layers, dilations, 1, 4, seen, memory, room, out)
        outs.append([out, seen, memory])
    for mine, other in zip(*outs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-4)


def test_it_is_compiled_once():
    told(rows(), [1])
    assert specialisations(run_net) == 1
