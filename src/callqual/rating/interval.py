"""The 95 % interval of a leg's MOS: what a panel of 24 listeners would say of it.

Four errors add up as squares: of the impairment (events missed and mistaken, weights that are known roughly), of the
clip, which the length of the call averages out, of the model, and of the listeners. The first is carried through the
curve, so that it is wide where the first losses cost most, and lies below an undamaged call only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from callqual.rating import constants as c
from callqual.rating.fitted import FITTED, Fitted
from callqual.rating.impairment import DETECTOR, event_impairment, mos, rating, weight
from callqual.rating.pooling import pooled
from callqual.rating.timeline import Timeline
from callqual.result import Event


def interval(
    value: float, loads: Sequence[dict[str, float]], events: Sequence[Event], line: Timeline, fitted: Fitted = FITTED
) -> tuple[float, float]:
    """Lower and upper end for a leg of MOS `value` with the impairment by kind of its windows (`loads`)."""
    missed = c.Z * scatter(events, line, fitted)
    worse, better = (
        pooled([mos(rating(max(_moved(load, sign, missed, fitted), 0.0))) for load in loads]) for sign in (1.0, -1.0)
    )
    rest = c.Z * math.hypot(c.LISTENERS, fitted.model, fitted.clip / math.sqrt(max(len(loads), 1)))
    low, high = (
        value - math.hypot(value - min(worse, value), rest),
        value + math.hypot(max(better, value) - value, rest),
    )
    return max(low, 1.0), min(high, 5.0)


def scatter(events: Sequence[Event], line: Timeline, fitted: Fitted = FITTED) -> float:
    """Standard error of a call's impairment by what the detectors miss and mistake.

    Of n losses found with recall r some (n + 1/2)(1 - r) more or fewer are not, each of one packet; an event of confidence p is there with
    variance p (1 - p).
    """
    spoken, seconds = max(sum(line.spoken), c.LEAST_SPOKEN), line.width * len(line.spans)
    variance, count = 0.0, dict.fromkeys(c.LOSSES, 0)
    for event in events:
        p = min(max(event.confidence, 0.0), 1.0)
        variance += event_impairment(event, spoken, seconds, fitted) ** 2 * p * (1.0 - p)
        if event.kind in DETECTOR:
            count[DETECTOR[event.kind]] += 1
    for detector, n in count.items():
        each = c.HEARD * weight(c.LOSSES[detector][0], fitted) / spoken
        variance += each**2 * (n + 0.5) * (1.0 - fitted.recall[detector])
    return math.sqrt(variance)


def _moved(load: dict[str, float], sign: float, missed: float, fitted: Fitted) -> float:
    """Impairment of a window at one end of its interval: weights err by a factor, what was missed by a sum."""
    u = sum(load.values())
    factor = math.exp(sign * c.Z * _unsure(load, fitted) / u) if u else 1.0
    return u + sign * math.hypot(u * (factor - 1.0), missed)


def _unsure(load: dict[str, float], fitted: Fitted) -> float:
    """Standard error of a window's impairment by the weights: kinds that share one err together."""
    losses, cuts, concealed, buzz, colours = (
        sum(load.get(kind, 0.0) for kind in kinds)
        for kinds in (DETECTOR, c.LOSSES["cut"], c.LOSSES["concealed"], (*c.TONES, *c.COLOURS), c.COLOURS)
    )
    return math.hypot(
        fitted.log_sigma_b * losses,
        fitted.log_sigma_cut * cuts,
        fitted.log_sigma_concealed * concealed,
        fitted.log_sigma_tone * buzz,
        c.SIGMA_COLOUR * colours,
    )
