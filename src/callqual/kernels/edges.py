"""Abrupt edges of the level, and the holes between them, to the sample.

All kernels read a prefix sum of squares ``p`` (``p[i]`` = energy of ``x[:i]``), so a window of any length costs two look-ups.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry, kernel


@kernel
def _has_edge(p: NDArray[np.float64], w: int, n: int, stop: int, ratio: float, f: float, g: float) -> bool:
    """Tell whether any of the samples ``n..stop`` may be an edge: most are none, and so are passed in vectors."""
    now, back, ahead = p[n:stop], p[n - w : stop - w], p[n + w : stop + w]
    edges = 0
    for k in range(stop - n):
        before, after = now[k] - back[k] + f, ahead[k] - now[k] + f
        loud = max(before, after)
        edges += 1 if (min(before, after) < ratio * loud) & (loud > g) else 0
    return edges > 0


def _find_edges(
    p: NDArray[np.float64],
    w: int,
    lo: int,
    hi: int,
    ratio: float,
    gate: float,
    floor: float,
    fall_at: NDArray[np.int64],
    fall_ratio: NDArray[np.float64],
    rise_at: NDArray[np.int64],
    rise_ratio: NDArray[np.float64],
    count: NDArray[np.int64],
) -> None:
    """Find where the mean square of `w` samples changes by more than `ratio` from one side of a sample to the other.

    A fall takes the first of equal minima within `w`, a rise the last: inside a hole of exact zeros all ratios are alike.
    """
    falls, rises = 0, 0
    best_f, at_f, best_r, at_r = 2.0, -1, 2.0, -1
    f = floor * w
    g = gate * w
    for first in range(lo, hi, 32):
        stop = min(first + 32, hi)
        if not _has_edge(p, w, first, stop, ratio, f, g):
            continue
        for n in range(first, stop):
            before = p[n] - p[n - w]
            after = p[n + w] - p[n]
            if at_f >= 0 and n - at_f > w:
                if falls < fall_at.size:
                    fall_at[falls], fall_ratio[falls] = at_f, best_f
                    falls += 1
                best_f, at_f = 2.0, -1
            if at_r >= 0 and n - at_r > w:
                if rises < rise_at.size:
                    rise_at[rises], rise_ratio[rises] = at_r, best_r
                    rises += 1
                best_r, at_r = 2.0, -1
            if before > g and after + f < ratio * (before + f):
                r = (after + f) / (before + f)
                if r < best_f:
                    best_f, at_f = r, n
            elif after > g and before + f < ratio * (after + f):
                r = (before + f) / (after + f)
                if r <= best_r:
                    best_r, at_r = r, n
    if at_f >= 0 and falls < fall_at.size:
        fall_at[falls], fall_ratio[falls] = at_f, best_f
        falls += 1
    if at_r >= 0 and rises < rise_at.size:
        rise_at[rises], rise_ratio[rises] = at_r, best_r
        rises += 1
    count[0], count[1] = falls, rises


def _pair_edges(
    p: NDArray[np.float64],
    w: int,
    shortest: int,
    longest: int,
    depth: float,
    fall_at: NDArray[np.int64],
    rise_at: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
) -> int:
    """Join each fall to the rises that may end its hole: between them every window stays `depth` below both sides."""
    count = 0
    first = 0
    for i in range(fall_at.size):
        s = fall_at[i]
        top = depth * (p[s] - p[s - w])
        loudest = 0.0
        scanned = s + w // 2
        while first < rise_at.size and rise_at[first] <= s:
            first += 1
        for j in range(first, rise_at.size):
            e = rise_at[j]
            if e - s > longest:
                break
            while scanned + w <= e - w // 2:
                loudest = max(loudest, p[scanned + w] - p[scanned])
                scanned += w // 4
            if loudest > top:
                break
            if e - s < shortest or loudest > depth * (p[e + w] - p[e]):
                continue
            if count < start.size:
                start[count], end[count] = s, e
                count += 1
    return count


@kernel
def _merge(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return two rising rows of numbers as one."""
    out = np.empty(a.size + b.size, np.int64)
    i = j = 0
    for k in range(out.size):
        if j == b.size or (i < a.size and a[i] <= b[j]):
            out[k] = a[i]
            i += 1
        else:
            out[k] = b[j]
            j += 1
    return out


@kernel
def _apart(a: NDArray[np.int64], b: NDArray[np.int64], near: int) -> NDArray[np.int64]:
    """Return those of `b` that lie farther than `near` from all of `a`; both rise."""
    out, count, i = np.empty(b.size, np.int64), 0, 0
    for j in range(b.size):
        while i < a.size and a[i] < b[j]:
            i += 1
        if (i == 0 or b[j] - a[i - 1] > near) and (i == a.size or a[i] - b[j] > near):
            out[count] = b[j]
            count += 1
    return out[:count]


def _pair_even(
    p: NDArray[np.float64],
    w: int,
    shortest: int,
    longest: int,
    spread: float,
    floor: float,
    falls: NDArray[np.int64],
    rises: NDArray[np.int64],
    other_falls: NDArray[np.int64],
    other_rises: NDArray[np.int64],
    near: int,
    first: int,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
) -> int:
    """Join edges whose between is even: the windows of `w` samples in it differ by no more than the ratio `spread`.

    Of the other edges count those that lie farther than `near` from the rest. `p` begins at sample `first` of those that edges count.
    """
    edges = _merge(falls, rises)
    edge_at = _merge(edges, _apart(edges, _merge(other_falls, other_rises), near))
    for i in range(edge_at.size):
        edge_at[i] -= first
    count = 0
    for i in range(edge_at.size):
        s = edge_at[i]
        least, most = 1e300, 0.0
        scanned = s + w // 6
        for j in range(i + 1, edge_at.size):
            e = edge_at[j]
            if e - s > longest:
                break
            while scanned + w <= e - w // 6:
                v = p[scanned + w] - p[scanned]
                least, most = min(least, v), max(most, v)
                scanned += w // 4
            if most > spread * least:
                break
            if e - s >= shortest and least > floor * w and count < start.size:
                start[count], end[count] = s, e
                count += 1
    return count


def _find_runs(
    x: NDArray[np.float32],
    last: np.float32,
    carried: int,
    shortest: int,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    open_run: NDArray[np.int64],
) -> int:
    """Find the runs of at least `shortest` identical samples that end in the block `x`.

    `carried` samples of the value `last` ended the block before, so a start may be negative; ``open_run[0]`` is the
    length of the run still open at the end of this one.
    """
    count = 0
    n = x.size
    i = 0
    if carried > 0:
        while i < n and x[i] == last:
            i += 1
        if i == n:
            open_run[0] = carried + n
            return 0
        if carried + i >= shortest and count < start.size:
            start[count], end[count] = -carried, i
            count += 1
    open_run[0] = 1
    while i < n:
        j = i + shortest - 1
        if j >= n:  # too near the end to be a run of this block: only its open tail matters
            k = n - 1
            while k > i and x[k] == x[k - 1]:
                k -= 1
            open_run[0] = n - k
            break
        k = j  # look back from the far end: most starts fail at once and skip ahead
        while k > i and x[k] == x[k - 1]:
            k -= 1
        if k > i:
            i = k
            continue
        while j + 1 < n and x[j + 1] == x[i]:
            j += 1
        if j + 1 == n:
            open_run[0] = n - i
            break
        if count < start.size:
            start[count], end[count] = i, j + 1
            count += 1
        i = j + 1
    return count


find_edges = entry(_find_edges)
pair_edges = entry(_pair_edges)
pair_even = entry(_pair_even)
find_runs = entry(_find_runs)
