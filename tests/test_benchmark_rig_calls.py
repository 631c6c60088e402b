"""Recording real calls: what is sent, what the rig is told, what becomes of a batch; the rig is played by scripts of a few lines."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import neteq, rig_calls
from benchmarks.corpora import Clip
from benchmarks.rig_calls import DECAY_SECONDS, DIRECT_DB, SPEEDS, SR, room, take

from tune_voices import HELD_OUT, KEPT, tune_voices

SECONDS = 2.0

SCRIPT = """\
import json, shutil, sys
from pathlib import Path

words = sys.argv[1:]
told = {a[2:]: Path(b) for a, b in zip(words, words[1:]) if a.startswith("--")}
print(Path(__file__).name, *words)
"""
RIG = {
    "make_jobs.py": """told["out"].write_text(json.dumps([f"{told['prefix']}{i:03d}" for i in range(int(str(told["calls"])))]))""",
    "run_calls.py": """told["raw"].mkdir()
assert "--rt" in words
for name, take in zip(json.loads(told["jobs"].read_text()), sorted(told["sent"].glob("take*.wav")), strict=True):
    shutil.copy(take, told["raw"] / f"{name}_burst_opus.wav")""",
    "make_corpus.py": """for i, call in enumerate(sorted(told["raw"].iterdir())):
    folder = told["out"] / call.stem
    folder.mkdir(parents=True)
    shutil.copy(call, folder / "recv.wav")
    truth = {"id": call.stem, "clean": i < 2, "playout": {"concealed_s": 0.02 * i}, "sent_file": f"take{i:02d}.wav"}
    (folder / "truth.json").write_text(json.dumps(truth))""",
    "pack.py": """import soundfile as sf
sent = json.loads((told["sent"] / "sent.json").read_text())
rows = []
told["out"].mkdir()
for path in sorted(told["corpus"].glob("*/truth.json")):
    truth = json.loads(path.read_text())
    x, sr = sf.read(path.parent / "recv.wav", dtype="int16")
    sf.write(told["out"] / f"{truth['id']}.flac", x, sr)
    seconds, concealed = len(x) / sr, truth["playout"]["concealed_s"]
    gaps = [[1.0, 1.0 + concealed, "loss", -3.0, 0.0]] if concealed else []
    rows.append({"file": f"{truth['id']}.flac", "sr": sr, "seconds": seconds, "codec": "audio/opus", "clean": truth["clean"],
                 "concealed_s": concealed, "gaps": gaps, "speaker": sent[truth["sent_file"][:-4]]["speaker"]})
(told["out"] / "truth.jsonl").write_text("".join(json.dumps(row) + chr(10) for row in rows))""",
}


@pytest.fixture(scope="module")
def voices(tmp_path_factory):
    with tune_voices(tmp_path_factory.mktemp("voices")):
        yield


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    folder = tmp_path / "rig"
    folder.mkdir()
    for name, body in RIG.items():
        (folder / name).write_text(SCRIPT + body + "\n")
    return folder


def options(rig: Path, out: Path, batches: int, calls: int) -> list[str]:
    hours = batches * calls * SECONDS / 3600
    words = {"rig": rig, "out": out, "hours": hours, "calls": calls, "seconds": SECONDS, "pause": 0, "seed": 3}
    return [word for name, value in words.items() for word in (f"--{name}", str(value))]


def test_a_batch_becomes_a_folder_that_the_benchmark_of_real_calls_reads(voices, rig: Path, tmp_path: Path) -> None:
    out = tmp_path / "calls"
    assert rig_calls.main(options(rig, out, batches=1, calls=3)) == 0
    (folder,) = out.iterdir()
    assert folder.name == "tune3_00"
    calls = neteq.read_calls(folder)
    assert [Path(call["path"]).name for call in calls] == [f"tune3b00n{i:03d}_burst_opus.flac" for i in range(3)]
    assert {call["speaker"] for call in calls} == {KEPT}
    assert all(sf.info(call["path"]).frames == call["seconds"] * SR for call in calls)
    assert [call["clean"] for call in calls] == [True, False, False], "the second was said to be clean, and lost 20 ms"
    (event,) = neteq.events(calls[2])
    assert (event["kind"], event["start"], event["end"], event["cause"]) == ("concealed", 1.0, 1.04, "loss")
    log = (folder / "log.txt").read_text()
    assert [line.split()[0] for line in log.splitlines()] == list(RIG)
    assert "--seed 3000 --prefix tune3b00n" in log
    assert f"--min-exact {rig_calls.LEAST_EXACT}" in log


def test_batches_that_are_there_are_left_alone(voices, rig: Path, tmp_path: Path) -> None:
    out = tmp_path / "calls"
    rig_calls.main(options(rig, out, batches=2, calls=1))
    sent = [sf.read(folder / f"tune3b{i:02d}n000_burst_opus.flac")[0] for i, folder in enumerate(sorted(out.iterdir()))]
    assert len(sent) == 2
    assert not np.array_equal(*sent)
    (out / "tune3_00" / "truth.jsonl").write_text("as it was")
    (out / "tune3_01" / "truth.jsonl").unlink()
    (out / "tune3_01" / "log.txt").unlink()
    for left in (out / "tune3_01").glob("*.flac"):
        left.unlink()
    (out / "tune3_01").rmdir()
    rig_calls.main(options(rig, out, batches=2, calls=1))
    assert (out / "tune3_00" / "truth.jsonl").read_text() == "as it was"
    again = sf.read(out / "tune3_01" / "tune3b01n000_burst_opus.flac")[0]
    assert np.array_equal(again, sent[1]), "a batch that is made again is the same, whatever was there before it"


def test_a_rig_that_fails_leaves_no_batch(voices, rig: Path, tmp_path: Path) -> None:
    (rig / "run_calls.py").write_text("raise SystemExit(3)")
    with pytest.raises(rig_calls.subprocess.CalledProcessError):
        rig_calls.main(options(rig, tmp_path / "calls", batches=1, calls=1))
    assert not (tmp_path / "calls" / "tune3_00").exists()


def test_voices_kept_for_tests_are_not_recorded(voices) -> None:
    both = {plan.speaker for plan in islice(rig_calls.wanted("tune", SECONDS, 1, ()), 6)}
    assert both == {KEPT, HELD_OUT}
    assert {plan.speaker for plan in islice(rig_calls.wanted("tune", SECONDS, 1, ("nist_F1",)), 6)} == {KEPT}


def tone(hz: float, seconds: float) -> Clip:
    x = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * SR)) / SR)
    return Clip(x, SR, "tone", -6.0, None)


def test_takes_differ_in_speed_and_fill_their_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig_calls, "ROOM_SHARE", 0.0)
    longest, clip, heard = 2.4, tone(1000.0, 2.5), []
    for k in range(40):
        x = take(clip, longest, np.random.default_rng(k))
        assert x.size == round(longest / SPEEDS[1] * SR)
        assert np.abs(x).max() <= 0.95
        part = x[: SR // 2] * np.hanning(SR // 2)
        heard.append(2.0 * int(np.argmax(np.abs(np.fft.rfft(part)))))
    as_it_was = sum(hz == 1000.0 for hz in heard) / len(heard)
    assert as_it_was == pytest.approx(1 - rig_calls.SPED_SHARE, abs=0.2)
    assert 1000 * SPEEDS[0] - 2 <= min(heard) < 900
    assert 1100 < max(heard) <= 1000 * SPEEDS[1] + 2


def test_a_room_follows_the_direct_sound_and_dies_away(rng: np.random.Generator) -> None:
    click = np.zeros(SR)
    click[100] = 1.0
    for _ in range(20):
        y = room(click, SR, rng)
        assert y.size == click.size
        assert np.abs(y[:100]).max() < 1e-9
        assert y[100] == pytest.approx(1.0)
        tail = y[101:] ** 2
        assert np.abs(tail[: round(0.0015 * SR)]).max() < 1e-18
        direct_db = -10 * np.log10(tail.sum())
        assert DIRECT_DB[0] - 0.01 <= direct_db <= DIRECT_DB[1] + 0.01
        assert tail[round(DECAY_SECONDS[1] * SR) :].sum() < 1e-5 * tail.sum()


def test_takes_in_a_room_are_no_louder_than_full_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig_calls, "ROOM_SHARE", 1.0)
    loud = Clip(2.0 * tone(500.0, 2.0).x, SR, "tone", 0.0, None)
    assert all(np.abs(take(loud, 1.5, np.random.default_rng(k))).max() <= 0.95 + 1e-9 for k in range(5))
