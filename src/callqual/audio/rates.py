"""The three rates a leg is read at: native for splices and exact runs, wide for levels and edges, narrow for pitch and tones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NARROW = 8000
"""Rate of everything that lives below 4 kHz: copies, periodicity, tones."""

BLOCK_SECONDS = 1.8
"""Seconds that a leg is read in, whatever blocks it comes in."""


def wide_rate(sr: int) -> int:
    """Rate (Hz) for levels, edges and bands of a recording at `sr`: 16 kHz where it can hold that, else 8 kHz."""
    return 16000 if sr >= 16000 else NARROW


class Rates:
    """Streams one leg from its native rate to the wide and the narrow one (soxr, high quality, no delay left)."""

    def __init__(self, sr: int) -> None:
        import soxr

        self.wide = wide_rate(sr)
        self._to_wide = (
            soxr.ResampleStream(sr, self.wide, 1, dtype="float32", quality="HQ") if sr != self.wide else None
        )
        self._to_narrow = (
            soxr.ResampleStream(self.wide, NARROW, 1, dtype="float32", quality="HQ") if self.wide != NARROW else None
        )

    def push(self, x: NDArray[np.float32], last: bool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the samples that `x` (native, float32) adds at the wide and the narrow rate."""
        wide = x if self._to_wide is None else self._to_wide.resample_chunk(x, last=last)
        narrow = wide if self._to_narrow is None else self._to_narrow.resample_chunk(wide, last=last)
        return wide, narrow
