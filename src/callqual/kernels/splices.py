"""Splices: where two ends of waveform are joined that do not belong together, at the native rate.

How much less likely is the sound after a sample if that before it is known? Were sound all Gaussian, what one predictor of 40 ms says
of this would be all there is to say; a join stands out of it as a spike that no other sample round it reaches. A pulse of a voice
surprises too, but is then followed by what would surprise as much on its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry, kernel

COLUMNS = (
    "peak", "energy", "mean", "narrow", "far", "before", "after", "tilt_before", "tilt_after", "period_before",
    "period_after", "across", "across_best", "shift",
)  # fmt: skip


@kernel
def _reflect(
    r: NDArray[np.float64],
    order: int,
    c: NDArray[np.float64],
    share: NDArray[np.float64],
    a: NDArray[np.float64],
    t: NDArray[np.float64],
) -> None:
    """Write the reflection coefficients ``c[1:]`` of the autocorrelation `r` (Levinson), and the error of the last order re that of each.

    `a` and `t` are scratch.
    """
    c[:] = 0.0
    a[:] = 0.0
    a[0] = 1.0
    err = r[0]
    share[0] = err
    for i in range(1, order + 1):
        acc = r[i]
        for j in range(1, i):
            acc += a[j] * r[i - j]
        if err > 1e-30:
            c[i] = -acc / err
        for j in range(1, i):
            t[j] = a[j] + c[i] * a[i - j]
        for j in range(1, i):
            a[j] = t[j]
        a[i] = c[i]
        err *= 1.0 - c[i] * c[i]
        share[i] = err
    for i in range(order + 1):
        share[i] = err / share[i]


@kernel
def _autocorrelate(y: NDArray[np.float64], w: int, r: NDArray[np.float64]) -> None:
    """Write the autocorrelation of ``y[:w]``, which zeros follow, at lags from 0 on: four samples a turn, lags in vectors."""
    r[:] = 0.0
    for n in range(0, w, 4):
        v0, v1, v2, v3 = y[n], y[n + 1], y[n + 2], y[n + 3]
        ahead = y[n : n + r.size + 3]
        for k in range(r.size):
            r[k] += v0 * ahead[k] + v1 * ahead[k + 1] + v2 * ahead[k + 2] + v3 * ahead[k + 3]


@kernel
def _climb(f: NDArray[np.float64], b: NDArray[np.float64], c: float, risen: NDArray[np.float64]) -> None:
    """Raise the errors of predicting each sample forward, `f`, and backward, ``b[:-1]``, by one order; the latter go to `risen`."""
    for n in range(f.size):
        u, v = f[n], b[n]
        f[n] = u + c * v
        risen[n] = v + c * u


@kernel
def _add_squares(part: NDArray[np.float64], weight: float, out: NDArray[np.float64]) -> None:
    """Add to `out` the squares of `part`."""
    for n in range(out.size):
        out[n] += weight * part[n] * part[n]


@kernel
def _set_apart(
    z: NDArray[np.float64],
    c: NDArray[np.float64],
    share: NDArray[np.float64],
    order: int,
    b: NDArray[np.float64],
    risen: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write, of each sample ``z[order + n]``, how much more the `order` samples from it on surprise a predictor that knows those before.

    That is the sum of the squares of its errors less that of predictors which begin at the sample, from those of no order on, each
    square re the error its order has. `z` is used up, `b` and `risen` are scratch.
    """
    size = out.size
    out[:] = 0.0
    b[0] = 0.0
    for n in range(z.size):
        b[n + 1] = z[n]  # one sample late
    risen[0] = 0.0
    for k in range(order):
        _add_squares(z[order + k :], -share[k], out)
        _climb(z, b, c[k + 1], risen[1:])
        b, risen = risen, b
    for k in range(order):
        _add_squares(z[order + k : order + k + size], 1.0, out)


@kernel
def _likeness(xy: float, xx: float, yy: float) -> float:
    """Normalised correlation from its sums; 0 in silence."""
    return xy / np.sqrt(xx * yy) if xx > 0.0 and yy > 0.0 else 0.0


@kernel
def _sum_apart(
    y: NDArray[np.float64], n: int, w: int, shortest: int, step: int, xy: NDArray[np.float64], yy: NDArray[np.float64]
) -> float:
    """Sum the products of ``y[n : n + w]`` with what lies ``shortest + k`` samples earlier (`step` -1) or later (1), by ``k``.

    The squares of the latter go to `yy`; returns those of the former. Lags in the inner loop, which so runs in vectors.
    """
    xy[:] = 0.0
    yy[:] = 0.0
    xx = 0.0
    for i in range(n, n + w):
        first = i + shortest if step > 0 else i - shortest - xy.size + 1
        v, other = y[i], y[first : first + xy.size]
        xx += v * v
        for k in range(xy.size):
            xy[k] += v * other[k]
            yy[k] += other[k] * other[k]
    return xx


@kernel
def _sum_across(
    y: NDArray[np.float64], n: int, w: int, shortest: int, xy: NDArray[np.float64], xx: NDArray[np.float64],
    yy: NDArray[np.float64],
) -> None:  # fmt: skip
    """Sum the products of what follows ``y[n]`` with what lies a lag earlier, before ``n``: `w` samples, no more than the lag.

    Sums run from the longest lag, ``shortest + xy.size - 1``, down.
    """
    xy[:] = 0.0
    xx[:] = 0.0
    yy[:] = 0.0
    longest = shortest + xy.size - 1
    for i in range(w):
        v = y[n + i]
        lags = longest - max(shortest, i + 1) + 1
        past = y[n + i - longest : n + i - longest + lags]
        for k in range(lags):
            xy[k] += v * past[k]
            xx[k] += v * v
            yy[k] += past[k] * past[k]


@kernel
def _energies(x: NDArray[np.float32], a: int, b: int) -> tuple[float, float]:
    """Mean square of ``x[a:b]`` and that of its first difference."""
    e = d = 0.0
    for n in range(a, b):
        u, v = np.float64(x[n]), np.float64(x[n - 1])
        e += u * u
        d += (u - v) * (u - v)
    return e / (b - a), d / (b - a)


def _set_frames_apart(
    x: NDArray[np.float32],
    first: int,
    frames: int,
    hop: int,
    window: NDArray[np.float64],
    order: int,
    piece: int,
    gate: float,
    rest: NDArray[np.float32],
) -> None:
    """Write how much the two sides of each sample of ``x[first : first + frames hop]`` surprise each other into `rest`, 0 in quiet frames.

    It is the root of :func:`_set_apart`, in units of the signal. Each frame is predicted from the autocorrelation (Levinson) of the
    window centred on it; `x` must reach that far. `piece` samples are raised from order to order together.
    """
    w = window.size
    back = (w - hop) // 2
    r = np.zeros(order // 8 * 8 + 8)  # whole vectors of lags, more than are asked for
    c, share, a, t = np.zeros(order + 1), np.zeros(order + 1), np.zeros(order + 1), np.zeros(order + 1)
    y, z = np.zeros(w + r.size + 3), np.zeros(piece + 2 * order - 1)
    b, risen, out = np.zeros(z.size + 1), np.zeros(z.size + 1), np.zeros(piece)
    for f in range(frames):
        at = first + f * hop
        part, about = x[at : at + hop], x[at - back : at - back + w]
        told, e = rest[f * hop : (f + 1) * hop], 0.0
        for n in range(hop):
            e += np.float64(part[n]) * np.float64(part[n])
        if e < gate * hop:
            for n in range(hop):
                told[n] = 0.0
            continue
        for n in range(w):
            y[n] = window[n] * np.float64(about[n])
        _autocorrelate(y, w, r)
        r[0] *= 1.0 + 1e-7
        r[0] += 1e-15
        _reflect(r, order, c, share, a, t)
        for p in range(0, hop, piece):
            size = min(piece, hop - p)
            beside = x[at + p - order : at + p + size + order - 1]
            known, apart = z[: beside.size], out[:size]
            for n in range(known.size):
                known[n] = np.float64(beside[n])
            _set_apart(known, c, share, order, b, risen, apart)
            for n in range(size):
                told[p + n] = np.sqrt(max(apart[n], 0.0))


def _find_spikes(
    rest: NDArray[np.float32],
    block: int,
    guard: int,
    reach: int,
    ratio: float,
    at: NDArray[np.int64],
    found: NDArray[np.float64],
) -> int:
    """Find samples whose block exceeds `ratio` times every other within `reach` blocks but the nearest `guard`.

    Writes the ratio to the highest, the ratio of the block's energy to the highest energy, the ratio to the mean of
    peaks, the share of the peak's square in the energy of its three blocks, and the ratio to the highest within three
    times `reach`: slow pulses of a creaky voice stand alone within it.
    """
    blocks = rest.size // block
    top = np.zeros(blocks)
    energy = np.zeros(blocks)
    for b in range(blocks):
        high, odd, total, beside = 0.0, 0.0, 0.0, 0.0
        for n in range(b * block, (b + 1) * block - 1, 2):  # two sums a turn: neither waits for the other
            u, v = np.abs(np.float64(rest[n])), np.abs(np.float64(rest[n + 1]))
            high = u if u > high else high
            odd = v if v > odd else odd
            total += u * u
            beside += v * v
        if block % 2:
            u = np.abs(np.float64(rest[(b + 1) * block - 1]))
            high = u if u > high else high
            total += u * u
        top[b], energy[b] = max(high, odd), total + beside
    count = 0
    for b in range(3 * reach, blocks - 3 * reach):
        if top[b] <= 0.0 or top[b] < top[b - 1] or top[b] <= top[b + 1]:
            continue
        high, loud, total = 0.0, 0.0, 0.0
        limit = top[b] / ratio
        for d in range(guard + 1, reach + 1):
            high = max(high, top[b - d], top[b + d])
            if high > limit:
                break
            loud = max(loud, energy[b - d], energy[b + d])
            total += top[b - d] + top[b + d]
        if high > limit or count >= at.size:
            continue
        best = b * block
        for n in range(b * block, (b + 1) * block):
            if np.abs(rest[n]) > np.abs(rest[best]):
                best = n
        at[count] = best
        near = energy[b - 1] + energy[b] + energy[b + 1]
        found[count, 0] = top[b] / (high + 1e-12)
        found[count, 1] = near / (3.0 * loud + 1e-20)
        found[count, 2] = top[b] * 2.0 * (reach - guard) / (total + 1e-12)
        found[count, 3] = top[b] * top[b] / (near + 1e-20)
        for d in range(reach + 1, 3 * reach + 1):
            high = max(high, top[b - d], top[b + d])
        found[count, 4] = top[b] / (high + 1e-12)
        count += 1
    return count


def _measure_splices(
    x: NDArray[np.float32], at: NDArray[np.int64], w: int, shortest: int, longest: int, out: NDArray[np.float64]
) -> None:
    """Write, from column 5 on, what stands before and after each sample ``at`` and how it fits together across it.

    Mean squares and those of the difference of `w` samples before and after; best correlation of `w` samples with
    those a period (``shortest..longest`` samples) earlier, wholly before and wholly after the sample; that across it at
    the period before, the best across it at any, and the distance of the two periods as a share.
    """
    lags = longest - shortest + 1
    xy, xx, yy = np.zeros(lags), np.zeros(lags), np.zeros(lags)
    y = np.zeros(2 * (w + longest))
    for i in range(at.size):
        n = at[i]
        if n - w - longest - 1 < 0 or n + w + longest > x.size:
            continue
        out[i, 5], out[i, 7] = _energies(x, n - w, n)
        out[i, 6], out[i, 8] = _energies(x, n + 1, n + w)
        for k in range(y.size):
            y[k] = np.float64(x[n - w - longest + k])
        m = w + longest  # where the sample is in y
        before, after, best, period, other = 0.0, 0.0, 0.0, shortest, shortest
        e = _sum_apart(y, m - w, w, shortest, -1, xy, yy)
        for k in range(lags - 1, -1, -1):
            r = _likeness(xy[k], e, yy[k])
            if r > before:
                before, period = r, longest - k
        e = _sum_apart(y, m, w, shortest, 1, xy, yy)
        for k in range(lags):
            after = max(after, _likeness(xy[k], e, yy[k]))
        _sum_across(y, m, w, shortest, xy, xx, yy)
        for k in range(lags - 1, -1, -1):
            r = _likeness(xy[k], xx[k], yy[k])
            if r > best:
                best, other = r, longest - k
        across = 0.0
        for lag in range(max(period - 2, shortest), min(period + 2, longest) + 1):
            k = longest - lag
            across = max(across, _likeness(xy[k], xx[k], yy[k]))
        out[i, 9], out[i, 10], out[i, 11], out[i, 12] = before, after, across, best
        out[i, 13] = np.abs(other - period) / period


set_frames_apart = entry(_set_frames_apart)
find_spikes = entry(_find_spikes)
measure_splices = entry(_measure_splices)
