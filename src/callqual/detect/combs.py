"""Buzz made of harmonics: mains hum, TDMA bursts, clicks at the frame rate, a voice of fixed pitch.

Each second has a score for every fundamental it may be; the best one names the second, and seconds of one name make
a track.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import Candidate
from callqual.detect.levels import to_db
from callqual.detect.speech import Speech
from callqual.detect.tracks import Track, link
from callqual.features.facts import HOP, MAINS_HZ, NOMINAL_HZ, TDMA_HZ, lags

SPAN = 3.0
SURE = {"tdma": 11.5, "frame_rate": 11.5, "hum": 11.0, "robotic": 27.0}
"""Scores at which a comb is as likely as not; 99 % of the seconds of clean speech stay below 6, 7 (hum), 15 (pitch)."""

WEAK = 0.55
STEEP = 0.5
"""Nats a point of score."""

TDMA_SHARE = 0.45
"""Score of TDMA re that of 16.7 Hz from which it is TDMA; clicks at 16.7 Hz give 0.27."""

SAME_PITCH, SAME_SHARE = 4e-3, 0.5

LASTING, LASTING_MOST = 0.3, 3.0
CAP = 8.0
QUIET, ENDS = 0.1, 2
"""Quantile of the seconds of a hum that has its level, those at its ends left out, which it may not fill: what is louder is the voice on its
lines. Of hum at -40 dB the median said up to -23."""

FIXED_HZ = (60.0, 300.0)
"""Pitches that a robotic voice may have."""

PITCH_DRIFT = 0.6
"""Hz that a fixed pitch may differ from second to second."""


@dataclass(frozen=True)
class Hypothesis:
    """A comb that every second has a score for."""

    kind: str
    hz: NDArray[np.float64]
    score: NDArray[np.float64]
    power: NDArray[np.float64]


def hypotheses(rows: NDArray[np.void]) -> list[Hypothesis]:
    """Return the combs with their scores, shape (seconds,)."""
    out = []
    for i, hz in enumerate(NOMINAL_HZ):
        kind = "tdma" if hz == TDMA_HZ else "frame_rate"
        fixed = np.full(rows.size, hz)
        out.append(Hypothesis(kind, fixed, rows["comb"][:, i].astype(float), rows["comb_power"][:, i].astype(float)))
    for i in range(len(MAINS_HZ)):
        columns = (rows[name][:, i].astype(float) for name in ("mains_hz", "mains", "mains_power"))
        out.append(Hypothesis("hum", *columns))
    out.append(Hypothesis("robotic", *(rows[name].astype(float) for name in ("pitch_hz", "pitch", "pitch_power"))))
    return out


def find(rows: NDArray[np.void], speech: Speech, seconds: float) -> list[Candidate]:
    """Return the combs in the :data:`~callqual.features.facts.SECOND` rows of a leg as candidates."""
    known = hypotheses(rows)
    scores = np.stack([np.where(h.score >= WEAK * SURE[h.kind], h.score, 0.0) for h in known], axis=1)
    if not scores.size:
        return []
    _give_way(known, scores)
    best = scores.argmax(axis=1)
    out = []
    for i, h in enumerate(known):
        mine = np.where((best == i) & (scores[:, i] > 0.0), scores[:, i], 0.0)
        for track in link(mine[:, None], h.hz[:, None], 1e-9, PITCH_DRIFT):
            out.append(_candidate(h, track, speech, seconds))
    return out


def _give_way(known: list[Hypothesis], scores: NDArray[np.float64]) -> None:
    """Let a comb give way to one that explains it better.

    The slowest frame rate gives way to TDMA, whose bursts and idle frames share its lines, and a pitch to the nominal
    rate it equals.
    """
    slow = min(range(len(NOMINAL_HZ)), key=lambda i: NOMINAL_HZ[i])
    tdma = next(i for i, h in enumerate(known) if h.kind == "tdma")
    scores[scores[:, tdma] > TDMA_SHARE * scores[:, slow], slow] = 0.0
    pitch = known[-1].hz
    for i, hz in enumerate(NOMINAL_HZ):
        equal = (np.abs(pitch - hz) < SAME_PITCH * hz) & (scores[:, i] > SAME_SHARE * scores[:, -1])
        scores[equal, -1] = 0.0


def _candidate(h: Hypothesis, track: Track, speech: Speech, seconds: float) -> Candidate:
    start, end = track.extent(SPAN, seconds)
    at = np.array(track.at)
    score = np.array(track.score)
    shown = at[score >= np.median(score)]
    strength = float(h.score[shown].mean())
    lasting = min(LASTING * (at.size - 2.0), LASTING_MOST) if at.size > 2 else 0.0
    evidence = {"comb": float(np.clip(STEEP * (strength - SURE[h.kind]), -CAP, CAP)), "lasting": lasting}
    active = speech.active_db if speech.active_db is not None else 0.0
    goes_on = h.kind == "hum" and at.size > 2 * ENDS
    level = to_db(h.power[at[ENDS:-ENDS] if goes_on else shown])
    details: dict[str, float | str] = {
        "hz": round(track.frequency, 3),
        "level_db": round(float(np.quantile(level, QUIET if goes_on else 0.5)) - active, 1),
        "comb_score": round(strength, 1),
    }
    return Candidate("buzz", h.kind, start, end, evidence, details)


def same_lag_share(frames: NDArray[np.void], speech: Speech, start: float, end: float, hz: float) -> float:
    """Share of the periodic speech frames whose lag is a whole number of periods of `hz`, to a quarter millisecond."""
    a, b = int(start / HOP), int(end / HOP)
    rows, active = frames[a:b], speech.active[a:b]
    rows = rows[active[: rows.size] & (rows["peak"] > 0.7)]
    if rows.size < 10:
        return 0.0
    periods = lags(rows).astype(float) * hz
    return float((np.abs(periods - np.round(periods)) < 0.00025 * hz + 1e-3).mean())
