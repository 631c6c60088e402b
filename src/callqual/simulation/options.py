"""How options are checked: one line that names the option, its value, and what was expected."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable

from callqual.errors import InputError


def number(option: str, value: object, low: float, high: float, unit: str = "") -> float:
    """Return `value` as a number from `low` to `high`, or raise InputError."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not low <= float(value) <= high:
        limits = f"of at least {low:g}" if high == math.inf else f"from {low:g} to {high:g}"
        raise InputError(f"{option}={value!r}: expected a number {limits}{unit}")
    return float(value)


def choice(option: str, value: object, choices: Iterable[str]) -> str:
    """Return `value` if it is one of `choices`, or raise InputError."""
    known = tuple(choices)
    if not isinstance(value, str) or value not in known:
        raise InputError(f"{option}={value!r}: expected one of {', '.join(known)}")
    return value
