"""The beat of a codec's frames: levels of bands by two milliseconds, how much each moment is like the border of a frame, and which beat goes on.

A decoder changes its gains and filters at the borders of its frames and nowhere else, so what is between two of them is a little more
even than speech is by itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry

NOWHERE = 10
"""In place of a phase: no beat is heard."""


def _measure_cells(
    x: NDArray[np.float32], cell: int, waves: NDArray[np.float32], floor: float, levels: NDArray[np.float32], power: NDArray[np.float32]
) -> None:  # fmt: skip
    """Write the log power of six bands of each cell of `x` into `levels`, flat, and that of all of them together into `power`.

    `waves` holds the later half of a window that begins every `cell` samples, sample by sample: 12 windowed cosines about its middle and 12
    sines, two of each for a band. The earlier half is the same but for the sign of the sines.
    """
    half = waves.size // 24
    sums = np.zeros(24, np.float32)
    for n in range(power.size):
        before, after = x[n * cell : n * cell + half], x[n * cell + half : n * cell + 2 * half]
        for k in range(24):
            sums[k] = np.float32(0)
        for t in range(0, half, 2):
            u, v, y, z = after[t], before[half - 1 - t], after[t + 1], before[half - 2 - t]
            even0, odd0, even1, odd1 = u + v, u - v, y + z, y - z
            wave = waves[24 * t : 24 * (t + 2)]
            for k in range(12):
                sums[k] += even0 * wave[k] + even1 * wave[k + 24]
            for k in range(12, 24):
                sums[k] += odd0 * wave[k] + odd1 * wave[k + 24]
        total = 0.0
        for b in range(6):
            c0, c1, s0, s1 = sums[2 * b], sums[2 * b + 1], sums[2 * b + 12], sums[2 * b + 13]
            e = np.float64(c0 * c0 + c1 * c1) + np.float64(s0 * s0 + s1 * s1)
            levels[6 * n + b] = np.log(e + floor)
            total += e
        power[n] = total


def _tell_borders(
    levels: NDArray[np.float32],
    power: NDArray[np.float32],
    reach: int,
    gate: float,
    weights: NDArray[np.float32],
    most: float,
    out: NDArray[np.float32],
) -> None:
    """Add to ``out[step, phase]`` the log-likelihood ratios that frames of ten cells begin at each of them, fifty cells a step.

    The border before cell ``reach + i`` is the `i`-th; it is told from the cells within `reach` by a layer of 32 units, whose weights
    come input by input, with their offsets behind them, then those of the output and its offset. Moments softer than `gate` say nothing.
    """
    width = 32
    inputs = 12 * reach
    first, bias = weights[: inputs * width], weights[inputs * width : (inputs + 1) * width]
    last, offset = weights[(inputs + 1) * width : (inputs + 2) * width], weights[(inputs + 2) * width]
    held = np.zeros(width, np.float32)
    loud = 0.0
    for n in range(2 * reach - 1):
        loud += np.float64(power[n])
    for i in range(50 * out.shape[0]):
        loud += np.float64(power[i + 2 * reach - 1])
        if loud > gate * 2 * reach:
            seen = levels[6 * i : 6 * i + inputs]
            for o in range(width):
                held[o] = bias[o]
            for k in range(0, inputs, 6):
                v0, v1, v2, v3, v4, v5 = seen[k], seen[k + 1], seen[k + 2], seen[k + 3], seen[k + 4], seen[k + 5]
                w = first[k * width : (k + 6) * width]
                for o in range(32):
                    near = (v0 * w[o] + v1 * w[o + 32]) + (v2 * w[o + 64] + v3 * w[o + 96])
                    held[o] += near + (v4 * w[o + 128] + v5 * w[o + 160])
            told = np.float64(offset)
            for o in range(width):
                told += np.float64(max(held[o], np.float32(0)) * last[o])
            out[i // 50, i % 10] += np.float32(min(max(told, -most), most))
        loud -= np.float64(power[i])


def _follow_beat(
    told: NDArray[np.float32], stay: float, drift: float, leave: float, enter: float, path: NDArray[np.int8]
) -> None:
    """Write the likeliest phase of each step into `path`, :data:`NOWHERE` where there is no beat, as before the first.

    `told` holds log-likelihood ratios, shape (steps, 10); `stay`, `drift` (to a neighbouring phase), `leave` and `enter` are the log
    odds of what may happen from one step to the next.
    """
    phases, steps = 10, told.shape[0]
    came = np.zeros((steps, phases + 1), np.int8)
    score, before = np.full(phases + 1, -np.inf), np.zeros(phases + 1)
    score[phases] = 0.0
    for t in range(steps):
        best = 0
        for p in range(phases + 1):
            before[p] = score[p]
            if p < phases and score[p] > score[best]:
                best = p
        for p in range(phases):
            top, of = before[p] + stay, p
            for q in ((p + 1) % phases, (p + phases - 1) % phases):
                if before[q] + drift > top:
                    top, of = before[q] + drift, q
            if before[phases] + enter > top:
                top, of = before[phases] + enter, phases
            score[p] = top + np.float64(told[t, p])
            came[t, p] = of
        if before[best] + leave > before[phases]:
            score[phases], came[t, phases] = before[best] + leave, best
        else:
            score[phases], came[t, phases] = before[phases], phases
    state = 0
    for p in range(phases + 1):
        if score[p] > score[state]:
            state = p
    for t in range(steps - 1, -1, -1):
        path[t] = state
        state = came[t, state]


measure_cells = entry(_measure_cells)
tell_borders = entry(_tell_borders)
follow_beat = entry(_follow_beat)
