"""Buzz: tones that do not belong, told apart by kind and weighed against what else they could be.

A tone is a buzz where it lies under speech. What stands alone is signalling; what comes with other lines that begin and
end is music; and what another buzz explains is not told twice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect import colours, combs, whistles
from callqual.detect.candidates import BySecond, Candidate
from callqual.detect.speech import Speech
from callqual.features.facts import HOP, Facts

PRIOR = -1.0
LEAST_SECONDS = 2.0
LEAST_SPEECH = 0.15
"""Share of a buzz under which speech must be active, tones left out."""

INAUDIBLE_DB = -50.0
"""Level re active speech below which nobody hears a buzz: 50 Hz is heard 30 dB less than speech to begin with (ISO 226)."""

TRANSIENT_DB, FREE_LINES, LINES_STEEP = 10.0, 1.8, 4.0
STEADY, FAINT_DB = ("hum", "tdma", "frame_rate"), 25.0
"""Lines so far below a buzz of these are no notes of the same music: a call has faint tones of its own, which hid a hum as loud as its voice."""

MUSIC_STEEP, MUSIC_REACH, MUSIC_CAP = 3.0, 2.0, 16.0
MUSIC_SURE = {"tdma": 0.5, "frame_rate": 0.5, "robotic": 1.5, "hum": 0.0, "whistle": -0.7, "ring": -1.5, "comb": -2.5}
"""Likelihood of music (nats) from which it speaks against a buzz: speech under that buzz stays below."""

ELSEWHERE, MAINS_DRIFT, MAINS_DB = 6.0, 0.1, 3.0
"""What a sure hum of so nearly the same frequency (Hz) and level says for a comb that is one by its shape."""

TDMA_SIDE_HZ = 26 / 0.12 / 26
FIXED_PITCH = 0.9
ORDER = ("tdma", "frame_rate", "robotic", "hum", "whistle", "ring", "comb")


def find(facts: Facts, speech: Speech) -> list[Candidate]:
    """Return the buzz of a leg with its evidence."""
    rows = facts.spectra.take()
    if not rows.size or speech.active_db is None:
        return []
    tonal = combs.find(rows, speech, facts.seconds)
    tonal = _told_apart(tonal, facts.frames.all(), speech)
    lines = whistles.find(rows, speech, facts.seconds)
    near = BySecond(tonal)
    lines = [c for c in lines if not _explained(c, near)]
    colour = [*colours.rings(rows, facts.seconds), *colours.echoes(rows, facts.seconds)]
    found = [*tonal, *lines, *colour]
    for c in found:
        c.evidence["prior"] = PRIOR
        _weigh_speech(c, speech)
        _weigh_lines(c, rows, near, speech)
        _weigh_music(c, speech)
    _weigh_mains(tonal)
    sure = BySecond(c for c in (*tonal, *lines) if c.llr > 0.0)
    colour = [c for c in colour if not _beside(c, sure)]
    return _joined([c for c in (*tonal, *lines, *colour) if c.end - c.start >= LEAST_SECONDS and _audible(c)])


def _audible(c: Candidate) -> bool:
    return float(c.details.get("level_db", 0.0)) >= INAUDIBLE_DB


def _told_apart(found: list[Candidate], frames: NDArray[np.void], speech: Speech) -> list[Candidate]:
    """Where combs overlap keep the stronger; a robotic voice needs the lag of the speech itself to stand still."""
    for c in found:
        if c.kind in ("robotic", "frame_rate"):
            share = combs.same_lag_share(frames, speech, c.start, c.end, float(c.details["hz"]))
            c.details["lag_share"] = round(share, 2)
            if c.kind == "robotic":
                c.evidence["fixed_pitch"] = float(np.clip(20.0 * (share - 0.6), -12.0, 3.0))
            elif share > FIXED_PITCH and combs.FIXED_HZ[0] <= float(c.details["hz"]) <= combs.FIXED_HZ[1]:
                c.kind = "robotic"
        if c.kind == "robotic":
            c.details["level_db"] = 0.0  # the voice itself buzzes
    kept: list[Candidate] = []
    sure = BySecond([])
    for c in sorted(found, key=lambda c: (-c.llr, c.start)):
        if not _beside(c, sure):
            kept.append(c)
            if c.llr > 0.0:
                sure.add(c)
    return kept


def _beside(c: Candidate, others: BySecond) -> list[Candidate]:
    """Return those of the `others` that are heard in much of `c`: only its neighbours are looked at, for long calls have thousands."""
    return [k for k in others.touching(c.start, c.end) if _overlap(c, k) > 0.3]


def _overlap(c: Candidate, other: Candidate) -> float:
    """Share of `c` that `other` overlaps."""
    return max(min(c.end, other.end) - max(c.start, other.start), 0.0) / max(c.end - c.start, 1e-9)


def grid_of(c: Candidate) -> float:
    """Spacing (Hz) of the lines that a tonal buzz brings: TDMA's idle frame puts lines between the harmonics."""
    return TDMA_SIDE_HZ if c.kind == "tdma" else float(c.details["hz"])


def _explained(c: Candidate, others: BySecond) -> bool:
    hz = np.array([float(c.details["hz"])])
    return any(k.llr > 0.0 and _on_grid(hz, k)[0] for k in _beside(c, others))


def _on_grid(hz: NDArray[np.float64], c: Candidate) -> NDArray[np.bool_]:
    """Tell which frequencies are a line of `c`: within 1.5 Hz and 0.1 %."""
    step = grid_of(c)
    if "line_db" in c.details:
        return np.asarray(np.abs(hz - step) < 3.0)
    k = np.maximum(np.round(hz / step), 1.0)
    return np.asarray(np.abs(hz - k * step) < 1.5 + 1e-3 * hz)


def _weigh_speech(c: Candidate, speech: Speech) -> None:
    a, b = int(c.start / HOP), int(c.end / HOP)
    active = speech.active[a:b]
    share = float(active.mean()) if active.size else 0.0
    if share < LEAST_SPEECH:
        c.evidence["alone"] = -12.0


def _weigh_lines(c: Candidate, rows: NDArray[np.void], known: BySecond, speech: Speech) -> None:
    """Count lines that neither the candidate nor a sure comb explains: speech has one at a time, music many."""
    part = rows[int(c.start) : max(int(np.ceil(c.end)) - 2, int(c.start) + 1)]
    strong = part["mean"] >= TRANSIENT_DB
    if c.kind in STEADY:
        least_db = float(c.details["level_db"]) - FAINT_DB + (speech.active_db or 0.0)
        strong &= part["power"] >= 10.0 ** (least_db / 10.0)
    hz = part["hz"].astype(np.float64)
    for k in _beside(c, known):
        if k is c or (k.llr > 0.0 and k.kind != "robotic"):
            strong &= ~_on_grid(hz, k)
    if "line_db" in c.details:
        strong &= ~_on_grid(hz, c)
    mean = float(strong.sum(axis=1).mean()) if part.size else 0.0
    c.evidence["lines"] = float(np.clip(-LINES_STEEP * (mean - FREE_LINES), -MUSIC_CAP, 0.0))


def _weigh_mains(found: list[Candidate]) -> None:
    """Let a sure hum vouch for the rest of it, which music or a voice with tones of its own hides: the mains do not come and go."""
    hums = [c for c in found if c.kind == "hum" and c.evidence["comb"] > 0.0]
    sure = [(float(c.details["hz"]), float(c.details["level_db"])) for c in hums if c.llr > 0.0]
    for c in hums:
        hz, level = float(c.details["hz"]), float(c.details["level_db"])
        if c.llr <= 0.0 and any(abs(hz - h) < MAINS_DRIFT and abs(level - db) < MAINS_DB for h, db in sure):
            c.evidence["elsewhere"] = ELSEWHERE


def _weigh_music(c: Candidate, speech: Speech) -> None:
    a = max(int((c.start - MUSIC_REACH) / HOP), 0)
    mean = speech.mean_music(a, int((c.end + MUSIC_REACH) / HOP))
    c.evidence["music"] = float(np.clip(-MUSIC_STEEP * (mean - MUSIC_SURE[c.kind]), -MUSIC_CAP, 0.0))


def _joined(found: list[Candidate]) -> list[Candidate]:
    """Keep one candidate of a kind at a time: of two that overlap the surer, or of ring the lower frequency."""
    kept: list[Candidate] = []
    near = BySecond([])
    for c in sorted(found, key=lambda c: (-c.llr, c.start)):
        if not any(k.kind == c.kind for k in _beside(c, near)):
            kept.append(c)
            near.add(c)
    return sorted(kept, key=lambda c: (c.start, ORDER.index(c.kind)))
