"""Filters of finite length: any symmetrical one, and the one that halves the rate."""

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


def _halve(x: NDArray[np.float32], out: NDArray[np.float64]) -> None:
    """Write `x` at half its rate through [1 3 3 1]/8, zeros beyond its ends, into `out`, half as long."""
    last = out.size - 1
    for n in range(out.size):
        v = 3.0 * (np.float64(x[2 * n]) + np.float64(x[2 * n + 1]))
        if n > 0:
            v += np.float64(x[2 * n - 1])
        if n < last:
            v += np.float64(x[2 * n + 2])
        out[n] = 0.125 * v


fir = entry(_fir)
halve = entry(_halve)
