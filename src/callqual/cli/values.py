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


def number(word: str) -> float:
    """Read a number; its limits are checked where it is used."""
    return _number(word, -math.inf, math.inf, "a number")


def whole(word: str) -> int:
    """Read a whole number of 0 or more."""
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"{word!r} is not a whole number of 0 or more")
    return int(word)


def setting(word: str) -> tuple[str, bool | int | float | str]:
    """Read NAME=VALUE; a value is true, false, a number, or else a word."""
    name, equals, text = word.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{word!r} is not NAME=VALUE, as in bitrate=16000")
    if text.lower() in ("true", "false"):
        return name, text.lower() == "true"
    for kind in (int, float):
        try:
            return name, kind(text)
        except ValueError:
            continue
    return name, text


def _number(word: str, low: float, high: float, expected: str) -> float:
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{word!r} is not {expected}")
    return number
