"""Constants of the rating, with where each comes from.

``B`` was fitted on rated chops (silence, repeat and delete of 20-40 ms; leave-one-condition-out RMSE 0.22 MOS): events a
second at which R halves. Kinds without ratings borrow the value of the kind they sound most like; buzz is anchored to
the order in which listeners and reference-based meters place it, and widens the interval.
"""

from __future__ import annotations

R0 = 96.0
"""R of an undamaged call: MOS 4.46, near the ceiling of the scale."""

REFERENCE_SECONDS = 0.02
EXPONENT = 0.7
"""Impairment grows with (length / 20 ms)^0.7; 0.5 to 1.0 fit the rated chops alike."""

B = {
    "zero_fill": 3.7,
    "fade": 3.7,
    "noise_fill": 3.7,
    "repeat": 3.6,
    "concealed": 5.0,
    "dead_air": 3.7,
    "inserted_silence": 3.7,
    "repeat_segment": 3.6,
    "cut": 7.0,
}
"""Events of 20 ms a second at which R halves, by kind; a cut costs half of a silence."""

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
