"""Codecs and speech for the tests of codecs: a missing library skips the test and names its package."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from callqual.simulation.codecs import Codec, MissingLibrary, codec
from talker import talk

Samples = NDArray[np.float32]


def made(name: str, **options: object) -> Codec:
    """Make a codec, or skip the test where its library is missing."""
    try:
        return codec(name, **options)
    except MissingLibrary as error:
        pytest.skip(str(error))


@cache
def speech(sr: int, seconds: float = 6.0) -> Samples:
    """A synthetic talker, full scale +-1."""
    x = talk(sr, seconds).astype(np.float32) / 32768
    x.setflags(write=False)
    return x


def without(payloads: list[bytes], lost: list[int]) -> list[bytes | None]:
    """The packets that arrive where those at the places `lost` do not."""
    return [None if i in set(lost) else payload for i, payload in enumerate(payloads)]


def loudest_packets(codec: Codec, x: Samples, apart: int, keep_clear: int) -> list[int]:
    """Packets in the midst of speech, `apart` packets from each other, none of them within `keep_clear` of the ends."""
    level = np.array(
        [np.mean(block**2) for block in np.split(x[: x.size // codec.packet * codec.packet], x.size // codec.packet)]
    )
    around = np.minimum(level, np.roll(level, 1))
    found: list[int] = []
    for i in np.argsort(-around):
        if keep_clear <= i < level.size - keep_clear and all(abs(i - j) >= apart for j in found):
            found.append(int(i))
    return [i for i in found if around[i] > 0.1 * around.max()]
