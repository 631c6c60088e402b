"""Samples from memory: shapes, types, scaling, and what is said of those that cannot be scored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from callqual.audio.arrays import as_block
from callqual.audio.source import open_audio
from callqual.errors import InputError

FULL_SCALE = {
    np.int8: (-128, 127, 128.0, 0.0),
    np.int16: (-32768, 32767, 32768.0, 0.0),
    np.int32: (-(2**31), 2**31 - 1, 2.0**31, 0.0),
    np.uint8: (0, 255, 128.0, 128.0),
    np.uint16: (0, 65535, 32768.0, 32768.0),
    np.uint32: (0, 2**32 - 1, 2.0**31, 2.0**31),
}


def read(samples: Any, sr: Any = 8000, frames: int = 100) -> np.ndarray:
    with open_audio(samples, sr) as reader:
        return np.concatenate([np.zeros((0, reader.channels), np.float32), *reader.blocks(frames)])


@pytest.mark.parametrize("dtype", FULL_SCALE)
def test_integers_are_scaled_by_their_type(dtype: type) -> None:
    low, high, half, zero = FULL_SCALE[dtype]
    x = np.array([low, high, (low + high + 1) // 2], dtype)
    assert np.array_equal(read(x)[:, 0], np.float32((x.astype(np.float64) - zero) / half))
    assert read(x)[0, 0] == -1.0
    assert read(x)[2, 0] == 0.0


def test_every_16_bit_value_is_exact() -> None:
    x = np.arange(-32768, 32768).astype(np.int16)
    assert np.array_equal(read(x)[:, 0] * 32768, x)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble, ">f4", ">i2", "<i2"])
def test_floats_and_byte_orders(dtype: Any) -> None:
    x = (np.arange(-4, 5) * (1000 if np.dtype(dtype).kind == "i" else 0.125)).astype(dtype)
    expected = x.astype(np.float64) / (32768 if np.dtype(dtype).kind == "i" else 1)
    assert np.array_equal(read(x)[:, 0], expected.astype(np.float32))


@given(x=hnp.arrays(np.int16, hnp.array_shapes(min_dims=1, max_dims=2, max_side=40)), frames=st.integers(1, 50))
def test_blocks_of_any_length_give_the_same_samples(x: np.ndarray, frames: int) -> None:
    if x.ndim == 2 and x.shape[1] > 32:
        x = x[:, :32]
    assert np.array_equal(read(x, frames=frames), read(x, frames=len(x)))


@pytest.mark.parametrize("turn", [lambda x: x[::-1], lambda x: x[::3], np.asfortranarray, lambda x: x[:, :1]])
def test_views_of_any_memory_order(turn: Any, rng: np.random.Generator) -> None:
    x = turn(rng.uniform(-1, 1, (50, 2)).astype(np.float32))
    assert np.array_equal(read(x), x)
    assert as_block(x).flags.c_contiguous


def test_the_caller_s_array_is_left_alone(rng: np.random.Generator) -> None:
    x = rng.uniform(-1, 1, 100).astype(np.float32)
    before = x.copy()
    with open_audio(x, 8000) as reader:
        for block in reader.blocks(10):
            block[:] = 0.0
    assert np.array_equal(x, before)


def test_a_list_of_floats_will_do() -> None:
    assert np.array_equal(read([0.0, 0.5, -0.5])[:, 0], [0.0, 0.5, -0.5])


def test_no_samples_are_no_blocks() -> None:
    with open_audio(np.zeros(0), 8000) as reader:
        assert list(reader.blocks(10)) == []
        assert reader.describe().seconds == 0.0


def test_nan_and_infinity_are_passed_on() -> None:
    found = read(np.array([np.nan, np.inf, -np.inf, 1e300]))[:, 0]
    assert np.array_equal(found, [np.nan, np.inf, -np.inf, np.inf], equal_nan=True)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_infinity_alone_is_no_matter_of_scale(value: float) -> None:
    assert np.isinf(read(np.array([0.0, value]))[1, 0])


@pytest.mark.parametrize("scale", [1.0, 4.0, 100.0])
def test_loud_floats_are_taken(scale: float) -> None:
    assert read(np.full(5, scale)).max() == scale


@pytest.mark.parametrize(
    ("samples", "sr", "says"),
    [
        (np.zeros(5), None, r"score\(samples, sr=16000\)"),
        (np.zeros((2, 16000)), 8000, r"shape \(2, 16000\).*looks like \(channels, n\): give samples.T"),
        (np.zeros((16000, 64)), 8000, r"shape \(16000, 64\).*1 to 32 channels"),
        (np.zeros((4, 4, 4)), 8000, r"shape \(4, 4, 4\); expected \(n,\) or \(n, channels\)"),
        (np.zeros((5, 0)), 8000, r"shape \(5, 0\)"),
        (np.zeros(5, bool), 8000, "type bool; expected floats"),
        (np.zeros(5, complex), 8000, "type complex128"),
        (np.zeros(5, "U1"), 8000, "type <U1"),
        (np.zeros(5, np.int64), 8000, r"int64, which has no full scale of its own.*astype\('int16'\)"),
        (np.full(5, 12000.0), 8000, r"reach 12000; full scale is \+-1: divide"),
        ([[0.0], [0.0, 0.0]], 8000, "lists of unequal length"),
        (np.zeros(5), 7000, "7000 Hz; expected 8000 to 192000 Hz"),
        (np.zeros(5), 3_000_000, "3000000 Hz; expected 8000 to 192000 Hz"),
        (np.zeros(5), 0, "0 Hz; expected"),
        (np.zeros(5), -8000, "-8000 Hz; expected"),
        (np.zeros(5), 8000.5, "8000.5; expected whole Hz"),
        (np.zeros(5), float("nan"), "nan; expected whole Hz"),
        (np.zeros(5), float("inf"), "inf; expected whole Hz|inf Hz; expected"),
        (np.zeros(5), True, "True; expected whole Hz"),
        (np.zeros(5), "8000", "'8000'; expected whole Hz"),
        (None, 8000, "NoneType; expected a path, a binary file object or samples"),
        (3.5, 8000, "float; expected a path"),
        ({"x": 1}, 8000, "dict; expected a path"),
        (b"RIFF", 8000, "bytes; expected.*io.BytesIO"),
    ],
)
def test_what_cannot_be_scored_is_said_in_one_line(samples: Any, sr: Any, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read(samples, sr)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("sr", [8000, 8000.0, np.int32(8000), np.float32(8000), 192000])
def test_whole_rates_of_any_type(sr: Any) -> None:
    with open_audio(np.zeros(5), sr) as reader:
        assert reader.sr == int(sr)
        assert type(reader.sr) is int
