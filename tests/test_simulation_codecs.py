"""Calls through real codecs: their losses are where the truth says, measured against the loss-free decode."""

from __future__ import annotations

import numpy as np
import pytest

import callqual
from callqual.simulation import codecs
from talker import talk

SR = 16000
SPEECH = talk(SR, 12.0, seed=4)
RESYNC = 0.3
"""Seconds after a gap in which a decoder may still be off: 90 % of the measured re-synchronisations are shorter."""


def codec(name: str, **options):
    if not codecs.available(name):
        pytest.skip(f"the library of {name} is not here")
    return callqual.simulate(SPEECH, SR, codec=name, seed=2, **options)


def inside(truth, n: int, after: float = 0.0) -> np.ndarray:
    mask = np.zeros(n, np.bool_)
    for e in truth:
        mask[round(e["start"] * SR) : round((e["end"] + after) * SR)] = True
    return mask


def snr(sim, where: np.ndarray) -> float:
    """Power of the loss-free decode over that of the difference to it, dB."""
    error = np.sum((sim.samples - sim.reference)[where] ** 2, dtype=np.float64)
    return float(10 * np.log10(np.sum(sim.reference[where] ** 2, dtype=np.float64) / max(error, 1e-12)))


@pytest.mark.parametrize("name", codecs.names())
@pytest.mark.parametrize("own", [True, False], ids=["decoder", "filler"])
def test_what_is_lost_is_lost_and_the_rest_is_whole(name, own):
    sim = codec(name, loss=0.05, burst_ratio=1.5, **({} if own else {"concealment": "fade"}))
    n = len(SPEECH)
    assert len(sim.samples) == len(sim.reference) == n
    kinds = {"fade"} if not own else {"zero_fill" if name in ("g711", "g722") else "concealed"}
    assert {e["kind"] for e in sim.truth} <= kinds
    lost, packet = int((sim.packets["fate"] == "lost").sum()), sim.truth[0]["details"]["frame_ms"]
    assert sum(e["details"]["packets"] for e in sim.truth) == pytest.approx(lost, abs=2)
    audible = [e for e in sim.truth if e["lost_db"] > -10]
    assert len(audible) > 3
    assert snr(sim, inside(audible, n)) < 6
    assert snr(sim, ~inside(sim.truth, n, RESYNC)) > 20
    for e in sim.truth:
        assert 1000 * (e["end"] - e["start"]) == pytest.approx(packet * e["details"]["packets"], abs=packet)


@pytest.mark.parametrize("name", codecs.names())
def test_what_nothing_was_lost_of_is_the_speech(name):
    """The codec's delay is taken off: the reference is most like the speech where it stands."""
    sim = codec(name)
    assert sim.truth == ()
    x, y = SPEECH / 32768.0, sim.reference.astype(np.float64)
    lags = range(-40, 41)
    likeness = [float(np.dot(np.roll(y, -lag)[SR:-SR], x[SR:-SR])) for lag in lags]
    assert abs(lags[int(np.argmax(likeness))]) <= 8  # 0.5 ms: what filters and post-filters add to the delay


def test_a_filler_is_asked_only_for_what_fec_does_not_bring_back():
    """As jitter buffers do, which conceal themselves and ask the decoder for the copy in the packet behind."""
    options = {"bitrate": 24000, "fec": True, "expected_loss": 0.2}
    own, filled = (codec("opus", loss=0.1, codec_options=options, concealment=how) for how in ("decoder", "expand"))
    fates = [call.packets["fate"] == "recovered" for call in (own, filled)]
    assert np.count_nonzero(fates[1]) > 0.2 * filled.packets["lost"].sum()
    assert np.array_equal(*fates) or np.count_nonzero(fates[0] ^ fates[1]) < 0.2 * np.count_nonzero(fates[0])
    assert {e["kind"] for e in filled.truth} <= {"concealed", "dead_air"}


def test_fec_brings_packets_back():
    options = {"bitrate": 24000, "fec": True, "expected_loss": 0.2}
    with_fec, without = (codec("opus", loss=0.1, codec_options=o) for o in (options, {"bitrate": 24000}))
    assert np.array_equal(with_fec.packets["lost"], without.packets["lost"])
    recovered = int((with_fec.packets["fate"] == "recovered").sum())
    assert recovered > 0.2 * with_fec.packets["lost"].sum()
    assert not np.any(without.packets["fate"] == "recovered")
    assert len(with_fec.truth) < len(without.truth)


def test_a_waiting_receiver_lets_the_decoder_go_on():
    sim = codec("opus", spikes=12.0, spike_ms=500.0, playout="adaptive")
    waits = [e for e in sim.truth if e["cause"] == "underrun"]
    assert waits
    assert {e["kind"] for e in waits} == {"concealed"}
    assert set(sim.packets["fate"]) == {"played"}


def test_one_seed_one_call_through_a_codec():
    one, two = (codec("opus", loss=0.1, jitter_ms=30.0, playout="adaptive") for _ in range(2))
    assert np.array_equal(one.samples, two.samples)
    assert one.truth == two.truth


def test_a_codec_that_is_none_and_an_option_it_has_not():
    with pytest.raises(callqual.InputError, match="opsu"):
        callqual.simulate(SPEECH, SR, codec="opsu")
    with pytest.raises(callqual.InputError, match="rate"):
        callqual.simulate(SPEECH, SR, codec="g711", codec_options={"rate": 1})
