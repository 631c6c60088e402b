"""The beat of a codec's frames: kernels against slow oracles, the same however blocks come, and what is made of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import callqual
from callqual.detect import beats
from callqual.detect.candidates import Candidate
from callqual.detect.decide import surest
from callqual.detect.speech import Speech
from callqual.features.beats import (
    BANDS,
    BINS,
    CELL,
    FIRST_BIN,
    FLOOR,
    MOST,
    PHASES,
    RATE,
    REACH,
    STEP_CELLS,
    WIDTH,
    WINDOW,
    BeatReader,
    waves,
    weights,
)  # fmt: skip
from callqual.features.facts import BEAT, BEAT_STEP
from callqual.features.scanner import Scanner
from callqual.kernels.beats import NOWHERE, follow_beat, measure_cells, tell_borders
from coded import made
from naive import ways
from talker import talk

Run = Callable[..., Any]


def both(kernel: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("run", ways(kernel), ids=["jit", "plain"])


def noise(n: int, seed: int = 0) -> NDArray[np.float32]:
    """Noise that changes its loudness every 20 ms, as if a decoder had."""
    rng = np.random.default_rng(seed)
    loud = np.repeat(10 ** rng.uniform(-2.0, 0.0, n // 320 + 1), 320)[:n]
    return (0.1 * loud * rng.standard_normal(n)).astype(np.float32)


@both(measure_cells)
def test_a_cell_has_the_power_of_its_bands(run: Run) -> None:
    x, count = noise(1200, 3), 30
    levels, power = np.zeros(BANDS * count, np.float32), np.zeros(count, np.float32)
    run(x, CELL, waves(), FLOOR, levels, power)
    window = np.hanning(WINDOW + 2)[1:-1]
    for n in range(count):
        spectrum = np.abs(np.fft.rfft(window * x[n * CELL : n * CELL + WINDOW].astype(np.float64))) ** 2
        bands = (
            4.0
            / (WINDOW * np.sum(window**2))
            * spectrum[FIRST_BIN : FIRST_BIN + 2 * BINS : 2].reshape(-1, 2).sum(axis=1)
        )
        assert levels[BANDS * n : BANDS * (n + 1)] == pytest.approx(np.log(bands + FLOOR), abs=1e-3)
        assert power[n] == pytest.approx(bands.sum(), rel=1e-3)


@both(tell_borders)
@pytest.mark.parametrize("steps", [1, 2])
def test_a_border_is_told_by_the_layer_from_the_cells_round_it(run: Run, steps: int) -> None:
    rng = np.random.default_rng(steps)
    count = STEP_CELLS * steps + 2 * REACH - 1
    levels = rng.standard_normal(BANDS * count).astype(np.float32)
    power, gate = rng.random(count).astype(np.float32), 0.5
    told = np.zeros((steps, PHASES), np.float32)
    run(levels, power, REACH, gate, weights(), MOST, told)
    w = weights().astype(np.float64)
    first, bias = w[: 12 * REACH * WIDTH].reshape(-1, WIDTH), w[12 * REACH * WIDTH :][:WIDTH]
    last, offset = w[-WIDTH - 1 : -1], w[-1]
    slow = np.zeros((steps, PHASES))
    silent = 0
    for i in range(STEP_CELLS * steps):
        if power[i : i + 2 * REACH].mean(dtype=np.float64) <= gate:
            silent += 1
            continue
        seen = levels[BANDS * i : BANDS * (i + 2 * REACH)]
        slow[i // STEP_CELLS, i % PHASES] += np.clip(np.maximum(seen @ first + bias, 0.0) @ last + offset, -MOST, MOST)
    assert 0 < silent < STEP_CELLS * steps
    assert told == pytest.approx(slow, abs=1e-3)


def worth(path: tuple[int, ...], told: NDArray[np.float32], odds: tuple[float, ...]) -> float:
    """The score of a path of phases, before which there was no beat."""
    stay, drift, leave, enter = odds
    total = 0.0
    for before, p, row in zip((NOWHERE, *path), path, told, strict=False):
        if p == NOWHERE:
            total += 0.0 if before == NOWHERE else leave
        else:
            moved = {0: stay, 1: drift, PHASES - 1: drift}.get((p - before) % PHASES, -np.inf)
            total += float(row[p]) + (enter if before == NOWHERE else moved)
    return total


@both(follow_beat)
@given(rows=st.lists(st.lists(st.integers(-60, 60), min_size=PHASES, max_size=PHASES), min_size=1, max_size=3))
@settings(max_examples=25, deadline=None)
def test_no_other_path_is_likelier(run: Run, rows: list[list[int]]) -> None:
    told, odds = np.array(rows, np.float32) / 10, (-0.1, -2.0, -1.0, -3.0)
    path = np.zeros(len(told), np.int8)
    run(told, *odds, path)
    best = max(worth(p, told, odds) for p in itertools.product(range(NOWHERE + 1), repeat=len(told)))
    assert worth(tuple(path.tolist()), told, odds) == pytest.approx(best, abs=1e-6)


@given(cuts=st.lists(st.integers(0, 30000), max_size=6))
@settings(max_examples=10, deadline=None)
def test_it_is_the_same_however_samples_come(cuts: list[int]) -> None:
    x = noise(30000, 1)
    whole = BeatReader(RATE).push(x, 1e-8)
    reader, edges = BeatReader(RATE), sorted({0, x.size, *cuts})
    pieces = np.concatenate([reader.push(x[a:b], 1e-8) for a, b in itertools.pairwise(edges)])
    assert whole.size == 18
    assert whole["llr"].any()
    assert np.array_equal(pieces, whole)


def test_below_four_kilohertz_there_is_no_beat() -> None:
    assert BeatReader(8000).push(noise(30000), 1e-8).size == 0


STEPS = 200


def voice(talking: slice = slice(None)) -> Speech:
    power = np.full(10 * STEPS, 1e-7, np.float32)
    power[10 * talking.start if talking.start else 0 : 10 * talking.stop if talking.stop else None] = 0.01
    active = power > 1e-5
    return Speech(power, active, active, np.zeros(power.size, bool), np.full(10 * STEPS, -5.0), -20.0, -80.0)


def heard(*phases: tuple[int, int, int], others: float = -0.0625) -> NDArray[np.void]:
    """A leg that speaks for a phase from one step to another, and says of the rest what it says of the `others`."""
    rows = np.zeros(STEPS, BEAT)
    rows["llr"] = round(others / BEAT_STEP)
    for start, stop, phase in phases:
        rows["llr"][start:stop, phase] = round(0.5 / BEAT_STEP)
    return rows


def warp(start: float, end: float, llr: float = -1.0) -> Candidate:
    return Candidate("jitter", "time_warp", start, end, {"warp": llr})


def found(rows: NDArray[np.void], speech: Speech | None = None) -> list[tuple[float, float]]:
    return [(round(c.start, 6), round(c.end, 6)) for c in beats.follow(rows, speech or voice()).lost if c.llr > 0.0]


def test_a_beat_that_goes_on_speaks_at_each_step() -> None:
    kept, lost = beats.follow(heard((0, 80, 4)), voice())
    assert np.all(kept[:80] > 0.2)
    assert np.all(kept[80:] == 0.0)
    assert len(lost) == 1


def test_where_the_beat_is_lost_time_was_warped() -> None:
    assert found(heard((0, 80, 4))) == [(8.0, 20.0)]
    assert found(heard((90, STEPS, 4))) == [(0.0, 9.0)]
    assert found(heard((0, STEPS, 4))) == []


def test_a_beat_that_goes_on_at_another_phase_was_moved() -> None:
    assert found(heard((0, 80, 4), (110, STEPS, 8))) == [(8.0, 11.0)]


def test_a_beat_that_comes_back_may_have_been_masked() -> None:
    assert found(heard((0, 70, 4), (100, STEPS, 4))) == []
    assert found(heard((0, 70, 4), (100, STEPS, 8))) == [(7.0, 10.0)]
    assert found(heard((0, 40, 4), (160, STEPS, 4))) == [(4.0, 16.0)]


def test_one_cycle_moves_the_beat_and_is_not_much() -> None:
    assert found(heard((0, 100, 4), (100, STEPS, 8))) == []
    assert found(heard((0, 12, 4), (12, STEPS, 8))) == []


def test_a_beat_is_not_missed_in_a_strange_voice() -> None:
    assert found(heard((0, 80, 4))) != []
    assert found(heard((0, 80, 4), others=-0.25)) == []


def test_clocks_may_differ() -> None:
    assert found(heard((0, 70, 9), (70, 140, 0), (140, STEPS, 1))) == []


def test_where_nobody_talks_no_beat_is_missed() -> None:
    assert found(heard((0, 80, 4)), voice(slice(0, 80))) == []
    assert found(heard((0, 80, 4)), voice(slice(0, 85))) == []


def test_a_weak_beat_says_nothing() -> None:
    assert not beats.follow(heard((0, 15, 4)), voice()).kept.any()
    assert found(np.zeros(0, BEAT)) == []


def test_the_surer_of_two_tells_of_the_same_time() -> None:
    lost = beats.follow(heard((0, 80, 4)), voice()).lost
    sure, unsure = warp(12.0, 15.0, llr=20.0), warp(12.0, 15.0, llr=-1.0)
    assert surest([sure, *lost]) == [sure]
    assert surest([unsure, *lost]) == lost


def stretches(x: NDArray[np.float32]) -> list[tuple[float, float]]:
    """The seconds over which a leg keeps its beat."""
    scanner = Scanner(RATE)
    for at in range(0, x.size, scanner.block):
        scanner.push(x[at : at + scanner.block], last=at + scanner.block >= x.size)
    told = scanner.facts.beats.all()["llr"] * np.float32(BEAT_STEP)
    found, _ = beats.runs(told - told.mean(axis=1, keepdims=True), told.any(axis=1))
    return [(run["start"] * beats.STEP, run["end"] * beats.STEP) for run in found if run["llr"] > beats.SURE]


def test_a_receiver_that_catches_up_loses_the_beat_of_its_codec() -> None:
    made("opus")
    x = talk(RATE, 24.0, seed=2).astype(np.float32) / np.float32(32768)
    coded: dict[str, Any] = {"codec": "opus", "codec_options": {"bitrate": 24000}, "seed": 1}
    assert stretches(x) == []
    ((start, end),) = stretches(callqual.simulate(x, RATE, **coded).samples)
    assert start < 1.0
    assert end > 23.0
    caught_up = callqual.simulate(x, RATE, **coded, playout="adaptive", spikes=9.0, spike_ms=1500.0)
    warped = [t["start"] for t in caught_up.truth if t["kind"] == "time_warp"]
    ((start, end),) = stretches(caught_up.samples)
    assert start < 1.0
    assert end < warped[0] + 1.0
