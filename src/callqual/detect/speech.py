"""Where speech is, how loud it is, and where signalling tones are: the yardsticks of every other detector.

The active level is the mean power of the 20 ms frames within 25 dB of the 95th percentile frame: within 1 dB of the active
speech level of ITU-T P.56 method B on clean speech, and unmoved by silence before, after or between the words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callqual.detect import music, vetoes
from callqual.detect.levels import quantile_db, stretches, to_db
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
    power : ndarray [shape=(frames,)]
        Mean square of each frame.
    active : ndarray [shape=(frames,), bool]
        Frames within 25 dB of the active level's loud frames, tones left out.
    talk : ndarray [shape=(frames,), bool]
        Those of them that may be talk: no music, and no noise or hum that only goes on.
    tonal : ndarray [shape=(frames,), bool]
        Frames of a steady tone, or of music: signalling, beeps, whistles, song. Edges and copies prove nothing there.
    music : ndarray [nats]
        Log-likelihood ratio of music, song or crying against speech, one for each :data:`callqual.detect.music.STEP_FRAMES`.
    active_db : float or None
        Active speech level, dBov; None where nothing is active.
    floor_db : float
        Level of the pauses: 10th percentile of what is not digital silence.
    """

    power: NDArray[np.float32]
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

    def level_db(self, start: int = 0, stop: int | None = None) -> NDArray[np.float64]:
        """Level (dB re full scale) of the frames from `start` to `stop`."""
        return to_db(self.power[start:stop])

    def mean_music(self, start: int, stop: int) -> float:
        """Mean likelihood of music over the frames from `start` to `stop`."""
        stop = min(stop, self.power.size)
        first, last = start // music.STEP_FRAMES, -(-stop // music.STEP_FRAMES)
        borders = np.clip(np.arange(first, last + 1) * music.STEP_FRAMES, start, stop)
        frames = borders[1:] - borders[:-1]
        return float(np.average(self.music[first:last], weights=frames)) if start < stop else 0.0

    def mean_db(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean level of each short stretch from `start` to `end` (s), dB re the active level, to the nearest frame."""
        a = np.clip(np.round(start / HOP).astype(int), 0, self.power.size)
        b = np.clip(np.round(end / HOP).astype(int), a, self.power.size)
        total = np.zeros(a.size)
        for k in range(int((b - a).max(initial=0))):
            inside = a + k < b
            total[inside] += np.maximum(self.power[(a + k)[inside]], 10 ** (DB_FLOOR / 10))
        return to_db(total / np.maximum(b - a, 1)) - (self.active_db or 0.0)

    def context_db(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
        """Louder of the 60 ms before each `start` and after each `end` (s), dB re the active level."""
        return np.maximum(self.mean_db(start - CONTEXT, start), self.mean_db(end, end + CONTEXT))


def speech(frames: NDArray[np.void]) -> Speech:
    """Measure speech activity and active level from the frame table of a leg."""
    power = frames["level"].copy()  # side by side, and so that the frames may be let go
    tones = vetoes.tonal(frames)
    notes = music.likelihood(frames, tones)
    tonal = tones | music.by_frame(notes > vetoes.MUSIC, power.size)
    heard = power[power > np.float64(10 ** (DB_FLOOR / 10 + 2.0))]
    floor = quantile_db(heard, 0.1) if heard.size else DB_FLOOR
    del heard
    usable = _usable(power, tones)
    if not usable.size:
        nobody = np.zeros(power.size, np.bool_)
        return Speech(power, nobody, nobody, tonal, notes, None, floor)
    gate = np.percentile(usable, 95) * 10 ** (-ACTIVE_RANGE_DB / 10)
    active_db = float(to_db(usable[usable >= gate].mean(dtype=np.float64)))
    del usable
    active = (power >= gate) & ~tones
    return Speech(power, active, talk(frames, active, tones, notes), tonal, notes, active_db, floor)


def _usable(power: NDArray[np.float32], tones: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the mean squares of 20 ms that are neither a tone's nor silence."""
    out, n = np.empty(power.size // 2, np.float32), 0
    for _, _, start, stop in stretches(power.size // 2 * 2):
        part = slice(start, stop)
        pairs = power[part].astype(np.float64).reshape(-1, 2).mean(axis=1)
        pairs = pairs[~tones[part].reshape(-1, 2).any(axis=1)]
        pairs = pairs[pairs > 10 ** (SILENT_DBOV / 10)]
        out[n : n + pairs.size] = pairs
        n += pairs.size
    return out[:n]
