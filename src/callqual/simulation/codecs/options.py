"""How options of a codec are checked: one line that names the option, its value and what was expected."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from callqual.errors import InputError

T = TypeVar("T", str, int, float)


def one_of(option: str, value: object, choices: Iterable[T]) -> T:
    """Return the choice that `value` is."""
    known = tuple(choices)
    for choice in known:
        if not isinstance(value, bool) and value == choice:
            return choice
    raise InputError(f"{option}={value!r}: expected one of {', '.join(str(choice) for choice in known)}")


def whole(option: str, value: object, low: int, high: int, unit: str = "") -> int:
    """Return `value` as a whole number from `low` to `high`."""
    number = _number(option, value, low, high, unit)
    if number != int(number):
        raise InputError(f"{option}={value!r}: expected a whole number from {low} to {high}{unit}")
    return int(number)


def share(option: str, value: object) -> float:
    """Return `value` as a share from 0 to 1."""
    return _number(option, value, 0, 1, " (a share, not percent)")


def flag(option: str, value: object) -> bool:
    """Return `value`, True or False."""
    if not isinstance(value, bool):
        raise InputError(f"{option}={value!r}: expected True or False")
    return value


def _number(option: str, value: object, low: int, high: int, unit: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InputError(f"{option}={value!r}: expected a number from {low} to {high}{unit}")
    return float(value)
