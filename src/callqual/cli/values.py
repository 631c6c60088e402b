"""Values of options: text to number, or one line that says what was expected."""

from __future__ import annotations

import argparse
import math


def mos(word: str) -> float:
    """Read a MOS."""
    return _number(word, 1.0, 5.0, "a MOS from 1 to 5")


def share(word: str) -> float:
    """Read a part of one."""
    return _number(word, 0.0, 1.0, "a number from 0 to 1")


def jobs(word: str) -> int:
    """Read how many to do at a time."""
    if not word.isdecimal() or int(word) == 0:
        raise argparse.ArgumentTypeError(f"{word!r} is not a count of 1 or more")
    return int(word)


def channels(word: str) -> str | int:
    """Read which legs to score."""
    if word in ("each", "mix"):
        return word
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"{word!r} is not each, mix or the number of a channel (0, 1 ...)")
    return int(word)


def _number(word: str, low: float, high: float, expected: str) -> float:
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{word!r} is not {expected}")
    return number
