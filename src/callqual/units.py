"""Units in one place: decibels, seconds, samples. Plain arithmetic, no other part of callqual."""

from __future__ import annotations

import math

DB_FLOOR = -120.0
"""Level given to digital silence, dB re full scale: below the step of 16 bits (-101 dBov for dither)."""


def db(power: float) -> float:
    """Level of a mean square `power` in dB re full scale, never below :data:`DB_FLOOR`."""
    return 10.0 * math.log10(power) if power > 1e-12 else DB_FLOOR


def to_samples(seconds: float, sr: float) -> int:
    """Whole samples nearest to `seconds` at the rate `sr` (Hz)."""
    return round(seconds * sr)
