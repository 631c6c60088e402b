"""What stands on either side of a Fourier transform: windows cut out of a signal, and the power of the bins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry


def _cut_windows(
    x: NDArray[np.float32], at: NDArray[np.int64], window: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Write the samples from each of `at` on, weighted by `window`, into the rows of `out`."""
    for i in range(at.size):
        part, row = x[at[i] : at[i] + window.size], out[i]
        for n in range(window.size):
            row[n] = window[n] * np.float64(part[n])


def _bin_power(spectra: NDArray[np.complex128], scale: float, floor: float, out: NDArray[np.float64]) -> None:
    """Write the power of each bin of each spectrum, times `scale`, plus `floor`, for as many bins as `out` holds."""
    for i in range(out.shape[0]):
        spectrum, power = spectra[i], out[i]
        for k in range(power.size):
            v = spectrum[k]
            power[k] = (v.real * v.real + v.imag * v.imag) * scale + floor


cut_windows = entry(_cut_windows)
bin_power = entry(_bin_power)
