"""The packet grid: inferred from the edges of losses, never from edges that lie anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from callqual.detect.grid import CROSS_FADE, FRAMES_MS, TOLERANCE, Grid, infer

Times = NDArray[np.float64]
SEEDS = range(40)


def losses(
    rng: np.random.Generator, frame: float, count: int, *, jitter: float = 0.0003, shift: float = 0.0
) -> tuple[Times, Times]:
    """Starts and ends of `count` losses of one to three packets on a grid of any phase, ends moved by `shift`."""
    start = rng.uniform(0.0, frame) + np.cumsum(rng.integers(5, 60, count)) * frame
    end = start + rng.choice([1, 1, 1, 2, 3], count) * frame + shift
    return start + rng.uniform(-jitter, jitter, count), end + rng.uniform(-jitter, jitter, count)


def anywhere(rng: np.random.Generator, count: int, seconds: float = 60.0) -> tuple[Times, Times]:
    start = np.sort(rng.uniform(0.0, seconds, count))
    return start, start + rng.uniform(0.005, 0.2, count)


def off(t: Times, phase: float, frame: float) -> Times:
    """Distance from the nearest line of a grid."""
    d = (t - phase) % frame
    return np.asarray(np.minimum(d, frame - d))


def frames_found(count: int, frame: float, **options: float) -> list[float | None]:
    found = []
    for seed in SEEDS:
        grid = infer(*losses(np.random.default_rng(seed), frame, count, **options))
        found.append(None if grid is None else grid.frame)
    return found


@pytest.mark.parametrize("jitter", [0.0, 0.0003])
@pytest.mark.parametrize("ms", FRAMES_MS)
def test_the_packet_length_is_found(ms: float, jitter: float) -> None:
    """Not its multiples, which lose every other loss, nor its fractions, on which all of them lie too."""
    for count in (8, 20, 60):
        found = frames_found(count, ms / 1000, jitter=jitter)
        assert found.count(ms / 1000) >= 0.95 * len(SEEDS), (count, found)


@pytest.mark.parametrize("ms", [20.0, 30.0, 40.0, 60.0])
def test_five_losses_will_do(ms: float) -> None:
    found = frames_found(5, ms / 1000)
    assert found.count(ms / 1000) >= 0.9 * len(SEEDS), found


@pytest.mark.parametrize("ms", FRAMES_MS)
def test_the_phases_are_those_of_the_edges(ms: float, rng: np.random.Generator) -> None:
    frame = ms / 1000
    start, end = losses(rng, frame, 30, shift=0.4 * min(CROSS_FADE, frame))
    grid = infer(start, end)
    assert grid is not None
    assert np.all(off(start, grid.start_phase, frame) <= TOLERANCE)
    assert np.all(off(end, grid.end_phase, frame) <= TOLERANCE)
    assert 0.0 <= grid.start_phase < frame
    assert 0.0 <= grid.end_phase < frame


@pytest.mark.parametrize(("shift", "ms"), [(-0.005, 20.0), (0.0, 20.0), (0.005, 20.0), (0.01, 10.0)])
def test_phases_are_no_further_apart_than_a_cross_fade(shift: float, ms: float, rng: np.random.Generator) -> None:
    """A loss takes whole packets; what it shows of them is shorter by a cross-fade and no more."""
    grid = infer(*losses(rng, 0.02, 30, shift=shift))
    assert grid is not None
    assert grid.frame == ms / 1000


@pytest.mark.parametrize("count", [4, 6, 10, 30, 100])
def test_edges_that_lie_anywhere_draw_no_grid(count: int) -> None:
    found = [infer(*anywhere(np.random.default_rng(seed), count)) for seed in range(400)]
    assert sum(grid is not None for grid in found) <= 4


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_losses_draw_no_grid(count: int, rng: np.random.Generator) -> None:
    assert infer(*losses(rng, 0.02, count)) is None


def test_edges_that_lie_anywhere_among_losses_do_not_hide_the_grid() -> None:
    right = 0
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        start, end = (np.concatenate(t) for t in zip(losses(rng, 0.02, 20), anywhere(rng, 10), strict=True))
        grid = infer(start, end)
        right += grid is not None and grid.frame == 0.02
    assert right >= 0.95 * len(SEEDS)


def test_losses_of_even_packets_only_are_those_of_packets_twice_as_long(rng: np.random.Generator) -> None:
    """Nothing tells the two apart; one odd loss in five does."""
    start, end = losses(rng, 0.04, 30)
    grid = infer(start, end)
    assert grid is not None
    assert grid.frame == 0.04
    odd = np.arange(30) % 5 == 0
    grid = infer(np.where(odd, start + 0.02, start), np.where(odd, end + 0.02, end))
    assert grid is not None
    assert grid.frame == 0.02


def test_a_grid_does_not_mind_order_or_time(rng: np.random.Generator) -> None:
    start, end = losses(rng, 0.02, 25)
    one = infer(start, end)
    assert one is not None
    mixed = rng.permutation(25)
    moved = infer(start[mixed] + 3600.007, end[mixed] + 3600.007)
    assert moved is not None
    assert moved.frame == one.frame
    assert moved.log_p == pytest.approx(one.log_p, rel=1e-6)
    assert off(np.array([moved.start_phase - 3600.007]), one.start_phase, 0.02)[0] < 1e-6


def test_more_losses_are_surer(rng: np.random.Generator) -> None:
    start, end = losses(rng, 0.02, 60)
    found = [infer(start[:n], end[:n]) for n in (8, 15, 30, 60)]
    log_p = [grid.log_p for grid in found if grid is not None]
    assert len(log_p) == 4
    assert log_p == sorted(log_p, reverse=True)


def test_the_bonus_of_an_edge_on_the_grid_and_off_it() -> None:
    grid = Grid(frame=0.02, start_phase=0.003, end_phase=0.019, log_p=-50.0)
    start = np.array([0.003, 0.103 + 0.0006, 0.123 - 0.0006, 0.003, 0.013])
    end = np.array([0.019, 0.119 - 0.0006, 0.139 + 0.0006, 0.03, 0.03])
    exact = np.ones(5, np.bool_)
    both, _, _, half, none = grid.bonus(start, end, exact)
    assert grid.bonus(start, end, exact)[:3] == pytest.approx(both)
    assert both > 4.0
    assert none < -3.0
    assert half == pytest.approx((both + none) / 2)


def test_soft_edges_prove_less_on_a_line_and_little_against_it_near_one() -> None:
    grid = Grid(frame=0.02, start_phase=0.003, end_phase=0.019, log_p=-50.0)
    off = np.array([0.0, 0.0015, 0.006])
    on, near, beyond = grid.bonus(0.103 + off, 0.139 + off, np.zeros(3, np.bool_))
    sharp = grid.bonus(0.103 + off, 0.139 + off, np.ones(3, np.bool_))
    assert 4.0 < on < sharp[0]
    assert sharp[1] < -3.0 < -0.5 < near < 0.5
    assert beyond < -2.0


@pytest.mark.parametrize(
    ("found", "snapped"),
    [
        ((1.0012, 1.0585), (1.0, 1.06)),
        ((0.9980, 1.0400), (1.0, 1.04)),
        ((1.0040, 1.0600), (1.0040, 1.06)),
        ((1.0012, 1.0500), (1.0012, 1.05)),
    ],
)
def test_edges_that_lie_near_lines_belong_on_them_if_both_do(
    found: tuple[float, float], snapped: tuple[float, float]
) -> None:
    grid = Grid(frame=0.02, start_phase=0.0, end_phase=0.0, log_p=-60.0)
    assert grid.snapped(*found) == pytest.approx(snapped)
