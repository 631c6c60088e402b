"""How audible a loss is: what it took was about as loud as what stands before and after it."""

from __future__ import annotations

import numpy as np

from callqual.detect.speech import Speech
from callqual.features.facts import HOP

LEAST, MOST = 2, 50
"""Frames to either side that tell what was lost between them: as many as the loss lasts, but no fewer and no more than these."""

TAKING = ("zero_fill", "fade", "noise_fill", "inserted_silence", "repeat", "repeat_segment", "stuck", "concealed")
"""What is heard by the speech that it takes. A cut is heard by its jump, and an outage by its length, however loud the speech beside them is."""


def lost_db(start: float, end: float, speech: Speech) -> float:
    """Level of what is lost from `start` to `end` (s), dB re active speech: the mean amplitude of the frames to either side.

    Of 20 ms at a loud vowel people hear more than of as much at its onset: the louder side alone tells the ratings of chopped clips
    apart less well (r .926 for .932), its 60 ms worse still (.909).
    """
    first, last = int(np.floor(start / HOP + 1e-6)), int(np.ceil(end / HOP - 1e-6))
    n = min(max(last - first, LEAST), MOST)
    sides = speech.power[max(first - n, 0) : max(first, 0)], speech.power[last : last + n]
    amplitude = sum(float(np.sqrt(side).mean()) if side.size else 0.0 for side in sides) / len(sides)
    return float(20.0 * np.log10(amplitude + 1e-9)) - (speech.active_db or 0.0)


def audibility(level_db: float) -> float:
    """How much of a loss is heard, 0..1, by the level of what it took: as its amplitude, and all of it from active speech on."""
    return min(float(10.0 ** (level_db / 20.0)), 1.0)
