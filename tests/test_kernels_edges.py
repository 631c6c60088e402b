"""The kernels of edges, pairs and runs against their oracles, jitted and as plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import naive
from callqual.kernels.edges import find_edges, find_runs, pair_edges, pair_even
from callqual.kernels.energies import bend, sum_squares

W, RATIO, GATE, FLOOR = 4, 10**-0.9, 0.5, 1e-4

stretch = st.tuples(st.integers(0, 9), st.sampled_from([0, 0, 1, 3, 20, 100]), st.integers(0, 2**16))


def built(stretches: list[tuple[int, int, int]]) -> NDArray[np.float32]:
    """Stretches of noise of whole numbers, each of its own length and loudness."""
    parts = [np.random.default_rng(seed).integers(-top, top, n, endpoint=True) for n, top, seed in stretches]
    return np.concatenate([np.zeros(0), *parts]).astype(np.float32)


signals = st.lists(stretch, max_size=12).map(built)


def edges(run: Callable[..., Any], x: NDArray[np.float32], room: int = 64) -> tuple[list[Any], list[Any]]:
    at = [np.zeros(room, np.int64) for _ in range(2)]
    ratio = [np.zeros(room) for _ in range(2)]
    count = np.zeros(2, np.int64)
    run(naive.prefix(x), W, W, x.size - W, RATIO, GATE, GATE * FLOOR, at[0], ratio[0], at[1], ratio[1], count)
    falls, rises = (
        list(zip(a[:n].tolist(), r[:n].tolist(), strict=True)) for a, r, n in zip(at, ratio, count, strict=True)
    )
    return falls, rises


def paired(
    run: Callable[..., Any], x: NDArray[np.float32], falls: list[int], rises: list[int], room: int = 256
) -> list[Any]:
    start, end = np.zeros(room, np.int64), np.zeros(room, np.int64)
    n = run(naive.prefix(x), W, 3, 20, 0.25, np.array(falls, np.int64), np.array(rises, np.int64), start, end)
    return list(zip(start[:n].tolist(), end[:n].tolist(), strict=True))


def found_runs(run: Callable[..., Any], blocks: list[NDArray[np.float32]], shortest: int) -> list[tuple[int, int]]:
    """Every run of a signal that comes in blocks, the last of them included."""
    out, read, last, still = [], 0, np.float32(0.0), np.zeros(1, np.int64)
    start, end = np.zeros(64, np.int64), np.zeros(64, np.int64)
    for x in blocks:
        n = run(x, last, int(still[0]), shortest, start, end, still)
        out += [(read + int(a), read + int(b)) for a, b in zip(start[:n], end[:n], strict=True)]
        read, last = read + x.size, x[-1]
    return [*out, (read - int(still[0]), read)] if still[0] >= shortest else out


@pytest.mark.parametrize("run", naive.ways(find_edges), ids=["jit", "plain"])
@given(x=signals)
def test_edges_are_where_the_energy_jumps(run: Callable[..., Any], x: NDArray[np.float32]) -> None:
    assert edges(run, x) == naive.edges(x, W, W, x.size - W, RATIO, GATE, GATE * FLOOR)


@pytest.mark.parametrize("run", naive.ways(find_edges), ids=["jit", "plain"])
def test_a_hole_of_zeros_begins_and_ends_at_its_first_and_last_sample(run: Callable[..., Any]) -> None:
    x = np.full(60, 100.0, np.float32)
    x[20:37] = 0.0
    ((fall, _),), ((rise, _),) = edges(run, x)
    assert (fall, rise) == (20, 37)


@pytest.mark.parametrize("run", naive.ways(find_edges), ids=["jit", "plain"])
@pytest.mark.parametrize(
    "x", [np.zeros(40), np.full(40, 7.0), np.ones(1), np.zeros(0), np.ones(2 * W), np.ones(2 * W + 1)]
)
def test_nothing_changes_nothing_is_found(run: Callable[..., Any], x: NDArray[Any]) -> None:
    assert edges(run, x.astype(np.float32)) == ([], [])


@pytest.mark.parametrize("run", naive.ways(find_edges), ids=["jit", "plain"])
def test_more_edges_than_room_are_left_out(run: Callable[..., Any]) -> None:
    x = np.tile(np.repeat([100.0, 0.0], 12), 10).astype(np.float32)
    falls, rises = edges(run, x)
    assert len(falls) == 10
    assert edges(run, x, room=3) == (falls[:3], rises[:3])


@pytest.mark.parametrize("run", naive.ways(pair_edges), ids=["jit", "plain"])
@given(x=signals)
def test_pairs_are_all_falls_and_rises_with_quiet_between(run: Callable[..., Any], x: NDArray[np.float32]) -> None:
    falls, rises = ([n for n, _ in found] for found in naive.edges(x, W, W, x.size - W, RATIO, GATE, GATE * FLOOR))
    assert paired(run, x, falls, rises) == naive.pairs(x, W, 3, 20, 0.25, falls, rises)


@pytest.mark.parametrize("run", naive.ways(pair_edges), ids=["jit", "plain"])
@given(x=st.lists(st.integers(-9, 9), min_size=30, max_size=60), data=st.data())
def test_pairs_of_any_places(run: Callable[..., Any], x: list[int], data: st.DataObject) -> None:
    """Edges need not be where the energy jumps."""
    places = st.lists(st.integers(W, len(x) - W), unique=True, max_size=8).map(sorted)
    falls, rises = data.draw(places), data.draw(places)
    y = np.array(x, np.float32)
    assert paired(run, y, falls, rises) == naive.pairs(y, W, 3, 20, 0.25, falls, rises)


@pytest.mark.parametrize("run", naive.ways(pair_edges), ids=["jit", "plain"])
def test_a_hole_is_paired_and_a_noisy_one_is_not(run: Callable[..., Any]) -> None:
    x = np.full(60, 100.0, np.float32)
    x[20:37] = 0.0
    assert paired(run, x, [20], [37]) == [(20, 37)]
    x[26:30] = 90.0
    assert paired(run, x, [20], [37]) == []


@pytest.mark.parametrize("run", naive.ways(find_runs), ids=["jit", "plain"])
@given(
    x=st.lists(st.tuples(st.sampled_from([0.0, -0.0, 0.5, 1.0]), st.integers(1, 9)), min_size=1, max_size=14),
    sizes=st.lists(st.integers(1, 12), min_size=1),
    shortest=st.integers(2, 6),
)
def test_runs_are_the_same_in_any_blocks(
    run: Callable[..., Any], x: list[tuple[float, int]], sizes: list[int], shortest: int
) -> None:
    signal = np.repeat([v for v, _ in x], [n for _, n in x]).astype(np.float32)
    cuts = np.cumsum(sizes * (signal.size // sum(sizes) + 1))
    blocks = np.split(signal, cuts[cuts < signal.size])
    assert found_runs(run, blocks, shortest) == naive.runs(signal, shortest)


@pytest.mark.parametrize("run", naive.ways(find_runs), ids=["jit", "plain"])
@pytest.mark.parametrize(
    ("x", "found"),
    [
        ([5], []),
        ([0] * 3, []),
        ([0] * 4, [(0, 4)]),
        ([0] * 5, [(0, 5)]),
        ([1, 2, 1, 2, 1], []),
        ([1, *[0] * 4, 1], [(1, 5)]),
    ],
)
def test_runs_around_the_shortest(run: Callable[..., Any], x: list[int], found: list[tuple[int, int]]) -> None:
    assert found_runs(run, [np.array(x, np.float32)], 4) == found


@pytest.mark.parametrize("kernel", [find_edges, pair_edges, find_runs], ids=["find_edges", "pair_edges", "find_runs"])
def test_one_specialisation(kernel: Any) -> None:
    x = np.full(60, 100.0, np.float32)
    edges(find_edges, x)
    paired(pair_edges, x, [20], [37])
    found_runs(find_runs, [x], 4)
    assert naive.specialisations(kernel) == 1


rising = st.lists(st.integers(110, 190), max_size=6).map(sorted)


@pytest.mark.parametrize("run", naive.ways(pair_even), ids=["jit", "plain"])
@given(level=st.tuples(rising, rising), bright=st.tuples(rising, rising), near=st.integers(0, 9))
def test_even_noise_is_all_that_lies_between_edges(
    run: Callable[..., Any], level: tuple[list[int], ...], bright: tuple[list[int], ...], near: int
) -> None:
    """Edges of brightness near one of level are not counted; what is uneven ends a stretch."""
    rows = [np.array(row, np.int64) for row in (*level, *bright)]
    first = sorted([*level[0], *level[1]])
    at = sorted(first + [b for b in (*bright[0], *bright[1]) if all(abs(b - a) > near for a in first)])
    x = np.ones(110)
    start, end = np.zeros(512, np.int64), np.zeros(512, np.int64)
    n = run(naive.prefix(x), 6, 8, 40, 2.0, 0.0, *rows, near, 100, start, end)
    found = list(zip(start[:n].tolist(), end[:n].tolist(), strict=True))
    pairs = [(a - 100, b - 100) for i, a in enumerate(at) for b in at[i + 1 :] if 8 <= b - a <= 40]
    assert found == pairs
    x[45:55] = 9.0
    n = run(naive.prefix(x), 6, 8, 40, 2.0, 0.0, *rows, near, 100, start, end)
    found = list(zip(start[:n].tolist(), end[:n].tolist(), strict=True))
    assert set(found) <= set(pairs)
    assert not [pair for pair in found if pair[0] < 38 and pair[1] > 62]


@pytest.mark.parametrize("run", naive.ways(sum_squares), ids=["jit", "plain"])
@given(seed=st.integers(0, 2**32), n=st.integers(0, 50))
def test_sums_of_squares_are_those_of_a_running_sum(run: Callable[..., Any], seed: int, n: int) -> None:
    x = np.random.default_rng(seed).normal(size=n).astype(np.float32)
    p = np.empty(n + 1)
    run(x, p)
    np.testing.assert_allclose(p, naive.prefix(x), rtol=1e-14)  # four are summed at a time


@pytest.mark.parametrize("run", naive.ways(bend), ids=["jit", "plain"])
@given(seed=st.integers(0, 2**32), n=st.integers(2, 50))
def test_the_second_difference_is_nothing_at_the_ends(run: Callable[..., Any], seed: int, n: int) -> None:
    x = np.random.default_rng(seed).normal(size=n).astype(np.float32)
    d = np.full(n, np.nan, np.float32)
    run(x, d)
    np.testing.assert_allclose(d[1:-1], np.diff(x, 2), atol=1e-5)
    assert d[0] == d[-1] == 0.0
