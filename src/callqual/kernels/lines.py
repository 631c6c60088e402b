"""What a short prediction leaves of a waveform: next to nothing of few lines, much of many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry


def _prediction_rest(
    x: NDArray[np.float32],
    at: NDArray[np.int64],
    w: int,
    ridge: float,
    r: NDArray[np.float64],
    rest: NDArray[np.float64],
) -> None:
    """Share of ``x[a:a+w]`` that the best prediction from the `taps` samples before each leaves.

    `r` is scratch, shape (taps + 1, taps + 1). Two taps predict a sine without rest, four two sines. `ridge` (share of
    the energy) keeps pure tones finite; `w` counts whole fours.
    """
    taps = r.shape[0] - 1
    for f in range(at.size):
        a = at[f]
        now = x[a : a + w]
        for j in range(taps + 1):
            past, s0, s1, s2, s3 = x[a - j : a - j + w], 0.0, 0.0, 0.0, 0.0
            for n in range(0, w, 4):  # four sums a turn: none waits for another
                s0 += np.float64(now[n]) * np.float64(past[n])
                s1 += np.float64(now[n + 1]) * np.float64(past[n + 1])
                s2 += np.float64(now[n + 2]) * np.float64(past[n + 2])
                s3 += np.float64(now[n + 3]) * np.float64(past[n + 3])
            r[0, j] = (s0 + s1) + (s2 + s3)
        for i in range(1, taps + 1):  # one step back: a sample enters in front and one leaves at the end
            for j in range(i, taps + 1):
                first = np.float64(x[a - i]) * np.float64(x[a - j])
                last = np.float64(x[a + w - i]) * np.float64(x[a + w - j])
                r[i, j] = r[i - 1, j - 1] + first - last
        energy = r[0, 0]
        if energy <= 0.0:
            rest[f] = 1.0
            continue
        for i in range(taps + 1):
            r[i, i] += ridge * energy
            for j in range(i):
                r[i, j] = r[j, i]
        for k in range(taps, 0, -1):  # eliminate the oldest sample first; what stays of r[0, 0] is the error
            for i in range(k):
                g = r[i, k] / r[k, k]
                for j in range(k):
                    r[i, j] -= g * r[k, j]
        rest[f] = min(max(r[0, 0] / energy, ridge), 1.0)


prediction_rest = entry(_prediction_rest)
