"""What a receiver made up of a G.711 call: the kernel against its oracle, what is found to the sample, and the sounds that are no damage."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import callqual
from callqual.detect import law
from callqual.detect.candidates import Candidate
from callqual.detect.speech import speech
from callqual.features.facts import Facts
from callqual.features.law import LawReader
from callqual.features.scanner import Scanner
from callqual.kernels.law import STATE, find_made
from callqual.simulation.recorder import a_law, mu_law
from callqual.simulation.signals import quantise
from naive import ways
from talker import talk

SR, SECONDS = 8000, 12.0
LAWS = {"mu": mu_law, "a": a_law}
NOBODY = np.random.default_rng(0)
DROP, STILL, LEAST, LOUD = 4.0, 5, 6.0, 2

Signal = NDArray[np.float64]


# The kernel

SCORE = np.array([0.0, -1.0, 2.0, -2.0, 2.0, -3.0, 2.0, 2.0, 0.0], np.float32)


def oracle(x: NDArray[np.float32]) -> tuple[list[tuple[int, int, float]], list[int]]:
    """Follow each stretch from its first positive score to where its sum was greatest, as long as it is not given up."""
    size = np.abs(x.astype(np.float64)) * 32768
    known = (size == np.rint(size)) & (size < SCORE.size)
    scores = np.where(known, SCORE[np.minimum(size, SCORE.size - 1).astype(int)], SCORE[-2]).astype(np.float64)
    loud = np.minimum(size, SCORE.size - 1) > LOUD
    found, stray, i = [], 0, 0
    while i < x.size:
        if scores[i] <= 0.0:
            i += 1
            continue
        sums = np.cumsum(scores[i:])
        best = np.maximum.accumulate(sums)
        last = np.maximum.accumulate(np.where(sums > np.append(-np.inf, best[:-1]), np.arange(sums.size), 0))
        quiet = np.arange(sums.size) - last >= STILL
        over = np.flatnonzero((last < np.arange(sums.size)) & ((sums <= 0.0) | (best - sums > DROP) | quiet))
        if not over.size:
            break
        k = int(over[0])
        off = (scores[i : i + k + 1] > 0.0) & loud[i : i + k + 1]
        if best[k] >= LEAST:
            found.append((i, i + int(last[k]) + 1, float(best[k])))
            off[: last[k] + 1] = False
        stray += int(off.sum())
        i += k + 1
    return found, [int(((scores < 0.0) & loud).sum()), stray]


def run(
    find: Callable[..., Any], x: NDArray[np.float32], cuts: list[int]
) -> tuple[list[tuple[int, int, float]], list[int]]:
    """Run the kernel over blocks of a signal."""
    state, counts, out, at = np.zeros(len(STATE)), np.zeros(3, np.int64), [], 0
    start, end, evidence = np.zeros(64, np.int64), np.zeros(64, np.int64), np.zeros(64, np.float32)
    for block in np.split(x, sorted(cuts)):
        n = find(block, at, SCORE, LOUD, DROP, STILL, LEAST, state, start, end, evidence, counts)
        out += list(zip(start[:n].tolist(), end[:n].tolist(), evidence[:n].tolist(), strict=True))
        at += block.size
    return out, counts[:2].tolist()


samples = st.lists(st.sampled_from([0, 1, 2, 2, 2, 3, 4, 4, 5, 6, -2, -4, 2.5, 8, 9, 20]), max_size=60)


@given(samples, st.lists(st.integers(0, 60), max_size=3))
def test_stretches_off_the_law(values: list[float], cuts: list[int]) -> None:
    x = np.array(values, np.float32) / 32768
    for find in ways(find_made):
        assert run(find, x, []) == oracle(x)
        assert run(find, x, cuts) == oracle(x)


# Damage, to the sample


def said(seconds: float = SECONDS, seed: int = 1) -> Signal:
    return talk(SR, seconds, seed) / 32768.0


def coded(x: Signal, name: str) -> Signal:
    """What a decoder of G.711 gives."""
    return quantise(LAWS[name](x, SR, NOBODY)).astype(np.float64)


def facts(x: Signal) -> Facts:
    scanner = Scanner(SR)
    for i in range(0, x.size, scanner.block):
        scanner.push(quantise(x[i : i + scanner.block]), i + scanner.block >= x.size)
    return scanner.facts


def made(x: Signal) -> NDArray[np.void]:
    """What is taken for made up, all vetoes passed."""
    known = facts(x)
    return law.trusted(known.made.all(), known.law, speech(known.frames.all()))


def damage(x: Signal) -> list[tuple[str, float, float]]:
    """Gaps and warped time of which the law is evidence."""
    events = callqual.score(quantise(x), sr=SR).events
    return [(e.kind, e.start, e.end) for e in events if e.details.get("llr_law", 0.0) > 0.0]


def call(name: str, **trouble: Any) -> callqual.Simulation:
    return callqual.simulate(said(), SR, codec="g711", codec_options={"law": name}, seed=3, **trouble)


@pytest.mark.parametrize("name", LAWS)
def test_concealment_is_found_to_the_sample(name: str) -> None:
    sim = call(name, loss=0.05, concealment="spandsp")
    rows = made(sim.samples)
    gaps = [e for e in sim.truth if e["context_db"] > -15.0]
    assert len(gaps) >= 6
    for gap in gaps:
        near = rows[(rows["start"] < gap["end"]) & (rows["end"] > gap["start"])]
        assert near["start"].min() == pytest.approx(gap["start"], abs=0.004)
        assert gap["end"] - 0.001 < near["end"].max() < gap["end"] + 0.005


@pytest.mark.parametrize("name", LAWS)
def test_what_a_jitter_buffer_plays_on_is_told(name: str) -> None:
    sim = call(name, loss=0.08, concealment="expand")
    found = callqual.score(sim.samples, sim.sr)
    assert any("llr_law" in e.details for e in found.events)
    assert callqual.evaluate(sim.truth, found, seconds=sim.seconds).gap.f1 > 0.85


@pytest.mark.parametrize("name", LAWS)
def test_cycles_taken_out_are_warped_time_and_lost_packets_are_not(name: str) -> None:
    hurried = call(name, playout="adaptive", spikes=12.0, spike_ms=1000.0)
    warps = [e for e in hurried.truth if e["kind"] == "time_warp"]
    found = [e for e in callqual.score(hurried.samples, SR).events if e.kind == "time_warp"]
    assert warps
    assert found
    for e in found:
        assert any(t["start"] - 0.1 < e.start and e.end < t["end"] + 0.1 for t in warps)
        assert float(e.details["cycles_per_second"]) > 3.0
    lossy = call(name, loss=0.1, concealment="spandsp")
    assert not [e for e in callqual.score(lossy.samples, SR).events if e.kind == "time_warp"]


def test_a_packet_of_ten_milliseconds_is_told_from_a_cycle_by_the_grid() -> None:
    row = np.dtype([("start", "f8"), ("end", "f8"), ("evidence", "f4")])
    at = np.arange(12) * 0.17 + 0.003
    rows = np.array([(t, t + 0.012, 99.0) for t in at] + [(2.5047, 2.5157, 99.0)], row)
    whole, cycles = law.split(rows, law.packets(rows))
    assert whole["start"].tolist() == at.tolist()
    assert cycles["start"].tolist() == [2.5047]
    none = law.split(rows[:2], law.packets(rows[:2]))
    assert (none[0].size, none[1].size) == (0, 2)


# What is no damage


@pytest.mark.parametrize("name", LAWS)
def test_a_call_that_lost_nothing_has_no_sample_off_the_law(name: str) -> None:
    known = facts(coded(said(), name))
    assert not len(known.made)
    assert known.law[0] > 10000
    assert known.law[1:].tolist() == [0, 0]


@pytest.mark.parametrize("name", LAWS)
def test_a_call_without_a_blended_cycle_makes_warped_time_doubtful(name: str) -> None:
    heard = Candidate("jitter", "time_warp", 2.0, 9.0, {"warp": 1.0})
    told = facts(coded(said(), name))
    (same,) = law.doubted([heard], told.made.all(), told.law)
    assert same.llr < -1.0
    plain = facts(said())
    (same,) = law.doubted([Candidate("jitter", "time_warp", 2.0, 9.0, {"warp": 1.0})], plain.made.all(), plain.law)
    assert same.llr == 1.0


@pytest.mark.parametrize("name", LAWS)
def test_a_tone_mixed_in_is_no_gap(name: str) -> None:
    x = coded(said(), name)
    tone = 0.05 * np.sin(2 * np.pi * 440 * np.arange(x.size) / SR)
    for start in range(8000, x.size - 8000, 16000):
        x[start : start + 4000] += tone[start : start + 4000]
    assert facts(x).made.all().size  # it is off the law
    assert made(x).size == 0
    assert damage(x) == []


@pytest.mark.parametrize("name", LAWS)
def test_digits_that_an_exchange_puts_in_are_no_gaps(name: str) -> None:
    x = coded(said(), name)
    time = np.arange(800) / SR
    digit = 0.08 * (np.sin(2 * np.pi * 770 * time) + np.sin(2 * np.pi * 1336 * time))
    for start in range(4800, x.size - 4800, 6400):  # on the grid of the packets it sends
        x[start : start + 800] = digit
    assert made(x).size
    assert damage(x) == []


@pytest.mark.parametrize("names", [("mu", "mu"), ("mu", "a"), ("a", "a")])
def test_another_talker_mixed_in_is_no_gap(names: tuple[str, str]) -> None:
    other = said(seed=9)
    other[(np.arange(other.size) // 12000) % 2 == 0] = 0.0
    x = coded(said(), names[0]) + coded(other, names[1])
    assert damage(x) == []


@pytest.mark.parametrize("name", LAWS)
def test_comfort_noise_in_pauses_is_no_gap(name: str, rng: np.random.Generator) -> None:
    x = said()
    loud = np.convolve(np.abs(x), np.ones(1600) / 1600, "same") > 0.01
    noise = 10 ** (-62 / 20) * rng.standard_normal(x.size)
    y = np.where(loud, coded(x, name), noise)
    assert 0.1 < np.mean(~loud) < 0.9
    assert damage(y) == []


@pytest.mark.parametrize("gain", [0.7, 1.3])
def test_a_gain_leaves_nothing_to_tell(gain: float) -> None:
    sim = call("mu", loss=0.05, concealment="spandsp")
    assert made(sim.samples).size
    assert made(gain * sim.samples.astype(np.float64)).size == 0


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW"])
def test_a_file_coded_again_says_nothing(subtype: str) -> None:
    sim = call("mu", loss=0.05, concealment="spandsp")
    file = io.BytesIO()
    sf.write(file, sim.samples, SR, format="WAV", subtype=subtype)
    file.seek(0)
    assert made(sf.read(file)[0]).size == 0


def test_speech_that_was_never_coded_says_nothing() -> None:
    known = facts(said())
    assert not len(known.made)
    assert known.law[0] == 0


def test_only_eight_kilohertz_is_read() -> None:
    counts = np.zeros(3, np.int64)
    x = np.tile(coded(said(), "mu").astype(np.float32), 2)
    x[4000:4200] += 0.013
    assert LawReader(16000, counts).push(x, True).size == 0
    assert not counts.any()


# One result


@pytest.mark.parametrize("name", LAWS)
def test_a_result_does_not_depend_on_the_blocks(name: str) -> None:
    x = call(name, loss=0.08, concealment="expand").samples

    def streamed(size: int) -> str:
        stream = callqual.Stream(SR)
        for at in range(0, x.size, size):
            stream.push(x[at : at + size])
        return stream.finish().to_json()

    whole = streamed(x.size)
    assert "llr_law" in whole
    assert {streamed(size) for size in (509, 4096, 16000)} == {whole}


def test_a_stretch_that_another_sound_began_is_none() -> None:
    x = coded(said(), "mu")
    block = Scanner(SR).block
    x[block : 2 * block + 800] *= 0.77
    known = facts(x)
    assert 0.1 * block < known.law[2] < block, "of a block its loud samples"
    assert not (known.made.all()["start"] < 2 * block / SR + 0.005).any()


def test_a_call_that_ends_in_what_was_made_up_is_believed() -> None:
    """The receiver plays on for 0.15 s once nothing more comes, and then silence: a block with nothing else in it."""
    x = coded(said(), "a")
    block = Scanner(SR).block
    x[4000:4240] *= 0.8
    last = x.size // block * block
    x[last + 1200 :] = 0.0
    x[last : last + 1200] *= 0.77
    known = facts(x)
    assert 0 < known.law[2] <= 1300


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize(("played", "seconds", "said_of"), [(0.15, 0.3, "concealed"), (0.06, 1.2, "dead_air")])
def test_a_receiver_that_gives_up_makes_one_gap_until_packets_come(
    name: str, played: float, seconds: float, said_of: str
) -> None:
    """It plays what it got 45 ms before, then nothing, and blends in the next packet."""
    x = coded(said(2 * SECONDS), name)
    lost = [(at, at + round(seconds * SR)) for at in loud(x, 6, seconds)]
    for start, end in lost:
        x[start : start + round(played * SR)] = 0.77 * x[start - 360 : start - 360 + round(played * SR)]
        x[start + round(played * SR) : end] = 0.0
        x[end : end + 40] *= np.linspace(0.05, 0.98, 40)
    found = damage(x)
    assert len(found) == len(lost)
    for (kind, start, end), (a, b) in zip(found, lost, strict=True):
        assert kind == said_of
        assert start == pytest.approx(a / SR, abs=0.01)
        assert end == pytest.approx(b / SR, abs=0.01)


@pytest.mark.parametrize("name", LAWS)
def test_what_is_played_may_be_louder_than_the_frame_before(name: str) -> None:
    x = coded(said(), name)
    lost = loud(x, 8)
    for start in lost:
        x[start - 160 : start] = coded(0.1 * x[start - 160 : start], name)
        x[start : start + 160] = 0.77 * x[start - 360 : start - 200]
    found = [start for _, start, _ in damage(x)]
    assert sum(any(abs(at - start / SR) < 0.01 for at in found) for start in lost) >= 6


def loud(x: Signal, count: int, seconds: float = 0.3) -> list[int]:
    """Moments, far apart, with speech about them and `seconds` later."""
    level, later = np.convolve(x**2, np.ones(320) / 320, "same"), round(seconds * SR)
    both, step = np.minimum(level[:-later], level[later:]), (x.size - 8000 - later) // count
    return [at + int(np.argmax(both[at : at + step - later - 1200])) for at in range(4000, 4000 + count * step, step)]
