"""The ripple of the envelope: the log energy of each millisecond re what is round it, either side of the logarithm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry, kernel


@kernel
def _moving_mean(x: NDArray[np.float64], width: int, out: NDArray[np.float64]) -> None:
    """Write the mean of `width` (odd) neighbours, fewer at the ends, by a prefix sum."""
    n, half = x.size, width // 2
    total = np.zeros(n + 1)
    for i in range(n):
        total[i + 1] = total[i] + x[i]
    for i in range(n):
        a, b = max(i - half, 0), min(i + half + 1, n)
        out[i] = (total[b] - total[a]) / (b - a)


def _energy_ratios(
    x: NDArray[np.float32], width: int, floor: float, around: NDArray[np.float64], ratio: NDArray[np.float64]
) -> None:
    """Write, for each row, the mean energy of the first difference in `width` steps `around` each step, and the step's own re that.

    There are as many steps of equal length as `ratio` holds.
    """
    rows, steps = ratio.shape
    step = x.shape[1] // steps
    energy = np.zeros(steps)
    for row in range(rows):
        last = x[row, 0]
        for i in range(steps):
            energy[i] = 0.0
            for n in range(i * step, (i + 1) * step):
                d = np.float64(x[row, n] - last)
                energy[i] += d * d
                last = x[row, n]
        _moving_mean(energy, width, around[row])
        for i in range(steps):
            ratio[row, i] = (energy[i] + floor) / (around[row, i] + floor)


def _settle(
    log: NDArray[np.float64],
    around: NDArray[np.float64],
    mute: NDArray[np.bool_],
    width: int,
    low: float,
    high: float,
    least: float,
) -> None:
    """Clip the levels of each row to ``low..high`` and take their moving mean away, in place; 0 where muted.

    Muted are the stretches marked in `mute`, of equal length, and steps whose energy `around` is up to `least` of the row's highest.
    """
    rows, steps = log.shape
    step = steps // mute.shape[1]
    mean = np.zeros(steps)
    for row in range(rows):
        level = log[row]
        for i in range(steps):
            level[i] = min(max(level[i], low), high)
        _moving_mean(level, width, mean)
        gate = around[row].max() * least
        for i in range(steps):
            level[i] = 0.0 if around[row, i] <= gate or mute[row, i // step] else level[i] - mean[i]


energy_ratios = entry(_energy_ratios)
settle = entry(_settle)
