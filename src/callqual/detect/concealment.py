"""Concealed gaps and outages: sound that dies away on a held period, or breaks off, and comes back at once, as another.

This reads the frame table, 10 ms a row, and finds what lasts: fades of the jitter buffer of 120 ms and more, dead air. What is
shorter, the learned stage alone can hear (:mod:`callqual.detect.hidden`); what it says of a fade is weighed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import DEAD_AIR_SECONDS, Candidate
from callqual.detect.company import Company
from callqual.detect.heap import give_back
from callqual.detect.levels import STRETCH, counted, stretches
from callqual.detect.music import against
from callqual.detect.silences import Silences
from callqual.detect.silences import evidence as from_borders
from callqual.detect.speech import Speech
from callqual.detect.trees import llr
from callqual.features.facts import HIDDEN_STEP, HOP, lags
from callqual.kernels.fades import COLUMNS, find_fades, measure_fades

BOTTOM_DB = -70.0
"""Levels below this, re active speech, are all the same silence."""

DEAD_DB = -60.0
RISE_DB, FROZEN, SHORTEST, LONGEST, BUMP_DB = 4.0, 0.9, 12, 1000, 5.0
BACK, AHEAD = LONGEST + 100, 8
"""Frames before and after a return that have a say in its fades."""

FIRST, RETURN = 12, 2
"""Frames with which a fade begins, and about its end in which sound returns, of which the learned stage is asked."""

LEAST_CONTEXT_DB = -25.0
TONE_REACH, TONE_EVIDENCE = 6, -8.0
SILENT_SHARE, SILENT_SECONDS = 0.5, 0.3
"""What digital silence takes more of than this, for so long, is told by its borders too: many a voice pauses for half a second between nothing
and nothing."""

MUSIC = (2.0, 1.0, 8.0)
"""How much music speaks against it (:func:`callqual.detect.music.against`)."""

PRIOR, LEAST_SCORE = -5.7, -4.0
COMPANY, LIKELY = Company(least=1.0, steep=1.5, most=1.5), -1.0
"""Fades of so much log odds alone are company; many that are unlikely are a way of speaking. With three and a half nats pauses between concealments
were taken for outages: the share of known real calls inside gaps was off by 1.5 points, 1.2 so."""

FEATURES = (
    "before", "after", "near", "rise", "step", "fall", "slope", "bend", "bump", "lag_held", "lag_exact", "lag_breaks",
    "peak", "peak_least", "peak_before", "peak_after", "peak_return", "zero", "bottom", "length", "drop",
    "net", "net_first", "net_back",
)  # fmt: skip
"""What is weighed. Levels of the floor are left out on purpose: they tell recordings apart, not damage from speech."""

SHOWN = ("drop", "rise", "peak", "before", "after", "lag_held")
"""Features that a reader is shown, or that choose what he is."""

WEIGHTS = ("fade", "tone", "music", "silence", "company")


@dataclass(frozen=True)
class Fades:
    """Proposed fades of a leg: frames ``[start, end)`` and their features, shape (fades, features)."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    phi: NDArray[np.float64]


def propose(
    frames: NDArray[np.void], runs: NDArray[np.void], hidden: NDArray[np.void], speech: Speech
) -> Iterator[Fades]:
    """Yield the fades of the frame table beside speech and after its first word, several starts to each end, by stretches of it."""
    first_word = int(np.argmax(speech.active)) if speech.active.any() else speech.active.size
    zeros = Zeros(runs)
    start, end = np.zeros((2, 2 * (BACK + STRETCH + AHEAD)), np.int64)
    for first, last, begin, stop in stretches(frames.size, BACK, AHEAD):
        level = np.maximum(speech.level_db(first, last) - (speech.active_db or 0.0), BOTTOM_DB)
        peak, lag = frames["peak"][first:last].astype(np.float64), 1000.0 * lags(frames[first:last]).astype(np.float64)
        n = find_fades(level, peak, lag, RISE_DB, FROZEN, SHORTEST, LONGEST, BUMP_DB, start, end)
        told = (end[:n] >= begin - first) & (end[:n] < stop - first) & (start[:n] > first_word - first)
        a, b = start[:n][told], end[:n][told]
        m = np.zeros((a.size, len(COLUMNS)))
        measure_fades(level, peak, lag, zeros.share(first, last), a, b, DEAD_DB, m)
        named = dict(zip(COLUMNS, m.T, strict=True))
        named |= {"length": np.log((b - a) / 10.0), "drop": named["near"] - named["last"]}
        named |= _net(hidden[first:last], a, b)
        beside = np.maximum(named["before"], named["after"]) > LEAST_CONTEXT_DB
        phi = np.stack([named[name][beside] for name in FEATURES], axis=1)
        yield Fades(a[beside] + first, b[beside] + first, phi)


def _net(hidden: NDArray[np.void], a: NDArray[np.int64], b: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Return what the learned stage says of fades: its log odds over the whole, over its beginning, and that of the return."""
    total = np.concatenate(([0], np.cumsum(hidden["inside"], dtype=np.int64)))
    last = hidden.size
    begun = np.minimum(a + FIRST, b)

    def mean(start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
        return HIDDEN_STEP * (total[np.minimum(end, last)] - total[np.minimum(start, last)]) / (end - start)

    back = np.concatenate((hidden["back"], np.zeros(2 * RETURN + 1, np.int8)))
    around = np.minimum(b, hidden.size)[:, None] + np.arange(-RETURN, RETURN + 1)
    net_back = HIDDEN_STEP * back[np.maximum(around, 0)].max(axis=1, initial=-128)
    return {"net": mean(a, b), "net_first": mean(a, begun), "net_back": net_back}


class Zeros:
    """Where runs of identical samples lie."""

    def __init__(self, runs: NDArray[np.void]) -> None:
        self._borders = np.column_stack([runs["start"], runs["end"]]).ravel()
        self._covered = np.repeat(np.cumsum(runs["end"] - runs["start"]), 2)
        self._covered[0::2] -= runs["end"] - runs["start"]

    def share(self, start: int, stop: int) -> NDArray[np.float64]:
        """Return the share of each frame from `start` to `stop` that lies in runs."""
        if not self._borders.size:
            return np.zeros(stop - start)
        covered = np.interp(np.arange(start, stop + 1) * HOP, self._borders, self._covered, left=0.0)
        return np.asarray(np.diff(covered) / HOP)


def find(
    frames: NDArray[np.void],
    runs: NDArray[np.void],
    edges: NDArray[np.void],
    hidden: NDArray[np.void],
    speech: Speech,
) -> list[Candidate]:
    """Return concealed gaps and dead air with their evidence, none overlapping another."""
    if speech.active_db is None:
        return []
    silences = Silences(runs, edges, speech)
    fades = [_likely(fades, speech, silences) for fades in propose(frames, runs, hidden, speech)]
    likely = np.concatenate(fades, axis=1)
    span, weights, shown = likely[:2].astype(np.int64), likely[2:6], likely[6:]
    alone = weights.sum(axis=0) + PRIOR
    company = COMPANY.evidence(alone, _apart(span, alone, LIKELY), frames.size * HOP)
    kept = _apart(span, alone + company, LEAST_SCORE)
    span, weights, company, shown = span[:, kept], weights[:, kept], company[kept], shown[:, kept]
    del fades, likely, alone
    give_back(frames.size * HOP)
    found = [
        _candidate(span[:, i], dict(zip(WEIGHTS, (*weights[:, i], company[i]), strict=True)), shown[:, i], frames)
        for i in range(len(kept))
    ]
    for c in found:
        start, end = silences.borders(c.start, c.end)
        if end - start >= DEAD_AIR_SECONDS:
            c.start, c.end = start, end
    return found


def _likely(fades: Fades, speech: Speech, silences: Silences) -> NDArray[np.float64]:
    """Return the fades that company may yet save: start, end, evidence of shape, tone, music and silence, and what is :data:`SHOWN`."""
    fade = weigh(fades)
    weights = np.stack(
        [fade, _tone(fades, speech), against(speech.music, fades.start, *MUSIC), _silence(fades, fade, silences)]
    )
    shown = [fades.phi[:, FEATURES.index(name)] for name in SHOWN]
    kept = weights.sum(axis=0) + PRIOR >= LEAST_SCORE - COMPANY.most
    return np.stack([fades.start, fades.end, *weights, *shown])[:, kept]


def weigh(fades: Fades) -> NDArray[np.float64]:
    """Return the log-likelihood ratio of each fade, concealment or an outage against anything else."""
    return llr("concealment", FEATURES, fades.phi)


def _tone(fades: Fades, speech: Speech) -> NDArray[np.float64]:
    """Evidence against fades that touch signalling tones: those hold their period and stop at once by nature."""
    a = np.maximum(fades.start - TONE_REACH, 0)
    b = np.minimum(fades.end + TONE_REACH, speech.tonal.size)
    return np.where(counted(speech.tonal, a, b) >= 3, TONE_EVIDENCE, 0.0)


def in_silence(
    fades: Fades, fade: NDArray[np.float64], silences: Silences
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which of the fades digital silence takes most of for long, and what is told of them; `fade` is their score."""
    share = fades.phi[:, FEATURES.index("zero")]
    start, end = (HOP * edge.astype(np.float64) for edge in (fades.start, fades.end))
    i = np.flatnonzero((share > SILENT_SHARE) & (end - start >= SILENT_SECONDS))
    i = i[silences.longest(start[i], end[i]) >= 0]
    return i, silences.describe(start[i], end[i], fade[i])


def _silence(fades: Fades, fade: NDArray[np.float64], silences: Silences) -> NDArray[np.float64]:
    """Evidence of the borders of digital silence for and against outages in it."""
    i, phi = in_silence(fades, fade, silences)
    evidence = np.zeros(fades.start.size)
    start, end = (HOP * edge[i].astype(np.float64) for edge in (fades.start, fades.end))
    evidence[i] = from_borders(phi) + silences.vanished(start, end)
    return evidence


def _apart(span: NDArray[np.int64], score: NDArray[np.float64], least: float) -> list[int]:
    """Indices of the best-scored fades of `least` or more that share no frame; `span` are their starts and ends."""
    free = np.ones(int(span[1].max(initial=0)), np.bool_)
    kept = []
    for i in np.argsort(-score, kind="stable"):
        if score[i] < least:
            break
        a, b = span[:, i]
        if free[a:b].all():
            free[a:b] = False
            kept.append(int(i))
    return kept


def _candidate(
    span: NDArray[np.int64], weights: dict[str, float], shown: NDArray[np.float64], frames: NDArray[np.void]
) -> Candidate:
    named = dict(zip(SHOWN, shown.tolist(), strict=True))
    a, b = span.tolist()
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
