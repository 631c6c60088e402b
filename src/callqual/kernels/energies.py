"""Prefix sums of squares, the one table from which windows of any length are read: of a signal, and of its second difference."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry


def _sum_squares(x: NDArray[np.float32], p: NDArray[np.float64]) -> None:
    """Write the energy of ``x[:i]`` into ``p[i]``; `p` has one entry more than `x`."""
    total = 0.0
    p[0] = 0.0
    fours = x.size // 4 * 4
    for i in range(0, fours, 4):  # only the sum of four waits for that before them
        u0, u1, u2, u3 = np.float64(x[i]), np.float64(x[i + 1]), np.float64(x[i + 2]), np.float64(x[i + 3])
        two, last = u0 * u0 + u1 * u1, u2 * u2
        p[i + 1], p[i + 2], p[i + 3] = total + u0 * u0, total + two, total + (two + last)
        total += two + (last + u3 * u3)
        p[i + 4] = total
    for i in range(fours, x.size):
        v = np.float64(x[i])
        total += v * v
        p[i + 1] = total


def _bend(x: NDArray[np.float32], d: NDArray[np.float32]) -> None:
    """Write the second difference of `x` into `d`, 0 at both ends."""
    two = np.float32(2.0)
    n = x.size - 2
    left, middle, right, out = x[:n], x[1 : n + 1], x[2:], d[1 : n + 1]
    for i in range(n):
        out[i] = right[i] - two * middle[i] + left[i]
    d[0] = d[n + 1] = 0.0


sum_squares = entry(_sum_squares)
bend = entry(_bend)
