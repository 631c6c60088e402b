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
"""Log odds that damage may gain over its prior. Up to three and a half, a third of the cuts of check voices that their shape tells were left
in doubt at 8 kHz though one join of seven was a cut; with six F1 gains 8, 5 and 3 points at 8, 16 and 48 kHz."""

RARE, MANY, RARER = 2.0, 3.5, 4.0
"""How much rarer (nats) a leg is for each nat of them, up to so many, and from there on. At two throughout, prompts that are joined from pieces could
prove themselves cut; at three, a few cuts in a short clip were left in doubt, and ratings of chopped clips were told worse (r .923 for .937)."""

SECONDS = 60.0
"""What a longer leg says is taken by the minute: else a mouth that clicks a little more than others would prove cuts by and by."""


def evidence(llr: NDArray[np.float64], prior: float, seconds: float) -> NDArray[np.float64]:
    """Return what the others of a leg say for each candidate, whose own log-likelihood ratios and log odds are `llr` and `prior`.

    It is the log odds of damage at the rate that the others suggest, less `prior`.
    """
    share = min(1.0, SECONDS / max(seconds, 1e-9))
    odds = prior + LIFTS
    total = np.array([_explained(llr, o).sum() for o in odds])
    rare = RARE * np.minimum(LIFTS, MANY) + RARER * np.maximum(LIFTS - MANY, 0.0)
    most = float(np.max(total * share - rare))
    true, false = np.zeros(llr.size), np.zeros(llr.size)
    for o, cost, of in zip(odds, rare, total, strict=True):
        weight = np.exp((of - _explained(llr, o)) * share - cost - most)
        true += weight * likely(o)
        false += weight * likely(-o)
    return np.asarray(np.log(true) - np.log(false) - prior)


def _explained(llr: NDArray[np.float64], odds: float) -> NDArray[np.float64]:
    """Log-likelihood of candidates of which a share, by `odds`, is true, against none of them."""
    return np.logaddexp(np.log(likely(-odds)), np.log(likely(odds)) + llr)
