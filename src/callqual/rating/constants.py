"""Constants of the rating, with where each comes from.

``B`` and ``CONCAVE`` were fitted on rated chops (silence, repeat and delete of 20-40 ms) with the events that callqual finds
in them, by ``python -m benchmarks.fit_rating``: the error with a condition left out stands in ``benchmarks/RESULTS.md``. Kinds
without ratings borrow the value of the kind they sound most like; buzz is anchored to the order in which listeners and
reference-based meters place it, and widens the interval.
"""

from __future__ import annotations

R0 = 100.0
"""R of an undamaged call: MOS 4.5, the end of the scale; listeners gave such clips 4.6."""

CONCAVE = 0.7
"""R = R0 / (1 + u^0.7): of 1, 0.8, 0.7 and free, this has the least error with a condition left out; the first losses cost most."""

REFERENCE_SECONDS = 0.02
EXPONENT = 0.7
"""Impairment grows with (length / 20 ms)^0.7; 0.5 to 1.0 fit the rated chops alike."""

B = {
    "zero_fill": 1.7,
    "fade": 1.7,
    "noise_fill": 1.7,
    "repeat": 1.8,
    "concealed": 2.3,
    "dead_air": 1.7,
    "inserted_silence": 1.7,
    "repeat_segment": 1.8,
    "cut": 1.8,
}
"""Detected events of 20 ms a second at which R halves, by kind (``python -m benchmarks.fit_rating``). A cut costs half of a silence, but every
second one is heard out at best: as detected, they weigh alike. Concealment has no ratings; it was given a third less."""

BUZZ_GAIN = 6.0
"""Impairment of a buzz that is always there, as loud as speech: u = gain × share × 10^(level/20 dB)."""

WINDOW_SECONDS = 8.0
WORST_WEIGHT, RECENCY_WEIGHT = 0.3, 0.1
"""The call is its mean window, drawn towards its worst and its last one."""

SIGMA_CLIP = 0.30
"""Standard error of an 8 s clip: leave-one-condition-out residual; listeners' own 95 % interval is ±0.3."""
SIGMA_MODEL = 0.22
"""Standard error that no length of recording averages out."""
SIGMA_UNRATED = 0.25
"""Added where the damage has no ratings behind it: buzz and warp."""
