"""Samples that are already in memory: which arrays are taken, and how integers become full scale +-1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from callqual.audio.reader import MAX_CHANNELS, AudioReader, Samples
from callqual.errors import InputError
from callqual.result import Source

LOUDEST = 100.0
"""Float samples beyond this (40 dB over full scale) are integers that nobody scaled."""


class ArrayReader(AudioReader):
    """Samples in memory, converted block by block."""

    def __init__(self, samples: ArrayLike, sr: object) -> None:
        self._samples = check_samples(samples)
        if sr is None:
            raise InputError("samples come without their sample rate: give it, as in score(samples, sr=16000)")
        channels = self._samples.shape[1] if self._samples.ndim == 2 else 1
        super().__init__("samples", Source(sr=sr, channels=channels))  # type: ignore[arg-type]
        self._source = Source(sr=self.sr, channels=channels)

    def _read(self, frames: int) -> Samples:
        return as_block(self._samples[self._done : self._done + frames])


def check_samples(samples: ArrayLike) -> NDArray[Any]:
    """Return `samples` as an array of shape ``(n,)`` or ``(n, channels)`` whose numbers have a full scale."""
    try:
        x = np.asarray(samples)
    except ValueError:
        raise InputError("samples are lists of unequal length; expected (n,) or (n, channels)") from None
    if x.ndim == 0:
        raise InputError(f"cannot score {type(samples).__name__}; expected a path, a binary file object or samples")
    if x.dtype.kind not in "fiu":
        raise InputError(f"samples are of type {x.dtype}; expected floats within +-1, or 8, 16 or 32 bit integers")
    if x.dtype.kind in "iu" and x.dtype.itemsize == 8:
        raise InputError(
            f"samples are of type {x.dtype}, which has no full scale of its own; 16-bit values: samples.astype('int16')"
        )
    if x.ndim not in (1, 2) or (x.ndim == 2 and x.shape[1] == 0):
        raise InputError(f"samples have shape {x.shape}; expected (n,) or (n, channels), as soundfile.read gives them")
    if x.ndim == 2 and x.shape[1] > MAX_CHANNELS:
        turned = "; it looks like (channels, n): give samples.T" if x.shape[0] <= MAX_CHANNELS else ""
        raise InputError(f"samples have shape {x.shape}; expected (n, channels), 1 to {MAX_CHANNELS} channels{turned}")
    return x


def as_block(samples: NDArray[Any]) -> Samples:
    """Return checked samples as a fresh float32 block, full scale +-1.

    Parameters
    ----------
    samples : ndarray [shape=(k,) or (k, channels), float or integer]
        Integers are scaled by their type: 16 bits by 1/32768, 8 unsigned bits around 128, and so on.

    Returns
    -------
    ndarray [shape=(k, channels), float32, C-contiguous]
        16-bit values are exact.
    """
    x = samples[:, np.newaxis] if samples.ndim == 1 else samples
    if x.dtype.kind != "f":
        return scale_integers(x)
    with np.errstate(over="ignore"):  # beyond float32 is as little a sample as infinity
        y = x.astype(np.float32, order="C")
    peak = max(y.max(initial=0.0), -y.min(initial=0.0))
    if LOUDEST < peak < np.inf:
        raise InputError(f"samples reach {peak:g}; full scale is +-1: divide 16-bit values by 32768")
    return y


def scale_integers(x: NDArray[Any]) -> Samples:
    """Return integer samples as float32, full scale +-1 by the width of their type."""
    half = 2.0 ** (8 * x.dtype.itemsize - 1)
    y: NDArray[np.float64] = x.astype(np.float64)
    if x.dtype.kind == "u":
        y -= half
    return np.ascontiguousarray(y / half, dtype=np.float32)
