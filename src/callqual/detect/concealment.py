"""Concealed gaps and outages: sound that dies away on a held period, or breaks off, and comes back at once, as another.

This reads the frame table alone, 10 ms a row, and finds what lasts: fades of the jitter buffer of 50 ms and more, dead
air. A learned stage on richer frames would take the place of :func:`propose` and :func:`weigh` and leave the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import BySecond, Candidate
from callqual.detect.company import Company
from callqual.detect.speech import Speech
from callqual.detect.trees import llr
from callqual.features.facts import HOP, lags
from callqual.kernels.fades import COLUMNS, find_fades, measure_fades

BOTTOM_DB = -70.0
"""Levels below this, re active speech, are all the same silence."""

DEAD_DB = -60.0
RISE_DB, FROZEN, SHORTEST, LONGEST, BUMP_DB = 4.0, 0.9, 8, 1000, 5.0
LEAST_CONTEXT_DB = -25.0
DEAD_AIR_SECONDS = 1.0

YIELD_SHARE = 0.6
"""A fade is left out where so much of it is known from exact evidence."""

STUCK_DROP_DB = 9.0
TONE_REACH, TONE_EVIDENCE = 6, -8.0
MUSIC_STEEP, MUSIC_SURE, MUSIC_CAP = 2.0, 1.0, 8.0
PRIOR, LEAST_SCORE = -6.6, -4.0
COMPANY, LIKELY = Company(least=1.0, steep=1.5, most=3.5), -1.0
"""Fades of so much log odds alone are company; many that are unlikely are a way of speaking."""

FEATURES = (
    "before", "after", "near", "rise", "step", "fall", "slope", "bend", "bump", "lag_held", "lag_exact", "lag_breaks",
    "peak", "peak_least", "peak_before", "peak_after", "peak_return", "zero", "bottom", "length", "drop",
)  # fmt: skip
"""What is weighed. Levels of the floor are left out on purpose: they tell recordings apart, not damage from speech."""


@dataclass(frozen=True)
class Fades:
    """Proposed fades of a leg: frames ``[start, end)`` and their features, shape (fades, features)."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    phi: NDArray[np.float64]


def propose(frames: NDArray[np.void], runs: NDArray[np.void], speech: Speech) -> Fades:
    """Return every fade of the frame table beside speech and after its first word, several starts to each end."""
    active = speech.active_db if speech.active_db is not None else 0.0
    level = np.maximum(speech.level_db - active, BOTTOM_DB)
    peak, lag = frames["peak"].astype(np.float64), 1000.0 * lags(frames).astype(np.float64)
    start, end = np.zeros((2, 2 * level.size + 8), np.int64)
    n = find_fades(level, peak, lag, RISE_DB, FROZEN, SHORTEST, LONGEST, BUMP_DB, start, end)
    start, end = start[:n], end[:n]
    m = np.zeros((n, len(COLUMNS)))
    measure_fades(level, peak, lag, zero_share(runs, level.size), start, end, DEAD_DB, m)
    named = dict(zip(COLUMNS, m.T, strict=True))
    named |= {"length": np.log((end - start) / 10.0), "drop": named["near"] - named["last"]}
    beside = np.maximum(named["before"], named["after"]) > LEAST_CONTEXT_DB
    beside &= start > (int(np.argmax(speech.active)) if speech.active.any() else level.size)
    phi = np.stack([named[name][beside] for name in FEATURES], axis=1)
    return Fades(start[beside], end[beside], phi)


def zero_share(runs: NDArray[np.void], frames: int) -> NDArray[np.float64]:
    """Return the share of each frame that lies in runs of identical samples."""
    if not runs.size:
        return np.zeros(frames)
    borders = np.column_stack([runs["start"], runs["end"]]).ravel()
    covered = np.repeat(np.cumsum(runs["end"] - runs["start"]), 2)
    covered[0::2] -= runs["end"] - runs["start"]
    return np.asarray(np.diff(np.interp(np.arange(frames + 1) * HOP, borders, covered, left=0.0)) / HOP)


def find(frames: NDArray[np.void], runs: NDArray[np.void], speech: Speech) -> list[Candidate]:
    """Return concealed gaps and dead air with their evidence, none overlapping another."""
    if speech.active_db is None:
        return []
    fades = propose(frames, runs, speech)
    shape, tone, music = weigh(fades), _tone(fades, speech), _music(fades, speech)
    alone = shape + tone + music + PRIOR
    company = COMPANY.evidence(alone, _apart(fades, alone, LIKELY), frames.size * HOP)
    return [
        _candidate(fades, i, {"fade": shape[i], "tone": tone[i], "music": music[i], "company": company[i]}, frames)
        for i in _apart(fades, alone + company, LEAST_SCORE)
    ]


SURELY_ABRUPT = 4.0
ABRUPT = ("zero_fill", "inserted_silence", "fade", "noise_fill", "stuck")
"""Holes with edges that concealment never leaves: where they are surer than a fade, it was the speech that fell."""


def join(exact: list[Candidate], fades: list[Candidate]) -> list[Candidate]:
    """Join what was found to the sample with fades: a fade takes in its pieces, and yields to what is most of it.

    A fade found to last goes through pitch cycles and zeros that others have found piece by piece. A frame that is stuck
    keeps its level; what loses some is concealment.
    """
    kept = BySecond(exact)
    joined: set[int] = set()
    for fade in sorted(fades, key=lambda c: (-c.llr, c.start)):
        beside = kept.touching(fade.start, fade.end)
        steady = float(fade.details.get("drop_db", 0.0)) < STUCK_DROP_DB
        sure = [c for c in beside if c.llr > 0.0 and (c.kind != "stuck" or steady)]
        known = sum(min(c.end, fade.end) - max(c.start, fade.start) for c in sure)
        abrupt = any(c.kind in ABRUPT and c.llr > min(fade.llr, SURELY_ABRUPT) for c in sure)
        if abrupt or known > YIELD_SHARE * (fade.end - fade.start) or (fade.llr <= 0.0 and beside):
            continue
        if any(id(c) in joined for c in beside):
            continue
        for c in beside:
            kept.drop(c)
            if c.llr > 0.0:
                fade.start, fade.end = min(fade.start, c.start), max(fade.end, c.end)
        kept.add(fade)
        joined.add(id(fade))
    return kept.all()


def weigh(fades: Fades) -> NDArray[np.float64]:
    """Return the log-likelihood ratio of each fade, concealment or an outage against anything else."""
    return llr("concealment", FEATURES, fades.phi)


def _tone(fades: Fades, speech: Speech) -> NDArray[np.float64]:
    """Evidence against fades that touch signalling tones: those hold their period and stop at once by nature."""
    counts = np.concatenate(([0], np.cumsum(speech.tonal)))
    a = np.maximum(fades.start - TONE_REACH, 0)
    b = np.minimum(fades.end + TONE_REACH, speech.tonal.size)
    return np.where(counts[b] - counts[a] >= 3, TONE_EVIDENCE, 0.0)


def _music(fades: Fades, speech: Speech) -> NDArray[np.float64]:
    """Evidence against fades in music and song: held notes die away on one pitch by nature."""
    likely = speech.music[np.minimum(fades.start, speech.music.size - 1)]
    return np.asarray(np.clip(-MUSIC_STEEP * (likely - MUSIC_SURE), -MUSIC_CAP, 0.0))


def _apart(fades: Fades, score: NDArray[np.float64], least: float) -> list[int]:
    """Indices of the best-scored fades of `least` or more that share no frame."""
    free = np.ones(int(fades.end.max()) if fades.end.size else 0, np.bool_)
    kept = []
    for i in np.argsort(-score, kind="stable"):
        if score[i] < least:
            break
        a, b = fades.start[i], fades.end[i]
        if free[a:b].all():
            free[a:b] = False
            kept.append(int(i))
    return kept


def _candidate(fades: Fades, i: int, weights: dict[str, float], frames: NDArray[np.void]) -> Candidate:
    named = dict(zip(FEATURES, fades.phi[i].tolist(), strict=True))
    a, b = int(fades.start[i]), int(fades.end[i])
    evidence = {"prior": PRIOR} | {name: float(value) for name, value in weights.items() if value}
    details: dict[str, float | str] = {
        "drop_db": round(named["drop"], 1),
        "rise_db": round(named["rise"], 1),
        "periodicity": round(named["peak"], 3),
        "context_db": round(max(named["before"], named["after"]), 1),
    }
    if named["lag_held"] > 0.8:
        details["lag_ms"] = round(1000.0 * float(np.median(lags(frames[a:b]))), 2)
    kind = "dead_air" if (b - a) * HOP >= DEAD_AIR_SECONDS else "concealed"
    return Candidate("gap", kind, a * HOP, b * HOP, evidence, details, max(named["before"], named["after"]))
