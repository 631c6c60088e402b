"""The last stretch of a signal, addressed by absolute sample index; the only memory of samples in the engine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Rolling:
    """A signal of which only the newest `keep` samples before the read position stay in memory.

    Attributes
    ----------
    start, stop : int
        Absolute indices of the samples at hand.
    done : int
        Absolute index up to which a reader has finished; see :meth:`due`.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._x: NDArray[np.float32] = np.zeros(0, np.float32)
        self.start = 0
        self.stop = 0
        self.done = 0

    def append(self, *parts: NDArray[np.float32]) -> None:
        """Add samples at the end and forget those more than `keep` before `done`."""
        drop = max(min(self.done - self._keep, self.stop) - self.start, 0)
        self._x = np.concatenate((self._x[drop:], *parts))
        self.start += drop
        self.stop = self.start + self._x.size

    def due(self, ahead: int, step: int, last: bool) -> tuple[int, int]:
        """Return the stretch ``(lo, hi)`` to read now: whole steps with `ahead` samples beyond them, all of it at the `last`."""
        hi = self.stop if last else max(self.done, (self.stop - ahead) // step * step)
        return self.done, hi

    def view(self, lo: int, hi: int) -> NDArray[np.float32]:
        """Return the samples ``lo..hi``, clipped to those at hand."""
        return self._x[max(lo - self.start, 0) : max(hi - self.start, 0)]

    def padded(self, lo: int, hi: int) -> NDArray[np.float32]:
        """Return the samples ``lo..hi``, zeros where there are none."""
        x = self.view(lo, hi)
        head = max(self.start - lo, 0)
        if x.size == hi - lo:
            return x
        return np.concatenate((np.zeros(head, np.float32), x, np.zeros(max(hi - lo - head - x.size, 0), np.float32)))
