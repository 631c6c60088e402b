"""Power spectra of many short windows: cut, transformed and read sixteen windows at a time, a number of each in a row.

All rows are flat and of 16, so that the innermost loops are whole vectors; a library transforms one window after the other and
takes twice as long. Of single precision: what that leaves lies 140 dB below a window's power, and a band of it is 2e-6 off.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry, kernel

Numbers = NDArray[np.float32]


@kernel
def _cut(x: Numbers, hop: int, last: int, window: Numbers, order: NDArray[np.int64], z: Numbers) -> None:
    """Write windows of `x`, one each `hop`, the `last` one again for those after it, as complex numbers of two samples in the order of `order`."""
    lanes = 16
    for n in range(order.size):
        first = 2 * order[n]
        part, real, imaginary = x[first:], z[2 * n * lanes :], z[(2 * n + 1) * lanes :]
        for b in range(lanes):
            at = min(b, last) * hop
            real[b] = window[first] * part[at]
            imaginary[b] = window[first + 1] * part[at + 1]


@kernel
def _join_pairs(z: Numbers) -> None:
    """Make each two complex numbers of `z` their sum and their difference."""
    pair = 32
    for n in range(0, z.size, 2 * pair):
        p = z[n : n + 2 * pair]
        for b in range(pair):
            u, v = p[b], p[b + pair]
            p[b], p[b + pair] = u + v, u - v


@kernel
def _join_fours(z: Numbers, cosines: Numbers, sines: Numbers, quarter: int) -> None:
    """Make each four transforms of `quarter` complex numbers that follow each other in `z` one: half the way through memory of two by two."""
    lanes, pair = 16, 32
    count = z.size // pair
    for k in range(quarter):
        turn = k * count // (2 * quarter)
        c1, s1, c2, s2 = cosines[2 * turn], sines[2 * turn], cosines[turn], sines[turn]
        c3, s3 = c1 * c2 - s1 * s2, c1 * s2 + s1 * c2
        for n in range(k, count, 4 * quarter):
            m = n + 2 * quarter
            p, q = z[n * pair : (n + 1) * pair], z[(n + quarter) * pair : (n + quarter + 1) * pair]
            r, t = z[m * pair : (m + 1) * pair], z[(m + quarter) * pair : (m + quarter + 1) * pair]
            for b in range(lanes):
                q_re, q_im = c1 * q[b] - s1 * q[lanes + b], c1 * q[lanes + b] + s1 * q[b]
                r_re, r_im = c2 * r[b] - s2 * r[lanes + b], c2 * r[lanes + b] + s2 * r[b]
                t_re, t_im = c3 * t[b] - s3 * t[lanes + b], c3 * t[lanes + b] + s3 * t[b]
                sum_re, sum_im, rest_re, rest_im = p[b] + q_re, p[lanes + b] + q_im, p[b] - q_re, p[lanes + b] - q_im
                p[b], p[lanes + b] = sum_re + (r_re + t_re), sum_im + (r_im + t_im)
                r[b], r[lanes + b] = sum_re - (r_re + t_re), sum_im - (r_im + t_im)
                q[b], q[lanes + b] = rest_re + (r_im - t_im), rest_im - (r_re - t_re)
                t[b], t[lanes + b] = rest_re - (r_im - t_im), rest_im + (r_re - t_re)


@kernel
def _transform(z: Numbers, cosines: Numbers, sines: Numbers) -> None:
    """Transform the complex numbers `z`, which stand in the order of their bits reversed, in their place."""
    count, done = z.size // 32, 1
    while 4 * done <= count:
        done *= 4
    if done < count:
        _join_pairs(z)
    done = 1 if done == count else 2
    while done < count:
        _join_fours(z, cosines, sines, done)
        done *= 4


@kernel
def _powers(z: Numbers, cosines: Numbers, sines: Numbers, power: Numbers) -> None:
    """Write the power of the bins of the real windows whose samples were paired in `z`: that of a bin and of its mirror image at once."""
    lanes, pair, half = 16, 32, np.float32(0.5)
    count = z.size // pair
    for k in range(count // 2 + 1):
        mirror = (count - k) % count
        p, q = z[k * pair : (k + 1) * pair], z[mirror * pair : (mirror + 1) * pair]
        low, high = power[k * lanes : (k + 1) * lanes], power[(count - k) * lanes : (count - k + 1) * lanes]
        c, s = cosines[k], sines[k]
        for b in range(lanes):
            even_re, even_im = half * (p[b] + q[b]), half * (p[lanes + b] - q[lanes + b])
            odd_re, odd_im = half * (p[lanes + b] + q[lanes + b]), half * (q[b] - p[b])
            re, im = c * odd_re - s * odd_im, c * odd_im + s * odd_re
            below = (even_re + re) * (even_re + re) + (even_im + im) * (even_im + im)
            above = (even_re - re) * (even_re - re) + (even_im - im) * (even_im - im)
            low[b], high[b] = below, above


@kernel
def _sum_bands(
    power: Numbers, first: NDArray[np.int64], width: NDArray[np.int64], weight: Numbers, out: NDArray[np.float64]
) -> None:
    """Write the sum of ``width[i]`` bins, whole fours, from ``first[i]`` on, weighted by ``weight[i]``, into column ``i``."""
    lanes = 16
    total = np.empty(lanes, np.float32)
    for i in range(first.size):
        total[:] = 0.0
        for k in range(0, width[i], 4):
            rows = power[(first[i] + k) * lanes : (first[i] + k + 4) * lanes]
            w0, w1, w2, w3 = weight[i, k], weight[i, k + 1], weight[i, k + 2], weight[i, k + 3]
            for b in range(lanes):
                near = w0 * rows[b] + w1 * rows[b + lanes]
                total[b] += near + (w2 * rows[b + 2 * lanes] + w3 * rows[b + 3 * lanes])
        for b in range(out.shape[0]):
            out[b, i] = total[b]


@kernel
def _take_highest(power: Numbers, half: int, height: Numbers, at: NDArray[np.int32]) -> None:
    """Set the highest bin of each window, but the first and the last, and `half` bins beside it to zero; the rest is room for the work."""
    lanes, bins = 16, power.size // 16
    height[:], at[:] = 0.0, 0
    for k in range(1, bins - 1):
        row, here = power[k * lanes : (k + 1) * lanes], np.int32(k)
        for b in range(lanes):
            higher = row[b] > height[b]
            height[b] = row[b] if higher else height[b]
            at[b] = here if higher else at[b]
    for b in range(lanes):
        for k in range(max(at[b] - half, 0), min(at[b] + half + 1, bins)):
            power[k * lanes + b] = 0.0


@kernel
def _sum_all(power: Numbers, total: Numbers) -> None:
    """Write the power of each window: all of its bins."""
    lanes = 16
    total[:] = 0.0
    for k in range(0, power.size, lanes):
        row = power[k : k + lanes]
        for b in range(lanes):
            total[b] += row[b]


def _band_powers(
    x: Numbers,
    hop: int,
    window: Numbers,
    order: NDArray[np.int64],
    cosines: Numbers,
    sines: Numbers,
    first: NDArray[np.int64],
    width: NDArray[np.int64],
    weight: Numbers,
    out: NDArray[np.float64],
) -> None:
    """Write the power in bands of windows of `x`, one each `hop` from its first sample on, into the rows of `out`.

    `window` is as long as the transform, a power of two; `order` holds the numbers below its half with their bits reversed,
    `cosines` and `sines` the turns of the transform from 0 to half a turn. `first`, `width` and `weight` are those of the bands.
    """
    lanes, half = 16, order.size
    z, power = np.empty(2 * half * lanes, np.float32), np.empty((half + 1) * lanes, np.float32)
    for n in range(0, out.shape[0], lanes):
        part = out[n : n + lanes]
        _cut(x[n * hop :], hop, part.shape[0] - 1, window, order, z)
        _transform(z, cosines, sines)
        _powers(z, cosines, sines, power)
        _sum_bands(power, first, width, weight, part)


def _line_rests(
    x: Numbers,
    hop: int,
    window: Numbers,
    order: NDArray[np.int64],
    cosines: Numbers,
    sines: Numbers,
    lines: int,
    half: int,
    rest: NDArray[np.float64],
) -> None:
    """Write the share of the power of each window that lies further than `half` bins from its `lines` highest, 1 where there is none.

    Windows are those of :func:`_band_powers`, as many as `rest` holds.
    """
    lanes, count = 16, order.size
    z, power = np.empty(2 * count * lanes, np.float32), np.empty((count + 1) * lanes, np.float32)
    total, left, height = np.empty(lanes, np.float32), np.empty(lanes, np.float32), np.empty(lanes, np.float32)
    at = np.empty(lanes, np.int32)
    for n in range(0, rest.size, lanes):
        part = rest[n : n + lanes]
        _cut(x[n * hop :], hop, part.size - 1, window, order, z)
        _transform(z, cosines, sines)
        _powers(z, cosines, sines, power)
        _sum_all(power, total)
        for _ in range(lines):
            _take_highest(power, half, height, at)
        _sum_all(power, left)
        for b in range(part.size):
            part[b] = left[b] / total[b] if total[b] > 0.0 else 1.0


band_powers = entry(_band_powers)
line_rests = entry(_line_rests)
