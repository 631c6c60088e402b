"""The bandwidth of a leg: how high up its content reaches, whatever the sample rate promises."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOOKS = 5
"""Spectra taken in a second."""

BINS_HZ = 32.0
"""Width of a bin, about."""

TOGETHER = 36
"""Spectra taken together: of four blocks of the engine, which spares half of the time of one block after the other."""

SMOOTH_HZ = 300.0
"""Width of the smoothing."""

BELOW_PEAK, ABOVE_FLOOR = 10**-5.0, 10**1.0
"""Content lies less than 50 dB below the strongest band, and 10 dB over the pauses."""

SILENT = 1e-12
"""Power of a bin below which nothing is content."""


class Bandwidth:
    """Sums the spectra of a leg, and keeps the lowest that each band falls to in its pauses: two spectra of state.

    The windows of some blocks wait and are read together; sums are taken block by block, the same whichever are together.
    """

    def __init__(self, sr: int) -> None:
        self._size = 1 << round(np.log2(sr / BINS_HZ))
        self._hz = sr / self._size
        self._hop = sr // LOOKS
        window = np.hanning(self._size)
        self._window = (window / np.sqrt(np.sum(window**2) * self._size)).astype(np.float32)
        self._waiting: list[NDArray[np.float32]] = []
        self._all = np.zeros(self._size // 2 + 1)
        self._floor = np.full(self._size // 2 + 1, np.inf)
        self._looks = 0

    def push(self, x: NDArray[np.float32]) -> None:
        """Look at a block of native samples (float32, full scale +-1); blocks of a second or more know the pauses."""
        if x.size < self._size:
            return
        looks = (x.size - self._size) // self._hop + 1
        step = x.strides[0]
        frames = np.lib.stride_tricks.as_strided(x, (looks, self._size), (self._hop * step, step), writeable=False)
        self._waiting.append(frames * self._window)
        self._looks += looks
        if sum(map(len, self._waiting)) >= TOGETHER:
            self._read()

    def _read(self) -> None:
        """Take the spectra of the windows that wait."""
        if not self._waiting:
            return
        spectra = np.fft.rfft(np.concatenate(self._waiting))
        power = spectra.real**2 + spectra.imag**2
        total, first = power.sum(axis=1), 0
        for looks in map(len, self._waiting):
            self._add(power[first : first + looks], total[first : first + looks])
            first += looks
        self._waiting = []

    def _add(self, power: NDArray[np.floating], total: NDArray[np.floating]) -> None:
        """Add the power of the spectra of a block, whose sums are `total`."""
        self._all += power.sum(axis=0)
        sounding = np.flatnonzero(total > SILENT)
        if sounding.size >= LOOKS:
            quietest = power[sounding[total[sounding].argmin()]]
            self._floor = np.minimum(self._floor, self._smooth(quietest))

    def hz(self) -> float | None:
        """Return the upper edge of the content, Hz; None when nothing stands out from the pauses."""
        self._read()
        if not self._looks:
            return None
        content = self._smooth(self._all / self._looks)
        floor = np.where(np.isfinite(self._floor), self._floor, 0.0)
        threshold = np.maximum(np.maximum(content.max() * BELOW_PEAK, floor * ABOVE_FLOOR), SILENT)
        above = np.flatnonzero(content > threshold)
        return float(above[-1] * self._hz) if above.size else None

    def _smooth(self, power: NDArray[np.floating]) -> NDArray[np.float64]:
        width = max(1, round(SMOOTH_HZ / self._hz))
        return np.convolve(power, np.full(width, 1 / width), "same")
