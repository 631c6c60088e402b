"""What the whole leg tells of holes that are digital silence: a noise gate and an editor make many, a room has none of its own.

A gate that shuts within a word leaves holes as steep as a loss does, now and then; what gives it away are the pauses, each of
which begins and ends in exact zeros. Most losses that are cut out of speech are beyond doubt by their shape, those of a gate hardly ever.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect.speech import Speech
from callqual.units import DB_FLOOR

MOST = -3.5
LEAST_ZERO, NO_LOSS, LOSS = 0.9, -1.0, (1.0, 3.0)
"""A hole is digital silence from so large a share of zeros; score of its shape below which it is a gate's, and from which it begins and
ceases to be doubted as a loss."""

FAINT_SECONDS = 0.02
"""Room and voice that A-law has but ±8 of 32768 for keep their sign for less than this; a gate's pauses last longer."""

LOSSES_WEIGH, FEW = 3.0, 4.0
"""How many gated pauses one sure loss outweighs, and how many prove nothing. Of voices with losses one leg in twelve has more than
eight such pauses in 20 s, of gated and edited ones each has five to twenty, and no sure loss."""

VANISHED, SHARE, QUIET_DB = 2.5, (0.15, 0.35), -25.0
"""Nats for a hole of nothing in a leg whose pauses are a room's; share of what is so much fainter than speech that is nothing itself, to which
they count in full and from which no more. Of holes that clean speech and gates have by nature, whatever their shape, one in 400 lies in a leg
of less than 0.3; of losses with a doubtful shape, as at a word's first sound, two in three."""

BY_CHANCE = 0.008
"""Fading speech and coded rooms are rounded to nothing for half of this at times; no packet is so short."""


def silent(holes: NDArray[np.void]) -> NDArray[np.bool_]:
    """Tell which :data:`~callqual.features.facts.HOLE` rows are digital silence as of a gate, and no faint sound for which A-law has one value."""
    faint = (holes["value"] != 0.0) & (holes["end"] - holes["start"] < FAINT_SECONDS)
    return np.asarray((holes["zero"] > LEAST_ZERO) & ~faint)


def evidence(silent: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Log-likelihood ratio of any hole of a leg: of all that stand beside speech, whether they are :func:`silent`, and the score of their shape."""
    gated = float(np.sum(silent & (score < NO_LOSS)))
    losses = float(np.clip((score - LOSS[0]) / (LOSS[1] - LOSS[0]), 0.0, 1.0).sum())
    return MOST * gated / (gated + LOSSES_WEIGH * losses + FEW)


def vanished(holes: NDArray[np.void], speech: Speech) -> NDArray[np.float64]:
    """Log-likelihood ratio of the holes of a leg in whose pauses one hears a room: what holds nothing at all was not there to be heard."""
    lasting = holes["end"] - holes["start"] >= BY_CHANCE
    return np.where(silent(holes) & (holes["value"] == 0.0) & lasting, from_room(*faint(speech)), 0.0)


def faint(speech: Speech) -> tuple[int, int]:
    """Count the frames of a leg that are digital silence, and all that are as faint as its pauses."""
    quiet = np.float64(10 ** (((speech.active_db or 0.0) + QUIET_DB) / 10))
    nothing = np.float64(10 ** (DB_FLOOR / 10 + 2.0))
    return int(np.count_nonzero(speech.power <= nothing)), int(np.count_nonzero(speech.power < quiet))


def from_room(nothing: NDArray[np.float64] | int, quiet: NDArray[np.float64] | int) -> NDArray[np.float64]:
    """Log-likelihood ratio of digital silence being none of a leg's own, by how many of its quiet frames are it."""
    least, most = SHARE
    return np.asarray(VANISHED * np.clip((most - nothing / np.maximum(quiet, 1)) / (most - least), 0.0, 1.0))
