"""Lost and late packets: their statistics, links by hand, recorded networks and their mistakes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import callqual
from callqual.simulation import delays, losses
from callqual.simulation.network import HEADER_BYTES, Network
from callqual.simulation.traces import read_link, read_log, read_mask

FRAME = 0.02


def send(n: int = 3000, seed: int = 1, size: int = 80, **options) -> np.ndarray:
    return Network(**options).send(np.full(n, size), FRAME, np.random.default_rng(seed))


@given(loss=st.floats(0.0, 1.0), seed=st.integers(0, 2**31))
@settings(max_examples=50)
def test_bernoulli_has_its_rate(loss, seed):
    lost = losses.bernoulli(5000, loss, np.random.default_rng(seed))
    assert stats.binomtest(int(lost.sum()), 5000, loss).pvalue > 1e-6


@pytest.mark.parametrize(("loss", "ratio"), [(0.01, 1.0), (0.05, 1.5), (0.1, 3.0), (0.3, 1.0), (0.3, 0.7), (0.6, 2.0)])
def test_gilbert_has_its_rate_and_its_bursts(loss, ratio):
    masks = [losses.gilbert(4000, loss, ratio, np.random.default_rng(seed)) for seed in range(150)]
    rates = np.array([mask.mean() for mask in masks])
    assert abs(rates.mean() - loss) < 4.5 * rates.std() / math.sqrt(len(rates))
    lengths = np.concatenate([losses.runs(mask) for mask in masks])
    assert abs(lengths.mean() - ratio / (1 - loss)) < 4.5 * lengths.std() / math.sqrt(len(lengths)) + 0.01
    assert losses.burst_ratio(np.concatenate(masks)) == pytest.approx(ratio, rel=0.06)


def test_a_burst_ratio_of_1_is_random():
    """The packet behind a lost one is lost as often as any."""
    lost = losses.gilbert(200_000, 0.2, 1.0, np.random.default_rng(3))
    after = lost[1:][lost[:-1]]
    assert stats.binomtest(int(after.sum()), len(after), 0.2).pvalue > 1e-3


@given(st.lists(st.booleans(), max_size=60))
def test_burst_ratio_is_that_of_the_bursts_counted_by_hand(bits):
    mask = np.array(bits, np.bool_)
    bursts = [len(word) for word in "".join("1" if b else "0" for b in bits).split("0") if word]
    assert losses.runs(mask).tolist() == bursts
    expected = np.mean(bursts) * (1 - np.mean(bits)) if bursts and not all(bits) else None
    assert losses.burst_ratio(mask) == (pytest.approx(expected) if expected is not None else None)


@pytest.mark.parametrize(("loss", "expected"), [(0.0, 0), (1.0, 3000)])
def test_nothing_and_everything(loss, expected):
    assert send(loss=loss)["lost"].sum() == expected


def test_an_impossible_burst_ratio_is_told():
    with pytest.raises(callqual.InputError, match=r"burst_ratio=0.5: at loss=0.1 it is at least 0.9"):
        send(loss=0.1, burst_ratio=0.5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"loss": 5}, "loss=5: expected a number from 0 to 1"),
        ({"jitter": "normal"}, "jitter='normal': expected one of gamma, laplace"),
        ({"kbps": 0}, "kbps=0: expected a number of at least 0.1 kbit/s"),
        ({"spikes": "many"}, "spikes='many'"),
        ({"loss": math.nan}, "loss=nan"),
    ],
)
def test_wrong_options_are_told(options, words):
    with pytest.raises(callqual.InputError, match=words.replace("(", r"\(")):
        Network(**options)


@pytest.mark.parametrize("jitter", ["gamma", "laplace"])
def test_delays_have_their_spread_and_keep_the_order(jitter):
    delay = getattr(delays, jitter)(20_000, 0.03, np.random.default_rng(5))
    assert delay.std() == pytest.approx(0.03, rel=0.05)
    assert delay.min() >= 0
    packets = send(jitter_ms=30.0, jitter=jitter)
    assert (np.diff(packets["arrival"]) >= 0).all()
    assert (packets["arrival"] >= packets["sent"]).all()


def test_reordering_lets_about_its_share_be_overtaken():
    packets = send(20_000, reorder=0.1)
    overtaken = np.minimum.accumulate(packets["arrival"][::-1])[::-1] < packets["arrival"] - 1e-12
    assert overtaken.mean() == pytest.approx(0.1, abs=0.01)


def test_one_more_cause_leaves_the_others_as_they_were():
    alone, both = send(loss=0.1, burst_ratio=2.0), send(loss=0.1, burst_ratio=2.0, jitter_ms=20.0, spikes=5.0)
    assert np.array_equal(alone["lost"], both["lost"])


def test_spikes_hold_everything_up_until_they_end():
    packets = send(6000, spikes=6.0, spike_ms=400.0)
    late = packets["arrival"] - packets["sent"]
    assert 0.2 < late.max() <= 0.6 + 1e-9
    starts = np.flatnonzero((late[1:] > 0.1) & (late[:-1] == 0)) + 1
    assert len(starts)
    for k in starts:
        held = packets["arrival"][k : k + 5]
        assert held == pytest.approx(held[0])


def test_outages_lose_whole_stretches():
    packets = send(30_000, outages=3.0, outage_s=1.0)
    lengths = losses.runs(packets["lost"]) * FRAME
    assert 15 <= len(lengths) <= 50
    assert 0.6 < lengths.mean() < 1.7


def test_a_throttle_delays_to_its_limit_and_then_drops():
    packets = send(kbps=36.0, queue_ms=300.0)
    offered = (80 + HEADER_BYTES) * 8 / FRAME / 1000
    passed = ~packets["lost"][500:]
    assert passed.mean() == pytest.approx(36.0 / offered, rel=0.02)
    waits = (packets["arrival"] - packets["sent"])[500:][passed]
    assert 0.28 < waits.min() <= waits.max() < 0.3 + 120 * 8 / 36_000 + 1e-9


def test_a_policer_drops_as_much_and_delays_nothing():
    packets = send(kbps=36.0, queue_ms=0.0)
    passed = ~packets["lost"][500:]
    assert passed.mean() == pytest.approx(36.0 / 48.0, rel=0.02)
    assert np.array_equal(packets["arrival"][~packets["lost"]], packets["sent"][~packets["lost"]])


def test_drift_stretches_the_senders_time():
    packets = send(1001, drift_ppm=500.0)
    assert packets["sent"][-1] == pytest.approx(20.01)


def test_a_mask_from_a_file_is_repeated(tmp_path):
    file = tmp_path / "mask.txt"
    file.write_text("# a burst of two\n0 0 1\n1,0\n")
    assert read_mask(file).tolist() == [False, False, True, True, False]
    assert send(12, mask=str(file))["lost"].tolist() == [False, False, True, True, False] * 2 + [False, False]


def test_a_link_trace_lets_packets_pass_at_its_moments(tmp_path):
    file = tmp_path / "link.trace"
    file.write_text("5\n50\n100\n")
    link = read_link(file)
    packets = send(6, size=1400, trace=str(file), queue_ms=1000.0)
    assert link.period == 0.1
    assert packets["arrival"] == pytest.approx([0.005, 0.05, 0.1, 0.105, 0.15, 0.2])
    small = send(6, size=100, trace=str(file), queue_ms=1000.0)
    assert small["arrival"] == pytest.approx([0.005, 0.05, 0.05, 0.1, 0.1, 0.1])
    assert send(60, size=1400, trace=str(file), queue_ms=100.0)["lost"].mean() > 0.3


def test_a_log_gives_its_delays_and_losses(tmp_path):
    file = tmp_path / "log.csv"
    file.write_text("seq,sent_ms,arrival_ms\n7,0,100\n8,20,150\n9,40,\n11,80,170\n")
    assert read_log(file) == pytest.approx([0.01, 0.04, math.inf, math.inf, 0.0])
    packets = send(5, log=str(file))
    assert packets["lost"].tolist() == [False, False, True, True, False]
    assert packets["arrival"][[0, 1, 4]] == pytest.approx([0.01, 0.06, 0.08])


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("mask", "0 1 2", r":1: '2' in a loss mask"),
        ("mask", "# nothing", "no packet in it"),
        ("trace", "1\nx\n", r":2: 'x' in a link trace"),
        ("trace", "9\n3\n", r":2: 3 ms comes after a later moment"),
        ("trace", "", "no moment after 0"),
        ("log", "seq,sent\n1,2\n", "no column 'sent_ms'"),
        ("log", "seq,sent_ms,arrival_ms\n1,2,x\n", r":2: not numbers"),
        ("log", "seq,sent_ms,arrival_ms\n1,2,\n", "no packet in it arrived"),
    ],
)
def test_a_file_that_is_wrong_is_told_with_its_line(tmp_path, option, text, words):
    file = tmp_path / "file"
    file.write_text(text)
    with pytest.raises(callqual.InputError, match=words) as caught:
        send(10, **{option: str(file)})
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_missing_is_told(tmp_path):
    with pytest.raises(callqual.AudioReadError, match="cannot be read"):
        send(10, mask=str(tmp_path / "gone"))
