"""The cepstrum of many frames, either side of the logarithm: an echo of gain g adds g at its lag."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import kernel


def _relative_power(spectrum: NDArray[np.complex128], heard: float, floor: float, out: NDArray[np.float32]) -> int:
    """Write each spectrum's power re its mean, plus `floor`; leave out those with a mean up to `heard`; return how many are written."""
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


def _mean_clipped(rows: NDArray[np.float64], first: int, gain: float, most: float, out: NDArray[np.float64]) -> None:
    """Write the mean over the `rows` of ``gain`` times the columns from `first` on, each clipped to within `most`."""
    out[:] = 0.0
    for i in range(rows.shape[0]):
        row = rows[i, first : first + out.size]
        for k in range(out.size):
            out[k] += min(max(gain * row[k], -most), most)
    for k in range(out.size):
        out[k] /= rows.shape[0]


relative_power = kernel(_relative_power)
weigh_band = kernel(_weigh_band)
mean_clipped = kernel(_mean_clipped)
