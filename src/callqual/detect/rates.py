"""How often a leg is damaged, told by all its candidates at once: where many are half likely, most of them are true.

Each rate that may be is as likely as it explains all scores together: the few high ones of a leg without damage, the many
middling ones of a leg with much. :class:`callqual.detect.company.Company` counts what is nearly sure; this is for damage
that hardly ever is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect.company import likely

LIFTS = np.arange(0.0, 6.1, 0.5)
"""Log odds that damage may gain over its prior: those of the commonest are one join in two. With three and a half, cuts of check voices have 5 to 8
points of F1 less; while ticks of a bad contact were told for cuts, six cost two false alarms a minute of a crackling voice."""

RARE = 2.0
"""How much rarer (nats) a leg is for each nat of them."""

SECONDS = 60.0
"""What a longer leg says is taken by the minute: else a mouth that clicks a little more than others would prove cuts by and by."""


def evidence(llr: NDArray[np.float64], prior: float, seconds: float) -> NDArray[np.float64]:
    """Return what the others of a leg say for each candidate, whose own log-likelihood ratios and log odds are `llr` and `prior`.

    It is the log odds of damage at the rate that the others suggest, less `prior`.
    """
    share = min(1.0, SECONDS / max(seconds, 1e-9))
    odds = prior + LIFTS
    total = np.array([_explained(llr, o).sum() for o in odds])
    most = float(np.max(total * share - RARE * LIFTS))
    true, false = np.zeros(llr.size), np.zeros(llr.size)
    for o, lift, of in zip(odds, LIFTS, total, strict=True):
        weight = np.exp((of - _explained(llr, o)) * share - RARE * lift - most)
        true += weight * likely(o)
        false += weight * likely(-o)
    return np.asarray(np.log(true) - np.log(false) - prior)


def _explained(llr: NDArray[np.float64], odds: float) -> NDArray[np.float64]:
    """Log-likelihood of candidates of which a share, by `odds`, is true, against none of them."""
    return np.logaddexp(np.log(likely(-odds)), np.log(likely(odds)) + llr)
