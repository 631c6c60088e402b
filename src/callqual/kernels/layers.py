"""A small net over frames of 64 channels: a convolution, residual steps of dilated convolutions, and a mixing at the end.

Arrays are flat, frame by frame, and so are weights, input by input: 64 outputs in a row. That the 64 stands here as a number makes
the innermost loop four whole vectors without a remainder, which one check clears of overlaps: twice as fast as with frames in the
inner loop. Plain sums in a fixed order: no machine, no number of threads changes a bit, as the products of a BLAS do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry, kernel

Numbers = NDArray[np.float32]


@kernel
def _add_products(x: Numbers, inputs: int, weight: Numbers, y: Numbers) -> None:
    """Add to the frames `y` what `weight` makes of as many frames of `x`, four of them and four of their `inputs` at a time."""
    width = 64
    for i in range(0, inputs, 4):
        w = weight[i * width : (i + 4) * width]
        for t in range(0, y.size // width, 4):
            a, b, c = x[t * inputs + i :], x[(t + 1) * inputs + i :], x[(t + 2) * inputs + i :]
            d, part = x[(t + 3) * inputs + i :], y[t * width : (t + 4) * width]
            a0, a1, a2, a3 = a[0], a[1], a[2], a[3]
            b0, b1, b2, b3 = b[0], b[1], b[2], b[3]
            c0, c1, c2, c3 = c[0], c[1], c[2], c[3]
            d0, d1, d2, d3 = d[0], d[1], d[2], d[3]
            for o in range(width):
                w0, w1, w2, w3 = w[o], w[o + width], w[o + 2 * width], w[o + 3 * width]
                part[o] += (a0 * w0 + a1 * w1) + (a2 * w2 + a3 * w3)
                part[o + width] += (b0 * w0 + b1 * w1) + (b2 * w2 + b3 * w3)
                part[o + 2 * width] += (c0 * w0 + c1 * w1) + (c2 * w2 + c3 * w3)
                part[o + 3 * width] += (d0 * w0 + d1 * w1) + (d2 * w2 + d3 * w3)


@kernel
def _convolve(x: Numbers, inputs: int, dilation: int, offset: Numbers, weight: Numbers, y: Numbers) -> None:
    """Write the convolution of `x` by three taps, `dilation` frames apart, plus `offset` into the frames `y`."""
    width = 64
    for t in range(0, y.size, width):
        row = y[t : t + width]
        for c in range(width):
            row[c] = offset[c]
    taps = inputs * width
    for k in range(3):
        _add_products(x[k * dilation * inputs :], inputs, weight[k * taps : (k + 1) * taps], y)


@kernel
def _rectify(y: Numbers, factor: Numbers, offset: Numbers, start: int, stop: int, out: Numbers) -> None:
    """Write what of ``factor * y + offset`` is above zero into `out`, zeros for the frames before `start` and from `stop` on."""
    width = 64
    for t in range(y.size // width):
        row, part = y[t * width : (t + 1) * width], out[t * width : (t + 1) * width]
        if start <= t < stop:
            for c in range(width):
                part[c] = max(row[c] * factor[c] + offset[c], np.float32(0))
        else:
            for c in range(width):
                part[c] = np.float32(0)


@kernel
def _forget(past: Numbers, count: int) -> None:
    """Move the last numbers of `past` to its front, by `count`."""
    kept, late = past[: past.size - count], past[count:]
    for n in range(kept.size):
        kept[n] = late[n]


@kernel
def _step(
    y: Numbers, dilation: int, w: Numbers, start: int, stop: int, past: Numbers, delayed: Numbers, held: Numbers
) -> None:
    """Add to the frames `y` what a dilated convolution and a mixing make of them, and return both `dilation` frames late in `y`.

    `w` holds factor, offset, offset of the convolution and of the mixing, and the weights of these. `past` and `delayed` keep
    what the next frames need, 2 dilation + frames and dilation + frames; `held` is room for the work. Beyond `start` and `stop`
    the convolution reads zeros.
    """
    width, reach = 64, 64 * dilation
    taps = (4 + 3 * width) * width
    _rectify(y, w[:width], w[width : 2 * width], start, stop, past[2 * reach :])
    _convolve(past, width, dilation, w[2 * width : 3 * width], w[4 * width : taps], held)
    late = delayed[reach:]
    for n in range(held.size):
        held[n] = max(held[n], np.float32(0))
    for n in range(y.size):
        late[n] = y[n]
    offset = w[3 * width : 4 * width]
    for t in range(0, y.size, width):
        row, before = y[t : t + width], delayed[t : t + width]
        for c in range(width):
            row[c] = before[c] + offset[c]
    _add_products(held, width, w[taps:], y)
    _forget(past, y.size)
    _forget(delayed, y.size)


def _run_net(
    rows: NDArray[np.float32],
    mean: Numbers,
    scaling: Numbers,
    weights: Numbers,
    dilations: NDArray[np.int64],
    at: int,
    end: int,
    seen: Numbers,
    memory: Numbers,
    room: Numbers,
    out: Numbers,
) -> None:
    """Write what the net says of frames into `out`, shape (frames, 64): those that end as many before the end of `rows` as it looks ahead.

    The first row is frame `at` of a leg that ends before frame `end`. `weights` holds offset and weights of the first
    convolution, those of the steps, then factor, offset, offset of the last mixing and its weights. `seen` and `memory` keep
    what the next rows need: of the rows 2 + frames, of each step 3 dilations + 2 frames; `room` is for the work, shape of `out`.
    """
    width, (frames, inputs) = 64, rows.shape
    y, held = out.ravel(), room.ravel()
    now = seen[2 * inputs :]
    for t in range(frames):
        row, part = rows[t], now[t * inputs : (t + 1) * inputs]
        for c in range(inputs):
            part[c] = (row[c] - mean[c]) * scaling[c] if at + t < end else np.float32(0)
    w = (1 + 3 * inputs) * width
    _convolve(seen, inputs, 1, weights[:width], weights[width:w], y)
    _forget(seen, frames * inputs)
    at -= 1
    step, m = (4 + 4 * width) * width, 0
    for d in dilations:
        past, delayed = memory[m : m + 2 * d * width + y.size], memory[m + 2 * d * width + y.size :]
        _step(y, d, weights[w : w + step], -at, end - at, past, delayed[: d * width + y.size], held)
        at -= d
        w += step
        m += 3 * d * width + 2 * y.size
    _rectify(y, weights[w : w + width], weights[w + width : w + 2 * width], 0, frames, held)
    offset = weights[w + 2 * width : w + 3 * width]
    for t in range(0, y.size, width):
        row = y[t : t + width]
        for c in range(width):
            row[c] = offset[c]
    _add_products(held, width, weights[w + 3 * width :], y)


run_net = entry(_run_net)
