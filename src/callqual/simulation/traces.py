"""Recorded networks from files: loss masks of 0 and 1, link traces (Mahimahi), logs of packets (CSV)."""

from __future__ import annotations

import csv
import math
import os
from typing import NamedTuple

import numpy as np

from callqual.errors import AudioReadError, InputError
from callqual.simulation.delays import Times
from callqual.simulation.losses import Mask

File = str | os.PathLike[str]


class Link(NamedTuple):
    """When 1500 bytes may pass: `moments` in seconds, ascending, repeated every `period` seconds."""

    moments: Times
    period: float


def read_mask(path: File) -> Mask:
    """Read a loss mask: text of 0 (received) and 1 (lost), one a packet; blanks, commas and # comments are skipped.

    Returns
    -------
    ndarray [shape=(n,), bool]
        True = lost.
    """
    lines = [line.split("#", 1)[0] for line in _lines(path)]
    for k, line in enumerate(lines, 1):
        wrong = set(line) - set("01, \t;")
        if wrong:
            raise InputError(
                f"{os.fspath(path)}:{k}: {min(wrong)!r} in a loss mask; expected 0 (received) and 1 (lost)"
            )
    digits = [c == "1" for line in lines for c in line if c in "01"]
    if not digits:
        raise InputError(f"{os.fspath(path)}: no packet in it; expected a loss mask of 0 (received) and 1 (lost)")
    return np.array(digits, np.bool_)


def read_link(path: File) -> Link:
    """Read a link trace as Mahimahi has it: a line a moment, whole ms, ascending; the last one is the period."""
    moments: list[float] = []
    for k, line in enumerate(_lines(path), 1):
        word = line.split("#", 1)[0].strip()
        if not word:
            continue
        if not word.isdecimal():
            raise InputError(
                f"{os.fspath(path)}:{k}: {word!r} in a link trace; expected whole milliseconds, one a line"
            )
        moments.append(int(word) / 1000)
        if len(moments) > 1 and moments[-1] < moments[-2]:
            raise InputError(f"{os.fspath(path)}:{k}: {word} ms comes after a later moment; expected ascending ones")
    if not moments or moments[-1] <= 0:
        raise InputError(
            f"{os.fspath(path)}: no moment after 0 in it; expected a link trace of milliseconds, one a line"
        )
    return Link(np.array(moments), moments[-1])


def read_log(path: File) -> Times:
    """Read a log of packets: CSV with columns seq, sent_ms, arrival_ms; no arrival = lost, missing numbers = lost.

    Returns
    -------
    ndarray [shape=(n,), float64]
        Delay of each packet in order of `seq`, seconds above the least one; ``inf`` = lost.
    """
    name = os.fspath(path)
    rows = csv.DictReader(_lines(path))
    missing = [c for c in ("seq", "sent_ms", "arrival_ms") if c not in (rows.fieldnames or ())]
    if missing:
        raise InputError(f"{name}: no column {missing[0]!r}; expected a header of seq,sent_ms,arrival_ms")
    delays: dict[int, float] = {}
    for row in rows:
        try:
            arrived = row["arrival_ms"]
            delay = float(arrived) - float(row["sent_ms"]) if arrived and arrived.strip() else math.inf
            delays[int(row["seq"])] = delay / 1000
        except (TypeError, ValueError):
            raise InputError(
                f"{name}:{rows.line_num}: not numbers of seq,sent_ms,arrival_ms; leave out what is not known"
            ) from None
    least = min((d for d in delays.values() if math.isfinite(d)), default=math.nan)
    if not math.isfinite(least):
        raise InputError(f"{name}: no packet in it arrived; expected rows of seq,sent_ms,arrival_ms")
    return np.array([delays.get(k, math.inf) - least for k in range(min(delays), max(delays) + 1)])


def _lines(path: File) -> list[str]:
    name = os.fspath(path)
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read().splitlines()
    except OSError as error:
        raise AudioReadError(f"{name}: cannot be read ({error.strerror}); check its name") from None
    except UnicodeDecodeError:
        raise InputError(f"{name}: not text; expected a loss mask, link trace or packet log") from None
