"""Layers of a small net: products of weights and frames, four outputs and four inputs at a time, and the residual step made of them.

Plain sums in a fixed order: no machine, no number of threads changes a bit, as the products of a BLAS do. At 64 channels half as fast as its.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import kernel

Matrix = NDArray[np.float32]


def _products(x: Matrix, dilation: int, weight: Matrix, offset: Matrix, y: Matrix) -> None:
    """Write the convolution of `x`, shape (inputs, frames and what the taps reach), into `y`, shape (outputs, frames).

    `weight` holds a row an output, its inputs tap by tap; outputs and inputs are whole fours.
    """
    inputs, frames = x.shape[0], y.shape[1]
    for o in range(0, y.shape[0], 4):
        y0, y1, y2, y3 = y[o], y[o + 1], y[o + 2], y[o + 3]
        y0[:], y1[:], y2[:], y3[:] = offset[o], offset[o + 1], offset[o + 2], offset[o + 3]
        w0, w1, w2, w3 = weight[o], weight[o + 1], weight[o + 2], weight[o + 3]
        for tap in range(weight.shape[1] // inputs):
            s = tap * dilation
            for i in range(0, inputs, 4):
                j = tap * inputs + i
                x0, x1, x2, x3 = x[i, s:], x[i + 1, s:], x[i + 2, s:], x[i + 3, s:]
                a0, a1, a2, a3 = w0[j], w0[j + 1], w0[j + 2], w0[j + 3]
                b0, b1, b2, b3 = w1[j], w1[j + 1], w1[j + 2], w1[j + 3]
                c0, c1, c2, c3 = w2[j], w2[j + 1], w2[j + 2], w2[j + 3]
                d0, d1, d2, d3 = w3[j], w3[j + 1], w3[j + 2], w3[j + 3]
                for t in range(frames):
                    y0[t] += (a0 * x0[t] + a1 * x1[t]) + (a2 * x2[t] + a3 * x3[t])
                    y1[t] += (b0 * x0[t] + b1 * x1[t]) + (b2 * x2[t] + b3 * x3[t])
                    y2[t] += (c0 * x0[t] + c1 * x1[t]) + (c2 * x2[t] + c3 * x3[t])
                    y3[t] += (d0 * x0[t] + d1 * x1[t]) + (d2 * x2[t] + d3 * x3[t])


def _rectified(y: Matrix, factor: Matrix, offset: Matrix, start: int, stop: int, out: Matrix) -> None:
    """Write what of ``factor * y + offset`` is above zero into the last frames of `out`, zeros before `start` and from `stop` on."""
    frames = y.shape[1]
    for c in range(y.shape[0]):
        row, by, add = out[c, out.shape[1] - frames :], factor[c], offset[c]
        for t in range(frames):
            row[t] = max(y[c, t] * by + add, np.float32(0))
        for t in range(min(start, frames)):
            row[t] = np.float32(0)
        for t in range(max(stop, 0), frames):
            row[t] = np.float32(0)


def _forget(past: Matrix, frames: int) -> None:
    """Move the last columns of `past` to its front, by so many frames."""
    for c in range(past.shape[0]):
        for t in range(past.shape[1] - frames):
            past[c, t] = past[c, t + frames]


products = kernel(_products)
rectified = kernel(_rectified)
forget = kernel(_forget)


def _residual(
    y: Matrix, dilation: int, factor: Matrix, offset: Matrix, spread: Matrix, spread_offset: Matrix,
    mix: Matrix, mix_offset: Matrix, start: int, stop: int, past: Matrix, delayed: Matrix, held: Matrix,
) -> None:  # fmt: skip
    """Add to the frames `y` what a dilated convolution and a mixing make of them, and return both `dilation` frames late in `y`.

    `past` and `delayed` keep what the next frames need, shapes (channels, 2 dilation + frames) and (channels, dilation + frames);
    `held` is room for the work. Beyond `start` and `stop` the convolution reads zeros.
    """
    channels, frames = y.shape
    rectified(y, factor, offset, start, stop, past)
    products(past, dilation, spread, spread_offset, held)
    for c in range(channels):
        for t in range(frames):
            held[c, t] = max(held[c, t], np.float32(0))
            delayed[c, dilation + t] = y[c, t]
    products(held, 0, mix, mix_offset, y)
    for c in range(channels):
        for t in range(frames):
            y[c, t] += delayed[c, t]
    forget(past, frames)
    forget(delayed, frames)


residual = kernel(_residual)
