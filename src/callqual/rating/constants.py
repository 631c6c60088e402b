"""Constants of the rating that were chosen, with where each comes from; what was fitted stands in :mod:`callqual.rating.fitted`.

``docs/mos.md`` shows both, written from here by ``docs/make_mos.py``.
"""

from __future__ import annotations

R0 = 100.0
"""R of an undamaged call: MOS 4.5, the end of the scale of G.107; listeners gave such clips 4.6."""

CONCAVE = 0.7
"""R = R0 / (1 + u^0.7): the first losses cost most. Of 0.5 to 1, 0.65 and 0.7 have the least error with a condition left out."""

REFERENCE_SECONDS = 0.02
"""Length of one packet, s: the unit of impairment is one such loss for each second of speech. No loss
counts for less than one: of a cut nobody knows what it took, and soft edges hide a third of a packet that was resampled."""

EXPONENT = 0.8
"""Impairment grows with (length / 20 ms)^0.8: 0.5 to 1 fit the rated chops alike (20 and 40 ms). Longer losses are extrapolated; PESQ and ViSQOL give
3.2 and 3.6 to an outage of 2 s in 20 s."""

HEARD = 0.7
"""How much of a loss of 20 ms at any place of active speech is heard, on average (tuning voices at 8, 16 and 48 kHz: 0.69 to 0.71): what losses
that nobody has found, and those that the E-model counts, are taken to weigh."""

LEAST_SPOKEN = 1.0
"""Speech, s, that a window is taken to hold at least: one loss beside half a word is not a rate."""

LOSSES = {
    "hole": ("zero_fill", "fade", "noise_fill", "inserted_silence", "dead_air"),
    "copy": ("repeat", "repeat_segment", "stuck"),
    "cut": ("cut",),
    "concealed": ("concealed",),
}
"""Kinds that take speech away, by the detector that finds them. Holes and copies weigh alike: as detected, a weight for each fits the ratings
no better and predicts a condition left out worse (r .928 for .932). Listeners rated silences, repeats and cuts; a fade, a fill of noise, a
stuck frame and dead air borrow from these."""

TONES = ("hum", "tdma", "frame_rate", "whistle")
"""Buzz that is added to the voice, by its level; its weight is that of noise in G.107, 5 dB louder for being a tone."""

COLOURS = ("robotic", "ring", "comb")
"""Buzz that the voice itself is made into."""

COLOUR = 0.2
"""Weight of a colour against a tone of the level told: blind meters place a ring modulation of 70 % at about 2.4 (NISQA, PLCMOS, P.563). A guess."""

SIGMA_COLOUR = 0.7
"""Standard error of the logarithm of that weight: a factor of two either way."""

WINDOW_SECONDS = 8.0
"""Length of a window of the profile, about: the length of the clips that listeners rated."""

WORST_WEIGHT, RECENCY_WEIGHT = 0.3, 0.1
"""The call is its mean window, drawn towards its worst tenth (one window at least) and towards its end. From the literature, not fitted."""

WORST_SHARE = 0.1
"""Share of the windows that are the worst: of a call up to 80 s the one worst."""

LEAST_TALK = 0.02
"""Share of speech from which a window is judged by itself; one with less counts where damage makes it worse than the others."""

LISTENERS = 0.155
"""Standard error of the mean of 24 listeners for one clip: their own 95 % interval is ±0.30. No interval here is narrower."""

Z = 1.96
"""Standard errors to either side that make an interval of 95 %."""
