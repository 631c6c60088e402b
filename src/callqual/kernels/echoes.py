"""The cepstrum of many frames, either side of the logarithm: an echo of gain g adds g at its lag."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry


def _relative_power(
    spectrum: NDArray[np.complex128], heard: float, floor: float, owner: NDArray[np.int64], out: NDArray[np.float32]
) -> int:
    """Write each spectrum's power re its mean, plus `floor`; return how many are written.

    Those with a mean up to `heard` are left out, and so are their entries of `owner`.
    """
    frames, bins = spectrum.shape
    power = np.zeros(bins)
    count = 0
    for f in range(frames):
        total = 0.0
        for b in range(bins):
            v = spectrum[f, b]
            power[b] = v.real * v.real + v.imag * v.imag
            total += power[b]
        mean = total / bins
        if mean <= heard:
            continue
        for b in range(bins):
            out[count, b] = np.float32(power[b] / mean) + np.float32(floor)
        owner[count] = owner[f]
        count += 1
    return count


def _weigh_band(log: NDArray[np.float32], band: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write half of each log spectrum less its mean over the `band`, weighted by the band."""
    frames, bins = log.shape
    whole = 0.0
    for b in range(bins):
        whole += band[b]
    for f in range(frames):
        total = 0.0
        for b in range(bins):
            total += 0.5 * np.float64(log[f, b]) * band[b]
        mean = total / whole
        for b in range(bins):
            out[f, b] = (0.5 * np.float64(log[f, b]) - mean) * band[b]


def _mean_clipped(
    rows: NDArray[np.float64],
    owner: NDArray[np.int64],
    first: int,
    gain: float,
    most: float,
    count: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Write, for each `owner` of `rows`, the mean of ``gain`` times the columns from `first` on, each clipped to within `most`.

    `count` tells how many rows each has; those with none get zeros.
    """
    out[:] = 0.0
    count[:] = 0
    for i in range(rows.shape[0]):
        row, total = rows[i, first : first + out.shape[1]], out[owner[i]]
        for k in range(total.size):
            total[k] += min(max(gain * row[k], -most), most)
        count[owner[i]] += 1
    for j in range(out.shape[0]):
        for k in range(out.shape[1]):
            out[j, k] /= max(count[j], 1)


relative_power = entry(_relative_power)
weigh_band = entry(_weigh_band)
mean_clipped = entry(_mean_clipped)
