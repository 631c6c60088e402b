"""The measurements of one hole: how steep its edges are, how deep it is, what fills it, what stands beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry, kernel

COLUMNS = (
    "fall",
    "rise",
    "sharp_fall",
    "sharp_rise",
    "before",
    "after",
    "near_before",
    "near_after",
    "inside",
    "inside_max",
    "trend_before",
    "trend_after",
    "crossings",
    "even",
    "still_fall",
    "still_rise",
    "edge_before",
    "edge_after",
)


@kernel
def _mean(p: NDArray[np.float64], a: int, b: int) -> float:
    """Return the mean square of ``x[a:b]``, clipped to what there is; 0 where there is nothing."""
    a = max(a, 0)
    b = min(b, p.size - 1)
    return max((p[b] - p[a]) / (b - a), 0.0) if b > a else 0.0


def _measure_holes(
    x: NDArray[np.float32],
    p: NDArray[np.float64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    ms: float,
    out: NDArray[np.float64],
) -> None:
    """Write mean squares around each hole ``x[start:end]``; `ms` is a millisecond in samples.

    Columns: 3 ms inside and outside ratio at the fall and the rise, the same over 1 ms, 60 ms before and after, 10 ms before
    and after, inside, loudest 3 ms inside, 20 ms further out (trend), zero crossings a sample, least over mean of
    the 2 ms windows inside, the energy change 4 ms inside the hole (a gradual fall goes on falling), and 3 ms before and
    after (what a fall to exact zeros falls from).
    """
    w3, w1, w2 = int(3 * ms), max(int(ms), 4), int(2 * ms)
    for i in range(start.size):
        s, e = start[i], end[i]
        mid = (s + e) // 2
        a3, b3 = min(s + w3, mid), max(e - w3, mid)
        out[i, 0] = _mean(p, s, a3) / (_mean(p, s - w3, s) + 1e-30)
        out[i, 1] = _mean(p, b3, e) / (_mean(p, e, e + w3) + 1e-30)
        out[i, 2] = _mean(p, s, s + w1) / (_mean(p, s - w1, s) + 1e-30)
        out[i, 3] = _mean(p, e - w1, e) / (_mean(p, e, e + w1) + 1e-30)
        out[i, 4] = _mean(p, s - int(60 * ms), s)
        out[i, 5] = _mean(p, e, e + int(60 * ms))
        out[i, 6] = _mean(p, s - int(10 * ms), s)
        out[i, 7] = _mean(p, e, e + int(10 * ms))
        out[i, 8] = _mean(p, s + w1 // 2, e - w1 // 2)
        loudest, least, total, windows = 0.0, 1e30, 0.0, 0
        a = s + w1
        while a + w2 <= e - w1:
            m = _mean(p, a, a + w2)
            loudest, least, total, windows = max(loudest, m), min(least, m), total + m, windows + 1
            a += w2
        out[i, 9] = loudest
        out[i, 10] = _mean(p, s - int(30 * ms), s - int(10 * ms))
        out[i, 11] = _mean(p, e + int(10 * ms), e + int(30 * ms))
        crossings = 0
        for n in range(s + 1, e):
            if x[n] * x[n - 1] < 0:
                crossings += 1
        out[i, 12] = crossings / max(e - s, 1)
        out[i, 13] = least * windows / (total + 1e-30) if windows > 0 else 0.0
        out[i, 14] = _mean(p, s + w3, min(s + 2 * w3, mid)) / (_mean(p, s, a3) + 1e-30) if mid > s + w3 else 1.0
        out[i, 15] = _mean(p, max(e - 2 * w3, mid), e - w3) / (_mean(p, b3, e) + 1e-30) if mid < e - w3 else 1.0
        out[i, 16] = _mean(p, s - w3, s)
        out[i, 17] = _mean(p, e, e + w3)


def _crossing_shares(
    x: NDArray[np.float32], start: NDArray[np.int64], end: NDArray[np.int64], share: NDArray[np.float64]
) -> None:
    """Write the zero crossings a sample of each stretch ``x[start:end]``, from one count of all: stretches may overlap a lot."""
    first, stop = start.min(), end.max()
    count = np.zeros(stop - first, np.int64)
    for k in range(1, count.size):
        count[k] = count[k - 1] + (1 if x[first + k] * x[first + k - 1] < 0 else 0)
    for i in range(start.size):
        share[i] = (count[end[i] - 1 - first] - count[start[i] - first]) / (end[i] - start[i])


measure_holes = entry(_measure_holes)
crossing_shares = entry(_crossing_shares)
