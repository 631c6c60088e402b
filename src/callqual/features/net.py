"""The learned stage: dilated convolutions over rows of ten milliseconds, run piece by piece as the rows come.

Its weights are made by ``benchmarks/hidden``. Every layer keeps what the next piece needs of its input. Beyond the ends of a leg
every layer reads zeros, as it did when it learned.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callqual.features.facts import HIDDEN, HIDDEN_STEP
from callqual.features.hidden import NAMES, PIECE
from callqual.kernels.layers import forget, products, rectified, residual

Matrix = NDArray[np.float32]
HEADS = len(HIDDEN.names or ())
NOT_YET = 2**40
"""Where a leg ends of which the last frame has not come: further than anybody talks."""


@cache
def weights() -> dict[str, Matrix]:
    """Return the weights by name, as ``benchmarks.hidden.net.export`` writes them."""
    with (files("callqual.features") / "net.npz").open("rb") as file, np.load(file) as kept:
        return {name: np.ascontiguousarray(kept[name], np.float32) for name in kept.files}


class NetRunner:
    """Reads the rows of a leg in order and returns what the net says of each frame, 0.65 s later."""

    def __init__(self) -> None:
        w = self._w = weights()
        width = w["first"].shape[0]
        self._dilations = [int(d) for d in w["dilations"]]
        self._rows = np.zeros((len(NAMES), 2 + PIECE), np.float32)
        self._past = [np.zeros((width, 2 * d + PIECE), np.float32) for d in self._dilations]
        self._delayed = [np.zeros((width, d + PIECE), np.float32) for d in self._dilations]
        self._y, self._held = np.empty((2, width, PIECE), np.float32)
        self._reach = 1 + sum(self._dilations)
        self._taken, self._told = 0, 0
        self._frames = NOT_YET

    def push(self, rows: Matrix, last: bool) -> NDArray[np.void]:
        """Take whole pieces of rows, at the `last` any number; return :data:`~callqual.features.facts.HIDDEN` of the frames now known."""
        if last:
            self._frames = self._taken + len(rows)
            pieces = -(-(len(rows) + self._reach) // PIECE)
            rows = np.concatenate((rows, np.zeros((pieces * PIECE - len(rows), len(NAMES)), np.float32)))
        begun = self._taken - self._reach
        out = [self._piece(rows[first : first + PIECE]) for first in range(0, len(rows), PIECE)]
        known = np.concatenate(out, axis=1) if out else np.zeros((HEADS, 0), np.float32)
        known = known[:, self._told - begun : min(self._frames, max(self._taken - self._reach, 0)) - begun]
        self._told += known.shape[1]
        return _packed(known)

    def _piece(self, rows: Matrix) -> Matrix:
        """Return the logits of the frames that end `reach` before the end of these."""
        w, y, at = self._w, self._y, self._taken
        self._taken += PIECE
        self._rows[:, 2:] = np.multiply(rows - w["mean"], w["scaling"]).T
        self._rows[:, max(2 + self._frames - at, 0) :] = 0.0
        products(self._rows, 1, w["first"], w["first_offset"], y)
        forget(self._rows, PIECE)
        at -= 1
        for i, (d, past, delayed) in enumerate(zip(self._dilations, self._past, self._delayed, strict=True)):
            residual(
                y, d, w[f"factor{i}"], w[f"offset{i}"], w[f"spread{i}"], w[f"spread_offset{i}"], w[f"mix{i}"],
                w[f"mix_offset{i}"], -at, self._frames - at, past, delayed, self._held,
            )  # fmt: skip
            at -= d
        out = np.empty((HEADS, PIECE), np.float32)
        rectified(y, w["factor"], w["offset"], 0, PIECE, self._held)
        products(self._held, 0, w["heads"], w["heads_offset"], out)
        return out


def _packed(logits: Matrix) -> NDArray[np.void]:
    """Return logits in small whole numbers."""
    out: NDArray[Any] = np.empty(logits.shape[1], HIDDEN)
    for name, row in zip(HIDDEN.names or (), logits, strict=True):
        out[name] = np.clip(np.rint(row / HIDDEN_STEP), -127, 127)
    return out
