"""Copies at whole numbers of blocks: packets and jitter-buffer frames that repeat, every window of a stretch at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry, kernel


@kernel
def _sum_products(now: NDArray[np.float64], past: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write the sum of the products of each column of `now` with that of `past`."""
    out[:] = 0.0
    for n in range(now.shape[0]):
        u, v = now[n], past[n]
        for b in range(out.size):
            out[b] += u[b] * v[b]


@kernel
def _sum_windows(x: NDArray[np.float64], blocks: int, out: NDArray[np.float64]) -> None:
    """Write the sum of `blocks` of `x` from each on."""
    out[:] = 0.0
    for k in range(blocks):
        part = x[k:]
        for i in range(out.size):
            out[i] += part[i]


@kernel
def _any_match(
    s: NDArray[np.float64], q: NDArray[np.float64], e: NDArray[np.float64], match: float, floor: float
) -> bool:
    """Tell whether any window matches its past: a count without branches, in vectors."""
    matches = 0
    for i in range(s.size):
        matches += 1 if (s[i] > 0.0) & (s[i] * s[i] > match * q[i] * e[i]) & (e[i] > floor) & (q[i] > floor) else 0
    return matches > 0


def _scan_frames(
    y: NDArray[np.float64],
    first: int,
    block: int,
    blocks: int,
    count: int,
    lags: NDArray[np.int64],
    match: float,
    gate: float,
    at: NDArray[np.int64],
    lag: NDArray[np.int64],
) -> int:
    """Find the windows of `blocks` blocks that repeat what lies a frame earlier: one of `lags`, whole blocks each.

    Window ``i`` starts at ``first + i block``; `y` must reach back the longest lag. Of windows in a row only those that share
    no block are written.
    """
    back = lags.max() // block
    total = count + blocks - 1
    turned = np.zeros((block, back + total))  # all lags are whole blocks: blocks side by side, samples below each other
    for b in range(back + total):
        part = y[first + (b - back) * block :]
        for n in range(block):
            turned[n, b] = part[n]
    energy, c = np.zeros(back + total), np.zeros(total)
    e, s = np.zeros(back + count), np.zeros(count)
    _sum_products(turned, turned, energy)
    _sum_windows(energy, blocks, e)
    floor = gate * blocks * block
    found = 0
    for d in lags:
        skipped = back - d // block
        q = e[skipped : skipped + count]
        _sum_products(turned[:, back:], turned[:, skipped : skipped + total], c)
        _sum_windows(c, blocks, s)
        free = 0
        if not _any_match(s, q, e[back:], match, floor):
            continue
        for i in range(count):
            if (
                i >= free
                and _any_match(s[i : i + 1], q[i : i + 1], e[back + i : back + i + 1], match, floor)
                and found < at.size
            ):
                at[found], lag[found] = first + i * block, d
                found += 1
                free = i + blocks
    return found


scan_frames = entry(_scan_frames)
