"""The beat of a codec's frames: for every tenth of a second, how likely frames of 20 ms begin at each of ten phases.

A jitter buffer that takes out pitch cycles leaves nothing to be heard, but from then on frames begin at another phase. What a border of
frames looks like was learned from Opus (``benchmarks.fit_beats``), in the six bands from 2 to 8 kHz: below it next to nothing is seen, so
recordings at less than 16 kHz have no beat.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from callqual.features.facts import BEAT, BEAT_STEP
from callqual.features.rolling import Rolling
from callqual.kernels.beats import measure_cells, tell_borders

RATE = 16000
"""Rate of the signal that is read."""

CELL, WINDOW = RATE // 500, RATE // 250
"""Samples from one cell to the next, and in one."""

STEP_CELLS, PHASES = 50, 10
"""Cells in a step of a tenth of a second, and in a frame."""

REACH = 18
"""Cells on either side of a border by which it is told."""

FIRST_BIN, BINS, BANDS = 9, 12, 6
"""Every second bin of 250 Hz from the first: two a band."""

FLOOR = 1e-10
"""What 16 bits leave of silence in such a band, mean square."""

MOST, SHARE = 4.0, 0.25
"""Most nats that one border says, and what share of them is its own: cells are seen by borders all round them."""

WIDTH = 32


@cache
def waves() -> NDArray[np.float32]:
    """Return the later half of the windowed cosines and sines of a cell, sample by sample; they make its powers mean squares."""
    late = np.arange(WINDOW // 2) + 0.5
    turns = 2.0 * np.pi * np.outer(late, FIRST_BIN + 2 * np.arange(BINS)) / WINDOW
    window = np.hanning(WINDOW + 2)[1:-1]
    scaled = 2.0 / np.sqrt(WINDOW * np.sum(window**2)) * window[WINDOW // 2 :, None]
    both: NDArray[np.float64] = scaled * np.concatenate((np.cos(turns), np.sin(turns)), axis=1)
    return both.astype(np.float32).ravel()


@cache
def weights() -> NDArray[np.float32]:
    """Return what ``benchmarks.fit_beats`` keeps, in the order of :func:`callqual.kernels.beats.tell_borders`."""
    with (files("callqual.features") / "beats.npy").open("rb") as file:
        kept: NDArray[np.float16] = np.load(file)
    return kept.astype(np.float32)


def cells(x: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the log power of six bands of `count` cells of `x`, flat, and the power of all of them."""
    levels, power = np.empty(BANDS * count, np.float32), np.empty(count, np.float32)
    measure_cells(x, CELL, waves(), FLOOR, levels, power)
    return levels, power


class BeatReader:
    """Reads the wide signal of a leg in order and returns the rows of whole steps that are complete."""

    def __init__(self, rate: int) -> None:
        self._deaf = rate != RATE
        self._wide = Rolling((REACH + 1) * CELL)

    def push(self, x: NDArray[np.float32], gate: float) -> NDArray[np.void]:
        """Take samples; return :data:`~callqual.features.facts.BEAT` rows. Softer than `gate` (mean square) no border is looked for."""
        if self._deaf:
            return np.zeros(0, BEAT)
        self._wide.append(x)
        lo, hi = self._wide.due(REACH * CELL + WINDOW, STEP_CELLS * CELL, False)
        self._wide.done = hi
        steps = (hi - lo) // (STEP_CELLS * CELL)
        told = np.zeros((steps, PHASES), np.float32)
        if steps:
            reach = REACH * CELL + (WINDOW - CELL) // 2
            x = self._wide.padded(lo - reach, hi + reach)
            levels, power = cells(x, steps * STEP_CELLS + 2 * REACH - 1)
            tell_borders(levels, power, REACH, gate, weights(), MOST, told)
        rows = np.zeros(steps, BEAT)
        rows["llr"] = np.clip(np.rint(told * (SHARE / BEAT_STEP)), -127, 127)
        return rows
