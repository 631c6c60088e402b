"""``callqual simulate`` as its users run it: a file in, a WAV and its truth out, one line for a mistake."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

import callqual
from callqual.cli import run
from callqual.cli.simulate import FILES, NAMES, NETWORK
from callqual.simulation import codecs
from callqual.simulation.network import Network
from callqual.simulation.playout import Playout
from talker import talk

SR = 8000


@pytest.fixture
def clean(tmp_path):
    path = tmp_path / "clean.wav"
    soundfile.write(path, talk(SR, 6.0, seed=3), SR)
    return path


def simulate(*words, stdin=None):
    command = [sys.executable, "-m", "callqual", "simulate", *map(str, words)]
    return subprocess.run(command, capture_output=True, input=stdin, timeout=120, check=False)


def test_a_file_in_a_recording_and_its_truth_out(clean, tmp_path):
    wav, truth, record = tmp_path / "bad.wav", tmp_path / "truth.json", tmp_path / "record.json"
    options = ["--loss", "0.1", "--burst-ratio", "1.5", "--seed", "3", "--recorder", "mu_law"]
    done = simulate(clean, "-o", wav, "--truth", truth, *options)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode().startswith(f"callqual: {wav}: 6.0 s, ")
    assert len(done.stderr.decode().splitlines()) == 1
    sim = callqual.simulate(clean, loss=0.1, burst_ratio=1.5, seed=3, recorder=["mu_law"])
    samples, sr = soundfile.read(wav, dtype="float32")
    assert sr == SR
    assert np.array_equal(samples, sim.samples)
    assert json.loads(truth.read_text())["events"] == json.loads(sim.to_json())["events"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.wav", "clean.wav", "truth.json"]
    record.write_text(callqual.score(wav).to_json())
    assert run(["evaluate", str(truth), str(record)]) == 0


def test_speech_may_come_from_a_pipe(clean, tmp_path):
    done = simulate("-", "-o", tmp_path / "a.wav", "--timing", "cut", stdin=clean.read_bytes())
    assert done.returncode == 0
    assert run(["simulate", str(clean), "-o", str(tmp_path / "b.wav"), "--timing", "cut"]) == 0
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_the_other_talker_is_mixed_in(clean, tmp_path):
    other = tmp_path / "other.wav"
    soundfile.write(other, talk(16000, 4.0, seed=8), 16000)
    for name, words in (("a.wav", []), ("b.wav", ["--other", str(other)])):
        assert run(["simulate", str(clean), "-o", str(tmp_path / name), "--loss", "0.1", *words]) == 0
    a, b = (soundfile.read(tmp_path / name)[0] for name in ("a.wav", "b.wav"))
    assert np.array_equal(a[4 * SR :], b[4 * SR :])
    assert np.mean((b - a)[: 4 * SR] ** 2) > 1e-4


def test_every_option_is_one_of_the_librarys():
    """And the other way round: nothing the network or the receiver can do is out of reach."""
    words = {word.replace("-", "_") for word in (*NETWORK, *FILES, *NAMES)}
    fields = {*Network.__struct_fields__, *Playout.__struct_fields__}
    own = {"codec", "concealment", "frame_ms", "timing", "timing_rate", "slip_ppm", "buzz", "buzz_db"}
    assert words == fields | own


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["gone.wav", "-o", "x.wav"], 3, "callqual: gone.wav: no such file"),
        (["CLEAN"], 2, "callqual: simulate takes a recording and -o OUT.wav"),
        ([], 2, "callqual: simulate takes a recording and -o OUT.wav"),
        (["CLEAN", "-o", "CLEAN"], 2, "it would be written over while it is read"),
        (["CLEAN", "-o", "x.wav", "--truth", "x.wav"], 2, "-o and --truth are one file"),
        (["CLEAN", "-o", "x.wav", "--loss", "5"], 2, "callqual: loss=5.0: expected a number from 0 to 1"),
        (["CLEAN", "-o", "x.wav", "--loss", "many"], 2, "'many' is not a number"),
        (["CLEAN", "-o", "x.wav", "--seed", "-1"], 2, "'-1' is not a whole number of 0 or more"),
        (["CLEAN", "-o", "x.wav", "--buzz", "bees"], 2, "callqual: buzz='bees': expected one of hum"),
        (["CLEAN", "-o", "x.wav", "--codec-option", "fec"], 2, "'fec' is not NAME=VALUE"),
        (["CLEAN", "-o", "x.wav", "--codec-option", "fec=true"], 2, "codec_options are given without a codec"),
        (
            ["CLEAN", "-o", "x.wav", "--concealment-option", "cycles=1"],
            2,
            "concealment_options are given with concealment=None",
        ),
        (["CLEAN", "-o", "x.wav", "--mask", "gone.txt"], 3, "callqual: gone.txt: cannot be read"),
        (["CLEAN", "-o", "x.wav", "--channel", "1"], 2, "there is no channel 1; it has 1"),
        (["CLEAN", "-o", "nowhere/x.wav"], 2, "nowhere/x.wav: cannot be written"),
    ],
)
def test_a_mistake_is_one_line(clean, tmp_path, capsys, monkeypatch, words, code, line):
    monkeypatch.chdir(tmp_path)
    assert run(["simulate", *(str(clean) if w == "CLEAN" else w for w in words)]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert line in err
    assert len(err.splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["clean.wav"]


def test_one_of_several_channels_is_chosen(clean, tmp_path, capsys):
    both = tmp_path / "both.wav"
    x = talk(SR, 6.0, seed=3)
    soundfile.write(both, np.stack([np.roll(x, SR), x], axis=1), SR)
    assert run(["simulate", str(both), "-o", str(tmp_path / "a.wav")]) == 2
    assert "it has 2 channels; choose one talker: --channel 0" in capsys.readouterr().err
    assert run(["simulate", str(both), "-o", str(tmp_path / "a.wav"), "--channel", "1", "--loss", "0.1"]) == 0
    assert run(["simulate", str(clean), "-o", str(tmp_path / "b.wav"), "--loss", "0.1"]) == 0
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_the_list_says_what_there_is_and_what_is_missing(capsys):
    assert run(["simulate", "--list"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert all(len(row) == 3 for row in rows)
    assert [name for option, name, _ in rows if option == "codec"] == list(codecs.names())
    assert ["concealment", "appendix_i", "available"] in rows
    assert {option for option, _, _ in rows} == {"codec", "concealment", "timing", "buzz", "recorder"}
