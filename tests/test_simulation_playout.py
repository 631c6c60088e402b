"""The receiver's buffer: schedules by hand, waits and stalls, speed of catching up, and time that adds up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callqual.simulation.account import PACKET_LOG
from callqual.simulation.network import PACKET, Network
from callqual.simulation.playout import INSERTED, Playout, Step
from callqual.simulation.receive import Plain, receive
from callqual.simulation.render import reference, render
from callqual.simulation.simulator import simulate
from callqual.simulation.warp import blend, cycle
from fake_codec import FakeCodec
from talker import talk

SR, FRAME = 8000, 160
X = talk(SR, 10.0, seed=4) / 32768.0


def packets(delays_ms: list[float | None]) -> np.ndarray:
    out = np.zeros(len(delays_ms), PACKET)
    out["sent"] = 0.02 * np.arange(len(out))
    out["arrival"] = [np.inf if d is None else s + d / 1000 for s, d in zip(out["sent"], delays_ms, strict=True)]
    out["lost"] = np.isinf(out["arrival"])
    return out


def schedule(delays_ms: list[float | None], **options) -> list[Step]:
    speech = X[: FRAME * len(delays_ms)].astype(np.float32).reshape(-1, FRAME)
    return Playout(**options).schedule(packets(delays_ms), speech, SR)


def fates(steps: list[Step]) -> str:
    """One letter a step: Played, Lost, lAte, Inserted."""
    return "".join({"played": "P", "lost": "L", "late": "A", "inserted": "I"}[s.fate] for s in steps)


@pytest.mark.parametrize(
    ("delays_ms", "options", "expected"),
    [
        ([0] * 6, {}, "PPPPPP"),
        ([0, 0, None, 0, None, None], {}, "PPLPLL"),
        ([None, None, 0, 0], {}, "LLPP"),
        ([None] * 3, {}, "LLL"),
        ([0, 0, 61, 59, 0], {}, "PPAPP"),
        ([0, 0, 61, 59, 0], {"playout": "adaptive"}, "PPAPP"),
        ([0, 0, 100, 80, 60, 40, 20, 0], {"buffer_ms": 20.0}, "PPAAAAPP"),
        ([0, 0, 100, 80, 60, 40, 20, 0], {"buffer_ms": 20.0, "playout": "adaptive", "catch_up": 1.0}, "PPIIIIPPPPPP"),
        ([0, 0, None, None, 0, 0], {"buffer_ms": 0.0, "playout": "adaptive"}, "PPLLPP"),
        ([0, 0, None, None, 50, 30, 10, 0], {"buffer_ms": 0.0, "playout": "adaptive", "catch_up": 1.0}, "PPLLIIIPPPP"),
    ],
)
def test_what_is_played_when(delays_ms, options, expected):
    assert fates(schedule(delays_ms, **options)) == expected


def test_a_fixed_buffer_empty_for_ten_packets_fills_anew():
    steps = schedule([0] * 20 + [None] * 40 + [0] * 20, buffer_ms=40.0)
    assert fates(steps) == "P" * 20 + "L" * 40 + "P" * 20
    late = schedule([0] * 20 + [None] * 40 + [100] * 20, buffer_ms=40.0)
    assert fates(late) == "P" * 20 + "L" * 40 + "I" * 5 + "P" * 20
    assert [s.packet for s in steps if s.packet != INSERTED] == list(range(80))


def test_a_packet_behind_a_missing_one_may_recover_it_if_it_is_here():
    steps = schedule([0, None, 0, None, 100, 80, 60])
    assert [s.recover for s in steps[:4]] == [False, True, False, False]


def test_too_full_a_buffer_throws_the_oldest_away():
    stall = [0] * 50 + [500 - 20 * i for i in range(25)] + [0] * 50
    steps = schedule(stall, playout="adaptive", catch_up=1.0, buffer_max_ms=200.0)
    assert sum(s.cut for s in steps) > 10
    assert len([s for s in steps if s.packet != INSERTED]) + sum(s.cut for s in steps) == len(stall)


@pytest.mark.parametrize("speed", [1.1, 1.3, 1.5])
def test_after_a_stall_the_backlog_is_played_faster(speed):
    stall = [0] * 100 + [1000 - 20 * i for i in range(50)] + [0] * 300
    steps = schedule(stall, playout="adaptive", catch_up=speed)
    first = next(i for i, s in enumerate(steps) if s.warp < 0)
    busy = steps[first : first + 60]
    assert 60 * FRAME / (60 * FRAME + sum(s.warp for s in busy)) == pytest.approx(speed, rel=0.05)
    late = sum(FRAME if s.packet == INSERTED else s.warp for s in steps) / SR
    assert -0.06 < late < (0.1 if speed > 1.1 else 0.6)


@given(st.lists(st.one_of(st.none(), st.floats(0.0, 300.0)), min_size=1, max_size=60), st.booleans(), st.booleans())
@settings(max_examples=150)
def test_every_packet_is_heard_concealed_or_thrown_away_once(delays_ms, adaptive, small):
    options = {"playout": "adaptive" if adaptive else "fixed", "buffer_max_ms": 80.0 if small else None}
    steps = schedule(delays_ms, **options)
    numbers = [s.packet for s in steps if s.packet != INSERTED]
    assert numbers == sorted(set(numbers))
    assert len(numbers) + sum(s.cut for s in steps) == len(delays_ms)
    for s in steps:
        assert s.fate != "played" or delays_ms[s.packet] is not None
        assert (s.fate == "lost") == (s.packet != INSERTED and delays_ms[s.packet] is None)
    speech = X[: FRAME * len(delays_ms)].astype(np.float32).reshape(-1, FRAME)
    made = render(reference(speech, steps), steps, FRAME)
    assert len(made.samples) == len(steps) * FRAME + sum(s.warp for s in steps)
    for s, at in zip(steps, made.starts, strict=True):
        if s.fate == "played" and s.warp >= 0:
            part = made.samples[at : at + FRAME]
            agree = part == speech[s.packet]
            assert agree[: FRAME // 4].all() or s.warp


def test_waiting_loses_nothing():
    """Without the inserted silence the call is whole."""
    sim = simulate(X, SR, spikes=20.0, spike_ms=400.0, playout="adaptive", catch_up=1.0, seed=3)
    keep = np.ones(len(sim.samples), np.bool_)
    for e in sim.truth:
        assert (e["kind"], e["cause"]) == ("inserted_silence", "underrun")
        keep[round(e["start"] * SR) : round(e["end"] * SR)] = False
    heard = sim.samples[keep]
    assert len(sim.truth) > 1
    assert np.array_equal(heard[: len(X)], X.astype(np.float32)[: len(heard)])
    assert len(X) - len(heard) == 0


def test_the_net_of_warps_and_waits_is_the_change_of_length():
    sim = simulate(X, SR, spikes=12.0, spike_ms=800.0, playout="adaptive", catch_up=1.4, seed=5)
    details = [e["details"] for e in sim.truth]
    net = sum(d.get("net_ms", 0.0) + d.get("inserted_ms", 0.0) for d in details)
    assert {e["kind"] for e in sim.truth} >= {"time_warp", "inserted_silence"}
    assert len(sim.samples) - len(X) == pytest.approx(net * SR / 1000, abs=1)
    assert sim.samples == pytest.approx(sim.reference, abs=0.6 / 32768)


def test_warped_time_is_where_it_says():
    """Before the first event the call is as it was, behind the last one too, only later."""
    sim = simulate(X, SR, spikes=6.0, spike_ms=600.0, playout="adaptive", catch_up=1.5, seed=2)
    first, last = (round(t * SR) for t in (sim.truth[0]["start"], max(e["end"] for e in sim.truth)))
    x = X.astype(np.float32)
    assert np.array_equal(sim.samples[:first], x[:first])
    tail = len(sim.samples) - last
    assert tail > SR // 2
    assert np.array_equal(sim.samples[last:], x[len(x) - tail :])


def test_a_cycle_taken_out_of_a_tone_leaves_a_tone():
    t = np.arange(6 * FRAME) / SR
    tone = np.sin(2 * np.pi * 125.0 * t).astype(np.float32)
    frames = tone.reshape(-1, FRAME)
    lag = cycle(frames[2], frames[3], SR, 120, willing=False)
    assert lag == 64
    for warp in (-lag, lag):
        steps = [Step(k, "played", warp=warp if k == 3 else 0) for k in range(6)]
        made = render(iter(frames), steps, FRAME).samples
        assert made == pytest.approx(np.resize(tone, len(made)), abs=1e-3)
    assert blend(tone[:10], tone[:10]) == pytest.approx(tone[:10], abs=1e-6)


def test_unlike_cycles_are_left_alone_unless_there_is_hurry():
    rng = np.random.default_rng(1)
    a, b = (0.1 * rng.standard_normal(FRAME).astype(np.float32) for _ in range(2))
    assert cycle(a, b, SR, 120, willing=False) == 0
    assert 20 <= cycle(a, b, SR, 120, willing=True) <= 120


def test_the_log_says_what_became_of_each_packet():
    sim = simulate(X, SR, loss=0.05, jitter_ms=30.0, seed=2)
    log = sim.packets
    assert log.dtype == PACKET_LOG
    assert set(log["fate"][log["lost"]]) <= {"lost", "discarded"}
    assert "late" in log["fate"]
    played = log["played"][log["fate"] == "played"]
    assert (np.diff(played) > 0).all()
    for row in log[log["fate"] == "played"][:50]:
        k, at = round(row["sent"] * SR), round(row["played"] * SR)
        assert np.array_equal(sim.samples[at : at + FRAME], X.astype(np.float32)[k : k + FRAME])


@given(
    network=st.fixed_dictionaries(
        {"loss": st.floats(0.0, 0.6), "jitter_ms": st.floats(0.0, 100.0), "spikes": st.floats(0.0, 40.0)}
    ),
    adaptive=st.booleans(),
    buffer_max_ms=st.sampled_from([None, 60.0, 150.0]),
    catch_up=st.floats(1.0, 1.5),
    seed=st.integers(0, 2**31),
)
@settings(max_examples=60)
def test_a_decoders_call_is_whole_outside_its_events_whatever_the_receiver_does(
    network, adaptive, buffer_max_ms, catch_up, seed
):
    """The fake decoder conceals at half the level and is off for 40 samples behind a gap, so any wrong label shows."""
    how = Playout(playout="adaptive" if adaptive else "fixed", buffer_max_ms=buffer_max_ms, catch_up=catch_up)
    x = X[: 4 * SR]
    call = receive(x, FakeCodec(), None, Network(**network), how, np.random.default_rng(seed))
    assert len(call.samples) == len(call.reference)
    wrong = np.flatnonzero(call.samples != call.reference)
    label = np.zeros(len(call.samples) + SR, np.bool_)
    for e in call.events:
        if e["family"] == "gap":
            label[round(e["start"] * SR) : round(e["end"] * SR) + 40] = True
    assert label[wrong].all()
    for e in call.events:
        if e["family"] == "gap" and e["context_db"] > 0 and e["lost_db"] > -5 and e["start"] > 0.5:
            assert np.any((wrong >= round(e["start"] * SR)) & (wrong < round(e["end"] * SR)))
    net = sum(e["details"].get("net_ms", 0) + e["details"].get("inserted_ms", 0) for e in call.events)
    if not (call.log["fate"] == "discarded").any() and not any(e["cause"] == "late" for e in call.events):
        assert len(call.samples) - len(x) == pytest.approx(net * SR / 1000, abs=FRAME)


class WithFec(FakeCodec):
    """Packets that carry the one before."""

    def encode(self, x):
        plain = super().encode(x)
        return [now + before for now, before in zip(plain, [plain[0], *plain], strict=False)]

    def decoder(self):
        size, inner = 4 * self.packet, super().decoder()

        class Decoder:
            def decode(self, payload, next_payload=None):
                if payload is None and next_payload is not None:
                    return inner.decode(next_payload[size:])
                return inner.decode(None if payload is None else payload[:size])

        return Decoder()


def test_what_fec_recovers_is_logged_and_no_event():
    call = receive(X, WithFec(), None, Network(loss=0.1), Playout(), np.random.default_rng(1), fec=True)
    fates = call.log["fate"].tolist()
    assert fates.count("recovered") > 20
    assert fates.count("lost") > 0
    for k, fate in enumerate(fates):
        at = (round(call.log["played"][k] * SR) + 80) / SR
        assert any(e["start"] <= at < e["end"] for e in call.events) == (fate == "lost")


def test_plain_packets_are_the_samples():
    plain = Plain(SR, 20.0)
    assert np.array_equal(
        np.concatenate([plain.decode(p) for p in plain.encode(X.astype(np.float32))]), X.astype(np.float32)
    )
