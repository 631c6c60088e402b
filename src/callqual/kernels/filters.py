"""Filters of finite length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry


def _fir(x: NDArray[np.float64], taps: NDArray[np.float64], piece: int, out: NDArray[np.float64]) -> None:
    """Write the sum of `taps` times the samples from ``x[n]`` on into ``out[n]``, as many as `out` holds.

    The taps must be symmetrical and odd in number. Samples in the inner loop, a `piece` at a time: it stays in the cache.
    """
    middle = taps.size // 2
    for first in range(0, out.size, piece):
        part = out[first : first + piece]
        centre = x[first + middle : first + middle + part.size]
        for n in range(part.size):
            part[n] = taps[middle] * centre[n]
        for k in range(middle):
            left = x[first + k : first + k + part.size]
            right = x[first + 2 * middle - k : first + 2 * middle - k + part.size]
            tap = taps[k]
            for n in range(part.size):
                part[n] += tap * (left[n] + right[n])


fir = entry(_fir)
