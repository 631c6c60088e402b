"""How loud frames are: their power and peak, how much of them stands still, and a maximum that leaks away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry


def _frame_power(x: NDArray[np.float32], hop: int, out: NDArray[np.float64]) -> None:
    """Write the mean square and the greatest square of each frame of `hop` samples, whole sixteens, into the rows of `out`."""
    lanes = 16
    total, most = np.empty(lanes), np.empty(lanes)
    for f in range(out.shape[0]):
        total[:], most[:] = 0.0, 0.0
        for n in range(f * hop, (f + 1) * hop, lanes):
            part = x[n : n + lanes]
            for b in range(lanes):
                square = np.float64(part[b]) * np.float64(part[b])
                total[b] += square
                most[b] = max(most[b], square)
        out[f, 0], out[f, 1] = total.sum() / hop, most.max()


def _alike_share(x: NDArray[np.float32], limit: NDArray[np.float32], out: NDArray[np.float64]) -> None:
    """Write the share of the steps from sample to sample of each frame that are smaller than its `limit`."""
    hop = x.size // max(limit.size, 1)
    for f in range(limit.size):
        here, after = x[f * hop : (f + 1) * hop - 1], x[f * hop + 1 : (f + 1) * hop]
        alike = 0
        for n in range(hop - 1):
            alike += abs(after[n] - here[n]) < limit[f]
        out[f] = alike / (hop - 1)


def _leaky(x: NDArray[np.float64], most: float, leak: float, least: float, out: NDArray[np.float64]) -> None:
    """Write the greatest of `x` so far, begun with `most`, of which `leak` is left after each, and never less than `least`."""
    for n in range(x.size):
        most = max(most * leak, x[n], least)
        out[n] = most


frame_power = entry(_frame_power)
alike_share = entry(_alike_share)
leaky = entry(_leaky)
