"""Every codec: what comes through, what a loss leaves, and how its decoder fills the hole."""

from __future__ import annotations

import numpy as np
import pytest

from callqual.simulation.codecs import Codec, available, names
from coded import Samples, loudest_packets, made, speech, without

CASES = {
    # name, options, least correlation with the input (measured: .02 to .03 more)
    "g711 a": ("g711", {}, 0.998),
    "g711 mu 30 ms": ("g711", {"law": "mu", "frame_ms": 30}, 0.998),
    "g722": ("g722", {}, 0.99),
    "g722 same bits 10 ms": ("g722", {"lost": "repeat", "frame_ms": 10}, 0.99),
    "opus": ("opus", {}, 0.94),
    "opus wide 16k": ("opus", {"sr": 16000, "bitrate": 16000}, 0.93),
    "opus narrow 60 ms": ("opus", {"sr": 8000, "bitrate": 10000, "frame_ms": 60}, 0.91),
    "opus lowdelay 10 ms": ("opus", {"application": "lowdelay", "frame_ms": 10, "bitrate": 64000}, 0.97),
    "opus audio 2.5 ms": ("opus", {"application": "audio", "frame_ms": 2.5, "bitrate": 64000}, 0.95),
    "amr_nb": ("amr_nb", {}, 0.87),
    "amr_nb 4.75 40 ms": ("amr_nb", {"bitrate": 4750, "frame_ms": 40}, 0.80),
    "amr_wb": ("amr_wb", {}, 0.94),
    "gsm": ("gsm", {}, 0.90),
    "gsm same bits 60 ms": ("gsm", {"lost": "repeat", "frame_ms": 60}, 0.90),
    "g729": ("g729", {}, 0.84),
    "speex narrow": ("speex", {"sr": 8000}, 0.87),
    "speex wide 40 ms": ("speex", {"frame_ms": 40}, 0.93),
    "speex ultra-wide": ("speex", {"sr": 32000}, 0.93),
}

FADES = {
    # name, options, bounds of the level at 20, 60 and 200 ms, dB re the 20 ms before the loss
    "opus": ("opus", {}, (-6, 0), (-25, -10), (-60, -35)),
    "opus wide": ("opus", {"sr": 16000, "bitrate": 16000}, (-6, 0), (-25, -10), (-60, -35)),
    "opus lowdelay": (
        "opus",
        {"application": "lowdelay", "frame_ms": 10, "bitrate": 64000},
        (-10, 1),
        (-45, -3),
        (-50, -25),
    ),
    "g722 same bits": ("g722", {"lost": "repeat"}, (-2, 4), (-2, 5), (-2, 7)),
    "amr_nb": ("amr_nb", {}, (-7, 0), (-27, -12), (-90, -50)),
    "amr_nb 4.75": ("amr_nb", {"bitrate": 4750}, (-8, 0), (-28, -12), (-90, -50)),
    "amr_wb": ("amr_wb", {}, (-65, -30), (-70, -50), (-70, -50)),
    "gsm": ("gsm", {}, (-3, 2), (-8, 1), (-60, -15)),
    "gsm same bits": ("gsm", {"lost": "repeat"}, (-3, 2), (-3, 2), (-4, 3)),
    "g729": ("g729", {}, (-12, -3), (-20, -11), (-26, -15)),
    "speex narrow": ("speex", {"sr": 8000}, (-7, -1), (-15, -8), (-90, -50)),
    "speex wide": ("speex", {"sr": 16000}, (-7, -1), (-15, -8), (-57, -35)),
}

every_codec = pytest.mark.parametrize("case", list(CASES))


def of(case: str) -> tuple[Codec, float]:
    name, options, least = CASES[case]
    return made(name, **options), least


def test_every_codec_is_tested():
    assert {name for name, _, _ in CASES.values()} == set(names())


def test_what_pip_brings_is_available():
    assert all(available(name) for name in ("opus", "g711", "g722", "amr_nb"))


# Without loss


@every_codec
def test_speech_comes_through_late_by_the_delay(case):
    codec, least = of(case)
    x = speech(codec.sr)
    y = codec.decode(codec.encode(x))
    assert y.dtype == np.float32
    lag, correlation = likeness(y[: x.size], x, codec.sr)
    assert abs(lag - codec.delay) <= 3  # hybrid Opus shifts its two bands against each other by that
    assert correlation > least


@every_codec
def test_a_packet_is_what_it_says(case):
    codec, _ = of(case)
    assert codec.packet == codec.sr * codec.frame_ms / 1000
    packets = codec.encode(speech(codec.sr)[: 10 * codec.packet + 1])
    assert len(packets) == 11
    assert {codec.decoder().decode(payload).size for payload in (*packets, None)} == {codec.packet}
    assert codec.encode(np.zeros(0, np.float32)) == []
    assert codec.decode([]).size == 0


@every_codec
def test_the_same_speech_gives_the_same_bytes_and_samples(case):
    codec, _ = of(case)
    packets = codec.encode(speech(codec.sr))
    again = made(CASES[case][0], **CASES[case][1])
    assert again.encode(speech(codec.sr)) == packets
    arrived = without(packets, lost_at_random(len(packets)))
    one, other = codec.decoder(), again.decoder()  # side by side: no state is shared
    for payload in arrived:
        assert np.array_equal(one.decode(payload), other.decode(payload))


# With losses


@every_codec
def test_losses_are_heard_where_they_are_and_not_before(case):
    codec, _ = of(case)
    packets = codec.encode(speech(codec.sr))
    lost = lost_at_random(len(packets))
    clean, heard = codec.decode(packets), codec.decode(without(packets, lost))
    first = lost[0] * codec.packet
    assert np.array_equal(heard[:first], clean[:first])
    holes = [slice(i * codec.packet, (i + 1) * codec.packet) for i in lost]
    assert all(not np.array_equal(heard[hole], clean[hole]) for hole in holes)


@every_codec
def test_the_decoder_finds_its_way_back(case):
    codec, _ = of(case)
    x = speech(codec.sr, 12.0)
    packets = codec.encode(x)
    lost = loudest_packets(codec, x, round(900 / codec.frame_ms), round(600 / codec.frame_ms))
    clean, heard = codec.decode(packets), codec.decode(without(packets, lost))
    starts = np.array(lost) * codec.packet
    after = starts + codec.packet
    assert similarity(heard, clean, starts, codec.packet) < (5 if codec.frame_ms >= 20 else 20)  # a pitch cycle is easy
    near = similarity(heard, clean, after, codec.sr // 200)
    assert near == np.inf if codec.name == "g711" else near < 30
    assert similarity(heard, clean, after + codec.sr // 4, codec.sr // 20) > 15


@pytest.mark.parametrize("case", list(FADES))
def test_a_long_loss_fades_as_the_codec_does(case):
    name, options, *bounds = FADES[case]
    codec = made(name, **options)
    x, count = speech(codec.sr, 12.0), round(400 / codec.frame_ms)
    places = loudest_packets(codec, x, round(900 / codec.frame_ms), round(600 / codec.frame_ms))
    assert len(places) >= 5
    y = codec.decode(without(codec.encode(x), [i + k for i in places for k in range(count)]))
    window = codec.sr // 100
    for ms, (low, high) in zip((20, 60, 200), bounds, strict=True):
        levels = []
        for start in (i * codec.packet for i in places):
            at = start + ms * codec.sr // 1000
            levels.append(db(y[at : at + window]) - db(y[start - 2 * window : start]))
        assert low <= np.median(levels) <= high, f"{np.median(levels):.1f} dB at {ms} ms"


@pytest.mark.parametrize(("name", "options"), [("g711", {}), ("g722", {}), ("gsm", {"lost": "zero"})])
def test_a_codec_that_does_not_conceal_leaves_zeros(name, options):
    codec = made(name, **options)
    packets = codec.encode(speech(codec.sr))
    heard = codec.decode(without(packets, [40, 41]))
    assert not codec.conceals
    assert not heard[40 * codec.packet : 42 * codec.packet].any()
    assert heard[39 * codec.packet : 40 * codec.packet].any()


@pytest.mark.parametrize(("name", "options"), [("opus", {}), ("amr_nb", {}), ("gsm", {}), ("g722", {"lost": "repeat"})])
def test_a_call_may_begin_with_a_loss(name, options):
    codec = made(name, **options)
    packets = codec.encode(speech(codec.sr, 2.0))
    heard = codec.decode([None, None, *packets[2:]])
    assert codec.conceals
    assert db(heard[: 2 * codec.packet]) < -60


# Packets of several frames


@pytest.mark.parametrize("name", ["g711", "g722", "gsm", "amr_nb", "amr_wb", "g729"])
def test_longer_packets_hold_the_same_frames(name):
    short, long = made(name, frame_ms=20), made(name, frame_ms=60)
    x = speech(short.sr)[: 30 * long.packet]
    frames, packets = short.encode(x), long.encode(x)
    assert [b"".join(frames[i : i + 3]) for i in range(0, len(frames), 3)] == packets
    lost = [i for k in (7, 8, 20) for i in range(3 * k, 3 * k + 3)]
    assert np.array_equal(short.decode(without(frames, lost)), long.decode(without(packets, [7, 8, 20])))


def lost_at_random(count: int) -> list[int]:
    """5 % of the packets behind the first second or so."""
    lost = np.flatnonzero(np.random.default_rng(3).random(count) < 0.05)
    return [int(i) for i in lost if i >= count // 6]


def likeness(y: Samples, x: Samples, sr: int) -> tuple[int, float]:
    """Lag (samples, within 150 ms) of `y` behind `x` where they are most alike, and their correlation there."""
    size = 1 << (x.size + y.size).bit_length()
    cross = np.fft.irfft(np.fft.rfft(y, size) * np.conj(np.fft.rfft(x, size)), size)
    most = round(0.15 * sr)
    lag = int(np.argmax(np.concatenate([cross[-most:], cross[:most]]))) - most
    return lag, float(cross[lag] / np.sqrt(np.sum(x**2, dtype=float) * np.sum(y**2, dtype=float)))


def similarity(y: Samples, x: Samples, starts: np.ndarray, n: int) -> float:
    """Median over places of the level of `x` over that of the difference, dB."""
    with np.errstate(divide="ignore"):
        return float(np.median([db(x[a : a + n]) - 10 * np.log10(np.mean((y - x)[a : a + n] ** 2)) for a in starts]))


def db(x: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(x, dtype=float)) + 1e-9))
