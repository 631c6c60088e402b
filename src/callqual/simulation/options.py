"""How options are checked: one line that names the option, its value, and what was expected."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
from typing import TypeVar

from callqual.errors import InputError

T = TypeVar("T", str, int, float)


def number(option: str, value: object, low: float, high: float, unit: str = "") -> float:
    """Return `value` as a number from `low` to `high`, or raise InputError."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not low <= float(value) <= high:
        limits = f"of at least {low:g}" if high == math.inf else f"from {low:g} to {high:g}"
        raise InputError(f"{option}={value!r}: expected a number {limits}{unit}")
    return float(value)


def whole(option: str, value: object, low: int, high: int, unit: str = "") -> int:
    """Return `value` as a whole number from `low` to `high`, or raise InputError."""
    found = number(option, value, low, high, unit)
    if found != int(found):
        raise InputError(f"{option}={value!r}: expected a whole number from {low} to {high}{unit}")
    return int(found)


def share(option: str, value: object) -> float:
    """Return `value` as a share from 0 to 1, or raise InputError."""
    return number(option, value, 0, 1, " (a share, not percent)")


def choice(option: str, value: object, choices: Iterable[T]) -> T:
    """Return the one of `choices` that `value` is, or raise InputError."""
    known = tuple(choices)
    for one in known:
        if not isinstance(value, bool) and value == one:
            return one
    raise InputError(f"{option}={value!r}: expected one of {', '.join(str(one) for one in known)}")


def flag(option: str, value: object) -> bool:
    """Return `value`, True or False, or raise InputError."""
    if not isinstance(value, bool):
        raise InputError(f"{option}={value!r}: expected True or False")
    return value
