"""Stretches of samples that no code of G.711 decodes to, by the running sum of their log-likelihood ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry

STATE = ("sum", "peak", "start", "end", "inside", "since")
"""What is kept of a stretch that goes on: its sum now and at its greatest (0 = there is none), where it began and where it was greatest, and
how many loud samples off the law's values it has held by then and since."""


def _find_made(
    x: NDArray[np.float32],
    at: int,
    score: NDArray[np.float32],
    loud: int,
    drop: float,
    still: int,
    least: float,
    state: NDArray[np.float64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    evidence: NDArray[np.float32],
    counts: NDArray[np.int64],
) -> int:
    """Find stretches whose `score`, by 16-bit magnitude, sums up to `least` or more; return how many ended in `x`.

    A stretch begins with a positive score and ends where its sum is greatest: once that is `drop` less, or nothing, or was so for `still`
    samples. `at` is the index of ``x[0]``. To `counts` go the `loud` samples of negative score, and those of positive score outside of the
    stretches found; to `state` what :data:`STATE` says.
    """
    top, n = score.size - 1, 0
    total, peak = state[0], state[1]
    first, last, inside, since = int(state[2]), int(state[3]), int(state[4]), int(state[5])
    for i in range(x.size):
        v = x[i] * np.float32(32768.0)
        y = abs(v)
        k = int(min(y, np.float32(top)))
        s = score[k] if np.float32(k) == y else score[top - 1]
        off = 1 if s > 0.0 and k > loud else 0
        if s < 0.0 and k > loud:
            counts[0] += 1
        if peak == 0.0:
            if s > 0.0:
                total, peak, first, last, inside, since = s, s, at + i, at + i + 1, off, 0
            continue
        total += s
        since += off
        if total > peak:
            peak, last, inside, since = total, at + i + 1, inside + since, 0
        elif total <= 0.0 or peak - total > drop or at + i + 1 - last >= still:
            if peak >= least and n < start.size:
                start[n], end[n], evidence[n] = first, last, peak
                n += 1
            else:
                counts[1] += inside
            counts[1] += since
            peak = 0.0
    state[0], state[1], state[2], state[3], state[4], state[5] = total, peak, first, last, inside, since
    return n


find_made = entry(_find_made)
