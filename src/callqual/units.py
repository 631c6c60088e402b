"""What numbers mean, in one place."""

from __future__ import annotations

DB_FLOOR = -120.0
"""Level given to digital silence, dB re full scale: below the step of 16 bits (-101 dBov for dither)."""
