"""Errors of codecs name the value, what was expected and the remedy; a library's memory is freed."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from callqual.errors import InputError
from callqual.simulation.codecs import MissingLibrary, amr, available, codec, g729, gsm, libraries, names, opus, speex
from callqual.simulation.codecs.libraries import State
from coded import made


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("silk", {}, "no codec 'silk'; expected one of opus, g711"),
        ("AMR-NB", {}, "did you mean 'amr_nb'"),
        ("opus", {"bitrat": 1}, "codec 'opus' has no option 'bitrat'; it has bitrate, application"),
        ("opus", {"bitrate": 5000}, r"bitrate=5000: expected a number from 6000 to 510000 bit/s"),
        ("opus", {"bitrate": 6000.5}, "bitrate=6000.5: expected a whole number"),
        ("opus", {"bitrate": "fast"}, "bitrate='fast': expected a number"),
        ("opus", {"application": "phone"}, "application='phone': expected one of voip, audio, lowdelay"),
        ("opus", {"frame_ms": 30}, "frame_ms=30: expected one of 2.5, 5.0"),
        ("opus", {"sr": 44100}, "sr=44100: expected one of 8000"),
        ("opus", {"bandwidth": "broad"}, "bandwidth='broad': expected one of narrow"),
        ("opus", {"expected_loss": 5}, "expected_loss=5: expected a number from 0 to 1 .a share, not percent"),
        ("opus", {"fec": 1}, "fec=1: expected True or False"),
        ("opus", {"fec": True, "application": "lowdelay"}, "fec=True lives in SILK"),
        ("opus", {"complexity": 11}, "complexity=11"),
        ("g711", {"law": "u"}, "law='u': expected one of a, mu"),
        ("g711", {"frame_ms": True}, "frame_ms=True"),
        ("g722", {"lost": "noise"}, "lost='noise': expected one of zero, repeat"),
        ("gsm", {"frame_ms": 30}, "frame_ms=30: expected one of 20, 40, 60"),
        ("gsm", {"lost": "noise"}, "expected one of fade, repeat, silence, zero"),
        ("amr_nb", {"bitrate": 12650}, "bitrate=12650: expected one of 4750"),
        ("amr_wb", {"bitrate": 12200}, "bitrate=12200: expected one of 6600"),
        ("speex", {"quality": -1}, "quality=-1: expected a number from 0 to 10"),
        ("speex", {"sr": 48000}, "sr=48000: expected one of 8000, 16000, 32000"),
    ],
)
def test_a_wrong_option_is_told_what_is_right(name, options, message):
    with pytest.raises(InputError, match=message):
        codec(name, **options)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((100, 2), np.float32), r"float32 of shape \(100, 2\); expected float"),
        (np.zeros(100, np.int16), "samples are int16"),
        (np.array([0.0, np.nan]), "NaN or infinite"),
    ],
)
def test_wrong_samples_are_refused(samples, message):
    with pytest.raises(InputError, match=message):
        codec("g711").encode(samples)


def test_loud_samples_are_clipped():
    loud = np.full(160, 3.0)
    assert codec("g711").encode(loud) == codec("g711").encode(np.ones(160))


@pytest.mark.parametrize(
    ("name", "payload", "message"),
    [
        ("opus", b"\xff\xff\xff", "libopus: corrupted stream"),
        ("g711", b"123", "g711: a packet of 3 bytes; expected 160"),
        ("g722", b"123", "g722: a packet of 3 bytes; expected 160"),
        ("gsm", b"123", "gsm: a packet of 3 bytes; expected 33"),
        ("gsm", bytes(33), "not a GSM 06.10 frame"),
        ("amr_nb", b"\x3c123", "amr_nb: 4 bytes are not a packet of 20 ms"),
        ("amr_nb", b"\x5c", "amr_nb: 1 bytes are not a packet of 20 ms"),  # a type of another standard
        ("amr_nb", b"\x7c\x7c", "amr_nb: 2 bytes are not a packet of 20 ms"),
        ("amr_wb", b"\x3c123", "amr_wb: 4 bytes are not a packet of 20 ms"),
        ("g729", b"123", "g729: a packet of 3 bytes; expected 20"),
        ("speex", b"\xff", "libspeex: the bytes are not a packet"),
    ],
)
def test_a_payload_of_another_kind_is_refused(name, payload, message):
    with pytest.raises(InputError, match=message):
        made(name).decoder().decode(payload)


def test_opus_refuses_packets_of_another_length():
    short, long = codec("opus", frame_ms=20), codec("opus", frame_ms=40)
    speech = np.zeros(48000, np.float32)
    with pytest.raises(InputError, match="960 samples; expected 1920"):
        long.decoder().decode(short.encode(speech)[0])
    with pytest.raises(InputError, match="libopus: buffer too small"):
        short.decoder().decode(long.encode(speech)[0])


PACKAGES = {
    "opus": "libopus0",
    "gsm": "libgsm1",
    "amr_nb": "libopencore-amrnb0",
    "amr_wb": "libvo-amrwbenc0",
    "speex": "libspeex1",
    "g729": "libbcg729-0",
}


@pytest.fixture
def no_libraries(monkeypatch):
    caches = [libraries.load, opus._library, gsm._library, speex._library, g729._library]
    caches += [amr._narrow, amr._wide_encoder, amr._wide_decoder]
    monkeypatch.setattr(libraries, "find_library", lambda stem: None)
    monkeypatch.setattr(libraries, "_bundled", lambda stem: iter(()))
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize("name", names())
def test_a_missing_library_names_its_package(name, no_libraries):
    if name not in PACKAGES:
        assert available(name)
        return
    assert not available(name)
    with pytest.raises(MissingLibrary, match=f"apt-get install {PACKAGES[name]}"):
        codec(name)


def test_a_library_that_does_not_load_is_passed_over(monkeypatch, tmp_path, no_libraries):
    broken = tmp_path / "libgsm-1.so"
    broken.write_bytes(b"no library")
    monkeypatch.setattr(libraries, "_bundled", lambda stem: iter([str(broken)]))
    assert not available("gsm")


def test_state_is_freed_with_its_owner():
    freed = []
    state = State(4711, freed.append)
    assert not freed
    del state
    gc.collect()
    assert freed == [4711]
    with pytest.raises(MemoryError):
        State(None, freed.append)
