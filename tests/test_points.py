"""The packet grid of cuts: drawn by doubtful joins that share it, never by joins that lie anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from callqual.detect.grid import FRAMES_MS, Grid
from callqual.detect.points import LINE_SAMPLES, PRIOR, Points, infer

SR = 16000
SEEDS = range(30)
Times = NDArray[np.float64]


def joins(rng: np.random.Generator, frame: float, count: int, clicks: int, log_odds: float) -> tuple[Times, Times]:
    """Return times and log odds of `count` cuts of whole packets, told up to three samples late, among `clicks` of a mouth."""
    cuts = rng.uniform(0.0, frame) + np.cumsum(rng.integers(5, 60, count)) * frame + rng.integers(0, 4, count) / SR
    at = np.concatenate((cuts, rng.uniform(0.0, 30.0, clicks)))
    alone = np.concatenate((rng.normal(log_odds, 1.0, count), rng.normal(-6.0, 1.0, clicks)))
    order = np.argsort(at)
    return at[order], alone[order]


@pytest.mark.parametrize("ms", FRAMES_MS)
def test_cuts_in_doubt_draw_their_grid_together(ms: float) -> None:
    """Not one of them would stand alone: each is less likely than not."""
    found = [infer(*joins(np.random.default_rng(seed), ms / 1000, 12, 40, -1.0), SR) for seed in SEEDS]
    assert sum(p is not None and p.frame == ms / 1000 for p in found) >= 0.9 * len(SEEDS)


@given(
    seed=st.integers(0, 2**32 - 1), count=st.integers(0, 200), middle=st.floats(-8.0, 3.0), spread=st.floats(0.0, 4.0)
)
def test_joins_that_lie_anywhere_bring_no_more_than_one_by_chance(
    seed: int, count: int, middle: float, spread: float
) -> None:
    """However likely each is: the bets are fair. One leg in exp(12) may pass what is asked here."""
    rng = np.random.default_rng(seed)
    at, alone = np.sort(rng.uniform(0.0, 60.0, count)), rng.normal(middle, spread, count)
    found = infer(at, alone, SR)
    assert found is None or found.odds - PRIOR < 12.0


def test_a_grid_by_chance_is_as_rare_as_its_prior_says() -> None:
    rng = np.random.default_rng(7)
    legs = [(rng.uniform(0.0, 60.0, 40), rng.normal(0.0, 2.0, 40)) for _ in range(1000)]
    assert sum(infer(at, alone, SR) is not None for at, alone in legs) < 1000 * np.exp(PRIOR)


def test_what_lies_on_the_grid_gains_and_what_lies_off_it_loses() -> None:
    found = infer(*joins(np.random.default_rng(1), 0.02, 20, 40, 1.0), SR)
    assert found is not None
    assert found.odds > 5.0
    line = found.phase + 0.02 * np.arange(5, 50) + 0.5 * found.width
    assert np.all(found.evidence(line) > 3.0)
    assert np.all(found.evidence(line + 0.007) < -1.0)
    doubted = Points(found.frame, found.phase, found.width, 0.1)
    assert np.all(doubted.evidence(line) < found.evidence(line))
    assert np.all(doubted.evidence(line + 0.007) > found.evidence(line + 0.007))


def test_a_grid_does_not_mind_order_or_time() -> None:
    at, alone = joins(np.random.default_rng(2), 0.02, 15, 30, 0.0)
    mixed = np.random.default_rng(3).permutation(at.size)
    one, moved = infer(at, alone, SR), infer(at[mixed] + 3600.0, alone[mixed], SR)
    assert one is not None
    assert moved is not None
    assert moved.frame == one.frame
    assert moved.odds == pytest.approx(one.odds, rel=1e-3)


def test_two_cuts_that_keep_to_the_grid_of_the_gaps_are_on_it() -> None:
    at, alone = np.array([1.003, 2.5432, 4.1]), np.array([-1.0, -1.0, -6.0])
    gaps = Grid(frame=0.02, start_phase=0.003, end_phase=0.003, log_p=-80.0)
    assert infer(at, alone, SR) is None
    found = infer(at, alone, SR, gaps)
    assert found is not None
    assert found.frame == 0.02
    assert found.width == LINE_SAMPLES / SR
    assert found.evidence(at)[0] > 3.0
    assert np.all(found.evidence(at)[1:] < 0.0)
    assert infer(at + 0.009, alone, SR, gaps) is None


def test_no_joins_draw_no_grid() -> None:
    assert infer(np.zeros(0), np.zeros(0), SR) is None
