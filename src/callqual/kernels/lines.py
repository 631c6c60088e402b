"""Spectral lines: how much of a spectrum stands in its few strongest peaks, and how far lines stand above what is round them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import kernel


def _line_share(
    power: NDArray[np.float64], lines: int, half: int, share: NDArray[np.float32], strongest: NDArray[np.float32]
) -> None:
    """Share of each spectrum's energy within `half` bins of its `lines` strongest peaks, and the bin of the strongest."""
    frames, bins = power.shape
    taken = np.zeros(bins, np.bool_)
    for f in range(frames):
        total = 0.0
        for b in range(bins):
            total += power[f, b]
            taken[b] = False
        inside = 0.0
        for line in range(lines):
            best, at = -1.0, 0
            for b in range(1, bins - 1):
                if not taken[b] and power[f, b] > best:
                    best, at = power[f, b], b
            if line == 0:
                strongest[f] = at
            for b in range(max(at - half, 0), min(at + half + 1, bins)):
                if not taken[b]:
                    inside += power[f, b]
                    taken[b] = True
        share[f] = inside / total if total > 0.0 else 0.0


line_share = kernel(_line_share)
