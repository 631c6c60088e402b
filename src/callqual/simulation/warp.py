"""Speech hurried or dragged by whole pitch cycles (WSOLA): the cycle between two packets, and the joint."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

SHORTEST = 0.0025
"""Least pitch period, seconds."""

ALIKE = 0.6
"""Least normalised correlation of two cycles that may stand for each other."""

QUIET = 1e-3
"""Root mean square (full scale 1) below which any two stretches may."""


def cycle(before: Samples, after: Samples, sr: int, longest: int, willing: bool) -> int:
    """Find the lag at which the end of one packet is most like the start of the next.

    Parameters
    ----------
    before, after : ndarray [shape=(frame,), float32]
    sr : int
        Hz.
    longest : int
        Greatest lag, samples.
    willing : bool
        Whether a lag is wanted even if the two are not alike.

    Returns
    -------
    int
        Samples; 0 = they are not alike enough.
    """
    a, b = before.astype(np.float64), after.astype(np.float64)
    lags = range(max(round(SHORTEST * sr), 1), longest + 1)
    energy = np.cumsum(a[::-1] ** 2), np.cumsum(b**2)
    scores = [float(a[-q:] @ b[:q]) / np.sqrt(energy[0][q - 1] * energy[1][q - 1] + 1e-12) for q in lags]
    best = int(np.argmax(scores))
    quiet = energy[0][-1] + energy[1][-1] < 2 * len(a) * QUIET**2
    return lags[best] if willing or quiet or scores[best] >= ALIKE else 0


def blend(old: Samples, new: Samples) -> Samples:
    """Fade linearly from `old` to `new`, of one length."""
    ramp = ((np.arange(len(old)) + 1) / (len(old) + 1)).astype(np.float32)
    return np.asarray(old * (1 - ramp) + new * ramp, dtype=np.float32)
