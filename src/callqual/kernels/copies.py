"""Waveform played twice: how well a stretch of signal is predicted by itself, some samples earlier.

What a copy at one lag leaves of a window is ``1 - c²/(q e)`` of its energy, with ``c`` = Σ x[n] x[n-L], ``q`` = Σ x[n-L]²,
``e`` = Σ x[n]²: 60-90 dB less than all of it for a true copy at any gain, 23-26 dB less for all but 1 % of natural speech.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry, kernel


@kernel
def _ramp(w: int) -> NDArray[np.float64]:
    """Return `w` numbers that rise from a half below zero to a half above it."""
    out = np.empty(w)
    for n in range(w):
        out[n] = n / w - 0.5
    return out


@kernel
def _ramp_rest(x: NDArray[np.float32], a: int, ramp: NDArray[np.float64], lag: int) -> float:
    """Share of ``x[a : a + ramp.size]`` that ``(g + k t) x[n-lag]`` leaves unexplained, ``t`` of `ramp`.

    The 2 x 2 normal equations of a gain that fades.
    """
    w = ramp.size
    if a - lag < 0 or a + w > x.size or lag < 1:
        return 1.0
    now, past = x[a : a + w], x[a - lag : a - lag + w]
    s0 = s1 = s2 = r0 = r1 = e = 0.0
    for n in range(w):
        t, u, v = ramp[n], np.float64(now[n]), np.float64(past[n])
        e += u * u
        vv = v * v
        s0 += vv
        s1 += t * vv
        s2 += t * t * vv
        r0 += u * v
        r1 += t * u * v
    det = s0 * s2 - s1 * s1
    if e <= 0.0 or det <= 1e-30:
        return 1.0
    g = (r0 * s2 - r1 * s1) / det
    k = (r1 * s0 - r0 * s1) / det
    if g <= 0.0:
        return 1.0
    return max((e - g * r0 - k * r1) / e, 1e-12)


@kernel
def _between_rest(x: NDArray[np.float32], a: int, w: int, lag: int) -> float:
    """Share of ``x[a:a+w]`` that a copy at a lag between ``lag - 1`` and ``lag + 1`` leaves: taps at all three, least squares."""
    now, past = x[a : a + w], x[a - lag - 1 : a - lag + 1 + w]
    m00 = m10 = m11 = m20 = m21 = m22 = v0 = v1 = v2 = e = 0.0
    for n in range(w):
        u = np.float64(now[n])
        p0, p1, p2 = np.float64(past[n]), np.float64(past[n + 1]), np.float64(past[n + 2])
        e += u * u
        v0 += u * p0
        v1 += u * p1
        v2 += u * p2
        m00 += p0 * p0
        m10 += p1 * p0
        m11 += p1 * p1
        m20 += p2 * p0
        m21 += p2 * p1
        m22 += p2 * p2
    if e <= 0.0 or m00 <= 0.0:
        return 1.0
    l10 = m10 / m00
    d1 = m11 - l10 * m10
    if d1 <= 1e-9 * m11:
        return 1.0
    l20 = m20 / m00
    b = m21 - l20 * m10
    d2 = m22 - l20 * m20 - b * b / d1
    if d2 <= 1e-9 * m22:
        return 1.0
    y1 = v1 - l10 * v0
    y2 = v2 - l20 * v0 - b / d1 * y1
    rest: float = (e - v0 * v0 / m00 - y1 * y1 / d1 - y2 * y2 / d2) / e
    return max(rest, 1e-12)


@kernel
def _sum_hops(
    x: NDArray[np.float32],
    a: int,
    hop: int,
    lags: tuple[int, int, int],
    c: NDArray[np.float64],
    q: NDArray[np.float64],
    e: NDArray[np.float64],
) -> None:
    """Write, hop by hop from ``x[a]`` on, the sums of the products with what lies each of three `lags` earlier, of its squares, and of one's own.

    Seven sums side by side, none of which waits for another: one after the other they took twice as long.
    """
    for h in range(e.size):
        b = a + h * hop
        now = x[b : b + hop]  # slices are read from 0: no index can be negative
        past0, past1, past2 = x[b - lags[0] :], x[b - lags[1] :], x[b - lags[2] :]
        c0 = c1 = c2 = q0 = q1 = q2 = own = 0.0
        for n in range(hop):
            u = np.float64(now[n])
            v0, v1, v2 = np.float64(past0[n]), np.float64(past1[n]), np.float64(past2[n])
            c0 += u * v0
            c1 += u * v1
            c2 += u * v2
            q0 += v0 * v0
            q1 += v1 * v1
            q2 += v2 * v2
            own += u * u
        c[0, h], c[1, h], c[2, h] = c0, c1, c2
        q[0, h], q[1, h], q[2, h] = q0, q1, q2
        e[h] = own


@kernel
def _best_window(
    c: NDArray[np.float64], q: NDArray[np.float64], e: NDArray[np.float64], blocks: int
) -> tuple[float, int]:
    """Least rest of the windows of `blocks` hops, by the sums of their hops at one lag; and the hop where it is."""
    best, where, least = 2.0, 0, 0.0
    for h in range(e.size - blocks + 1):
        s = p = u = 0.0
        for k in range(h, h + blocks):
            s += c[k]
            p += q[k]
            u += e[k]
        if s * s < least * p * u:  # no better than another, and so not worth a division
            continue
        rest = 1.0 - s * s / (p * u) if s > 0.0 and p > 0.0 and u > 0.0 else 1.0
        if rest < best:
            best, where = rest, h
            least = (1.0 - best) * (1.0 - 1e-9)
    return best, where


def _refine_copies(
    x: NDArray[np.float32],
    at: NDArray[np.int64],
    lag: NDArray[np.int64],
    reach: int,
    hop: int,
    blocks: int,
    hops: int,
    between: bool,
    hopeless: float,
    enough: float,
    side: int,
    rest: NDArray[np.float64],
    beside: NDArray[np.float64],
) -> None:
    """Move each copy to the window of `blocks` hops, and the lag within `reach`, that leave least; in place.

    It is looked for in the `hops` hops from `at` on, where `reach` is wide first at every third lag. Writes what a copy there
    leaves whose gain may ramp, 1 where a steady gain leaves `hopeless` much, and, where it is less than `enough`, what the
    better of the lags `side` samples off leaves.
    With `between` lags may also lie between samples: whole lags of another rate.
    """
    c, q, e = np.zeros((3, hops)), np.zeros((3, hops)), np.zeros(hops)
    w, ramp = blocks * hop, _ramp(blocks * hop)
    for i in range(at.size):
        a, coarse, best = at[i], lag[i], 2.0
        rest[i] = beside[i] = 1.0
        if a - coarse - reach - side < 0 or a + hops * hop + 1 > x.size or coarse - reach < 1:
            continue
        step = 3 if reach > 2 else 1
        for turn in range(2 if step > 1 else 1):
            middle, far = (coarse, reach // step) if turn == 0 else (lag[i], 1)
            stride, last = (step if turn == 0 else 1), middle + far * (step if turn == 0 else 1)
            for first in range(middle - far * stride, last + 1, 3 * stride):
                lags = first, min(first + stride, last), min(first + 2 * stride, last)
                _sum_hops(x, a, hop, lags, c, q, e)
                for k in range(3):
                    r, where = _best_window(c[k], q[k], e, blocks)
                    if r < best:
                        best, at[i], lag[i] = r, a + where * hop, lags[k]
        if best > hopeless:
            continue
        rest[i] = _ramp_rest(x, at[i], ramp, lag[i])
        if between and rest[i] > 1e-5:
            rest[i] = min(rest[i], _between_rest(x, at[i], w, lag[i]))
        if rest[i] < enough:
            beside[i] = min(_ramp_rest(x, at[i], ramp, lag[i] - side), _ramp_rest(x, at[i], ramp, lag[i] + side))


@kernel
def _block_gain(x: NDArray[np.float32], a: int, n: int, lag: int, match: float) -> float:
    """Gain at which ``x[a:a+n]`` is a copy but for ``1 - match`` of its energy, 0 if it is none."""
    c = q = e = 0.0
    for i in range(a, a + n):
        u, v = np.float64(x[i]), np.float64(x[i - lag])
        c += u * v
        q += v * v
        e += u * u
    return c / q if c > 0.0 and c * c >= match * q * e else 0.0


@kernel
def _last_like(x: NDArray[np.float32], a: int, step: int, most: int, lag: int, gain: float, tolerance: float) -> int:
    """How many samples from `a` on, in steps of `step`, follow those `lag` earlier within `tolerance` (an energy)."""
    for n in range(most):
        i = a + n * step
        if i - lag < 0 or i >= x.size:
            return n
        d = np.float64(x[i]) - gain * np.float64(x[i - lag])
        if d * d > tolerance:
            return n
    return most


def _grow_copies(
    x: NDArray[np.float32],
    block: int,
    match: float,
    tolerance: float,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    lag: NDArray[np.int64],
    level: NDArray[np.float64],
) -> None:
    """Extend each copy ``x[start:end]`` as far as it goes, in place, and write its mean square; -1 where another holds it.

    Whole blocks join while they match at a gain of their own, then single samples at the gain of the last block, while their
    error stays below `tolerance` of its mean square.
    """
    for i in range(start.size):
        a, b, d = start[i], end[i], lag[i]
        level[i] = 0.0
        for k in range(i):
            if lag[k] == d and level[k] >= 0.0 and start[k] <= a and b <= end[k]:
                level[i] = -1.0
        if level[i] < 0.0:
            continue
        while a - block - d >= 0 and _block_gain(x, a - block, block, d, match) > 0.0:
            a -= block
        while b + block <= x.size and _block_gain(x, b, block, d, match) > 0.0:
            b += block
        head, tail = x[a : a + block], x[b - block : b]
        u = v = 0.0
        for n in range(block):
            u += np.float64(head[n]) * np.float64(head[n])
            v += np.float64(tail[n]) * np.float64(tail[n])
        gain_a = _block_gain(x, a, block, d, 0.0)
        gain_b = _block_gain(x, b - block, block, d, 0.0)
        a -= _last_like(x, a - 1, -1, block - 1, d, gain_a, tolerance * u / block)
        b += _last_like(x, b, 1, block - 1, d, gain_b, tolerance * v / block)
        s = 0.0
        for n in range(a, b):
            s += np.float64(x[n]) * np.float64(x[n])
        start[i], end[i], level[i] = a, b, s / max(b - a, 1)


refine_copies = entry(_refine_copies)
grow_copies = entry(_grow_copies)
