"""Correlation of a signal with its own past: the period of a frame, and the lags at which a copy may lie.

What is read is the squared normalised correlation ``c²/(q e)`` of a window, with ``c`` = Σ y[n] y[n-L], ``q`` = Σ y[n-L]²,
``e`` = Σ y[n]², and 0 where ``c`` is negative. Windows that overlap share the sums of their blocks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry, kernel


@kernel
def _correlate(y: NDArray[np.float64], a: int, w: int, longest: int, acc: NDArray[np.float64]) -> None:
    """Write the correlation of ``y[a:a+w]`` with itself ``longest - k`` samples earlier into ``acc[k]``.

    Four samples at a time, lags in the inner loop over slices: no index can be negative, so the loop runs in vectors, and
    the order of the sums is the same on every machine. 6 times faster than one sample at a time with computed indices.
    """
    lags = acc.size
    acc[:] = 0.0
    n = a
    while n + 4 <= a + w:
        past = y[n - longest : n - longest + lags + 3]
        v0, v1, v2, v3 = y[n], y[n + 1], y[n + 2], y[n + 3]
        for k in range(lags):
            acc[k] += v0 * past[k] + v1 * past[k + 1] + v2 * past[k + 2] + v3 * past[k + 3]
        n += 4
    while n < a + w:
        past = y[n - longest : n - longest + lags]
        for k in range(lags):
            acc[k] += y[n] * past[k]
        n += 1


@kernel
def _window_energies(y: NDArray[np.float64], w: int) -> NDArray[np.float64]:
    """Return the energy of every window of `w` samples, by the sample it starts at.

    A running sum, begun anew every 64 samples: it leaves its rounding errors in what is quiet after.
    """
    out = np.zeros(max(y.size - w + 1, 0))
    for first in range(0, out.size, 64):
        enter, leave, part = y[first + w :], y[first:], out[first : first + 64]
        e = 0.0
        for n in range(w):
            e += leave[n] * leave[n]
        for n in range(part.size):
            part[n] = max(e, 0.0)
            if n + 1 < part.size:
                e += enter[n] * enter[n] - leave[n] * leave[n]
    return out


@kernel
def _whole_vectors(lags: int, longest: int) -> int:
    """How many lags to read, from the longest down, so that no loop over them has a tail: a third of the time at 71 lags."""
    return min(-(-lags // 16) * 16, longest)


@kernel
def _normalise(c: NDArray[np.float64], q: NDArray[np.float64], e: float, lags: int, r: NDArray[np.float64]) -> float:
    """Write the squared normalised correlations into `r`; return the greatest of the first `lags`, eight side by side: none waits for another."""
    for k in range(c.size):
        r[k] = max(c[k], 0.0) * c[k] / (q[k] * e + 1e-300)
    t0 = t1 = t2 = t3 = t4 = t5 = t6 = t7 = 0.0
    for k in range(0, lags - 7, 8):
        t0, t1, t2, t3 = max(t0, r[k]), max(t1, r[k + 1]), max(t2, r[k + 2]), max(t3, r[k + 3])
        t4, t5, t6, t7 = max(t4, r[k + 4]), max(t5, r[k + 5]), max(t6, r[k + 6]), max(t7, r[k + 7])
    for k in range(lags // 8 * 8, lags):
        t0 = max(t0, r[k])
    return max(max(max(t0, t1), max(t2, t3)), max(max(t4, t5), max(t6, t7)))


@kernel
def _energy_sums(y: NDArray[np.float64], begin: int, p: NDArray[np.float64]) -> None:
    """Write the energy of ``y[begin : begin + i]`` into ``p[i]`` for every ``i`` that `p` has room for."""
    part, total = y[begin : begin + p.size - 1], 0.0
    p[0] = 0.0
    for n in range(part.size):
        total += part[n] * part[n]
        p[n + 1] = total


@kernel
def _past_energies(p: NDArray[np.float64], a: int, w: int, longest: int, floor: float, q: NDArray[np.float64]) -> None:
    """Write the energy of the `w` samples ``longest - k`` before `a`, plus `floor`, into ``q[k]``; `p` sums the squares."""
    enter, leave = p[a - longest + w : a - longest + w + q.size], p[a - longest : a - longest + q.size]
    for k in range(q.size):
        q[k] = enter[k] - leave[k] + floor


@kernel
def _shortest_top(r: NDArray[np.float64], lags: int, top: float) -> int:
    """Return the last of `lags`, the shortest, at which `r` is as good as `top`: of an exact copy the cycle itself, not two of them."""
    at = lags - 1
    while at > 0 and r[at] < top * (1.0 - 1e-4):
        at -= 1
    return at


@kernel
def _read_blocks(
    y: NDArray[np.float64], a: int, block: int, longest: int, turn: int, known: int, ring: NDArray[np.float64]
) -> None:
    """Write the correlations of the blocks from `a` on into `ring`, block 0 at `turn`.

    The first `known` of them are there already, from the window before.
    """
    blocks = ring.shape[0]
    for b in range(known, blocks):
        _correlate(y, a + b * block, block, longest, ring[(turn + b) % blocks])


@kernel
def _add_blocks(ring: NDArray[np.float64], turn: int, first: int, stop: int, c: NDArray[np.float64]) -> None:
    """Add the correlations of the blocks ``first..stop`` of `ring` to `c`."""
    for b in range(first, stop):
        part = ring[(turn + b) % ring.shape[0]]
        for k in range(c.size):
            c[k] += part[k]


@kernel
def _window_sums(
    y: NDArray[np.float64],
    a: int,
    block: int,
    longest: int,
    turn: int,
    known: int,
    ring: NDArray[np.float64],
    c: NDArray[np.float64],
) -> None:
    """Write the correlations of the window at `a` into `c`; `ring` keeps those of its blocks, `known` of them from before."""
    _read_blocks(y, a, block, longest, turn, known, ring)
    c[:] = 0.0
    _add_blocks(ring, turn, 0, ring.shape[0], c)


def _periodicity(
    y: NDArray[np.float64],
    first: int,
    hop: int,
    frames: int,
    blocks: int,
    shortest: int,
    longest: int,
    peak: NDArray[np.float32],
    lag: NDArray[np.int32],
) -> None:
    """Best normalised autocorrelation over lags ``shortest..longest`` of each window of `blocks` hops, and its lag.

    Window ``f`` starts at ``first + f hop``; `y` must reach back `longest` before `first`.
    """
    lags = longest - shortest + 1
    read = _whole_vectors(lags, longest)
    c, r, ring = np.zeros(read), np.zeros(read), np.zeros((blocks, read))
    energy = _window_energies(y, blocks * hop)
    for f in range(frames):
        a = first + f * hop
        _window_sums(y, a, hop, longest, f, blocks - 1 if f > 0 else 0, ring, c)
        top = _normalise(c, energy[a - longest : a - longest + read], energy[a], lags, r)
        at = 0
        while at < lags - 1 and r[at] < top:
            at += 1
        peak[f] = np.sqrt(min(top, 1.0))
        lag[f] = longest - at


def _cycles(
    y: NDArray[np.float64],
    at: NDArray[np.int64],
    floor: NDArray[np.float64],
    block: int,
    halves: NDArray[np.int64],
    shortest: int,
    longest: int,
    first: int,
    piece: int,
    peak: NDArray[np.float64],
    gain: NDArray[np.float64],
    lag: NDArray[np.float64],
) -> None:
    """Best squared autocorrelation over lags ``shortest..longest`` of windows round each of `at`, its gain and its lag.

    Window ``k`` holds ``halves[k]`` blocks before and as many after ``at[i]``, more than window ``k - 1``; it is one row of
    the outputs. `at` grows by whole blocks, and blocks at hand from the window before are not read again. ``floor[i]`` is a mean
    square added to that of the past, so that nothing resembles next to nothing. Where no lag is any good: 0, 0, `shortest`.
    Energies are summed anew for each `piece` of samples, the first of which begins at `first`, from `first` before it on: they are
    the same bits however many pieces are read together. No window reaches further than that beyond its piece.
    """
    lags, begin, p = longest - shortest + 1, -1, np.zeros(piece + 2 * first + 1)
    read, wide = _whole_vectors(lags, longest), halves[halves.size - 1]
    c, q, r, ring = np.zeros(read), np.zeros(read), np.zeros(read), np.zeros((2 * wide, read))
    for i in range(at.size):
        if (at[i] - first) // piece * piece != begin:
            begin = (at[i] - first) // piece * piece
            _energy_sums(y, begin, p)
        turn = (at[i] - at[0]) // block
        moved = (at[i] - at[i - 1]) // block if i > 0 else 2 * wide
        _read_blocks(y, at[i] - wide * block, block, longest, turn, max(2 * wide - moved, 0), ring)
        c[:] = 0.0
        inner = 0
        for k in range(halves.size):
            half = halves[k]
            _add_blocks(ring, turn, wide - half, wide - inner, c)
            _add_blocks(ring, turn, wide + inner, wide + half, c)
            inner = half
            a, w = at[i] - half * block - begin, 2 * half * block
            _past_energies(p, a, w, longest, w * floor[i], q)
            top = _normalise(c, q, p[a + w] - p[a], lags, r)
            best = _shortest_top(r, lags, top)
            peak[k, i], gain[k, i], lag[k, i] = top, max(c[best], 0.0) / (q[best] + 1e-300), longest - best


def _near_lags(
    y: NDArray[np.float64],
    at: NDArray[np.int64],
    lag: NDArray[np.int64],
    floor: NDArray[np.float64],
    halves: NDArray[np.int64],
    reach: int,
    first: int,
    piece: int,
    peak: NDArray[np.float64],
    gain: NDArray[np.float64],
) -> None:
    """Best squared autocorrelation of windows round each of `at` over the lags within `reach` of ``lag[i]``, and its gain.

    Window ``k`` holds ``halves[k]`` samples before and as many after ``at[i]``; `floor`, `first` and `piece` as of :func:`_cycles`.
    """
    lags, begin, p = 2 * reach + 1, -1, np.zeros(piece + 2 * first + 1)
    read = -(-lags // 8) * 8  # whole vectors: half the time of five lags
    c, q, r, part = np.zeros(read), np.zeros(read), np.zeros(read), np.zeros(read)
    for i in range(at.size):
        if (at[i] - first) // piece * piece != begin:
            begin = (at[i] - first) // piece * piece
            _energy_sums(y, begin, p)
        longest = lag[i] + reach
        c[:] = 0.0
        inner = 0
        for k in range(halves.size):
            half = halves[k]
            a, w = at[i] - half, 2 * half
            _correlate(y, a, half - inner, longest, part)
            c += part
            _correlate(y, at[i] + inner, half - inner, longest, part)
            c += part
            inner = half
            a -= begin
            _past_energies(p, a, w, longest, w * floor[i], q)
            top = _normalise(c, q, p[a + w] - p[a], lags, r)
            best = _shortest_top(r, lags, top)
            peak[k, i], gain[k, i] = top, max(c[best], 0.0) / (q[best] + 1e-300)


@kernel
def _summit(before: float, here: float, after: float) -> tuple[float, float]:
    """Height of the parabola through three values of which the middle one is the greatest, and how far behind that it lies."""
    bend = 2.0 * here - before - after
    if bend <= 0.0:
        return here, 0.0
    return here + (after - before) * (after - before) / (8.0 * bend), (after - before) / (2.0 * bend)


@kernel
def _mark_peaks(r: NDArray[np.float64], least: float, mark: NDArray[np.float64]) -> None:
    """Mark the peaks of `r` that reach `least`, the last of equals, in vectors: branches would be guessed wrongly."""
    last = r.size - 1
    mark[0] = 1.0 if (r[0] >= least) & (r[0] > r[1]) else 0.0
    before, here, after, inner = r[: last - 1], r[1:last], r[2:], mark[1:last]
    for k in range(last - 1):
        inner[k] = 1.0 if (here[k] >= least) & (here[k] >= before[k]) & (here[k] > after[k]) else 0.0
    mark[last] = 1.0 if (r[last] >= least) & (r[last] >= r[last - 1]) else 0.0


def _scan_lags(
    y: NDArray[np.float64],
    first: int,
    block: int,
    blocks: int,
    step: int,
    count: int,
    shortest: int,
    longest: int,
    match: float,
    near: float,
    gate: float,
    at: NDArray[np.int64],
    lag: NDArray[np.int64],
) -> int:
    """Find, for each window of `blocks` blocks, the lags at which its squared normalised autocorrelation peaks.

    A peak, read between the samples, must reach `match` and come within `near` of the window's best; its `lag` is written in
    half samples. Window ``i`` starts at ``first + i step block``; `y` must reach back `longest` before `first`. Quiet windows
    yield nothing.
    """
    lags = longest - shortest + 1
    read = _whole_vectors(lags, longest)
    c, r, ring = np.zeros(read), np.zeros(read), np.zeros((blocks, read))
    energy, mark = _window_energies(y, blocks * block), np.zeros(lags)
    found, known = 0, 0
    for i in range(count):
        a = first + i * step * block
        if energy[a] <= gate * blocks * block:
            known = 0
            continue
        _window_sums(y, a, block, longest, i * step, known, ring, c)
        known = max(blocks - step, 0)
        top = _normalise(c, energy[a - longest : a - longest + read], energy[a], lags, r)
        least = max(match, top - near) - 0.1
        if top < least:
            continue
        _mark_peaks(r[:lags], least, mark)
        for k in range(lags):
            if mark[k] == 0.0 or found >= at.size:
                continue
            height, behind = _summit(r[max(k - 1, 0)], r[k], r[min(k + 1, lags - 1)])
            if height >= max(match, top - near):
                at[found], lag[found] = a, 2 * (longest - k) - int(np.rint(2.0 * behind))
                found += 1
    return found


periodicity = entry(_periodicity)
cycles = entry(_cycles)
near_lags = entry(_near_lags)
scan_lags = entry(_scan_lags)
