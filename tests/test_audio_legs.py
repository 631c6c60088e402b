"""The choice of legs, and their samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from callqual.audio.legs import choose_legs, split_legs
from callqual.errors import InputError


@pytest.mark.parametrize(
    ("channels", "available", "legs"),
    [("each", 1, (0,)), ("each", 3, (0, 1, 2)), ("mix", 2, ("mix",)), (1, 2, (1,)), (np.int64(0), 1, (0,))],
)
def test_choices(channels: Any, available: int, legs: tuple[Any, ...]) -> None:
    assert choose_legs(channels, available) == legs


@pytest.mark.parametrize(
    ("channels", "available", "says"),
    [
        (2, 2, "channels=2, but the recording has channels 0 to 1; leave it out"),
        (1, 1, "channels=1, but the recording has channel 0 only"),
        (-1, 2, "channels=-1"),
        ("both", 2, "channels='both'; expected 'each', 'mix' or the index"),
        (True, 2, "channels=True; expected"),
        (0.0, 2, "channels=0.0; expected"),
        (None, 2, "channels=None; expected"),
    ],
)
def test_wrong_choices_say_what_there_is(channels: Any, available: int, says: str) -> None:
    with pytest.raises(InputError, match=says):
        choose_legs(channels, available)


def test_split_gives_contiguous_columns_and_their_mean(rng: np.random.Generator) -> None:
    block = rng.uniform(-1, 1, (40, 3)).astype(np.float32)
    legs = split_legs(block, (2, 0, "mix"))
    assert np.array_equal(legs[0], block[:, 2])
    assert np.array_equal(legs[1], block[:, 0])
    assert np.allclose(legs[2], block.astype(np.float64).mean(axis=1), atol=1e-7)
    assert all(leg.dtype == np.float32 and leg.flags.c_contiguous for leg in legs)


def test_a_mix_of_two_pcm_legs_is_exact() -> None:
    pcm = np.array([[1, 2], [-32768, 32767], [5, -5]], np.int16)
    mix = split_legs((pcm / 32768).astype(np.float32), ("mix",))[0]
    assert np.array_equal(mix * 65536, pcm.astype(np.int64).sum(axis=1))
