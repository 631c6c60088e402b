"""How often a leg is damaged: many half likely candidates are true together, a few stay in doubt."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from callqual.detect.cuts import PRIOR
from callqual.detect.rates import LIFTS, RARE, evidence

Scores = NDArray[np.float64]


def scores(rng: np.random.Generator, true: int, false: int) -> Scores:
    """Log-likelihood ratios of a detector that puts three deviations between damage and none."""
    return np.concatenate((rng.normal(4.5, 3.0, true), rng.normal(-4.5, 3.0, false)))


def test_candidates_without_damage_gain_nothing() -> None:
    for seed in range(30):
        llr = scores(np.random.default_rng(seed), 0, 60)
        assert evidence(llr, PRIOR, 20.0).max() < 1.5


def test_true_ones_in_doubt_are_found_together() -> None:
    llr = scores(np.random.default_rng(1), 30, 60)
    found = llr + PRIOR + evidence(llr, PRIOR, 20.0) > 0.0
    alone = llr + PRIOR > 0.0
    assert found[:30].sum() > 1.5 * alone[:30].sum()
    assert found[30:].sum() <= 2


def test_what_the_others_say_is_what_they_are_counted_for() -> None:
    """Against the sum over all rates, written out, of a leg of a minute."""
    llr, odds = np.array([3.0, 2.0, -1.0, 6.0]), PRIOR + LIFTS
    share = 1.0 / (1.0 + np.exp(-odds))
    for i in range(4):
        others = np.delete(llr, i)
        weight = np.exp(-RARE * LIFTS) * np.prod(1.0 - share + share * np.exp(others)[:, None], axis=0)
        true, false = (weight * share).sum(), (weight * (1.0 - share)).sum()
        assert evidence(llr, PRIOR, 60.0)[i] == pytest.approx(np.log(true / false) - PRIOR)


def test_an_hour_of_the_same_says_no_more_than_a_minute() -> None:
    llr = scores(np.random.default_rng(2), 2, 60)
    minute, hour = evidence(llr, PRIOR, 60.0), evidence(np.tile(llr, 60), PRIOR, 3600.0)[: llr.size]
    assert hour == pytest.approx(minute, abs=0.5)


def test_none_is_none() -> None:
    assert evidence(np.zeros(0), PRIOR, 20.0).size == 0
