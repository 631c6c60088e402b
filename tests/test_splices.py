"""Splices and joins: kernels against slow oracles, cuts found in a synthetic voice, none where nothing was cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import solve_toeplitz

import callqual
from callqual.features.scanner import Scanner
from callqual.kernels import joins, splices
from talker import talk

BOTH = ["jit", "python"]
SR = 48000


def coloured(n: int, seed: int) -> np.ndarray:
    """Noise with two resonances."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n + 50)
    for k in range(2, x.size):
        x[k] += 1.6 * x[k - 1] - 0.8 * x[k - 2]
    return (0.01 * x[50:]).astype(np.float32)


def predictor(y: np.ndarray, order: int, lift: float) -> np.ndarray:
    r = np.array([np.dot(y[: y.size - k], y[k:]) for k in range(order + 1)])
    r[0] = r[0] * (1 + lift) + 1e-15
    return np.concatenate([[1.0], solve_toeplitz(r[:-1], -r[1:])])


APART = [splices.set_frames_apart, getattr(splices.set_frames_apart, "py_func", splices.set_frames_apart)]


@pytest.mark.parametrize("kernel", APART, ids=BOTH)
@given(seed=st.integers(0, 1000), order=st.integers(2, 16))
@settings(max_examples=4)
def test_two_sides_apart_agree_with_solved_normal_equations(kernel, seed, order):
    """What follows a sample by a predictor that knows what stands before, less what it is by its covariance alone."""
    hop, w, pad = 60, 80, 120
    x = coloured(2 * pad + 3 * hop, seed)
    x[200:] = x[200:][::-1].copy()  # a join
    window = np.sqrt(np.hanning(w + 2)[1:-1])
    rest = np.zeros(3 * hop, np.float32)
    kernel(x, pad, 3, hop, window, order, 25, 0.0, rest)
    for f in range(3):
        at = pad + f * hop
        y = window * x[at - (w - hop) // 2 : at - (w - hop) // 2 + w].astype(np.float64)
        a = predictor(y, order, 1e-7)
        r = np.array([np.dot(y[: w - k], y[k:]) for k in range(order + 1)])
        r[0] = r[0] * (1 + 1e-7) + 1e-15
        error = float(np.dot(a, r))
        slow = []
        for n in range(at, at + hop):
            after = x[n : n + order].astype(np.float64)
            known = [np.dot(a, x[m - np.arange(order + 1)].astype(np.float64)) for m in range(n, n + order)]
            alone = error * np.dot(after, solve_toeplitz(r[:-1], after))
            slow.append(np.sqrt(max(np.sum(np.square(known)) - alone, 0.0)))
        assert rest[f * hop : (f + 1) * hop] == pytest.approx(np.array(slow), rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("kernel", APART, ids=BOTH)
def test_quiet_frames_are_left_out(kernel):
    x = coloured(400, 1)
    x[:220] *= 1e-4
    rest = np.full(120, 9.0, np.float32)
    kernel(x, 160, 2, 60, np.hanning(80), 8, 60, 1e-6, rest)
    assert not rest[:60].any()
    assert rest[60:].any()


@pytest.mark.parametrize(
    "kernel", [splices.find_spikes, getattr(splices.find_spikes, "py_func", splices.find_spikes)], ids=BOTH
)
@given(seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_spikes_agree_with_numpy(kernel, seed):
    rng = np.random.default_rng(seed)
    block, guard, reach, ratio = 6, 2, 7, 1.2
    rest = rng.standard_normal(block * 60).astype(np.float32)
    rest[rng.integers(0, rest.size, 3)] *= 6.0
    at, found = np.zeros(60, np.int64), np.zeros((60, 5))
    n = kernel(rest, block, guard, reach, ratio, at, found)
    top = np.abs(rest.reshape(-1, block)).max(axis=1).astype(np.float64)
    expected = {}
    for b in range(3 * reach, 60 - 3 * reach):
        around = [top[b + d] for d in range(-reach, reach + 1) if abs(d) > guard]
        if top[b] >= top[b - 1] and top[b] > top[b + 1] and top[b] >= ratio * max(around):
            expected[b * block + int(np.argmax(np.abs(rest[b * block : (b + 1) * block])))] = top[b] / max(around)
    assert list(at[:n]) == list(expected)
    assert found[:n, 0] == pytest.approx(list(expected.values()), rel=1e-6)


@pytest.mark.parametrize(
    "kernel", [splices.measure_splices, getattr(splices.measure_splices, "py_func", splices.measure_splices)], ids=BOTH
)
def test_a_broken_phase_shows_across_the_splice_only(kernel):
    t = np.arange(800)
    pulse = (np.sin(2 * np.pi * t / 64) + 0.5 * np.sin(2 * np.pi * t / 32 + 1)).astype(np.float32)
    cut = np.concatenate([pulse[:400], pulse[424:]])
    whole, broken = np.zeros((1, len(splices.COLUMNS))), np.zeros((1, len(splices.COLUMNS)))
    kernel(pulse, np.array([400]), 64, 20, 114, whole)
    kernel(cut, np.array([400]), 64, 20, 114, broken)
    named = {name: i for i, name in enumerate(splices.COLUMNS)}
    assert min(whole[0, named["period_before"]], broken[0, named["period_before"]]) > 0.99
    assert min(whole[0, named["period_after"]], broken[0, named["period_after"]]) > 0.99
    assert whole[0, named["across"]] > 0.99
    assert broken[0, named["across"]] < 0.5
    assert broken[0, named["before"]] == pytest.approx(np.mean(cut[336:400].astype(float) ** 2), rel=1e-6)


@pytest.mark.parametrize(
    "kernel", [joins.measure_joins, getattr(joins.measure_joins, "py_func", joins.measure_joins)], ids=BOTH
)
@given(seed=st.integers(0, 1000))
@settings(max_examples=4)
def test_joins_agree_with_numpy(kernel, seed):
    w, order, s, e = 160, 8, 200, 260
    x = coloured(500, seed)
    out = np.zeros((1, len(joins.COLUMNS)))
    kernel(x, np.array([s]), np.array([e]), w, order, 20, 110, out)
    y = np.concatenate([x[s - w : s], x[e : e + w]]).astype(np.float64)
    a = predictor(y, order, 1e-5)
    forward = np.array([np.dot(a, y[n - np.arange(order + 1)]) ** 2 for n in range(order, 2 * w)])
    usual = (forward[: w - order].mean() + forward[w:].mean()) / 2
    assert out[0, 0] == pytest.approx(forward[w - order : w].mean() / usual, rel=1e-3)
    steps = np.concatenate([np.diff(y[:w]), np.diff(y[w:])])
    assert out[0, 2] == pytest.approx(abs(y[w] - y[w - 1]) / np.sqrt(np.mean(steps**2)), rel=1e-6)


def voice(seconds: float, seed: int = 3) -> np.ndarray:
    return (talk(SR, seconds, seed) / 32768.0).astype(np.float32)


def loud_places(x: np.ndarray, apart: float) -> list[int]:
    """Samples in the midst of loud sound, `apart` seconds from each other at least."""
    hop = SR // 100
    level = np.mean(np.square(x[: x.size // hop * hop].reshape(-1, hop), dtype=np.float64), axis=1)
    fine = [k for k in range(60, level.size - 100) if level[k - 2 : k + 6].min() > 0.05 * level.max()]
    out: list[int] = []
    for k in fine:
        if not out or k * hop - out[-1] > apart * SR:
            out.append(k * hop + 3)
    return out


def test_a_pause_is_told_from_a_loss():
    x = talk(16000, 20.0) / np.float32(32768.0)
    k, w, told = 715, 320, 0
    at = [p // 3 for p in loud_places(voice(20.0, seed=1), 0.5)]
    for a in at:
        pause = np.concatenate([x[:a], np.zeros(k, np.float32), x[a:]])
        m = np.zeros((2, len(joins.COLUMNS)))
        for row, y in zip(m, (pause, x), strict=True):
            joins.measure_joins(y, np.array([a]), np.array([a + k]), w, 16, 40, 230, row[None])
        told += m[0, 0] < m[1, 0]
    assert told > 0.7 * len(at) > 8


def scan(x: np.ndarray) -> np.ndarray:
    scanner = Scanner(SR)
    for i in range(0, x.size, scanner.block):
        scanner.push(x[i : i + scanner.block], i + scanner.block >= x.size)
    return scanner.facts.splices.all()


@pytest.fixture(scope="module")
def cut() -> tuple[np.ndarray, list[float]]:
    x, at, parts, last = voice(20.0), [], [], 0
    for k, p in enumerate(loud_places(x, 0.6)):
        parts.append(x[last:p])
        at.append(sum(map(len, parts)) / SR)
        last = p + 1200 + 37 * k % 700
    return np.concatenate([*parts, x[last:]]), at


def test_every_cut_is_a_splice_to_the_sample(cut):
    x, at = cut
    found = scan(x)["at"]
    assert np.median([np.abs(found - t).min() for t in at]) < 0.0006
    assert np.sum(scan(voice(20.0))["m"][:, 0] > 3.0) < 2


@pytest.mark.parametrize("gain", [-1.0, 0.1, 4.0])
def test_level_and_polarity_do_not_matter(cut, gain):
    x, _ = cut
    assert scan((gain * x).astype(np.float32))["at"] == pytest.approx(scan(x)["at"], abs=1e-9)


def test_cuts_are_events_and_an_undamaged_voice_has_none(cut):
    x, at = cut
    found = [e.start for e in callqual.score(x, sr=SR).events if e.kind == "cut"]
    assert sum(min(abs(t - f) for f in [*found, 99.0]) < 0.001 for t in at) > 0.7 * len(at)
    assert not [e for e in callqual.score(voice(20.0), sr=SR).events if e.kind == "cut"]


def test_cuts_of_whole_packets_are_found_on_their_grid():
    """The same number of cuts anywhere draws none."""
    x, packet = voice(30.0, seed=5)[::6].copy(), 160
    found = {}
    for name, phase in (("grid", [0]), ("anywhere", [0, 37, 81, 113, 140, 59])):
        at, parts, last = [], [], 0
        for k, p in enumerate(loud_places(voice(30.0, seed=5), 0.4)):
            p = p // 6 // packet * packet + phase[k % len(phase)]
            parts.append(x[last:p])
            at.append(sum(map(len, parts)) / 8000)
            last = p + packet
        record = callqual.score(np.concatenate([*parts, x[last:]]), sr=8000)
        cuts = [e for e in record.events if e.kind == "cut"]
        found[name] = [e for e in cuts if min(abs(e.start - t) for t in at) < 0.002]
    assert min(len(found["grid"]), len(found["anywhere"])) > 20
    assert np.mean([e.details["llr_grid"] > 2.0 for e in found["grid"]]) > 0.75  # some are told a line late
    assert all(e.details["frame_ms"] == 20.0 for e in found["grid"])
    assert not any("llr_grid" in e.details for e in found["anywhere"])


def test_a_join_is_a_surprise_both_ways(cut):
    """The pulses of a voice are one only forwards."""
    x, at = cut
    rows = scan(x)
    true = np.array([np.abs(rows["at"] - t).min() < 0.001 for t in at])
    places = [int(np.argmin(np.abs(rows["at"] - t))) for t, ok in zip(at, true, strict=True) if ok]
    back = rows["join"][:, 1]
    assert np.median(back[places]) > 3.0 * np.median(np.delete(back, places))
