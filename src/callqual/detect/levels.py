"""Levels and counts taken from the frame table, stretch by stretch or with few bytes a frame: a call may last ten hours."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from callqual.units import DB_FLOOR

STRETCH = 2**14
"""Frames (164 s) that are decided at a time."""


def to_db(power: NDArray[np.floating]) -> NDArray[np.float64]:
    """Levels of mean squares, dB re full scale, never below :data:`callqual.units.DB_FLOOR`."""
    return 10.0 * np.log10(np.maximum(np.asarray(power, np.float64), 10 ** (DB_FLOOR / 10)))


def quantile_db(power: NDArray[np.float32], share: float) -> float:
    """Return a quantile of levels, between neighbours by a straight line in dB; the order of `power` is lost."""
    at = share * (power.size - 1)
    below = int(at)
    above, t = min(below + 1, power.size - 1), at - below
    power.partition((below, above))
    low, high = to_db(power[[below, above]]).tolist()
    return float(low + (high - low) * t if t < 0.5 else high - (high - low) * (1.0 - t))


def stretches(size: int, back: int = 0, ahead: int = 0) -> Iterator[tuple[int, int, int, int]]:
    """Yield the borders of stretches of frames: from where to where one is read, and from where to where it is told."""
    for start in range(0, size, STRETCH):
        stop = min(start + STRETCH, size)
        yield max(start - back, 0), min(stop + ahead, size), start, stop


def counted(mask: NDArray[np.bool_], start: NDArray[np.int64], stop: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many entries of each ``mask[start:stop]`` are true."""
    if not start.size:
        return np.zeros(0, np.int64)
    first, last = int(start.min()), int(stop.max())
    at = np.flatnonzero(mask[first:last])
    return np.asarray(np.searchsorted(at, stop - first) - np.searchsorted(at, start - first), np.int64)
