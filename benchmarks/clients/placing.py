"""Where dropped packets are missing in what a program played: the truth of a call, by aligning it to a decoding without loss.

A jitter buffer's delay changes as it likes. So short windows of speech that arrived are looked up in the recording, and of
all courses of the delay the one is taken that matches best with few changes. A dropped packet is then missing from where the
speech before it ends to where the speech after it begins. Where the delay changes though nothing was dropped, or what arrived is not
what was played, nobody can tell what a listener should find: such spans are don't-care.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from benchmarks.corpora import Signal, active_level

SR = 8000
"""Rate at which signals are aligned, Hz."""

REACH_S = 0.5
"""By how much the delay may stray from what most windows agree on, and by what was dropped besides: some programs skip it."""

CHANGE_COST = 2.0
"""What a change of the delay must gain in correlation, summed over the windows behind it."""

QUIET_DB = -30.0
"""Windows so far below the active level hold too little to align."""

MATCH = 0.7
"""Correlation from which a window counts as found; what codecs do after a loss lowers it."""

LEAST_MATCHED = 0.9
"""Share of the windows away from losses that must be found, or the call cannot be aligned."""

SETTLE_S = 0.2
"""After a loss decoders need so long until they play what they would have played."""

SAME_S = 0.002
"""Delays that differ by less are the same."""

UNSURE_S = 0.01
"""An edge that may be so far off is known well enough: it is half of what an evaluation forgives."""

END_S = 0.3
"""So much before the end of a recording nothing is looked up: some programs lose the last they played."""

FRAME_S = 0.02
NEAR_S = 0.03
"""A window so near to a loss knows the delay beside it."""

DONT_CARE_DB = -100.0
TINY = 1e-6

Gap = tuple[float, float, str, float, float]
"""Start and end, seconds; cause; level beside it, dB re active speech; ms of silence inside."""

Span = tuple[float, float, str, bool]
"""Start, end, cause, and whether it is sure."""


@dataclass(frozen=True)
class Played:
    """A call: what a program played, and what there was to play.

    Attributes
    ----------
    rec, ref : float64, shape (n,)
        What was played, and what it would have been of every packet, both at `sr`.
    packets : list of (start, end, dropped)
        Seconds of `ref` that each packet holds.
    late : int
        Packets that left too late.
    """

    rec: Signal
    ref: Signal
    sr: int
    packets: list[tuple[float, float, bool]]
    late: int = 0


@dataclass(frozen=True)
class Course:
    """The delay of the recording behind the reference, seconds, in windows of what arrived (``start``, seconds of reference)."""

    start: NDArray[np.float64]
    delay: NDArray[np.float64]
    match: NDArray[np.float64]
    seconds: float


class Unaligned(Exception):
    """The recording does not follow the reference."""


def place(call: Played) -> list[Gap]:
    """Find every gap of a call; raise :class:`Unaligned` of one that does not follow its reference."""
    rec, sr, spans = call.rec, call.sr, call.packets
    course = follow(call.ref, rec, sr, spans)
    calm = _calm(course, spans)
    found = course.match[calm] >= MATCH
    if not calm.any() or found.mean() < LEAST_MATCHED:
        raise Unaligned(f"{found.mean() if calm.any() else 0.0:.0%} of the windows found")
    lost = [(a, b) for a, b, dropped in _runs(spans) if dropped]
    gaps = [_missing(a, b, course) for a, b in lost]
    gaps += _strange(course, calm, lost)
    gaps.append(_end(call, course))
    length = len(rec) / sr
    kept = [
        (max(a, 0.0), min(b, length), cause, sure) for a, b, cause, sure in gaps if 0 <= a < length - 0.05 and b > 0
    ]
    level = active_level(rec, sr)
    return [
        (
            round(a, 4),
            round(max(a, b), 4),
            cause,
            beside(rec, sr, a, b) - level if sure else DONT_CARE_DB,
            silent_ms(rec, sr, a, b),
        )
        for a, b, cause, sure in sorted(kept)
    ]


def follow(ref: Signal, rec: Signal, sr: int, spans: list[tuple[float, float, bool]]) -> Course:
    """Follow the delay through the call."""
    x, y = (np.asarray(soxr.resample(s, sr, SR)) if sr != SR else s for s in (ref, rec))
    n = round(max(spans[0][1] - spans[0][0], 2 * FRAME_S) * SR)
    loud = 10 ** ((active_level(x, SR) + QUIET_DB) / 10)
    starts = [
        round(t * SR)
        for a, b, lost in _runs(spans)
        if not lost
        for t in np.arange(a, b - n / SR + TINY, n / 2 / SR)
        if round(t * SR) + n <= len(x) and np.mean(x[round(t * SR) : round(t * SR) + n] ** 2) > loud
    ]
    if len(starts) < 10:
        raise Unaligned("hardly any speech arrived")
    first = _first_delay(x, y, n, starts)
    starts = [s for s in starts if s + first + round(END_S * SR) < len(y)]
    reach = round((REACH_S + sum(b - a for a, b, lost in spans if lost)) * SR)
    score = np.stack([_correlate(x[s : s + n], y, s + first - reach, 2 * reach + 1) for s in starts])
    path = _best_path(score)
    match = score[np.arange(len(path)), path]
    return Course(np.array(starts) / SR, (path + first - reach) / SR, match, n / SR)


def _first_delay(x: Signal, y: Signal, n: int, starts: list[int]) -> int:
    """Return the delay that most windows agree on, samples."""
    size = 1 << (len(x) + len(y)).bit_length()
    masked = np.zeros(len(x))
    for s in starts:
        masked[s : s + n] = x[s : s + n]
    both = np.fft.irfft(np.fft.rfft(y, size) * np.conj(np.fft.rfft(masked, size)), size)
    best = int(np.argmax(both))
    return best if best < size // 2 else best - size


def _correlate(w: Signal, y: Signal, at: int, count: int) -> NDArray[np.float32]:
    """Return the normalised correlation of a window with the `count` places of `y` from `at` on."""
    need = count + len(w) - 1
    piece = np.zeros(need)
    low, high = max(at, 0), min(at + need, len(y))
    if high > low:
        piece[low - at : high - at] = y[low:high]
    size = 1 << need.bit_length()
    dots = np.fft.irfft(np.fft.rfft(piece, size) * np.conj(np.fft.rfft(w, size)), size)[:count]
    power = np.cumsum(np.concatenate([[0.0], piece**2]))
    energy = np.maximum(power[len(w) :] - power[: -len(w)], 0.0)[:count]
    whole = np.sqrt(energy * np.sum(w**2))
    least = 1e-3 * np.sum(w**2)
    return np.where(whole > least, dots / np.maximum(whole, least), 0.0).astype(np.float32)


def _best_path(score: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the column taken in each row: the greatest sum, less :data:`CHANGE_COST` for every change of column."""
    total, came = score[0].astype(np.float64), np.zeros(score.shape, np.int32)
    stay = np.arange(score.shape[1])
    for i in range(1, len(score)):
        best = int(np.argmax(total))
        jump = total[best] - CHANGE_COST > total
        came[i] = np.where(jump, best, stay)
        total = np.where(jump, total[best] - CHANGE_COST, total) + score[i]
    path = np.empty(len(score), np.int64)
    path[-1] = int(np.argmax(total))
    for i in range(len(score) - 1, 0, -1):
        path[i - 1] = came[i, path[i]]
    return path


def _runs(spans: list[tuple[float, float, bool]]) -> list[tuple[float, float, bool]]:
    """Join neighbouring packets of one fate."""
    out: list[tuple[float, float, bool]] = []
    for a, b, lost in spans:
        if out and out[-1][2] == lost:
            out[-1] = (out[-1][0], b, lost)
        else:
            out.append((a, b, lost))
    return out


def _missing(a: float, b: float, course: Course) -> Span:
    """Place what was dropped from `a` to `b` of the reference; not sure where the delay changed somewhere about there."""
    before = int(np.searchsorted(course.start, a - course.seconds + TINY, side="right")) - 1
    after = int(np.searchsorted(course.start, b - TINY))
    inside = before >= 0 and after < len(course.start)
    d0, d1 = course.delay[max(before, 0)], course.delay[min(after, len(course.start) - 1)]
    near = inside and a - course.start[before] - course.seconds < NEAR_S and course.start[after] - b < NEAR_S
    forward = b + d1 >= a + d0 - SAME_S  # else it is the alignment that is lost, at a recording's end
    sure = forward and (near or (inside and abs(d1 - d0) < UNSURE_S))
    d1 = d1 if sure else d0
    return float(a + d0), float(b + d1), "loss", bool(sure)


def _calm(course: Course, spans: list[tuple[float, float, bool]]) -> NDArray[np.bool_]:
    """Tell which windows have had no loss for :data:`SETTLE_S`."""
    ends = np.array([-1e9, *(b for _, b, lost in _runs(spans) if lost)])
    last = ends[np.searchsorted(ends, course.start + TINY, side="right") - 1]
    return np.asarray(course.start - last >= SETTLE_S)


def _strange(course: Course, calm: NDArray[np.bool_], lost: list[tuple[float, float]]) -> list[Span]:
    """List where the delay changes though nothing was dropped, and where something else was played than what arrived."""
    half, out = course.seconds / 2, []
    for i in np.flatnonzero(np.abs(np.diff(course.delay)) >= SAME_S):
        a, b = course.start[i], course.start[i + 1] + course.seconds
        if not any(p < b - half and q > a + half for p, q in lost):
            played = (a + half + course.delay[i], b - half + course.delay[i + 1])
            out.append((float(min(played)), float(max(played)), "buffer", False))
    for i in np.flatnonzero(calm & (course.match < MATCH)):
        t = course.start[i] + course.delay[i]
        out.append((float(t), float(t + course.seconds), "unmatched", False))
    return out


def _end(call: Played, course: Course) -> Span:
    """Return what is behind the last packet: programs play on for a while, and rightly are found to."""
    last = min(call.packets[-1][1], len(call.ref) / call.sr) + float(course.delay[-1])
    return last, len(call.rec) / call.sr, "end", False


def beside(x: Signal, sr: int, a: float, b: float) -> float:
    """Return the louder level, dBFS, of the 60 ms before `a` and of 20-80 ms after `b`."""

    def level(start: float, end: float) -> float:
        part = x[max(round(start * sr), 0) : max(round(end * sr), 0)]
        return float(10 * np.log10(np.mean(part**2) + 1e-12)) if len(part) else -120.0

    return round(max(level(a - 0.06, a), level(b + 0.02, b + 0.08)), 1)


def silent_ms(x: Signal, sr: int, a: float, b: float) -> float:
    """Return the ms of 5 ms frames in a span whose samples all are all but zero."""
    n = sr // 200
    part = np.abs(x[max(round(a * sr), 0) : max(round(b * sr), 0)])
    frames = part[: len(part) // n * n].reshape(-1, n)
    return 5.0 * float(np.sum(frames.max(axis=1, initial=0.0) < 1e-4))
