"""Joins at a known place: whether what follows a hole goes on from what stood before it, how rough a seam of two pieces is.

A hole is left out and its two ends are joined. If nothing was lost the join is no splice: a predictor fitted to both
sides foresees it, and the period runs through.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry, kernel

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
def _autocorrelate(y: NDArray[np.float64], w: int, r: NDArray[np.float64]) -> None:
    """Write the autocorrelation of ``y[:w]`` at lags from 0 on; as many zeros must follow as there are lags, and three more.

    Lags in the inner loop over slices, so that it runs in vectors; the sums keep the order of the samples.
    """
    r[:] = 0.0
    for n in range(0, w, 4):
        v0, v1, v2, v3 = y[n], y[n + 1], y[n + 2], y[n + 3]
        ahead = y[n : n + r.size + 3]
        for k in range(r.size):
            r[k] = r[k] + v0 * ahead[k] + v1 * ahead[k + 1] + v2 * ahead[k + 2] + v3 * ahead[k + 3]


@kernel
def _filter(y: NDArray[np.float64], a: NDArray[np.float64], lo: int, step: int, out: NDArray[np.float64]) -> None:
    """Write the errors of predicting the samples of `y` from `lo` on from those before (`step` 1) or after (-1) each."""
    out[:] = 0.0
    for k in range(a.size):
        first, tap = lo - step * k, a[k]
        part = y[first : first + out.size]
        for n in range(out.size):
            out[n] += tap * part[n]


@kernel
def _error(
    y: NDArray[np.float64], a: NDArray[np.float64], lo: int, hi: int, step: int, spare: NDArray[np.float64]
) -> float:
    """Mean square error of predicting ``y[lo:hi]`` from the samples before (`step` 1) or after (-1)."""
    rest = spare[: hi - lo]
    _filter(y, a, lo, step, rest)
    total = 0.0
    for n in range(hi - lo):
        total += rest[n] * rest[n]
    return total / (hi - lo)


@kernel
def _widen(x: NDArray[np.float32], y: NDArray[np.float64]) -> None:
    """Write `x` into `y`, as wide as sums are."""
    for n in range(y.size):
        y[n] = np.float64(x[n])


@kernel
def _across(
    y: NDArray[np.float64], w: int, shortest: int, longest: int, xy: NDArray[np.float64], yy: NDArray[np.float64]
) -> tuple[float, float]:
    """Best correlation of `longest` samples before the join ``y[w]`` with those a period earlier, and that across it.

    The latter is of the first period after the join with the last before it. `xy` and `yy` are scratch, a number a lag.
    """
    xy[:] = 0.0
    yy[:] = 0.0
    xx = 0.0
    for n in range(w - longest, w):
        v, past = y[n], y[n - longest : n - shortest + 1]
        xx += v * v
        for k in range(xy.size):
            xy[k] += v * past[k]
            yy[k] += past[k] * past[k]
    best, at = 0.0, shortest
    for lag in range(shortest, longest + 1):
        k = longest - lag
        r = xy[k] / np.sqrt(xx * yy[k]) if xx > 0.0 and yy[k] > 0.0 else 0.0
        if r > best:
            best, at = r, lag
    found = 0.0
    for lag in range(max(at - 2, shortest), min(at + 2, longest) + 1):
        c = e = q = 0.0
        for n in range(w, w + lag):
            c += y[n] * y[n - lag]
            e += y[n] * y[n]
            q += y[n - lag] * y[n - lag]
        if e > 0.0 and q > 0.0:
            found = max(found, c / np.sqrt(e * q))
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
    r, a, t = np.zeros(order // 8 * 8 + 8), np.zeros(order + 1), np.zeros(order + 1)  # `r`: whole vectors of lags
    padded, spare = np.zeros(2 * w + r.size + 3), np.zeros(w)
    y = padded[: 2 * w]
    xy, yy = np.zeros(longest - shortest + 1), np.zeros(longest - shortest + 1)
    for i in range(start.size):
        s, e = start[i], end[i]
        if s < w or e + w > x.size:
            continue
        before, after = y[:w], y[w:]
        _widen(x[s - w : s], before)
        _widen(x[e : e + w], after)
        step = 0.0
        for n in range(1, w):
            step += (before[n] - before[n - 1]) ** 2 + (after[n] - after[n - 1]) ** 2
        _autocorrelate(padded, 2 * w, r)
        r[0] = r[0] * (1.0 + 1e-5) + 1e-15
        _whitening(r, order, a, t)
        usual = _error(y, a, order, w, 1, spare) + _error(y, a, w + order, 2 * w, 1, spare) + 1e-20
        out[i, 0] = 2.0 * _error(y, a, w, w + order, 1, spare) / usual
        out[i, 1] = 2.0 * _error(y, a, w - order, w, -1, spare) / usual
        out[i, 2] = np.abs(y[w] - y[w - 1]) / np.sqrt(step / (2.0 * (w - 1)) + 1e-20)
        out[i, 3], out[i, 4] = _across(y, w, shortest, longest, xy, yy)


measure_joins = entry(_measure_joins)


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
    padded, signal, rest = np.zeros(2 * half + order + 4), np.zeros(2 * half), np.zeros(2 * half - order)
    for i in range(at.size):
        jump[i] = 0.0
        first = at[i] - half
        if first < 0 or at[i] + half > x.size:
            continue
        part = x[first : first + 2 * half]
        for n in range(2 * half):
            signal[n] = np.float64(part[n])
            padded[n] = window[n] * signal[n]
        _autocorrelate(padded, 2 * half, r)
        if r[0] <= 0.0:
            continue
        r[0] *= 1.00001
        _whitening(r, order, a, t)
        _filter(signal, a, order, 1, rest)
        top = beside = 0.0
        count = 0
        for n in range(order, 2 * half):
            d = n - half
            if -near <= d <= near:
                top = max(top, abs(rest[n - order]))
            elif d < -near or d > near + 2 * order:
                beside += rest[n - order] * rest[n - order]
                count += 1
        if count > 0 and beside > 0.0:
            jump[i] = top / np.sqrt(beside / count)


seam_jumps = entry(_seam_jumps)
