"""What the learned stage sees of a leg: a row of numbers for every ten milliseconds, the same for training and for running.

Everything is relative to the loudness of the leg, which looks a second ahead: rows come that late, :data:`PIECE` at a time, and
do not depend on how the samples came.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from callqual.audio.rates import BLOCK_SECONDS, NARROW, Rates
from callqual.features.bands import LONG, SHORT, alike_share, band_power, frame_power, relative_level
from callqual.features.cycles import AHEAD, BACK, CYCLES, WINDOWS, cycle_columns
from callqual.features.reference import Reference
from callqual.features.rolling import Rolling

HOP = NARROW // 100
PIECE = 64
"""Frames read together, or whole multiples of them."""

BATCH = 11 * PIECE * HOP
"""Samples read together when nobody waits for their rows, 7 s: a quarter of the calls, and all of it stays in the cache."""

BANDS = LONG.first.size + 2 * SHORT.first.size
"""Columns of bands, which come first."""

NAMES = (
    *(f"band{i}" for i in range(LONG.first.size)),
    *(f"short{half}_{i}" for half in (0, 1) for i in range(SHORT.first.size)),
    *(f"{measure}_{window}" for measure in ("strength", "gain") for window in WINDOWS),
    *(f"lag_{window}" for window in WINDOWS[:CYCLES]),
    "level",
    "peak",
    "alike",
)
"""Names of the columns."""


class HiddenReader:
    """Reads the narrow signal of a leg in order and returns the rows of the frames that are complete, 1.14 to 2.04 s late."""

    def __init__(self) -> None:
        self._waiting: list[NDArray[np.float32]] = []
        self._narrow = Rolling(BACK)
        self._reference = Reference()
        self._framed = 0
        self._power = np.zeros((0, 2))
        self._known = np.zeros(0)

    def push(self, x: NDArray[np.float32], last: bool, least: int = 0) -> NDArray[np.float32]:
        """Take samples; return whole pieces of rows, at the `last` all that are left: shape (frames, columns).

        Samples wait until there are `least` of them and are read together; a row is the same whichever it is read with. Those
        after the last whole frame belong to none.
        """
        self._waiting.append(x)
        if not last and sum(part.size for part in self._waiting) < least:
            return np.zeros((0, len(NAMES)), np.float32)
        self._narrow.append(*self._waiting)
        self._waiting = []
        stop = self._narrow.stop // HOP
        power = frame_power(self._narrow.view(self._framed * HOP, stop * HOP))
        self._framed = stop
        self._power = np.concatenate((self._power, power))
        self._known = np.concatenate((self._known, self._reference.push(power[:, 0], last)))
        due = self._known.size if last else self._known.size // PIECE * PIECE
        return self._rows(due) if due else np.zeros((0, len(NAMES)), np.float32)

    def _rows(self, frames: int) -> NDArray[np.float32]:
        """Return the rows of the next `frames`."""
        lo = self._narrow.done
        x = self._narrow.padded(lo - BACK, lo + frames * HOP + AHEAD)
        power, reference = self._power[:frames], self._known[:frames]
        levels = np.concatenate((*(band_power(x, BACK, frames, bank) for bank in (LONG, SHORT)), power), axis=1)
        relative_level(levels, reference)
        rows = np.empty((frames, len(NAMES)), np.float32)
        rows[:, :BANDS], rows[:, -3:-1] = levels[:, :BANDS], levels[:, BANDS:]
        rows[:, BANDS:-3] = cycle_columns(x, PIECE, power[:, 0], reference)
        rows[:, -1] = alike_share(x[BACK : BACK + frames * HOP], reference)
        self._power, self._known = self._power[frames:], self._known[frames:]
        self._narrow.done = lo + frames * HOP
        return rows


def columns(x: NDArray[np.floating[Any]], sr: int) -> NDArray[np.float32]:
    """Return the rows of a whole recording (one channel, finite): what a stream of it sees, for training."""
    x = np.ascontiguousarray(x, np.float32)
    rates, reader, block = Rates(sr), HiddenReader(), round(BLOCK_SECONDS * sr)
    starts = range(0, max(x.size, 1), block)
    return np.concatenate(
        [reader.push(rates.push(x[a : a + block], a == starts[-1])[1], a == starts[-1]) for a in starts]
    )
