"""Speech to learn from: each kind with its truth, through real codecs where they are here, and the same when it is made again."""

from __future__ import annotations

import json
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import lost_speech, neteq
from benchmarks.corpora import Clip
from benchmarks.lost_speech import client, network, receiver, recorder, stalls, through, varied, wanted
from benchmarks.negatives import NEGATIVES, TEST_ONLY

from callqual.simulation.codecs import MissingLibrary
from callqual.simulation.recorder import RECORDERS
from talker import talk
from tune_voices import HELD_OUT, KEPT, tune_voices

SECONDS = 3.0
KINDS = {"plc": 3, "coded": 2, "clean": 2, "negative": 2}
LOSSY = {"loss": 0.1}
NAMES = sorted({receiver(i, 8000, np.random.default_rng(i))[0] for i in range(400)})


@pytest.fixture(scope="module")
def voices(tmp_path_factory):
    with tune_voices(tmp_path_factory.mktemp("voices")):
        yield


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few clips of few seconds, all of them zero-filled, so that no codec is needed."""
    monkeypatch.setattr(lost_speech, "SECONDS", SECONDS)
    monkeypatch.setattr(lost_speech, "CLIPS", KINDS)
    monkeypatch.setattr(lost_speech, "receiver", lambda *_: ("plain", {"concealment": "zero"}))
    monkeypatch.setattr(lost_speech, "network", lambda _: {"loss": 0.1})
    monkeypatch.setattr(lost_speech, "RECORDED_SHARE", 0.0)


def clip(sr: int, seconds: float = 2.0) -> Clip:
    return Clip(talk(sr, seconds, seed=5) / 32768, sr, "talker", -22.0, None)


def truth(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]


def test_every_kind_is_a_folder_that_the_benchmark_of_real_calls_reads(voices, short, tmp_path: Path) -> None:
    assert lost_speech.main(["--out", str(tmp_path)]) == 0
    for kind, count in KINDS.items():
        folder = tmp_path / f"tune1_{kind}"
        calls = neteq.read_calls(folder)
        assert len(calls) == count
        assert [call["sr"] for call in calls] == [(8000, 16000)[i % 2] for i in range(count)]
        assert {call["speaker"] for call in calls} == {KEPT}, "another is kept for tests"
        for call in calls:
            x, sr = sf.read(call["path"])
            assert (sr, x.size) == (call["sr"], round(call["seconds"] * call["sr"]))
            assert call["kind"] == kind
            assert call["clean"] == (call["gaps"] == []) == (kind != "plc")
            assert call["concealed_s"] == pytest.approx(sum(end - start for start, end, *_ in call["gaps"]))
            for start, end, *_ in call["gaps"]:
                assert not x[round(start * sr) : round(end * sr)].any(), "what was lost is not there"
    names = {call["codec"] for call in truth(tmp_path / "tune1_negative")}
    assert names <= NEGATIVES.keys() - TEST_ONLY
    assert len(names) == KINDS["negative"]
    heard = neteq.compare(neteq.read_calls(tmp_path / "tune1_plc")[0])
    assert heard["class"] == "plc"
    assert heard["evaluation"].gap.hit > 0


def test_what_is_there_is_left_alone_and_what_is_made_again_is_the_same(voices, short, tmp_path: Path) -> None:
    lost_speech.main(["--out", str(tmp_path)])
    folder = tmp_path / "tune1_plc"
    *kept, last = (folder / "truth.jsonl").read_text().splitlines(keepends=True)
    sounds = [sf.read(path)[0] for path in sorted(folder.glob("*.flac"))]
    assert not np.array_equal(sounds[0], sounds[2])
    (folder / "truth.jsonl").write_text("".join(kept))
    for row in kept:
        (folder / json.loads(row)["file"]).unlink()
    lost_speech.main(["--out", str(tmp_path)])
    assert (folder / "truth.jsonl").read_text() == "".join([*kept, last])
    (again,) = folder.glob("*.flac")
    assert np.array_equal(sf.read(again)[0], sounds[-1])
    lost_speech.main(["--out", str(tmp_path), "--seed", "2", "--share", "0.4"])
    assert [len(truth(tmp_path / f"tune2_{kind}")) for kind in KINDS] == [1, 1, 1, 1]
    assert not np.array_equal(sf.read(tmp_path / "tune2_plc" / "tune2_plc_0000.flac")[0], sounds[0])


@pytest.mark.parametrize("name", NAMES)
def test_every_receiver_of_the_table_loses_packets_and_without_loss_none(name: str) -> None:
    rng = np.random.default_rng(7)
    sr, i = next(
        (sr, i) for i in range(200) for sr in (8000, 16000) if receiver(i, sr, np.random.default_rng(i))[0] == name
    )
    before, lost = clip(sr), []
    try:
        for _ in range(3):  # one draw of the network may lose nothing of two seconds
            x, said, gaps, warps = through(before, receiver(i, sr, rng), rng, network(rng))
            assert (said, x.ndim) == (name, 1)
            assert all(0 <= start < end <= x.size / sr + 1e-6 for start, end, *_ in [*gaps, *warps])
            lost += gaps
        calm, _, none, _ = through(before, receiver(i, sr, rng), rng, None)
    except MissingLibrary as error:
        pytest.skip(str(error))
    assert lost
    assert none == []
    assert calm.size == before.x.size
    levels = [np.sqrt(np.mean(part**2)) for part in (calm, before.x)]
    assert levels[0] == pytest.approx(levels[1], rel=0.5)


def test_no_two_clients_conceal_alike(rng: np.random.Generator) -> None:
    before, heard = clip(16000), []
    for _ in range(2):
        name, options = client(4, 16000, rng)  # without a codec
        x, said, gaps, _ = through(before, (name, options), np.random.default_rng(3), LOSSY)
        assert (name, said) == ("client", "client")
        assert gaps
        heard.append(x)
    assert not np.array_equal(*heard)
    assert {client(i, 16000, rng)[1].get("codec") for i in range(16)} == {"opus", "g711", "g722", None}


def test_stalls_are_caught_up_faster_than_they_were_said() -> None:
    drawn = [stalls(np.random.default_rng(i)) for i in range(50)]
    assert all(1.0 < network["catch_up"] <= 1.5 for network in drawn)
    network = drawn[0] | {"spikes": 30.0, "spike_ms": 500.0, "catch_up": 1.5}
    _, _, _, warps = through(clip(8000, 6.0), ("plain", {}), np.random.default_rng(1), network)
    assert warps
    assert all(end > start and cycles >= 1 for start, end, cycles in warps)


def test_receivers_take_turns(rng: np.random.Generator) -> None:
    turns = [receiver(i, 8000, rng)[0] for i in range(600)]
    assert set(turns) == set(NAMES)
    assert turns.count("opus") / len(turns) == pytest.approx(0.25, abs=0.05)
    assert any(turns[i] != turns[i + 100] for i in range(100)), "a receiver does not always meet the same clip"


def test_receivers_may_be_chosen(rng: np.random.Generator) -> None:
    chosen = [receiver(i, 8000, rng, frozenset({"gsm", "opus", "music"}))[0] for i in range(100)]
    assert set(chosen) == {"gsm", "opus"}


def test_a_misspelt_receiver_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        lost_speech.main(["--out", str(tmp_path), "--only", "gsn"])
    assert "--only gsn: no such codec or class" in capsys.readouterr().err


def test_networks_are_of_four_sorts(rng: np.random.Generator) -> None:
    drawn = [network(rng) for _ in range(2000)]
    sorts = {
        "loss": [n for n in drawn if n["loss"] <= 0.15 and "burst_ratio" in n],
        "bad line": [n for n in drawn if n["loss"] > 0.15],
        "outages": [n for n in drawn if "outages" in n],
        "jitter": [n for n in drawn if n.get("playout") == "adaptive"],
    }
    shares = {name: len(part) / len(drawn) for name, part in sorts.items()}
    assert shares == pytest.approx({"loss": 0.63, "bad line": 0.12, "outages": 0.12, "jitter": 0.13}, abs=0.03)
    assert all(0.01 <= n["loss"] <= 0.15 for n in sorts["loss"])
    assert np.median([n["loss"] for n in sorts["loss"]]) == pytest.approx(0.039, abs=0.005)


def test_a_third_goes_through_a_recorder(rng: np.random.Generator) -> None:
    drawn = [recorder(rng) for _ in range(1000)]
    assert set(drawn) == {None, *RECORDERS}
    assert sum(path is not None for path in drawn) / 1000 == pytest.approx(lost_speech.RECORDED_SHARE, abs=0.05)


def test_clips_vary_and_are_no_longer_than_asked(short) -> None:
    made = [varied(clip(8000, 1.3 * SECONDS), np.random.default_rng(k)) for k in range(12)]
    assert all(c.x.size == round(SECONDS * 8000) for c in made)
    assert all(np.abs(c.x).max() <= 0.95 + 1e-9 for c in made)
    assert len({c.x.tobytes() for c in made}) > 6
    assert (made[0].speaker, made[0].sr) == ("talker", 8000)


def test_voices_kept_for_tests_are_left_out_at_either_rate(voices, short) -> None:
    every = list(islice(wanted("tune", 1, (), "plc"), 12))
    assert {plan.speaker for plan in every} == {KEPT, HELD_OUT}
    assert {plan.sr for plan in every} == {8000, 16000}
    assert {plan.speaker for plan in islice(wanted("tune", 1, ("nist_F1", "nist_M3"), "plc"), 12)} == {KEPT}
    assert {plan.floors_db for plan in islice(wanted("tune", 1, (), "negative"), 4)} == {(None,)}
