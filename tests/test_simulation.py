"""``callqual.simulate``: its truth is what the signal shows, its bytes are those of its seed, its mistakes one line."""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import callqual
import callqual.result
from callqual.simulation import record
from callqual.simulation import simulate as simulate_by_its_home
from callqual.simulation.buzz import BUZZES
from callqual.simulation.concealment import CONCEALMENTS
from callqual.simulation.network import Network
from callqual.simulation.playout import Playout
from callqual.simulation.receive import receive
from callqual.simulation.recorder import RECORDERS
from callqual.simulation.simulator import simulate
from callqual.simulation.splices import Splice, mover, of_events, slips, splice
from callqual.simulation.timing import TIMING
from fake_codec import FakeCodec
from talker import talk

SR = 8000
SPEECH = talk(SR, 12.0, seed=4)
X = SPEECH / 32768.0
DAMAGES = [
    *({"loss": 0.1, "concealment": name} for name in CONCEALMENTS),
    *({"timing": name, "loss": 0.03} for name in TIMING),
    *({"buzz": name} for name in BUZZES),
    *({"recorder": name, "loss": 0.05} for name in ("mu_law", "resampled", "agc")),
    {"jitter_ms": 40.0, "playout": "adaptive"},
    {"spikes": 10.0, "spike_ms": 900.0, "playout": "adaptive", "catch_up": 1.5},
    {"spikes": 10.0, "spike_ms": 900.0},
    {"kbps": 100.0, "queue_ms": 400.0},
    {"slip_ppm": -300.0, "loss": 0.05},
]


def inside(truth, n: int, sr: int = SR, before: float = 0.0, after: float = 0.0) -> np.ndarray:
    mask = np.zeros(n, np.bool_)
    for e in truth:
        mask[max(round((e["start"] - before) * sr), 0) : round((e["end"] + after) * sr)] = True
    return mask


def digest(sim) -> str:
    return hashlib.sha256(sim.samples.tobytes() + sim.to_json().encode()).hexdigest()


# Truth against signal


BLENDED = {"appendix_i": (0.0039, 0.010), "spandsp": (0.0039, 0.010), "expand": (0.0007, 0.0165)}
"""Seconds before and after a gap that a concealment blends."""


@pytest.mark.parametrize("name", CONCEALMENTS)
def test_concealment_differs_from_the_loss_free_call_where_its_truth_says(name):
    sim = simulate(SPEECH, SR, loss=0.1, burst_ratio=1.5, concealment=name, seed=2)
    assert len(sim.samples) == len(sim.reference) == len(SPEECH)
    assert np.array_equal(sim.reference, X.astype(np.float32))
    error, power = (sim.samples - sim.reference) ** 2, sim.reference**2
    blended = BLENDED.get(name, (0.0, 0.0))
    assert not np.any(error[~inside(sim.truth, len(error), SR, *blended)])
    for e in sim.truth:
        assert (e["family"], e["kind"]) == ("gap", CONCEALMENTS[name].kind)
        assert e["cause"] == "loss"
        span = slice(round(e["start"] * SR), round(e["end"] * SR))
        if e["active"] and e["lost_db"] > -10:
            assert np.sum(error[span]) > 0.03 * np.sum(power[span])
    lost = np.flatnonzero(sim.packets["fate"] == "lost")
    assert np.array_equal(inside(sim.truth, len(X))[160 * lost], np.ones(len(lost), np.bool_))


def test_the_decoders_own_concealment_is_labelled_to_the_sample():
    codec, network = FakeCodec(), Network(loss=0.1, burst_ratio=2.0)
    call = receive(X, codec, None, network, Playout(), np.random.default_rng(1))
    assert call.reference == pytest.approx(X, abs=1e-7)
    error = np.abs(call.samples - call.reference)
    assert len(call.events) > 10
    assert not np.any(error[~inside(call.events, len(X), SR, 0.0, 0.005)])
    for e in call.events:
        a, b = round(e["start"] * SR), round(e["end"] * SR)
        assert e["kind"] == "concealed"
        assert (a + codec.delay) % codec.packet == 0
        assert (b - a) % codec.packet == 0
        if e["lost_db"] > -30 and a > 160:
            assert call.samples[a : a + 160] == pytest.approx(0.5 * call.reference[a - 160 : a], abs=1e-7) or (
                call.samples[a : a + 160] != pytest.approx(call.reference[a : a + 160])
            )


@pytest.mark.parametrize("name", ["inserted_silence", "repeat_segment", "cut"])
def test_splices_move_losses_along(name):
    """Where nothing was lost or spliced the call is its reference; where a packet was lost it is silent."""
    sim = simulate(SPEECH, SR, loss=0.05, timing=name, seed=3)
    kinds = {e["kind"] for e in sim.truth}
    assert kinds == {"zero_fill", name}
    error = np.abs(sim.samples - sim.reference)
    assert not np.any(error[~inside(sim.truth, len(error))])
    for e in sim.truth:
        whole = [o for o in sim.truth if o["kind"] == name and e["start"] <= o["start"] <= e["end"]]
        if e["kind"] == "zero_fill" and not whole:
            assert not np.any(sim.samples[round(e["start"] * SR) : round(e["end"] * SR)])


def test_a_stuck_frame_and_dead_air_are_where_they_say():
    for name in ("stuck", "dead_air"):
        sim = simulate(SPEECH, SR, timing=name, timing_rate=0.2, seed=5)
        error = np.abs(sim.samples - sim.reference)
        assert [e["kind"] for e in sim.truth] == [name] * len(sim.truth) != []
        assert not np.any(error[~inside(sim.truth, len(error))])
        for e in sim.truth:
            assert np.any(error[round(e["start"] * SR) : round(e["end"] * SR)])


@pytest.mark.parametrize("name", BUZZES)
def test_tones_are_heard_where_they_say(name):
    sim = simulate(SPEECH, SR, buzz=name, buzz_db=12.0, seed=6)
    (e,) = sim.truth
    assert e["kind"] == name
    error = np.abs(sim.samples - sim.reference)
    edge = 1 / SR
    assert not np.any(error[~inside(sim.truth, len(error), SR, edge, edge)] > 1e-4)
    assert np.mean(error[inside(sim.truth, len(error))] ** 2) > 1e-6


def test_a_tone_before_the_codec_is_held_up_with_the_speech():
    late = {"spikes": 20.0, "spike_ms": 600.0, "playout": "adaptive", "catch_up": 1.0, "concealment": "noise"}
    options = {"buzz": "whistle", "buzz_db": 0.0, "seed": 8}
    held, calm = simulate(SPEECH, SR, buzz_first=True, **late, **options), simulate(SPEECH, SR, **options)
    (e,), (was,) = ([o for o in sim.truth if o["kind"] == "whistle"] for sim in (held, calm))
    waits = [o for o in held.truth if o["cause"] == "underrun"]
    assert sum(e["start"] < o["start"] < e["end"] for o in waits) > 0
    for edge in ("start", "end"):
        before = sum(o["details"]["inserted_ms"] for o in waits if o["end"] < e[edge]) / 1000
        assert e[edge] == pytest.approx(min(was[edge] + before, held.seconds), abs=0.021)


def test_a_recorder_leaves_the_truth_alone():
    plain = simulate(SPEECH, SR, loss=0.05, seed=1)
    for name in RECORDERS:
        sim = simulate(SPEECH, SR, loss=0.05, seed=1, recorder=[name])
        assert sim.truth == plain.truth
        assert len(sim.samples) == len(plain.samples)
        assert not np.array_equal(sim.samples, plain.samples)


def test_the_other_leg_is_mixed_in():
    other = talk(SR, 3.0, seed=9)
    sim, alone = (simulate(SPEECH, SR, loss=0.05, seed=1, other=leg) for leg in (other, None))
    assert np.array_equal(sim.samples[3 * SR :], alone.samples[3 * SR :])
    mixed = alone.samples[: 3 * SR] + other / np.float32(32768)
    assert sim.samples[: 3 * SR] == pytest.approx(np.clip(mixed, -1, 1), abs=1e-4)


def test_slips_take_out_one_sample_at_a_time():
    sim = simulate(SPEECH, SR, slip_ppm=-500.0, seed=1)
    assert len(sim.samples) == len(SPEECH) - 47
    (e,) = sim.truth
    assert (e["kind"], e["cause"], e["details"]["drift_ppm"]) == ("time_warp", "clock", -500.0)
    assert np.array_equal(sim.samples, sim.reference)
    assert len(simulate(SPEECH, SR, slip_ppm=500.0).samples) == len(SPEECH) + 47


@pytest.mark.parametrize("options", [o for o in DAMAGES if "recorder" not in o], ids=str)
def test_every_damage_leaves_the_rest_whole(options):
    sim = simulate(SPEECH, SR, seed=12, **options)
    blended = BLENDED.get(options.get("concealment"), (1 / SR, 1 / SR))
    error = np.abs(sim.samples - sim.reference)
    assert error[~inside(sim.truth, len(error), SR, *blended)].max(initial=0.0) <= 1 / 32768
    assert sim.truth


def options_of_a_call():
    """Any network and receiver."""
    some = st.floats(0.0, 1.0)
    return st.fixed_dictionaries(
        {},
        optional={
            "loss": st.floats(0.0, 1.0),
            "outages": st.floats(0.0, 60.0),
            "outage_s": some,
            "jitter_ms": st.floats(0.0, 150.0),
            "jitter": st.sampled_from(["gamma", "laplace"]),
            "spikes": st.floats(0.0, 60.0),
            "reorder": some,
            "kbps": st.floats(20.0, 400.0),
            "queue_ms": st.sampled_from([0.0, 50.0, 1000.0]),
            "drift_ppm": st.floats(-50_000.0, 50_000.0),
            "playout": st.sampled_from(["fixed", "adaptive"]),
            "buffer_ms": st.floats(0.0, 200.0),
            "catch_up": st.floats(1.0, 1.5),
            "frame_ms": st.sampled_from([2.5, 10.0, 20.0, 22.2, 60.0, 200.0]),
            "concealment": st.sampled_from(sorted(CONCEALMENTS)),
            "timing": st.sampled_from(sorted(TIMING)),
            "slip_ppm": st.floats(-2000.0, 2000.0),
            "buzz": st.sampled_from(sorted(BUZZES)),
            "buzz_first": st.booleans(),
        },
    )


@given(options=options_of_a_call(), seed=st.integers(0, 2**40), sr=st.sampled_from([8000, 11025]))
@settings(max_examples=80)
def test_any_call_adds_up(options, seed, sr):
    x = SPEECH[: 3 * sr]
    sim = simulate(x, sr, seed=seed, **options)
    assert len(sim.samples) == len(sim.reference)
    assert np.isfinite(sim.samples).all()
    assert np.isfinite(sim.reference).all()
    assert list(sim.truth) == sorted(sim.truth, key=lambda e: (e["start"], e["end"], e["kind"]))
    for e in sim.truth:
        assert 0.0 <= e["start"] <= e["end"] <= sim.seconds + 1e-9
        assert e["kind"] in callqual.result.KINDS[e["family"]]
        assert e["start"] < e["end"] or e["kind"] == "cut"
    fates = sim.packets["fate"]
    assert set(fates) <= {"played", "lost", "late", "discarded"}
    assert not np.any(sim.packets["lost"] & (fates == "played"))
    json.loads(sim.to_json())
    callqual.evaluate(sim.truth, sim.truth, seconds=sim.seconds)


def test_digital_silence_that_is_lost_is_no_event():
    x = np.concatenate([SPEECH[: 4 * SR], np.zeros(4 * SR, np.int16)])
    sim = simulate(x, SR, loss=0.3, seed=1)
    assert np.sum(sim.packets["fate"] == "lost") > 100
    assert all(e["start"] < 4.0 for e in sim.truth)


def test_what_callqual_finds_is_what_the_truth_says():
    sim = simulate(SPEECH, SR, loss=0.05, seed=7)
    found = callqual.evaluate(sim.truth, callqual.score(sim.samples, sim.sr), seconds=sim.seconds)
    assert found.gap.recall > 0.9
    assert found.gap.precision > 0.9


# Splices


@given(
    st.lists(st.tuples(st.integers(0, 180), st.integers(0, 9), st.integers(0, 9)), max_size=6),
    st.integers(0, 199),
)
@settings(max_examples=200)
def test_a_sample_is_where_the_mover_says(drawn, p):
    x, made, last = np.arange(1.0, 201.0), [], 0
    for at, inserted, removed in sorted(drawn):
        if at >= last:
            made.append(Splice(at, inserted, removed))
            last = at + max(removed, 1)
    y, moved = splice(x, made), mover(made)
    assert len(y) == moved(len(x))
    if x[p] in y:
        at = int(np.flatnonzero(y == x[p])[0])
        first = [s.inserted for s in made if s.at == p]
        assert at - moved(p) in ({0, *first})


def test_events_of_splices_undo_them():
    rng = np.random.default_rng(1)
    for name in ("inserted_silence", "cut"):
        y, events = TIMING[name](X, SR, rng, rate=0.1)
        assert len(splice(X, of_events(events, SR))) == len(y)
    assert slips(100, 0.0) == []


# The same seed, the same bytes


@pytest.mark.parametrize("options", DAMAGES, ids=lambda o: "-".join(map(str, o.values())))
def test_one_seed_one_call(options):
    one, two, three = (simulate(SPEECH, SR, seed=seed, **options) for seed in (1, 1, 2))
    assert digest(one) == digest(two)
    assert not np.array_equal(one.samples, three.samples) or "kbps" in options
    assert len(one.samples) == len(one.reference)
    ends = [0.0 <= e["start"] <= e["end"] <= one.seconds + 1e-9 for e in one.truth]
    assert all(ends)


def test_one_seed_one_call_in_another_process():
    options = {"loss": 0.1, "jitter_ms": 30.0, "playout": "adaptive", "timing": "cut", "buzz": "hum", "seed": 11}
    code = (
        "import sys; sys.path[:0] = ['tests']\n"
        "import callqual; from talker import talk; from test_simulation import digest\n"
        f"print(digest(callqual.simulate(talk({SR}, 12.0, seed=4), {SR}, **{options!r})))"
    )
    command = [sys.executable, "-c", code]
    root = __import__("pathlib").Path(__file__).parent.parent
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, env=None)
    assert done.stdout.strip() == digest(simulate(SPEECH, SR, **options))


def test_input_is_left_alone_and_its_form_does_not_matter():
    before = SPEECH.copy()
    sims = [simulate(x, SR, loss=0.1, seed=1) for x in (SPEECH, X, X.astype(np.float32), SPEECH[:, None])]
    assert np.array_equal(before, SPEECH)
    assert len({hashlib.sha256(s.samples.tobytes()).hexdigest() for s in sims}) == 1


def test_concealment_does_not_move_the_losses():
    spans = {
        name: [(e["start"], e["end"]) for e in simulate(SPEECH, SR, loss=0.1, concealment=name, seed=4).truth]
        for name in ("zero", "fade", "noise", "spandsp")
    }
    assert len(set(map(tuple, spans.values()))) == 1


# The record


def test_the_record_is_plain_json_that_evaluate_takes():
    sim = simulate(SPEECH, SR, loss=0.1, jitter_ms=50.0, seed=1, recorder=("mu_law", "noise"))
    said = json.loads(sim.to_json())
    assert said == json.loads(json.dumps(sim.to_dict()))
    assert said["schema"] == record.SCHEMA == "callqual.simulation/1"
    assert said["seed"] == 1
    assert said["options"]["loss"] == 0.1
    assert said["options"]["recorder"] == ["mu_law", "noise"]
    assert said["seconds"] == sim.seconds
    assert len(said["packets"]) == len(sim.packets) == 600
    assert {p["fate"] for p in said["packets"]} >= {"played", "lost", "late"}
    assert all(p["arrival_ms"] is None for p in said["packets"] if p["fate"] == "lost")
    assert callqual.evaluate(said["events"], sim.truth, seconds=sim.seconds).gap.f1 == 1.0


def test_rates_and_names():
    assert callqual.simulate is simulate is simulate_by_its_home
    for sr in (16000, 48000):
        sim = simulate(talk(sr, 3.0), sr, loss=0.1, concealment="appendix_i", seed=1)
        assert sim.sr == sr
        assert sim.samples.dtype == np.float32
        assert len(sim.samples) == 3 * sr


# The page about it


def test_the_page_shows_what_comes_out(examples):
    page = (examples.parent / "docs" / "simulator.md").read_text(encoding="utf-8")
    sim = simulate(examples / "clean.wav", loss=0.05, burst_ratio=1.5, concealment="repeat", seed=1)
    shown = page.split(">>> sim.truth[0]\n")[1].split("```")[0]
    assert ast.literal_eval(shown) == sim.truth[0]
    found = callqual.evaluate(sim.truth, callqual.score(sim.samples, sim.sr), seconds=sim.seconds)
    assert page.split("seconds=sim.seconds).gap\n")[1].split("\n")[0] == repr(found.gap)
    named = {*CONCEALMENTS, *TIMING, *BUZZES, *RECORDERS, *Network.__struct_fields__, *Playout.__struct_fields__}
    assert [name for name in sorted(named) if f"`{name}" not in page] == []


# Mistakes


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"los": 0.1}, r"no option 'los'; did you mean loss\?"),
        ({"loss": 5}, "loss=5: expected a number from 0 to 1"),
        ({"concealment": "zeros"}, "concealment='zeros': expected one of decoder, zero"),
        ({"concealment": "decoder"}, "none has none"),
        ({"timing": "x"}, "timing='x': expected one of inserted_silence"),
        ({"buzz": "x"}, "buzz='x': expected one of hum"),
        ({"recorder": "x"}, "recorder='x': expected one of mu_law"),
        ({"seed": -1}, "seed=-1: expected a whole number"),
        ({"seed": 1.5}, "seed=1.5"),
        ({"frame_ms": 0}, "frame_ms=0: expected a number from 1 to 200 ms"),
        ({"playout": "x"}, "playout='x': expected one of fixed, adaptive"),
        ({"buffer_max_ms": 10}, "buffer_max_ms=10: expected a number of at least 60"),
        ({"catch_up": 3}, "catch_up=3: expected a number from 1 to 1.5"),
        ({"codec_options": {"fec": True}}, "codec_options are given without a codec"),
    ],
)
def test_wrong_options_are_told_on_one_line(options, words):
    with pytest.raises(callqual.InputError, match=words) as caught:
        simulate(SPEECH, SR, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("speech", "words"),
    [
        (np.zeros(100), "expected 0.5 s or more"),
        (np.stack([X, X], axis=1), "it has 2 channels; expected one talker"),
        (np.full(SR, np.nan), "NaN or infinite"),
    ],
)
def test_wrong_speech_is_told(speech, words):
    with pytest.raises(callqual.InputError, match=words):
        simulate(speech, SR)


def test_digital_silence_and_a_dead_line_are_no_trouble():
    assert simulate(np.zeros(SR), SR, loss=0.5, seed=1).truth == ()
    dead = simulate(SPEECH, SR, loss=1.0, seed=1)
    assert [e["kind"] for e in dead.truth] in ([], ["dead_air"])
    assert not np.any(dead.samples)
