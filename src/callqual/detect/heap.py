"""How deciding a long call keeps its memory small: columns joined without a copy of all, figures shared, what was freed given back."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

Part = tuple[NDArray[Any], ...]

LONG_SECONDS = 3600.0
"""Shorter legs have little to give back."""


def give_back(seconds: float) -> None:
    """Return to the system what was freed while a leg of so many `seconds` was decided.

    The C library of Linux keeps up to twice its largest freed block for itself, 57 MB after ten hours of holes, and Python's own
    objects, which come next, are not made from it. This takes some milliseconds, changes nothing that lasts, and elsewhere nothing at all.
    """
    if seconds < LONG_SECONDS or sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def joined(parts: list[Part]) -> list[NDArray[Any]]:
    """Join parts of some columns each, column by column; the pieces go as they are joined, and the list is left empty."""
    columns = [list(column) for column in zip(*parts, strict=True)]
    parts.clear()
    out = []
    for column in columns:
        out.append(np.concatenate(column))
        column.clear()
    return out


class Shared:
    """One object for each number: rounded figures and evidence at its cap are the same in ten thousands of candidates."""

    def __init__(self) -> None:
        self._known: dict[float, float] = {}

    def __call__(self, value: float) -> float:
        """Return the known object of this value (never for zero, which has two signs)."""
        return self._known.setdefault(value, value) if value else value
