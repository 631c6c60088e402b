"""Where samples lie: on the grid of 16 or 24 bits, on the codes of G.711."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry


def _count_on_grids(
    x: NDArray[np.float32], step: int, codes: NDArray[np.bool_], least: float, counts: NDArray[np.int64]
) -> None:
    """Add to `counts` how many of every `step`-th sample are not zero, lie on 16 bits and on 24, and on each row of `codes`.

    The codes are 16-bit magnitudes; samples up to `least` are left out there. Counts: not zero, 16 bits, 24 bits, those looked up, and
    one for each row of the codes.
    """
    fine, coarse = np.float32(2**23), np.float32(2**15)
    for n in range(0, x.size, step):
        v = x[n]
        if v == 0.0:
            continue
        counts[0] += 1
        if np.rint(v * fine) == v * fine:
            counts[2] += 1
        y = np.abs(v * coarse)
        if np.rint(y) != y:
            continue
        counts[1] += 1
        if y > least and y < coarse:
            counts[3] += 1
            for i in range(codes.shape[0]):
                counts[4 + i] += 1 if codes[i, int(y)] else 0


count_on_grids = entry(_count_on_grids)
