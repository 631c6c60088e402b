"""What only some codecs have: tables, forward error correction, pauses that are not sent, a choice of what a loss gives."""

from __future__ import annotations

import av
import numpy as np
import pytest

from coded import loudest_packets, made, speech, without

# G.711


@pytest.mark.parametrize(("law", "name"), [("a", "pcm_alaw"), ("mu", "pcm_mulaw")])
def test_g711_decodes_every_code_as_ffmpeg_does(law, name):
    decoder = av.CodecContext.create(name, "r")
    decoder.sample_rate, decoder.layout = 8000, "mono"
    codes = bytes(range(160)), bytes(range(96, 256))
    theirs = [decoder.decode(av.Packet(part))[0].to_ndarray().reshape(-1) for part in codes]
    ours = made("g711", law=law).decoder()
    for part, expected in zip(codes, theirs, strict=True):
        assert np.array_equal(ours.decode(part) * 32768, expected)


@pytest.mark.parametrize("law", ["a", "mu"])
def test_g711_takes_the_nearest_level(law):
    codec = made("g711", law=law)
    x = np.arange(-32768, 32768, dtype=np.float32) / 32768
    levels = np.unique(codec.decode([bytes(range(k, k + 160)) for k in (0, 96)]))
    heard = codec.decode(codec.encode(x))[: x.size]
    nearest = np.min(np.abs(x[:, None] - levels[None, :]), axis=1)
    assert np.array_equal(np.abs(heard - x), nearest)


# Opus


@pytest.mark.parametrize(
    ("options", "gain"),
    [
        ({}, 6.0),
        ({"sr": 16000, "bitrate": 24000}, 5.0),
        ({"sr": 16000, "bitrate": 20000, "frame_ms": 60}, 5.0),
        ({"application": "audio", "expected_loss": 0.3}, 6.0),
    ],
)
def test_fec_brings_a_lost_packet_back(options, gain):
    codec = made("opus", fec=True, **options)
    x = speech(codec.sr)
    packets = codec.encode(x)
    lost = loudest_packets(codec, x, round(300 / codec.frame_ms), 10)
    clean, corrected = codec.decode(packets), codec.decode(without(packets, lost))
    decoder = codec.decoder()
    concealed = np.concatenate([decoder.decode(payload) for payload in without(packets, lost)])

    def error(heard):
        holes = [slice(i * codec.packet, (i + 1) * codec.packet) for i in lost]
        return np.median([10 * np.log10(np.sum((heard - clean)[h] ** 2) / np.sum(clean[h] ** 2)) for h in holes])

    assert len(lost) >= 5
    assert error(corrected) < error(concealed) - gain


def test_fec_reaches_one_packet_back_only():
    codec = made("opus", fec=True)
    packets = codec.encode(speech(codec.sr))
    burst = without(packets, [50, 51])
    decoder = codec.decoder()
    by_hand = [decoder.decode(payload) for payload in burst[:51]]
    by_hand.append(decoder.decode(None, packets[52]))
    assert np.array_equal(codec.decode(burst)[: 52 * codec.packet], np.concatenate(by_hand))


@pytest.mark.parametrize(("bitrate", "size"), [(12000, 30), (24000, 60), (64000, 160)])
def test_opus_keeps_a_constant_bit_rate(bitrate, size):
    assert {len(payload) for payload in made("opus", bitrate=bitrate, vbr=False).encode(speech(48000, 2.0))} == {size}


def test_opus_bandwidth_is_kept():
    codec = made("opus", bandwidth="narrow", bitrate=24000)
    x = speech(48000)
    spectrum = np.abs(np.fft.rfft(codec.decode(codec.encode(x)))) ** 2
    hz = np.fft.rfftfreq(2 * spectrum.size - 2, 1 / 48000)
    assert spectrum[hz > 4500].sum() < 1e-4 * spectrum.sum()


# Pauses


@pytest.mark.parametrize(
    ("name", "options"), [("opus", {"sr": 16000, "bitrate": 20000}), ("amr_nb", {}), ("amr_wb", {})]
)
def test_dtx_sends_little_in_a_pause(name, options):
    codec, always = made(name, dtx=True, **options), made(name, **options)
    room = 1e-3 * np.random.default_rng(0).standard_normal(3 * codec.sr).astype(np.float32)
    x = np.concatenate([speech(codec.sr, 3.0), room, speech(codec.sr, 3.0)])
    talk, pause = slice(10, 100), slice(175, 290)
    sizes, full = (np.array([len(payload) for payload in c.encode(x)]) for c in (codec, always))
    assert sizes[pause].mean() < 0.25 * full[pause].mean()
    assert sizes[talk].mean() > 0.8 * full[talk].mean()
    quiet = codec.decode(codec.encode(x))[4 * codec.sr : 5 * codec.sr]  # comfort noise
    assert -70 < 10 * np.log10(np.mean(quiet**2)) < -50


# What a loss gives


def test_gsm_gives_what_was_asked_for():
    codecs = {lost: made("gsm", lost=lost) for lost in ("fade", "repeat", "silence", "zero")}
    packets = codecs["fade"].encode(speech(8000))
    (place,) = loudest_packets(codecs["fade"], speech(8000), 200, 60)
    gap = without(packets, list(range(place, place + 20)))
    heard = {lost: codec.decode(gap) * 32768 for lost, codec in codecs.items()}

    def frame(lost: str, k: int) -> np.ndarray:
        return heard[lost][(place + k) * 160 : (place + k + 1) * 160]

    assert np.array_equal(frame("fade", 0), frame("repeat", 0))
    assert not np.array_equal(frame("fade", 1), frame("repeat", 1))
    assert not frame("zero", 0).any()
    assert 0 < np.abs(frame("silence", 2)).max() <= 32
    assert 0 < np.abs(frame("fade", 18)).max() <= 32  # silent 320 ms on
    assert np.abs(frame("repeat", 18)).max() > 1000


def test_g722_repeats_the_bits_of_the_last_packet():
    codec = made("g722", lost="repeat")
    packets = codec.encode(speech(16000))
    again = [*packets[:50], packets[49], packets[49], *packets[52:]]
    assert np.array_equal(codec.decode(without(packets, [50, 51])), codec.decode(again))
