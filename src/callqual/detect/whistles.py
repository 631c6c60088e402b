"""Buzz of one line: a whistle, or a hum without harmonics, that keeps its frequency to a hertz for seconds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import Candidate
from callqual.detect.levels import to_db
from callqual.detect.speech import Speech
from callqual.detect.tracks import Track, link

SPAN = 3.0
WEAK_DB, SURE_DB, STEEP, CAP = 9.0, 14.5, 1.2, 8.0
"""Mean height (dB, at most 18) of a line over its surroundings: at `SURE_DB` a whistle is as likely as not."""

BLUR = 0.45
STANDS_DB = 9.0
LASTING_FROM, LASTING, LASTING_MOST = 4, 0.7, 7.0
DRIFT_HZ = 1.2
WHISTLE_HZ = 300.0
VOICE_HZ, VOICE = (70.0, 360.0), -4.8
"""Where one line may be the pitch of a monotone talker, and what that takes away."""


def tracks(rows: NDArray[np.void]) -> Iterator[Track]:
    """Yield the lines that last, each entry scored by its mean height."""
    return link(rows["mean"], rows["hz"], WEAK_DB, DRIFT_HZ)


def find(rows: NDArray[np.void], speech: Speech, seconds: float) -> list[Candidate]:
    """Return the steady lines in the rows of a leg as candidates of kind ``whistle`` or, below 300 Hz, ``hum``."""
    out = []
    for track in tracks(rows):
        if max(track.score) >= SURE_DB - 3.0:
            out.append(_candidate(rows, track, speech, seconds))
    return out


def _candidate(rows: NDArray[np.void], track: Track, speech: Speech, seconds: float) -> Candidate:
    start, end = track.extent(SPAN, seconds, BLUR)
    at, place, score = np.array(track.at), np.array(track.place), np.array(track.score)
    shown = score >= np.median(score)
    least = float(rows["least"][at, place][shown].mean())
    evidence = {
        "line": float(np.clip(STEEP * (track.plateau - SURE_DB), -CAP, CAP)),
        "stands": float(np.clip(0.5 * (least - STANDS_DB), -CAP, 2.0)),
    }
    if at.size > LASTING_FROM:
        evidence["lasting"] = min(LASTING * (at.size - LASTING_FROM), LASTING_MOST)
    if VOICE_HZ[0] < track.frequency < VOICE_HZ[1]:
        evidence["voice"] = VOICE
    active = speech.active_db if speech.active_db is not None else 0.0
    level = float(np.median(to_db(rows["power"][at, place][shown]))) - active
    kind = "whistle" if track.frequency >= WHISTLE_HZ else "hum"
    details: dict[str, float | str] = {
        "hz": round(track.frequency, 2),
        "level_db": round(level, 1),
        "line_db": round(track.plateau, 1),
    }
    return Candidate("buzz", kind, start, end, evidence, details)
