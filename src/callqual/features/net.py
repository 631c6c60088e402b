"""The learned stage: dilated convolutions over rows of ten milliseconds, run piece by piece as the rows come.

Its weights are made by ``benchmarks/hidden``. Every layer keeps what the next piece needs of its input. Beyond the ends of a leg
every layer reads zeros, as it did when it learned.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from callqual.features.facts import HIDDEN, HIDDEN_STEP
from callqual.features.hidden import NAMES, PIECE
from callqual.kernels.layers import run_net

Numbers = NDArray[np.float32]
WIDTH = 64
"""Channels, which the kernel knows."""

HEADS = len(HIDDEN.names or ())
LINE = 64
"""Bytes of a cache line."""

NOT_YET = 2**40
"""Where a leg ends of which the last frame has not come: further than anybody talks."""


class Weights(NamedTuple):
    """What ``benchmarks.hidden.write`` keeps: how rows are scaled, dilations of the steps, and all weights in the order of :func:`run_net`."""

    mean: Numbers
    scaling: Numbers
    dilations: NDArray[np.int64]
    layers: Numbers


@cache
def weights() -> Weights:
    """Return the weights."""
    with (files("callqual.features") / "net.npy").open("rb") as file:
        kept = np.load(file)
    layers = _aligned(kept["layers"].size)
    layers[:] = kept["layers"].ravel()
    mean, scaling = (kept[name].astype(np.float32) for name in ("mean", "scaling"))
    return Weights(mean, scaling, kept["dilations"].astype(np.int64), layers)


def _aligned(count: int) -> Numbers:
    """Return so many zeros that begin with a line of the cache: vectors that lie across two take half as long again."""
    room = np.zeros(4 * count + LINE, np.uint8)
    begin = -room.ctypes.data % LINE
    return room[begin : begin + 4 * count].view(np.float32)


class NetRunner:
    """Reads the rows of a leg in order and returns what the net says of each frame, 0.65 s later."""

    def __init__(self) -> None:
        self._weights = weights()
        total = int(self._weights.dilations.sum())
        self._seen = _aligned((2 + PIECE) * len(NAMES))
        self._memory = _aligned((3 * total + 2 * PIECE * self._weights.dilations.size) * WIDTH)
        self._out, self._room = (_aligned(PIECE * WIDTH).reshape(PIECE, WIDTH) for _ in range(2))
        self._reach = 1 + total
        self._taken, self._told = 0, 0
        self._frames = NOT_YET

    def push(self, rows: NDArray[np.float32], last: bool) -> NDArray[np.void]:
        """Take whole pieces of rows, at the `last` any number; return :data:`~callqual.features.facts.HIDDEN` of the frames now known."""
        if last:
            self._frames = self._taken + len(rows)
            pieces = -(-(len(rows) + self._reach) // PIECE)
            rows = np.concatenate((rows, np.zeros((pieces * PIECE - len(rows), len(NAMES)), np.float32)))
        begun = self._taken - self._reach
        known = np.empty((len(rows), HEADS), np.float32)
        for first in range(0, len(rows), PIECE):
            self._run(rows[first : first + PIECE])
            known[first : first + PIECE] = self._out[:, :HEADS]
        known = known[self._told - begun : min(self._frames, max(self._taken - self._reach, 0)) - begun]
        self._told += len(known)
        return _packed(known)

    def _run(self, rows: NDArray[np.float32]) -> None:
        """Bring the logits of the frames that end `reach` before the end of these, the first numbers of each frame of `out`."""
        w = self._weights
        run_net(
            rows, w.mean, w.scaling, w.layers, w.dilations, self._taken, self._frames, self._seen, self._memory, self._room, self._out,
        )  # fmt: skip
        self._taken += PIECE


def _packed(logits: Numbers) -> NDArray[np.void]:
    """Return logits, a row a frame, in small whole numbers."""
    small: NDArray[Any] = np.clip(np.rint(logits / HIDDEN_STEP), -127, 127).astype(np.int8)
    return small.view(HIDDEN)[:, 0]
