"""Fades that end in a return: kernels against slow oracles, synthetic concealment found, look-alikes left alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import callqual
from callqual.detect.candidates import Candidate
from callqual.detect.concealment import Zeros
from callqual.detect.pieces import join, silenced
from callqual.features.facts import RUN
from callqual.kernels import fades
from talker import talk

COLUMN = {name: i for i, name in enumerate(fades.COLUMNS)}
SR = 16000


def table(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    level = np.maximum(np.cumsum(rng.normal(0, 6, n)) % 80 - 75, -70)
    return level, rng.uniform(0, 1, n), rng.choice([4.0, 8.0, 8.25, 9.5], n), rng.uniform(0, 1, n)


def measure(kernel, level, peak, lag, zero, start, end):
    out = np.zeros((len(start), len(fades.COLUMNS)))
    kernel(level, peak, lag, zero, np.array(start), np.array(end), -60.0, out)
    return out


@pytest.mark.parametrize(
    "kernel", [fades.measure_fades, getattr(fades.measure_fades, "py_func", fades.measure_fades)], ids=["jit", "python"]
)
@given(seed=st.integers(0, 10_000), s=st.integers(0, 30), length=st.integers(3, 30))
def test_measures_agree_with_numpy(kernel, seed, s, length):
    level, peak, lag, zero = table(60, seed)
    e = min(s + length, 59)
    m = measure(kernel, level, peak, lag, zero, [s], [e])[0]
    dead = np.flatnonzero(level[s:e] <= -60.0)
    f = s + int(dead[0]) if dead.size else e
    assert m[COLUMN["before"]] == max([-60.0, *level[max(s - 6, 0) : s]])
    assert m[COLUMN["after"]] == max([-60.0, *level[e : e + 6]])
    assert m[COLUMN["zero"]] == pytest.approx(zero[s:e].mean())
    assert m[COLUMN["bottom"]] == e - f
    if f - s > 2:
        slope, offset = np.polyfit(np.arange(f - s), level[s:f], 1)
        rest = level[s:f] - slope * np.arange(f - s) - offset
        assert m[COLUMN["slope"]] == pytest.approx(slope, abs=1e-9)
        assert m[COLUMN["bend"]] == pytest.approx(np.sqrt(np.mean(rest**2)), abs=1e-4)
        assert m[COLUMN["lag_exact"]] == pytest.approx(np.mean(lag[s + 1 : f] == lag[s : f - 1]))
    if e - s > 3:
        assert m[COLUMN["bump"]] == pytest.approx(max(0.0, np.diff(level[s : e - 1]).max(initial=0.0)))


@pytest.mark.parametrize(
    "kernel", [fades.find_fades, getattr(fades.find_fades, "py_func", fades.find_fades)], ids=["jit", "python"]
)
def test_a_fade_and_its_return_are_proposed(kernel):
    level = np.concatenate([np.full(20, 0.0), -3.0 * np.arange(1, 16), np.full(20, 1.0)])
    peak, lag = np.full(level.size, 0.5), np.full(level.size, 8.0)
    start, end = np.zeros((2, 200), np.int64)
    n = kernel(level, peak, lag, 4.0, 0.9, 5, 1000, 5.0, start, end)
    assert n
    assert set(end[:n]) == {35}
    assert any(abs(s - 20) <= 1 for s in start[:n])


@pytest.mark.parametrize(
    "kernel", [fades.find_fades, getattr(fades.find_fades, "py_func", fades.find_fades)], ids=["jit", "python"]
)
def test_a_period_that_holds_and_breaks_is_proposed_without_a_step(kernel):
    level = np.concatenate([np.zeros(20), -1.0 * np.arange(12), np.full(20, -12.0)])
    lag = np.concatenate([np.linspace(5, 9, 20), np.full(12, 8.0), np.linspace(3, 17, 20)])
    peak = np.where(np.arange(52) // 4 < 8, 0.97, 0.5)
    start, end = np.zeros((2, 200), np.int64)
    n = kernel(level, peak, lag, 4.0, 0.9, 5, 1000, 5.0, start, end)
    assert 32 in set(end[:n])


@given(st.lists(st.tuples(st.floats(0.003, 0.3), st.floats(0.003, 0.4)), max_size=8))
def test_zero_share_is_the_overlap_of_runs_and_frames(pieces):
    t, rows = 0.0, []
    for gap, length in pieces:
        rows.append((t + gap, t + gap + length, 0.0))
        t += gap + length
    runs = np.array(rows, RUN)
    share = Zeros(runs).share(0, 100)
    slow = [sum(max(0.0, min(b, (i + 1) / 100) - max(a, i / 100)) for a, b, _ in rows) * 100 for i in range(100)]
    assert share == pytest.approx(np.array(slow), abs=1e-6)


def voice(seconds: float, seed: int = 1) -> np.ndarray:
    return talk(SR, seconds, seed) / 32768.0


def loud(x: np.ndarray, at: float) -> bool:
    """Whether sound within 8 dB of the loudest parts stands for 40 ms round a time."""
    near = x[round((at - 0.02) * SR) : round((at + 0.02) * SR)]
    return bool(np.mean(near**2) > 0.16 * np.mean(x[np.abs(x) > 0.3 * np.abs(x).max()] ** 2))


def conceal(x: np.ndarray, at: float, length: float) -> np.ndarray:
    """Repeat the last two pitch periods with 15 dB less every 100 ms, silent from 0.5 s, then fade the new sound in."""
    y, a, b = x.copy(), round(at * SR), round((at + length) * SR)
    past = x[a - 800 : a]
    scores = [np.dot(past[-400:], past[-400 - k : -k]) / np.linalg.norm(past[-400 - k : -k]) for k in range(80, 320)]
    lag = 80 + int(np.argmax(scores))
    n = np.arange(b - a)
    y[a:b] = np.resize(x[a - lag : a], b - a) * 10 ** (-150.0 * n / SR / 20) * (n < SR // 2)
    k = SR // 50
    y[b : b + k] *= np.linspace(0, 1, k)
    return y


def gaps(x: np.ndarray, sr: int = SR) -> list:
    return [e for e in callqual.score(x.astype(np.float32), sr=sr).events if e.kind in ("concealed", "dead_air")]


def places(x: np.ndarray, lengths: list[float], at: float = 0.5) -> list[tuple[float, float]]:
    """Where gaps of these lengths begin and end in loud sound, two seconds apart at least."""
    out: list[tuple[float, float]] = []
    for length in lengths:
        while not (loud(x, at) and loud(x, at + length + 0.04)):
            at += 0.01
        out.append((at, length))
        at += length + 1.5
    return out


X = voice(20.0)


@pytest.fixture(scope="module")
def lost() -> Any:
    """A voice of which packets of 20 ms are lost in bursts, concealed as telephones do."""
    return callqual.simulate(X.astype(np.float32), SR, concealment="spandsp", loss=0.06, burst_ratio=2.5, seed=5)


@pytest.fixture(scope="module")
def concealed(lost: Any) -> np.ndarray:
    return np.asarray(lost.samples, np.float64)


def test_concealed_gaps_are_found_and_the_undamaged_voice_is_left_alone(lost: Any) -> None:
    found = callqual.evaluate(list(lost.truth), gaps(lost.samples), seconds=20.0)
    assert found.gap.hit + found.gap.missed > 15
    assert found.gap.recall > 0.75
    assert found.gap.precision > 0.75
    assert not gaps(X)


@pytest.mark.parametrize(
    "change", [lambda x: 0.1 * x, lambda x: -x, lambda x: 5.0 * x], ids=["-20 dB", "inverted", "+14 dB"]
)
def test_level_and_polarity_do_not_matter(concealed, change):
    here, there = gaps(concealed), gaps(change(concealed))
    assert [e.kind for e in there] == [e.kind for e in here]
    assert [e.start for e in there] == pytest.approx([e.start for e in here], abs=0.0201)
    assert [e.end for e in there] == pytest.approx([e.end for e in here], abs=0.02)


def test_an_outage_is_dead_air():
    ((at, length),) = places(X, [2.0])
    (event,) = gaps(conceal(X, at, length))
    assert event.kind == "dead_air"
    assert event.start == pytest.approx(at, abs=0.1)
    assert event.end == pytest.approx(at + length, abs=0.04)


def test_silence_at_the_ends_is_no_event():
    x = np.concatenate([np.zeros(3 * SR), voice(5.0), np.zeros(4 * SR)])
    assert not gaps(x)


@pytest.mark.parametrize("talking", [True, False])
def test_a_leg_that_dies_is_told_by_the_other(talking):
    dies, other = voice(12.0), voice(12.0, seed=5)
    ((at, _),) = places(dies, [3.0], at=5.0)
    dies[round(at * SR) :] = 0.0
    if not talking:
        other[round(at * SR) :] = 3e-4 * np.random.default_rng(1).standard_normal(other.size - round(at * SR))
    record = callqual.score(np.stack([dies, other], axis=1).astype(np.float32), sr=SR)
    dead = [e for e in record.legs[0].events if e.kind == "dead_air"]
    assert [e for e in record.legs[1].events if e.kind == "dead_air"] == []
    assert len(dead) == talking
    if talking:
        assert dead[0].start == pytest.approx(at, abs=0.02)
        assert dead[0].end == pytest.approx(12.0, abs=0.02)


def test_a_fade_takes_in_its_pieces_and_yields_to_what_is_most_of_it():
    piece = Candidate("gap", "concealed", 1.0, 1.02, {"copy": 4.0})
    whole = Candidate("gap", "zero_fill", 1.0, 1.19, {"edges": 6.0})
    fade = Candidate("gap", "concealed", 1.01, 1.2, {"fade": 2.0})
    assert [(c.start, c.end) for c in join([piece], [fade])] == [(1.0, 1.2)]
    fade = Candidate("gap", "concealed", 1.01, 1.2, {"fade": 2.0})
    assert join([whole], [fade]) == [whole]


@pytest.mark.parametrize(("drop", "kind"), [(15.0, "concealed"), (1.0, "stuck")])
def test_a_stuck_frame_keeps_its_level(drop, kind):
    stuck = Candidate("buzz", "stuck", 1.0, 1.2, {"copy": 8.0})
    fade = Candidate("gap", "concealed", 1.01, 1.2, {"fade": 2.0}, {"drop_db": drop})
    assert [c.kind for c in join([stuck], [fade])] == [kind]


@pytest.mark.parametrize(("start", "kinds"), [(2.01, ["zero_fill"]), (2.1, ["concealed", "zero_fill"])])
def test_a_word_that_begins_with_a_hole_makes_no_fade_of_the_pause_before_it(start, kinds):
    hole = Candidate("gap", "zero_fill", start, start + 0.02, {"holes": 5.0})
    fade = Candidate("gap", "concealed", 1.2, 2.0, {"fade": 2.0}, {"drop_db": 60.0})
    assert sorted(c.kind for c in join([hole], [fade])) == kinds


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        (0.2, 0.5, False),
        (0.2, 0.6, True),
        (1.2, 2.0, True),
        (7.99, 8.5, False),
        (7.9, 8.5, True),
    ],
)
def test_nothing_is_concealed_in_the_silence_with_which_a_recording_begins_or_ends(start, end, kept):
    runs = np.array([(0.0, 0.5, 0.0), (1.0, 2.0, 0.0), (3.0, 3.004, 0.0), (8.0, 9.0, 0.0)], RUN)
    heard = [Candidate("gap", "concealed", start, end, {"net": 2.0})]
    assert silenced(heard, runs, 9.0) == heard * kept
    assert silenced(heard, runs[:0], 9.0) == heard
    assert silenced([], runs, 9.0) == []


def test_what_is_heard_and_is_all_zeros_is_no_concealment():
    runs = np.array([(1.0, 1.204, 0.0)], RUN)
    (zeros,) = silenced([Candidate("gap", "concealed", 0.99, 1.21, {"net": 2.0})], runs, 9.0)
    (fades,) = silenced([Candidate("gap", "concealed", 0.95, 1.21, {"net": 2.0})], runs, 9.0)
    assert (zeros.kind, zeros.start, zeros.end) == ("zero_fill", 1.0, 1.204)
    assert (fades.kind, fades.start, fades.end) == ("concealed", 0.95, 1.21)


@pytest.mark.parametrize(
    ("end", "net", "told"),
    [(1.02, 2.0, "zero_fill"), (1.06, 2.0, "concealed"), (1.02, -0.5, "zero_fill")],
    ids=["as long", "longer", "doubtful"],
)
def test_what_is_heard_vouches_for_the_hole_that_it_is(end, net, told):
    hole = Candidate("gap", "zero_fill", 1.0, 1.015, {"holes": -1.0})
    (only,) = join([hole], [Candidate("gap", "concealed", 0.99, end, {"net": net})])
    assert only.kind == told
    assert only.llr == (net if net > 0.0 else -1.0)
