"""The ripple of the envelope: the log energy of each millisecond re what is round it, either side of the logarithm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import kernel


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
    """Write the mean energy of the first difference in `width` steps `around` each step, and the step's own re that.

    There are as many steps of equal length as `ratio` holds.
    """
    step = x.size // ratio.size
    energy = np.zeros(ratio.size)
    last = x[0]
    for i in range(ratio.size):
        for n in range(i * step, (i + 1) * step):
            d = np.float64(x[n] - last)
            energy[i] += d * d
            last = x[n]
    _moving_mean(energy, width, around)
    for i in range(ratio.size):
        ratio[i] = (energy[i] + floor) / (around[i] + floor)


def _settle(
    log: NDArray[np.float64],
    around: NDArray[np.float64],
    mute: NDArray[np.bool_],
    width: int,
    low: float,
    high: float,
    least: float,
) -> None:
    """Clip levels to ``low..high`` and take their moving mean away, in place; 0 where muted.

    Muted are the stretches marked in `mute`, of equal length, and steps whose energy `around` is up to `least` of the highest.
    """
    for i in range(log.size):
        log[i] = min(max(log[i], low), high)
    mean = np.zeros(log.size)
    _moving_mean(log, width, mean)
    gate = around.max() * least
    step = log.size // mute.size
    for i in range(log.size):
        log[i] = 0.0 if around[i] <= gate or mute[i // step] else log[i] - mean[i]


energy_ratios = kernel(_energy_ratios)
settle = kernel(_settle)
