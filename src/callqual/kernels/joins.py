"""Whether what follows a hole goes on from where the sound before it stopped: a pause inserted, or sound lost.

The hole is left out and the two ends are joined. If nothing was lost the join is no splice: a predictor fitted to both
sides foresees it, and the period runs through.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import kernel

COLUMNS = ("surprise", "surprise_back", "jump", "period", "across")


@kernel
def _predict(y: NDArray[np.float64], order: int, r: NDArray[np.float64], a: NDArray[np.float64]) -> None:
    """Write the whitening filter ``a`` (``a[0]`` = 1) of `y` by its autocorrelation and Levinson's recursion."""
    t = np.zeros(order + 1)
    for k in range(order + 1):
        r[k] = 0.0
        for n in range(k, y.size):
            r[k] += y[n] * y[n - k]
    err = r[0] * (1.0 + 1e-5) + 1e-15
    a[:] = 0.0
    a[0] = 1.0
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
    r, a = np.zeros(order + 1), np.zeros(order + 1)
    for i in range(start.size):
        s, e = start[i], end[i]
        if s < w or e + w > x.size:
            continue
        step = 0.0
        for n in range(w):
            y[n], y[w + n] = np.float64(x[s - w + n]), np.float64(x[e + n])
            if n > 0:
                step += (y[n] - y[n - 1]) ** 2 + (y[w + n] - y[w + n - 1]) ** 2
        _predict(y, order, r, a)
        usual = _error(y, a, order, w, 1) + _error(y, a, w + order, 2 * w, 1) + 1e-20
        out[i, 0] = 2.0 * _error(y, a, w, w + order, 1) / usual
        out[i, 1] = 2.0 * _error(y, a, w - order, w, -1) / usual
        out[i, 2] = np.abs(y[w] - y[w - 1]) / np.sqrt(step / (2.0 * (w - 1)) + 1e-20)
        out[i, 3], out[i, 4] = _across(y, w, shortest, longest)


measure_joins = kernel(_measure_joins)
