"""Cuts: audio that was taken out, and its two ends joined, told by the join alone.

The evidence is a spike of the prediction error that nothing round it reaches, a period that breaks its phase, and a
colour or level that changes at once. One join looks much like a click of the lips; a call that is cut is cut again
and again, and by whole packets.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect import points, rates
from callqual.detect.candidates import Candidate
from callqual.detect.grid import Grid
from callqual.detect.levels import counted, to_db
from callqual.detect.music import STEP_FRAMES
from callqual.detect.speech import Speech
from callqual.detect.trees import llr
from callqual.features.facts import HOP
from callqual.kernels.splices import COLUMNS

PRIOR, LEAST_SCORE = -7.5, -4.0
"""Log odds of a cut in any join. From -7.2 to -7.8 no F1 of check voices moves by more than half a point, for many cuts lift one another; of single
false ones in five hours of check voices the first has five, the last none."""

LEAST_LEVEL_DB, SOFTEST_DB = -20.0, -45.0
"""Levels re active speech that the louder and the softer side of a join have at least: sound that ends in silence is joined to nothing."""

TONE_REACH, TONE_EVIDENCE = 6, -8.0
MAYBE_MUSIC, MUSIC_EVIDENCE = -2.0, -8.0
"""Drums strike at once, and on a grid. Likelihood of music (nats) that hardly any clean speech reaches, and what it says against a join."""

ROWS = 2**12
"""Splices weighed at a time."""

CLEAR_SECONDS = 0.03
"""The edges of other damage are joins too: no cut is told so near them."""

FEATURES = (
    "rate", "peak", "energy", "mean", "narrow", "far", "before", "after", "step", "tilt", "tilt_step", "period_before",
    "period_after", "across", "across_best", "shift", "broken", "surprise", "surprise_back", "jump", "surprise_least",
)  # fmt: skip

WEIGHED = np.dtype([
    ("at", "f8"), ("peak", "f4"), ("beside", "f4"), ("shape", "f4"), ("tone", "f4"), ("music", "f4"),
])  # fmt: skip
"""Of an audible splice its place, log peak, level beside it (dB re active speech), evidence of its shape, against a tone and music: a third
of what was measured of it."""


def describe(splices: NDArray[np.void], speech: Speech, sr: int) -> NDArray[np.float64]:
    """Return the :data:`FEATURES` of each splice, shape (splices, features), free of the recording's level."""
    m = dict(zip(COLUMNS, splices["m"].astype(np.float64).T, strict=True))
    active = speech.active_db if speech.active_db is not None else 0.0
    before, after = (np.clip(to_db(m[side]) - active, -50.0, 15.0) for side in ("before", "after"))
    tilts = [to_db(m[f"tilt_{side}"]) - to_db(m[side]) for side in ("before", "after")]
    broken = np.minimum(m["period_before"], m["period_after"]) - m["across"]
    surprise, back, jump = np.log10(splices["join"].astype(np.float64).T + 1e-3)
    return np.stack([
        np.full(splices.size, min(sr, 48000) / 1000.0), np.log(m["peak"]), np.log(np.maximum(m["energy"], 1e-3)),
        np.log(np.maximum(m["mean"], 1e-3)), m["narrow"], np.log(m["far"]), before, after, after - before,
        np.maximum(*tilts), tilts[1] - tilts[0], m["period_before"], m["period_after"], m["across"], m["across_best"],
        m["shift"], broken, surprise, back, jump, np.minimum(surprise, back),
    ], axis=1)  # fmt: skip


def weigh(splices: NDArray[np.void], speech: Speech, sr: int) -> NDArray[np.void]:
    """Return the :data:`WEIGHED` rows of the audible ones of `splices`; none where nobody speaks."""
    if speech.active_db is None:
        return np.zeros(0, WEIGHED)
    parts = [_weigh(splices[i : i + ROWS], speech, sr) for i in range(0, splices.size, ROWS)]
    return np.concatenate([np.zeros(0, WEIGHED), *parts])


def find(
    weighed: NDArray[np.void], speech: Speech, sr: int, known: list[Candidate], gaps: Grid | None = None
) -> list[Candidate]:
    """Return the cuts among `weighed` splices, none beside damage that is `known` already; `gaps` is the packet grid of the gaps."""
    weighed = weighed[~_near(weighed["at"].copy(), known)]  # whatever searches a column of rows copies it each time
    if not weighed.size:
        return []
    at, peak, beside, shape, tone, music = (weighed[name].astype(np.float64) for name in WEIGHED.names or ())
    alone = shape + tone + music + PRIOR
    packets = points.infer(at, alone, sr, gaps)
    grid = packets.evidence(at) if packets is not None else np.zeros(at.size)
    company = rates.evidence(alone + grid - PRIOR, PRIOR, speech.power.size * HOP)
    out = []
    for i in np.flatnonzero(alone + grid + company > LEAST_SCORE):
        weights = {"prior": PRIOR, "splice": shape[i], "tone": tone[i], "music": music[i]}
        weights |= {"grid": grid[i], "company": company[i]}
        evidence = {name: float(value) for name, value in weights.items() if value}
        details: dict[str, float | str] = {
            "spike_db": round(float(20.0 * peak[i] / np.log(10.0)), 1),
            "context_db": round(float(beside[i]), 1),
        }
        if packets is not None:
            details["frame_ms"] = packets.frame * 1000.0
        out.append(Candidate("jitter", "cut", float(at[i]), float(at[i]), evidence, details, float(beside[i])))
    return out


def _weigh(splices: NDArray[np.void], speech: Speech, sr: int) -> NDArray[np.void]:
    phi = describe(splices, speech, sr)
    sides = phi[:, [FEATURES.index("before"), FEATURES.index("after")]]
    beside = sides.max(axis=1)
    heard = (beside > LEAST_LEVEL_DB) & (sides.min(axis=1) > SOFTEST_DB)
    at, phi = splices["at"][heard], phi[heard]
    rows = np.zeros(at.size, WEIGHED)
    rows["at"], rows["peak"], rows["beside"] = at, phi[:, FEATURES.index("peak")], beside[heard]
    rows["shape"], rows["tone"], rows["music"] = llr("cuts", FEATURES, phi), _tone(at, speech), _music(at, speech)
    return rows


def _near(at: NDArray[np.float64], known: list[Candidate]) -> NDArray[np.bool_]:
    """Tell which moments, in order of time, lie in or beside known damage: what begins before one and has not ended there.

    Warped time is told by seconds and has no edges: cuts themselves are heard as some.
    """
    sure = [c for c in known if c.llr > 0.0 and c.kind != "time_warp"]
    begun = np.searchsorted(at, np.array([c.start for c in sure]) - CLEAR_SECONDS)
    ended = np.searchsorted(at, np.array([c.end for c in sure]) + CLEAR_SECONDS)
    steps = np.bincount(begun, minlength=at.size + 1) - np.bincount(ended, minlength=at.size + 1)
    return np.asarray(np.cumsum(steps[:-1]) > 0)


def _tone(at: NDArray[np.float64], speech: Speech) -> NDArray[np.float64]:
    """Evidence against moments beside a signalling tone, which begins and ends at once by nature."""
    frame = np.minimum((at / HOP).astype(np.int64), speech.tonal.size)
    a, b = np.maximum(frame - TONE_REACH, 0), np.minimum(frame + TONE_REACH, speech.tonal.size)
    return np.asarray(np.where(counted(speech.tonal, a, b) >= 3, TONE_EVIDENCE, 0.0))


def _music(at: NDArray[np.float64], speech: Speech) -> NDArray[np.float64]:
    """Evidence against moments of what may be music."""
    steps = np.minimum((at / HOP).astype(np.int64) // STEP_FRAMES, speech.music.size - 1)
    return np.where(speech.music[steps] > MAYBE_MUSIC, MUSIC_EVIDENCE, 0.0)
