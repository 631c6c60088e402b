"""Joins at a known place: whether what follows a hole goes on from what stood before it, how rough a seam of two pieces is.

A hole is left out and its two ends are joined. If nothing was lost the join is no splice: a predictor fitted to both
sides foresees it, and the period runs through.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import kernel

COLUMNS = ("surprise", "surprise_back", "jump", "period", "across")


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


@kernel
def _predict(y: NDArray[np.float64], r: NDArray[np.float64], a: NDArray[np.float64], t: NDArray[np.float64]) -> None:
    """Write the whitening filter of `y` by its autocorrelation, which goes to `r`; `t` is scratch."""
    for k in range(r.size):
        r[k] = 0.0
        for n in range(k, y.size):
            r[k] += y[n] * y[n - k]
    r[0] = r[0] * (1.0 + 1e-5) + 1e-15
    _whitening(r, r.size - 1, a, t)


@kernel
def _error(y: NDArray[np.float64], a: NDArray[np.float64], lo: int, hi: int, step: int) -> float:
    """Mean square error of predicting ``y[lo:hi]`` from the samples before (`step` 1) or after (-1)."""
    total = 0.0
    for n in range(lo, hi):
        v = 0.0
        for k in range(a.size):
            v += a[k] * y[n - step * k]
        total += v * v
    return total / (hi - lo)


@kernel
def _across(y: NDArray[np.float64], w: int, shortest: int, longest: int) -> tuple[float, float]:
    """Best correlation of `longest` samples before the join ``y[w]`` with those a period earlier, and that across it.

    The latter is of the first period after the join with the last before it.
    """
    best, at = 0.0, shortest
    for lag in range(shortest, longest + 1):
        xy = xx = yy = 0.0
        for n in range(w - longest, w):
            xy += y[n] * y[n - lag]
            xx += y[n] * y[n]
            yy += y[n - lag] * y[n - lag]
        r = xy / np.sqrt(xx * yy) if xx > 0.0 and yy > 0.0 else 0.0
        if r > best:
            best, at = r, lag
    found = 0.0
    for lag in range(max(at - 2, shortest), min(at + 2, longest) + 1):
        xy = xx = yy = 0.0
        for n in range(w, w + lag):
            xy += y[n] * y[n - lag]
            xx += y[n] * y[n]
            yy += y[n - lag] * y[n - lag]
        if xx > 0.0 and yy > 0.0:
            found = max(found, xy / np.sqrt(xx * yy))
    return best, found


def _measure_joins(
    x: NDArray[np.float32],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    w: int,
    order: int,
    shortest: int,
    longest: int,
    out: NDArray[np.float64],
) -> None:
    """Write the :data:`COLUMNS` of each hole ``x[start:end]`` from `w` samples on either side; 0 where there are none.

    Prediction error of the first `order` samples after the join, forward, and of the last before it, backward, re
    their mean; jump of the waveform re its root mean square step; periodicity before, and across the join.
    """
    y = np.zeros(2 * w)
    r, a, t = np.zeros(order + 1), np.zeros(order + 1), np.zeros(order + 1)
    for i in range(start.size):
        s, e = start[i], end[i]
        if s < w or e + w > x.size:
            continue
        step = 0.0
        for n in range(w):
            y[n], y[w + n] = np.float64(x[s - w + n]), np.float64(x[e + n])
            if n > 0:
                step += (y[n] - y[n - 1]) ** 2 + (y[w + n] - y[w + n - 1]) ** 2
        _predict(y, r, a, t)
        usual = _error(y, a, order, w, 1) + _error(y, a, w + order, 2 * w, 1) + 1e-20
        out[i, 0] = 2.0 * _error(y, a, w, w + order, 1) / usual
        out[i, 1] = 2.0 * _error(y, a, w - order, w, -1) / usual
        out[i, 2] = np.abs(y[w] - y[w - 1]) / np.sqrt(step / (2.0 * (w - 1)) + 1e-20)
        out[i, 3], out[i, 4] = _across(y, w, shortest, longest)


measure_joins = kernel(_measure_joins)


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
