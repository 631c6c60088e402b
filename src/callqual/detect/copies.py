"""Copies as evidence: sound that was heard a moment before, or is heard again a moment after, in place of what was sent.

What is heard: a stutter or, at one lag for a tenth of a second and more, a buzz at 1/lag. What it is told from: vowels and
tones, which repeat themselves less exactly, at neighbouring lags almost as well, and for longer.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import Candidate, apart
from callqual.detect.levels import counted, to_db
from callqual.detect.repeats import Habit, habit, is_whole, kind_of, on_frame
from callqual.detect.speech import Speech
from callqual.features.facts import HOP
from callqual.result import Family

PRIOR = -1.0
GAIN_DB, SHARP_DB, DB_PER_NAT = 38.0, 24.0, 1.5
"""Copy gain, and its excess over the lags one sample off, that speak neither way: 1 % of candidates in clean speech pass them."""

LEAST, MOST, WEAKEST = -6.0, 8.0, -3.0
LEAST_CONTEXT_DB, LEAST_LEVEL_DB = -25.0, -55.0
"""Copies far below speech say nothing: low-rate codecs fill pauses with one pattern every frame."""

PACKETS, PACKET_DB = 0.0015, 8.0
"""How far (s) a copy at a frame's lag may be off whole packets, and what being whole is worth: quiet packets drown in rounding."""

PITCH_SECONDS, PIECE_DB, FAR_DB = 0.016, -3.0, -10.0
"""Longest pitch cycle of a concealer; what is no whole packet or segment needs more at such lags, and much more beyond: the
single pulses of a creaky voice are each other's copies to 40-45 dB, tens of milliseconds apart."""

TONE_EVIDENCE, TONE_SHARE = -12.0, 0.5
"""A tone is one for most of its length; a vowel that is stuck may look like one for some frames."""

CROWD_SECONDS, CROWD_SHARE, CROWD_EVIDENCE, CROWD_DB = 0.25, 0.5, -8.0, 14.0
"""A held note repeats itself all the time, but none so exactly as `CROWD_DB` above the neutral point; concealment stands between
stretches that do not."""


def joined(copies: NDArray[np.void]) -> NDArray[np.void]:
    """Join rows of one lag that overlap or touch: a copy is found from many windows, and again in the next block."""
    rows = copies[np.lexsort((copies["start"], np.round(copies["lag"] * 16000.0)))]
    columns = (rows[name].tolist() for name in ("start", "end", "lag", "gain_db"))
    first, last, best = [], [], []  # of each that is left: which row begins it, ends it, and is its most exact
    reached = held = most = -math.inf
    for i, (start, end, lag, gain) in enumerate(zip(*columns, strict=True)):
        if abs(lag - held) >= 1e-5 or start > reached + 1e-3:
            first.append(i)
            last.append(i)
            best.append(i)
            reached, held, most = end, lag, gain
        if end > reached:
            last[-1], reached = i, end
        if gain > most:
            best[-1], most = i, gain
    out = rows[first]
    for which, names in ((last, ("end", "seam_end")), (best, ("gain_db", "beside_db"))):
        for name in names:
            out[name] = rows[name][which]
    return out


def find(copies: NDArray[np.void], speech: Speech) -> list[Candidate]:
    """Return the damage among `copies` with its evidence; of overlapping ones the surest and longest stands."""
    if not copies.size or speech.active_db is None:
        return []
    rows = joined(copies)
    level = to_db(rows["level"]) - speech.active_db
    context = np.maximum(speech.context_db(rows["start"] - rows["lag"], rows["end"]), level)
    audible = (context > LEAST_CONTEXT_DB) & (level > LEAST_LEVEL_DB)
    rows, level, context = rows[audible], level[audible], context[audible]
    excess = _excess_db(rows)
    exact = np.clip(excess / DB_PER_NAT, LEAST, MOST)
    crowded = _crowded(rows) & (excess < CROWD_DB)
    against = np.where(_near_tone(rows, speech), TONE_EVIDENCE, 0.0) + np.where(crowded, CROWD_EVIDENCE, 0.0)
    score = exact + against + PRIOR
    kept = _apart(rows, score)
    call = habit(rows[[i for i in kept if score[i] > 0.0]])
    return [_candidate(rows[i], exact[i], against[i], context[i], level[i], call) for i in kept]


def _excess_db(rows: NDArray[np.void]) -> NDArray[np.float64]:
    """How far a copy's gain, and its excess over neighbouring lags, lie above the neutral point of its shape."""
    gain, beside = rows["gain_db"].astype(np.float64), rows["beside_db"].astype(np.float64)
    length, lag = rows["end"] - rows["start"], rows["lag"].astype(np.float64)
    packets = length / lag
    off = np.abs(packets - np.round(packets)) * lag
    shapes = [on_frame(lag) & (packets > 0.5) & (off < PACKETS), is_whole(length, lag), lag < PITCH_SECONDS]
    worth = np.select(shapes, [PACKET_DB, 0.0, PIECE_DB], FAR_DB)
    return np.asarray(np.minimum(gain - GAIN_DB, gain - beside - SHARP_DB) + worth, np.float64)


def _near_tone(rows: NDArray[np.void], speech: Speech) -> NDArray[np.bool_]:
    a = np.clip(((rows["start"] - rows["lag"]) / HOP).astype(int), 0, speech.tonal.size)
    b = np.clip((rows["end"] / HOP).astype(int) + 1, 0, speech.tonal.size)
    return np.asarray(counted(speech.tonal, a, b) >= np.maximum(2, TONE_SHARE * (b - a)))


def _crowded(rows: NDArray[np.void]) -> NDArray[np.bool_]:
    """Tell which copies at a pitch lag stand among others so densely that the sound must be periodic by itself."""
    pitch = ~on_frame(rows["lag"].astype(np.float64))
    if not pitch.any():
        return pitch
    step = 0.002
    first, last = _union((rows["start"][pitch] / step).astype(int), (rows["end"][pitch] / step).astype(int) + 1)
    before = np.concatenate(([0], np.cumsum(last - first)))

    def covered(t: NDArray[np.float64]) -> NDArray[np.int64]:
        at = (t / step).astype(int)
        k = np.searchsorted(first, at, side="right")
        return np.asarray(before[k] - np.maximum(last[k - 1] - at, 0) * (k > 0), np.int64)

    def share(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((covered(b) - covered(a)) * step / CROWD_SECONDS, np.float64)

    start, end = rows["start"] - 0.015, rows["end"] + 0.015
    around = np.maximum(share(start - CROWD_SECONDS, start), share(end, end + CROWD_SECONDS))
    return pitch & (around > CROWD_SHARE)


def _union(begin: NDArray[np.int64], end: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the stretches that stretches from `begin` to `end` cover together, in order."""
    order = np.argsort(begin, kind="stable")
    begin, reached = begin[order], np.maximum.accumulate(end[order])
    fresh = np.flatnonzero(begin[1:] > reached[:-1]) + 1
    return begin[np.concatenate(([0], fresh))], reached[np.concatenate((fresh - 1, [begin.size - 1]))]


def _apart(rows: NDArray[np.void], score: NDArray[np.float64]) -> list[int]:
    """Of copies that overlap, keep the one that explains most: the surer, then the longer, then the shorter lag."""
    worth = np.minimum(score, 6.0) + 20.0 * (rows["end"] - rows["start"]) - 5.0 * rows["lag"]
    order = [int(i) for i in np.argsort(-worth, kind="stable") if score[i] > WEAKEST]
    return apart(rows["start"].tolist(), rows["end"].tolist(), order)


def _candidate(row: np.void, exact: float, against: float, context: float, level: float, call: Habit) -> Candidate:
    start, end, lag = float(row["start"]), float(row["end"]), float(row["lag"])
    kind = kind_of(lag, end - start, call)
    details: dict[str, float | str] = {
        "lag_ms": round(lag * 1000.0, 2),
        "copy_gain_db": round(float(row["gain_db"]), 1),
        "level_db": round(float(level), 1),
        "context_db": round(float(context), 1),
    }
    evidence = {"prior": PRIOR, "copy": float(exact)} | ({"periodic": float(against)} if against else {})
    if kind == "stuck":
        details["hz"] = round(1.0 / lag, 2)
        return Candidate("buzz", kind, start, end, evidence, details, context)
    shift = call.shift(lag) if kind == "repeat" else 0.0
    family: Family = "jitter" if kind == "repeat_segment" else "gap"
    return Candidate(family, kind, start + shift, end + shift, evidence, details, context)
