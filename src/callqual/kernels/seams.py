"""Seams: how rough a waveform is where two pieces of it may be joined."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import kernel


@kernel
def _whitening(r: NDArray[np.float64], order: int, a: NDArray[np.float64], t: NDArray[np.float64]) -> None:
    """Write the whitening filter ``a`` (``a[0]`` = 1) of the autocorrelation `r` (Levinson); `t` is scratch."""
    a[:] = 0.0
    a[0] = 1.0
    err = r[0]
    for i in range(1, order + 1):
        acc = r[i]
        for j in range(1, i):
            acc += a[j] * r[i - j]
        c = -acc / err
        for j in range(1, i):
            t[j] = a[j] + c * a[i - j]
        for j in range(1, i):
            a[j] = t[j]
        a[i] = c
        err *= 1.0 - c * c
        if err <= 1e-30:
            break


def _seam_jumps(
    x: NDArray[np.float32],
    at: NDArray[np.int64],
    window: NDArray[np.float64],
    near: int,
    order: int,
    jump: NDArray[np.float64],
) -> None:
    """Write the greatest prediction error within `near` samples of each seam, re the RMS of the others round it.

    The predictor is that of the `window` centred on the seam; 0 where the signal does not reach that far.
    """
    half = window.size // 2
    r, a, t = np.zeros(order + 1), np.zeros(order + 1), np.zeros(order + 1)
    y, rest = np.zeros(2 * half), np.zeros(2 * half)
    for i in range(at.size):
        jump[i] = 0.0
        first = at[i] - half
        if first < 0 or at[i] + half > x.size:
            continue
        part = x[first : first + 2 * half]
        for n in range(2 * half):
            y[n] = window[n] * np.float64(part[n])
        for k in range(order + 1):
            s = 0.0
            for n in range(k, 2 * half):
                s += y[n] * y[n - k]
            r[k] = s
        if r[0] <= 0.0:
            continue
        r[0] *= 1.00001
        _whitening(r, order, a, t)
        rest[:] = 0.0
        for k in range(order + 1):
            for n in range(order, 2 * half):
                rest[n] += a[k] * np.float64(part[n - k])
        top = beside = 0.0
        count = 0
        for n in range(order, 2 * half):
            d = n - half
            if -near <= d <= near:
                top = max(top, abs(rest[n]))
            elif d < -near or d > near + 2 * order:
                beside += rest[n] * rest[n]
                count += 1
        if count > 0 and beside > 0.0:
            jump[i] = top / np.sqrt(beside / count)


seam_jumps = kernel(_seam_jumps)
