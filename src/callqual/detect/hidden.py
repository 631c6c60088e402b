"""Concealed gaps that the learned stage hears: runs of frames that it says lie in one, weighed by how sure it is of them.

The stage (:mod:`callqual.features.net`) knows what comes before and after a frame by two thirds of a second; what it cannot
know, whether somebody speaks, music, the rest of the leg, and a silence longer than that, is weighed here. Signalling tones it knows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import DEAD_AIR_SECONDS, Candidate
from callqual.detect.company import Company
from callqual.detect.levels import to_db
from callqual.detect.music import against
from callqual.detect.speech import Speech
from callqual.features.facts import HIDDEN_STEP, HOP

BORDER, BRIDGE = round(1.0 / HIDDEN_STEP), 1
"""Log odds above which a frame is in a run, in the steps it is kept in, and frames of doubt that do not end one. From 0 on the gaps of a bad
line grow together; at 1.5 one in thirty of the short ones is lost."""

VALLEY, REACH = round(1.75 / HIDDEN_STEP), 8
"""A frame that is so much less likely in a gap than one within so many before and one within as many after is a packet that came: on bad lines the
gaps grew together, and the share of real calls that they filled was wrong by 2.3 points, with this by 1.1 (check voices)."""

BESIDE, LEAST_CONTEXT_DB = 8, -25.0
"""Frames before and after a run in which there must be speech so loud: nobody can miss what was never said."""

HELD, LONGEST = 30, 1000
SILENT, FALLEN = np.float32(10**-5.5), np.float32(10**-4.5)
"""Frames from which a run into silence goes on with it, and at most; powers re active speech of silence, and of the end of such a run."""

QUIET, LONGEST_QUIET, CAME = np.float32(10**-4.2), 50, round(-3.0 / HIDDEN_STEP)
"""Two runs with nothing louder (power re active speech) than that between them, for so many frames at most, of none of which the stage says that it
surely came, are one outage: it hears how that begins and how it ends, and is unsure of the silence or the comfort noise between."""

SLOPE, OFFSET = 1.35, -4.10
"""Log-likelihood ratio of a run by its greatest log odds, by voices the stage never heard (``benchmarks.fit_hidden``). Its mean, its length, the
odds of its ends, levels and neighbours together add 0.01 to the area under the curve, .88."""

PRIOR, LEAST_SCORE = -1.5, -4.0
MUSIC = (2.0, -2.0, 8.0)
"""How much music speaks against it (:func:`callqual.detect.music.against`): of speech, damaged or not, one in fifty is so doubtful."""

SURE, COMPANY = -1.0, Company(least=0.5, steep=2.0, most=4.5)
"""What is likely enough alone to be company. What stands alone in a leg is asked for more than one of many: by a lower prior and a steeper company
a third of the false alarms in clean speech of check voices went, and none of what is found on bad lines."""

EDGE = 6
"""Frames from whose mean the level of an end of a run is taken: the longest packet, or a frame that is stuck would seem to fade."""


class Runs(NamedTuple):
    """Runs of frames ``[start, end)``, their greatest log odds, and the level about them (dB re active speech)."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    peak: NDArray[np.float64]
    context_db: NDArray[np.float64]


def propose(hidden: NDArray[np.void], speech: Speech) -> Runs:
    """Return the runs beside speech, or of it: what is made up may be as loud."""
    n = min(hidden.size, speech.power.size)
    odds, active = hidden["inside"][:n], _active(speech)
    inside = (odds > BORDER) & ~_valleys(odds)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], inside, [False])).astype(np.int8)))
    start, end = _bridged(edges[0::2], edges[1::2], BRIDGE)
    start, end = _bridged(start, _returns(speech.power, active, start, end), 0)
    start, end = _bridged(start, _over_quiet(odds, speech.power, QUIET * active, start, end), 0)
    context = to_db(_greatest(speech.power, start - BESIDE, end + BESIDE) / active)
    heard = context > LEAST_CONTEXT_DB
    start, end = start[heard], end[heard]
    return Runs(start, end, _greatest(odds, start, end) * HIDDEN_STEP, context[heard])


def _valleys(odds: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Tell which frames of positive odds lie deep between higher ones; in bytes, for ten hours have 3.6 million frames."""
    before, after = odds.copy(), odds.copy()
    for k in range(1, min(REACH, odds.size - 1) + 1):
        np.maximum(before[k:], odds[:-k], out=before[k:])
        np.maximum(after[:-k], odds[k:], out=after[:-k])
    return np.asarray(np.maximum(np.minimum(before, after), 0) - VALLEY > odds)


def _bridged(
    start: NDArray[np.int64], end: NDArray[np.int64], frames: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Join runs with no more than so many frames between them."""
    if not start.size:
        return start, end
    reached = np.maximum.accumulate(end)
    breaks = np.flatnonzero(start[1:] - reached[:-1] > frames)
    return start[np.append(0, breaks + 1)], reached[np.append(breaks, end.size - 1)]


def _returns(
    power: NDArray[np.float32], active: np.float32, start: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return when sound comes back after each run: its end, but a run into silence lasts as long as that.

    Once its surroundings are out of sight the stage cannot tell that silence from another: of 24 such runs in real calls 22 ended with it.
    """
    back = end.copy()
    for i in np.flatnonzero((end - start >= HELD) & (power[end - 1] < FALLEN * active)).tolist():
        loud = power[end[i] : start[i] + LONGEST] > SILENT * active
        back[i] += int(loud.argmax()) if loud.any() else 0
    return back


def _over_quiet(
    odds: NDArray[np.int8],
    power: NDArray[np.float32],
    quiet: np.float32,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the ends of runs, those that only quiet parts from the next moved to where that one begins."""
    between = start[1:] - end[:-1]
    one = (between > 0) & (between <= LONGEST_QUIET)
    a, b = end[:-1][one], start[1:][one]
    one[one] = (_greatest(power, a, b) < quiet) & (_greatest(-odds, a, b) <= -CAME)
    return np.append(np.where(one, start[1:], end[:-1]), end[-1:])


def _greatest(x: NDArray[Any], start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the greatest of `x` in each stretch; the last frame of all counts only alone."""
    if not start.size:
        return np.zeros(0)
    borders = np.stack((np.maximum(start, 0), np.minimum(end, x.size - 1)), axis=1).ravel()
    return np.asarray(np.maximum.reduceat(x, borders)[0::2], np.float64)


def find(hidden: NDArray[np.void], speech: Speech) -> list[Candidate]:
    """Return concealed gaps and outages with their evidence, none overlapping another."""
    if speech.active_db is None:
        return []
    runs = propose(hidden, speech)
    weights = {"net": SLOPE * runs.peak + OFFSET, "music": against(speech.music, runs.start, *MUSIC)}
    alone = PRIOR + weights["net"] + weights["music"]
    weights["company"] = COMPANY.evidence(alone, np.flatnonzero(alone > SURE), speech.power.size * HOP)
    told = np.flatnonzero(alone + weights["company"] > LEAST_SCORE)
    return [_candidate(runs, i, {name: float(w[i]) for name, w in weights.items()}, speech) for i in told.tolist()]


def _candidate(runs: Runs, i: int, weights: dict[str, float], speech: Speech) -> Candidate:
    evidence = {"prior": PRIOR} | {name: value for name, value in weights.items() if value}
    start, end, context = float(runs.start[i]) * HOP, float(runs.end[i]) * HOP, float(runs.context_db[i])
    silent = speech.power[runs.start[i] : runs.end[i]] <= SILENT * _active(speech)
    kind = "dead_air" if np.count_nonzero(silent) * HOP >= DEAD_AIR_SECONDS else "concealed"
    details: dict[str, float | str] = {
        "drop_db": _drop_db(speech.power[runs.start[i] : runs.end[i]]),
        "context_db": round(context, 1),
    }
    return Candidate("gap", kind, start, end, evidence, details, context)


def _drop_db(power: NDArray[np.float32]) -> float:
    """How far the level falls from the first to the last frames of a run, dB."""
    n = min(EDGE, -(-power.size // 2))
    first, last = (float(to_db(part.mean(dtype=np.float64))) for part in (power[:n], power[-n:]))
    return round(first - last, 1)


def _active(speech: Speech) -> np.float32:
    """Power of active speech."""
    return np.float32(10 ** ((speech.active_db or 0.0) / 10))
