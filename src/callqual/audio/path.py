"""The path profile: through which recorder the samples came, and so which cues of damage are alive in them.

``pcm``      every sample lies on the grid of 16 or 24 bits: copies, zeros and edges are exact
``g711``     the samples are decoded mu-law or A-law codes, untouched since: the same cues, on 255 values
``lossy``    the file's own coding changed the waveform (MP3, AAC, Opus, AMR, GSM ...): no copy or zero in it is exact
``unknown``  off every grid (resampled, mixed or scaled as floats), or too little signal to say

A lossy file that somebody decoded to PCM counts as ``pcm``: a band limit, the only trace left that is cheap to see, may
as well be that of the codec in the call, and proves nothing about the recorder.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.grids import count_on_grids
from callqual.result import Path

CUES = ("exact_copies", "exact_zeros", "edges")
"""What damage may leave behind: a waveform played twice, runs of one value, jumps of the level."""

LOOKS = 500
"""Samples looked at in a second of signal."""

FEWEST = 200
"""Samples that must speak before a path is named."""

SEGMENT_0 = 128.0
"""Up to this size (16 bits) G.711 codes are so dense that 13-bit samples hit them all: such samples prove nothing."""

ON_GRID, ON_CODES = 0.99, 0.75
"""Shares of samples on the grid of bits, and on G.711's codes (concealment in between is on none)."""


class PathProfiler:
    """Counts where a leg's samples lie. Its state is six numbers."""

    def __init__(self, sr: int) -> None:
        self._step = max(1, round(sr / LOOKS))
        self._counts = np.zeros(6, np.int64)

    def push(self, x: NDArray[np.float32]) -> None:
        """Look at a block of native samples (float32, full scale +-1)."""
        count_on_grids(x, self._step, g711_codes(), SEGMENT_0, self._counts)

    def path(self, lossy: bool = False) -> Path:
        """Return the path so far; `lossy` is what the file says of itself (:attr:`AudioReader.lossy`)."""
        if lossy:
            return "lossy"
        nonzero, on16, on24, large, *on_codes = self._counts.tolist()
        if nonzero < FEWEST:
            return "unknown"
        if large >= FEWEST and max(on_codes) >= ON_CODES * large:
            return "g711"
        return "pcm" if max(on16, on24) >= ON_GRID * nonzero else "unknown"

    def alive(self, lossy: bool = False) -> tuple[str, ...]:
        """Return the names of the :data:`CUES` that this path is not known to destroy."""
        return CUES[2:] if self.path(lossy) == "lossy" else CUES


@cache
def g711_codes() -> NDArray[np.bool_]:
    """Return which 16-bit magnitudes G.711 decodes to: rows mu-law and A-law, shape (2, 32768)."""
    step, segment = np.meshgrid(np.arange(16), np.arange(8))
    codes = np.zeros((2, 2**15), np.bool_)
    codes[0, (((step << 3) + 132) << segment) - 132] = True
    codes[1, np.where(segment == 0, (step << 4) + 8, ((step << 4) + 264) << np.maximum(segment - 1, 0))] = True
    return codes
