"""The learned stage: the same as convolutions over the whole leg, however its rows come."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from callqual.features.facts import HIDDEN, HIDDEN_STEP
from callqual.features.hidden import NAMES, PIECE, columns
from callqual.features.net import NetRunner, weights
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


def whole(x: Rows) -> Rows:
    """Return the logits of all frames at once, shape (heads, frames)."""
    w = weights()
    y = convolved(((x - w["mean"]) * w["scaling"]).T, w["first"], w["first_offset"], 1)
    for i, d in enumerate(w["dilations"].astype(int)):
        q = np.maximum(y * w[f"factor{i}"][:, None] + w[f"offset{i}"][:, None], 0)
        q = np.maximum(convolved(q, w[f"spread{i}"], w[f"spread_offset{i}"], int(d)), 0)
        y = y + w[f"mix{i}"] @ q + w[f"mix_offset{i}"][:, None]
    return w["heads"] @ np.maximum(y * w["factor"][:, None] + w["offset"][:, None], 0) + w["heads_offset"][:, None]


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
    reach = 1 + int(weights()["dilations"].sum())
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
    w = weights()
    assert w["mean"].shape == (len(NAMES),)
    assert w["first"].shape[1] == 3 * len(NAMES)
    assert w["heads"].shape[0] == len(HIDDEN.names)
