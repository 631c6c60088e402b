"""Whether anybody talks: what is left of a leg's activity without tones, music, and noise or hum that only goes on.

The level of speech moves by syllables: over eight seconds, whatever the codec or the noise behind it, it spreads by 5 dB or more from
frame to frame, and what stands 40 ms apart is alike. Noise does not spread, or has no memory; hum does neither.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect import music
from callqual.detect.levels import to_db

BESIDE = 3
"""Frames at either side of a tone that are its edges."""

SYLLABLE, MEMORY = 16, 4
"""Frames of a syllable, and frames after which a talker's level is still much the same."""

STILL_DB = 1.2
"""Spread of the syllables: below 0.4 dB in white noise and hum, also coded or switched on and off; above 1.8 dB in speech."""

SPREAD_DB, ALIKE = 3.4, 0.45
"""Spread and correlation of the frames: pink and brown noise have less of both, speech 5 dB under noise has more of one."""

NOTES = 5.3
"""Likelihood of music (nats) that no speech reaches: 0.8 at 10 dB of noise, 4.5 at 0 dB, 5.2 over a buzz 6 dB below it."""

FEWEST = 30


def talk(
    frames: NDArray[np.void], active: NDArray[np.bool_], tones: NDArray[np.bool_], notes: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell which `active` frames may be talk; windows as in :mod:`callqual.detect.music`, legs below 2 s are not judged.

    `notes` are the likelihoods of music, one for each 4 s.
    """
    left = active & ~_near(tones, BESIDE)
    spans = music.windows(left.size)
    if not spans:
        return left
    spans[-1] = (spans[-1][0], left.size)
    heard = np.zeros(left.size, np.bool_)
    for a, b in spans:
        part = slice(a, b)
        unlike = music.by_frame(notes[a // music.STEP_FRAMES :] < NOTES, b - a)
        heard[part] |= left[part] & unlike & _speaks(frames["level"][part], left[part])
    return heard


def _speaks(level: NDArray[np.float32], active: NDArray[np.bool_]) -> bool:
    """Tell whether a window is more than a level that only goes on; yes, where little is heard."""
    return bool(active.sum() < FEWEST) or _restless(level.astype(np.float64), active)


def _restless(power: NDArray[np.float64], active: NDArray[np.bool_]) -> bool:
    if _spread(power, active, SYLLABLE) < STILL_DB:
        return False
    if _spread(power, active, 2) > SPREAD_DB:
        return True
    level_db, both = to_db(power), active[:-MEMORY] & active[MEMORY:]
    before, after = level_db[:-MEMORY][both], level_db[MEMORY:][both]
    before, after = before - before.mean(), after - after.mean()
    most = float(np.sqrt((before @ before) * (after @ after)))
    return most > 0.0 and float(before @ after) > ALIKE * most


def _spread(power: NDArray[np.float64], active: NDArray[np.bool_], width: int) -> float:
    """Return the standard deviation (dB) of the mean of the active frames of each `width`, a quarter of which are active."""
    n = power.size // width * width
    inside = active[:n].reshape(-1, width)
    count = inside.sum(axis=1)
    full = count >= max(width // 4, 1)
    if full.sum() < 2:
        return 0.0
    mean = np.where(inside, power[:n].reshape(-1, width), 0.0).sum(axis=1)[full] / count[full]
    return float(np.std(10.0 * np.log10(mean)))


def _near(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Return `mask` with `reach` more frames at either side."""
    out = mask.copy()
    for k in range(1, reach + 1):
        out[k:] |= mask[:-k]
        out[:-k] |= mask[k:]
    return out
