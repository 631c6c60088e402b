"""The spectrum of every ten milliseconds in bands, twice: 32 ms tell pitch and timbre, 12 ms every 5 ms tell where they break.

All levels are relative to the loudness of the leg (:mod:`callqual.features.reference`): no gain changes them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from callqual.audio.rates import NARROW
from callqual.kernels import loudness
from callqual.kernels.bands import band_powers

HOP = NARROW // 100
FLOOR, HIGH = 1e-7, 1.5
"""Power re the reference that is added to all, -70 dB: more than rounding to 16 bits leaves in a band of a leg of -45 dBov. And the
greatest level."""

STEP_DB = 20.0
"""Levels are counted in steps of 20 dB."""

ALIKE = 2e-5
"""Samples that differ by less, re the root of the reference, are alike: a thirtieth of a step of 16 bits in a leg of -26 dBov."""


class Bank(NamedTuple):
    """Triangular bands of the power spectra of windows: the first bin of each, how many of them, and the weights from there on.

    `window` is followed by zeros up to the length of the transform; the rest is as :func:`band_powers` wants it.
    """

    length: int
    hop: int
    window: NDArray[np.float32]
    order: NDArray[np.int64]
    cosines: NDArray[np.float32]
    sines: NDArray[np.float32]
    first: NDArray[np.int64]
    width: NDArray[np.int64]
    weight: NDArray[np.float32]


def _mel(hz: float) -> float:
    return float(2595.0 * np.log10(1.0 + hz / 700.0))


def _bank(window: int, size: int, hop: int, lowest_hz: float, step_mel: float, bands: int) -> Bank:
    """Return a bank of `bands` that overlap by half, from `lowest_hz` up; each is at least two bins wide."""
    mel = _mel(lowest_hz) + step_mel * np.arange(bands + 2.0)
    hz = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    bins, bin_hz = np.arange(size // 2 + 1) * NARROW / size, NARROW / size
    below, above = (np.maximum(width, bin_hz)[:, None] for width in (hz[1:-1] - hz[:-2], hz[2:] - hz[1:-1]))
    off = bins - hz[1:-1, None]
    share = np.maximum(0.0, np.minimum(1.0 + off / below, 1.0 - off / above))
    share /= share.sum(axis=1, keepdims=True)
    width = -(-(share > 0.0).sum(axis=1) // 4) * 4
    first = np.minimum((share > 0.0).argmax(axis=1), bins.size - width)
    weight = np.zeros((bands, int(width.max())), np.float32)
    for row, whole, at, n in zip(weight, share, first, width, strict=True):
        row[:n] = whole[at : at + n] * (4.0 / np.hanning(window + 1)[:-1].sum() ** 2)
    hann = np.zeros(size, np.float32)
    hann[:window] = np.hanning(window + 1)[:-1]
    return Bank(window, hop, hann, *turns(size), first, width, weight)


def turns(size: int) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Return what transforms of `size` samples, a power of two, need: the order of their pairs, cosines and sines."""
    turn = -2.0 * np.pi / size * np.arange(size // 2)
    return _reversed(size // 2), np.cos(turn).astype(np.float32), np.sin(turn).astype(np.float32)


def _reversed(count: int) -> NDArray[np.int64]:
    """Return the numbers below `count`, a power of two, with their bits reversed."""
    order = np.zeros(1, np.int64)
    while order.size < count:
        order = np.concatenate((2 * order, 2 * order + 1))
    return order


LONG = _bank(256, 256, HOP, 60.0, 55.0, 36)
SHORT = _bank(96, 128, HOP // 2, 100.0, 130.6, 14)
"""Bands with their middles up to 3.7 kHz: above, what is left depends on how a recording came to 8 kHz."""


def relative_level(power: NDArray[np.float64], reference: NDArray[np.float64]) -> None:
    """Make rows of power into levels re the reference of each, in steps of 20 dB, -3.5 for nothing."""
    power /= reference[:, None]
    power += FLOOR
    np.log10(power, out=power)
    power *= 10.0 / STEP_DB
    np.minimum(power, HIGH, out=power)


def band_power(x: NDArray[np.float32], lo: int, frames: int, bank: Bank) -> NDArray[np.float64]:
    """Return the power in the bands of the windows in the middle of each hop, a row a frame; the first begins at `lo`."""
    out = np.empty((frames * HOP // bank.hop, bank.first.size))
    x = x[lo - (bank.length - bank.hop) // 2 :]
    band_powers(
        x, bank.hop, bank.window, bank.order, bank.cosines, bank.sines, bank.first, bank.width, bank.weight, out
    )
    return out.reshape(frames, -1)


def frame_power(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean square and the greatest square of each frame of `x`."""
    out = np.empty((x.size // HOP, 2))
    loudness.frame_power(x, HOP, out)
    return out


def alike_share(x: NDArray[np.float32], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of the steps from sample to sample of each frame that lead nowhere: digital silence, held samples."""
    out = np.empty(reference.size)
    loudness.alike_share(x, (ALIKE * np.sqrt(reference)).astype(np.float32), out)
    return out
