"""Where speech is, how loud it is, and where signalling tones are: the yardsticks of every other detector.

The active level is the mean power of the 20 ms frames within 25 dB of the 95th percentile frame: within 1 dB of the active
speech level of ITU-T P.56 method B on clean speech, and unmoved by silence before, after or between the words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callqual.detect import music, vetoes
from callqual.detect.talk import talk
from callqual.features.facts import HOP
from callqual.units import DB_FLOOR

ACTIVE_RANGE_DB = 25.0
CONTEXT = 0.06
SILENT_DBOV = -85.0
"""Nobody has talked below this level: what is louder in a dead leg is at most the dither of its converter."""


@dataclass(frozen=True)
class Speech:
    """Speech activity of a leg by 10 ms frames.

    Attributes
    ----------
    level_db : ndarray [shape=(frames,), dB re full scale]
        Level of each frame.
    active : ndarray [shape=(frames,), bool]
        Frames within 25 dB of the active level's loud frames, tones left out.
    talk : ndarray [shape=(frames,), bool]
        Those of them that may be talk: no music, and no noise or hum that only goes on.
    tonal : ndarray [shape=(frames,), bool]
        Frames of a steady tone, or of music: signalling, beeps, whistles, song. Edges and copies prove nothing there.
    music : ndarray [shape=(frames,), nats]
        Log-likelihood ratio of music, song or crying against speech, from the seconds round each frame.
    active_db : float or None
        Active speech level, dBov; None where nothing is active.
    floor_db : float
        Level of the pauses: 10th percentile of what is not digital silence.
    """

    level_db: NDArray[np.float64]
    active: NDArray[np.bool_]
    talk: NDArray[np.bool_]
    tonal: NDArray[np.bool_]
    music: NDArray[np.float64]
    active_db: float | None
    floor_db: float

    @property
    def seconds(self) -> float:
        """Seconds of active speech."""
        return float(self.active.sum()) * HOP

    def mean_db(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean level of each stretch from `start` to `end` (s), dB re the active level, to the nearest frame."""
        power = np.concatenate(([0.0], np.cumsum(10.0 ** (self.level_db / 10.0))))
        a = np.clip(np.round(start / HOP).astype(int), 0, self.level_db.size)
        b = np.clip(np.round(end / HOP).astype(int), a, self.level_db.size)
        return to_db((power[b] - power[a]) / np.maximum(b - a, 1)) - (self.active_db or 0.0)

    def context_db(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
        """Louder of the 60 ms before each `start` and after each `end` (s), dB re the active level."""
        return np.maximum(self.mean_db(start - CONTEXT, start), self.mean_db(end, end + CONTEXT))


def to_db(power: NDArray[np.floating]) -> NDArray[np.float64]:
    """Levels of mean squares, dB re full scale, never below :data:`callqual.units.DB_FLOOR`."""
    return 10.0 * np.log10(np.maximum(np.asarray(power, np.float64), 10 ** (DB_FLOOR / 10)))


def speech(frames: NDArray[np.void]) -> Speech:
    """Measure speech activity and active level from the frame table of a leg."""
    power = frames["level"].astype(np.float64)
    level = to_db(power)
    tones = vetoes.tonal(frames)
    notes = music.likelihood(frames, level, tones)
    tonal = tones | (notes > vetoes.MUSIC)
    pairs = power[: power.size // 2 * 2].reshape(-1, 2).mean(axis=1)
    usable = pairs[~tones[: pairs.size * 2].reshape(-1, 2).any(axis=1)] if pairs.size else pairs
    usable = usable[usable > 10 ** (SILENT_DBOV / 10)]
    heard = level[level > DB_FLOOR + 20.0]
    floor = float(np.percentile(heard, 10)) if heard.size else DB_FLOOR
    if not usable.size:
        nobody = np.zeros(power.size, np.bool_)
        return Speech(level, nobody, nobody, tonal, notes, None, floor)
    loud = np.percentile(usable, 95)
    gate = loud * 10 ** (-ACTIVE_RANGE_DB / 10)
    active_db = float(to_db(usable[usable >= gate].mean())) if usable.size else None
    active = (power >= gate) & ~tones
    return Speech(level, active, talk(frames, level, active, tones, notes), tonal, notes, active_db, floor)
