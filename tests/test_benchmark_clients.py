"""Real call programs: packets as RTP wants them, where dropped ones are missing in a recording, and what is known of a call.

No program is needed here: receivers are played by a few lines.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile as sf

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.clients import __main__, baresip, mediastreamer, record, rtp, sip, telegram
from benchmarks.clients.placing import DONT_CARE_DB, Gap, Played, Unaligned, beside, place, silent_ms
from benchmarks.corpora import Clip

SR = 8000
PACKET = 0.02


def speech(seconds: float, seed: int = 1) -> np.ndarray:
    """Noise with the spectrum and the swells of speech, never quite the same."""
    rng, n = np.random.default_rng(seed), round(seconds * SR)
    x = np.convolve(rng.standard_normal(n), np.exp(-np.arange(40) / 8.0))[:n]
    return 0.05 * x * (1.2 + np.sin(2 * np.pi * 2.5 * np.arange(n) / SR))


def spans(count: int, *lost: int) -> list[tuple[float, float, bool]]:
    return [(i * PACKET, (i + 1) * PACKET, i in lost) for i in range(count)]


def silenced(x: np.ndarray, *lost: int) -> np.ndarray:
    y, n = x.copy(), round(PACKET * SR)
    for i in lost:
        y[i * n : (i + 1) * n] = 0.0
    return y


def edges(gaps: list[Gap]) -> list[float]:
    return [t for gap in gaps if gap[2] == "loss" for t in gap[:2]]


def test_a_packet_says_what_rfc_3550_puts_where() -> None:
    packet = rtp.pack(b"\x01\x02", 3, 480, 8, 0x01020304)
    assert packet.hex() == "80" + "08" + "0003" + "000001e0" + "01020304" + "0102"
    assert rtp.unpack(packet) == (8, 3, 480)
    assert rtp.pack(b"", 0, 0, 8, 1)[1] == 0x88  # the marker
    assert rtp.pack(b"", 0x1_0002, 0x1_0000_0003, 8, 1)[2:8].hex() == "000200000003"


@pytest.mark.parametrize(
    "datagram", [b"", b"\x00\x01" + bytes(20), b"\x80\xc8" + bytes(20)], ids=["none", "stun", "rtcp"]
)
def test_what_is_no_media_is_told_apart(datagram: bytes) -> None:
    assert rtp.unpack(datagram) is None


def test_stamps_count_in_the_clock_of_the_format() -> None:
    form = rtp.Format("opus", "opus", {}, 114, 48000, 2)
    assert form.mime == "audio/opus/48000/2"
    assert [rtp.unpack(p) for p in rtp.packets([b"a", b"b", b"c"], form, 20.0, 7)] == [
        (114, i, 960 * i) for i in range(3)
    ]


def test_the_dropped_packets_and_no_others_are_not_sent() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free,
    ):
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(2.0)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        lost = np.array([False, True, False, True, True, False])
        call = rtp.packets([bytes([i]) for i in range(6)], mediastreamer.FORMATS[0], 1.0, 1)
        sender = threading.Thread(target=rtp.send, args=(call, lost, 1.0, port, ear.getsockname()))
        sender.start()
        heard = [ear.recv(100)[-1] for _ in range(3)]
        sender.join()
    assert heard == [0, 2, 5]


def test_a_call_by_sip_is_offered_acknowledged_and_ended() -> None:
    heard = []
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as callee,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free,
    ):
        callee.bind((sip.HOST, 0))
        callee.settimeout(5.0)
        free.bind((sip.HOST, 0))
        local = free.getsockname()[1]
        free.close()

        def answer() -> None:
            request, caller = callee.recvfrom(9000)
            callee.sendto(b"SIP/2.0 100 Trying\r\n\r\n", caller)
            callee.sendto(
                b"SIP/2.0 200 OK\r\nTo: <sip:callee>;tag=abc\r\n\r\nv=0\r\nm=audio 4002 RTP/AVP 111\r\n", caller
            )
            heard.extend([request.decode(), callee.recv(9000).decode(), callee.recv(9000).decode()])

        peer = threading.Thread(target=answer)
        peer.start()
        with sip.called(callee.getsockname()[1], local, 5000, baresip.FORMATS[1], 20.0) as there:
            assert there == 4002
        peer.join()
    assert [text.split(" ", 1)[0] for text in heard] == ["INVITE", "ACK", "BYE"]
    head, body = heard[0].split("\r\n\r\n")
    assert f"Content-Length: {len(body)}" in head
    assert "m=audio 5000 RTP/AVP 111\r\na=rtpmap:111 OPUS/48000/2\r\na=ptime:20" in body
    assert all(";tag=abc" in text for text in heard[1:])


def test_a_call_that_is_refused_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as callee:
        callee.bind((sip.HOST, 0))

        def answer() -> None:
            _, caller = callee.recvfrom(9000)
            callee.sendto(b"SIP/2.0 486 Busy Here\r\n\r\n", caller)

        threading.Thread(target=answer, daemon=True).start()
        with (
            pytest.raises(sip.Refused, match="486 Busy"),
            sip.called(callee.getsockname()[1], 0, 5000, baresip.FORMATS[0], 20.0),
        ):
            pass


def test_gaps_lie_where_the_packets_are_missing_behind_the_delay() -> None:
    x, lost = speech(4.0), (30, 31, 80, 140)
    rec = np.concatenate([np.zeros(1000), silenced(x, *lost), np.zeros(4000)])
    gaps = place(Played(rec, x, SR, spans(200, *lost)))
    assert [g[2] for g in gaps] == ["loss"] * 3 + ["end"]
    assert edges(gaps) == pytest.approx([0.725, 0.765, 1.725, 1.745, 2.925, 2.945], abs=0.001)
    assert all(g[3] > -20 for g in gaps[:3])
    assert [g[4] for g in gaps[:3]] == pytest.approx([40.0, 20.0, 20.0], abs=5.0)


def test_a_delay_that_grows_with_a_loss_lengthens_the_gap_and_moves_what_follows() -> None:
    x, grown = speech(4.0), round(0.035 * SR)
    rec = np.concatenate([silenced(x, 60)[: 61 * 160], np.zeros(grown), silenced(x, 120)[61 * 160 :], np.zeros(4000)])
    gaps = place(Played(rec, x, SR, spans(200, 60, 120)))
    assert edges(gaps) == pytest.approx([1.2, 1.255, 2.435, 2.455], abs=0.002)


def test_a_loss_that_is_skipped_is_a_moment() -> None:
    x = speech(4.0)
    rec = np.concatenate([x[: 60 * 160], x[65 * 160 :], np.zeros(4000)])
    gaps = place(Played(rec, x, SR, spans(200, *range(60, 65))))
    assert edges(gaps) == pytest.approx([1.2, 1.2], abs=0.002)


def test_behind_the_last_packet_anything_may_be_played() -> None:
    x = speech(4.0)
    (end,) = place(Played(np.concatenate([np.zeros(800), x, 0.1 * x[:4000]]), x, SR, spans(200)))
    assert end[2:4] == ("end", DONT_CARE_DB)
    assert end[:2] == pytest.approx((4.1, 4.6), abs=0.001)


def test_what_the_program_inserts_itself_is_dont_care() -> None:
    x, n = speech(4.0), round(1.5 * SR)
    rec = np.concatenate([x[:n], np.zeros(240), x[n:], np.zeros(4000)])
    gaps = [g for g in place(Played(rec, x, SR, spans(200))) if g[2] != "end"]
    assert gaps
    assert {g[2] for g in gaps} <= {"buffer", "unmatched"}
    assert all(g[3] == DONT_CARE_DB for g in gaps)
    assert min(g[0] for g in gaps) == pytest.approx(1.5, abs=0.06)
    assert max(g[1] for g in gaps) == pytest.approx(1.53, abs=0.06)


def test_a_recording_of_something_else_is_refused() -> None:
    with pytest.raises(Unaligned):
        place(Played(speech(4.0, 2), speech(4.0), SR, spans(200, 50)))


def test_silence_is_refused() -> None:
    with pytest.raises(Unaligned):
        place(Played(np.zeros(4 * SR), np.zeros(4 * SR), SR, spans(200, 50)))


def test_levels_and_silence_beside_and_inside() -> None:
    x = np.full(SR, 0.1)
    x[4000:4800] = 0.0
    assert beside(x, SR, 0.5, 0.6) == pytest.approx(-20.0, abs=0.1)
    assert silent_ms(x, SR, 0.45, 0.65) == pytest.approx(100.0)


def test_a_clean_call_and_a_lossy_one_as_their_rows_say(tmp_path: Path) -> None:
    x = speech(4.0)
    rec = np.concatenate([silenced(x, 60), np.zeros(4000)])
    row = record.write(Played(rec, x, SR, spans(200, 60)), tmp_path / "a.flac")
    assert (row["clean"], row["sr"], row["seconds"]) == (False, SR, 4.5)
    assert row["concealed_s"] == pytest.approx(0.02, abs=0.001)
    assert sf.info(tmp_path / "a.flac").frames == 36000
    assert record.write(Played(rec, x, SR, spans(200)), tmp_path / "b.flac")["clean"]


def test_calls_that_cannot_be_aligned_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def call(x: np.ndarray, form: rtp.Format, lost: np.ndarray, port: int, work: Path) -> Played:
        follows = port == record.PORTS
        return Played(x if follows else speech(4.0, 9), x, SR, spans(200, *np.flatnonzero(lost).tolist()))

    client = SimpleNamespace(NAME="toy", FORMATS=(mediastreamer.FORMATS[0],), call=call)
    clip = Clip(speech(4.0), SR, "nobody", -20.0, None)
    planned = [SimpleNamespace(speaker=name) for name in ("nobody", "nist_F1_psud") * 5]
    monkeypatch.setattr(record, "plans", lambda *_: planned)
    monkeypatch.setattr(record, "render", lambda plan: clip if plan is planned[0] or plan is planned[2] else None)
    takes = [record.draw(client, i, "check", 4.0, 1) for i in (0, 1)]
    assert record.record(client, takes, ["toy0", "toy1"], tmp_path) == 1
    (row,) = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    assert row["file"] == "toy0_loss_pcmu.flac"
    assert row["speaker"] == "nobody"


def test_every_kind_of_loss_meets_every_format() -> None:
    for count in (1, 2, 4, 6):
        met = {(i % count, (i // count + i % count) % len(record.KINDS)) for i in range(count * len(record.KINDS))}
        assert len(met) == count * len(record.KINDS)


def test_networks_lose_what_their_names_say() -> None:
    rng = np.random.default_rng(1)
    shares = {
        k: np.mean([record.network(k, rng).send(np.full(1000, 99), 0.02, rng)["lost"].mean() for _ in range(20)])
        for k in record.KINDS
    }
    assert shares["clean"] == 0.0
    assert all(0.01 < shares[k] < 0.15 for k in ("loss", "burst", "out"))


def test_the_first_packet_is_found_by_the_sizes() -> None:
    rng = np.random.default_rng(1)
    expected = rng.uniform(100, 300, 200)
    sizes = 15 + expected[7:180] + rng.normal(0, 10, 173)
    wire = telegram.Wire(
        ("", ""),
        np.zeros(0, bool),
        [(2**32 - 5000 + 2880 * i) % 2**32 for i in range(173)],
        sizes.tolist(),
        [False] * 173,
    )
    held = telegram.spans(wire, [bytes(round(n)) for n in expected], 2880)
    assert held[0][:2] == pytest.approx((0.42, 0.48))
    assert held[-1][0] == pytest.approx(0.42 + 172 * 0.06)
    wire.sizes[:] = rng.uniform(100, 300, 173).tolist()
    with pytest.raises(Unaligned):
        telegram.spans(wire, [bytes(round(n)) for n in expected], 2880)


def test_only_the_talkers_media_is_dropped() -> None:
    wire = telegram.Wire(("", ""), np.array([False, True]))
    media = [rtp.pack(b"", i, 2880 * i, 111, 1) for i in range(3)]
    probe = rtp.pack(b"", 0, 0, 103, 2)
    assert [wire.passes(d) for d in (media[0], probe, media[1], media[2])] == [True, True, False, True]
    assert wire.dropped == [False, True, False]


@pytest.mark.parametrize("client", [baresip, mediastreamer, telegram])
def test_a_program_that_is_not_there_is_named(
    client: record.Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SystemExit, match=r"^(baresip|mediastream|ntgcalls) is missing: (apt-get|pip) install"):
        record.main([client.NAME, "--out", str(tmp_path / "none")])
    assert not (tmp_path / "none").exists()


def test_a_set_is_not_mixed_with_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "truth.jsonl").write_text("")
    monkeypatch.setattr("shutil.which", lambda name: name)
    with pytest.raises(SystemExit, match="holds calls already"):
        record.main(["mediastreamer", "--out", str(tmp_path)])


def test_the_table_has_a_line_for_every_program_and_codec(tmp_path: Path) -> None:
    x = speech(4.0)
    (tmp_path / "truth.jsonl").write_text("")
    rows = []
    for name, lost in (("a_loss_pcmu.flac", (60, 61, 62, 63)), ("b_clean_pcmu.flac", ())):
        row = record.write(
            Played(np.concatenate([silenced(x, *lost), np.zeros(4000)]), x, SR, spans(200, *lost)), tmp_path / name
        )
        rows.append({"file": name, "client": "toy", "codec": "audio/pcmu", "speaker": "nobody", **row})
    made = __main__.rows_of(rows, [__main__.compare(r | {"path": str(tmp_path / r["file"])}) for r in rows])
    assert list(made) == ["toy all", "toy pcmu"]
    assert made["toy pcmu"]["calls"] == 2
    assert "| toy | pcmu | 2 | 1 |" in __main__.page(made)
