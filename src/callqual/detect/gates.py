"""Noise gates and edited recordings, told from the whole leg: many holes of digital silence that shape speaks against.

A gate that shuts within a word leaves holes as steep as a loss does, now and then; what gives it away are the pauses, each of
which begins and ends in exact zeros. Most losses that are cut out of speech are beyond doubt by their shape, those of a gate hardly ever.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST = -3.5
LEAST_ZERO, NO_LOSS, LOSS = 0.9, -1.0, (1.0, 3.0)
"""A hole is digital silence from so large a share of zeros; score of its shape below which it is a gate's, and from which it begins and
ceases to be doubted as a loss."""

LOSSES_WEIGH, FEW = 3.0, 4.0
"""How many gated pauses one sure loss outweighs, and how many prove nothing. Of voices with losses one leg in twelve has more than
eight such pauses in 20 s, of gated and edited ones each has five to twenty, and no sure loss."""


def evidence(zero: NDArray[np.floating], score: NDArray[np.float64]) -> float:
    """Log-likelihood ratio of any hole of a leg, from the share of zeros and the score of all that stand beside speech."""
    silent = zero > LEAST_ZERO
    gated = float(np.sum(silent & (score < NO_LOSS)))
    losses = float(np.clip((score - LOSS[0]) / (LOSS[1] - LOSS[0]), 0.0, 1.0).sum())
    return MOST * gated / (gated + LOSSES_WEIGH * losses + FEW)
