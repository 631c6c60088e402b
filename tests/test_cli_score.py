"""``callqual score`` as its users run it: real files, real processes, output parsed back, exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

import callqual
from callqual.result import CallScore

COMMAND = [sys.executable, "-m", "callqual"]


def cli(*words, stdin=None, cwd=None, **environment):
    """Run the command; text in, text out."""
    return subprocess.run(
        [*COMMAND, *map(str, words)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env=os.environ | environment,
        timeout=120,
        check=False,
    )


def outcome(done):
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder as people keep them: two damaged calls, one below, a hidden file and a text among them."""
    folder = tmp_path_factory.mktemp("calls")
    examples = Path(__file__).parent.parent / "examples"
    (folder / "week 2").mkdir()
    shutil.copy(examples / "zero_filled.wav", folder / "b.wav")
    shutil.copy(examples / "repeated_frames.wav", folder / "A.WAV")
    shutil.copy(examples / "voip.opus", folder / "week 2" / "ünï.opus")
    shutil.copy(examples / "hum.wav", folder / ".hidden.wav")
    (folder / "notes.txt").write_text("not a recording")
    return folder


@pytest.fixture(scope="module")
def b_record(folder):
    """The record of one call by the library, to compare the command's with."""
    return callqual.score(folder / "b.wav")


# What comes out


def test_json_of_one_file_is_the_librarys_record(folder, b_record):
    code, out, err = outcome(cli("score", folder / "b.wav", "--format", "json"))
    assert (code, err) == (0, "")
    assert msgspec.json.decode(out, type=CallScore) == b_record


def test_a_folder_is_searched_in_order_and_jobs_change_no_byte(folder):
    one = cli("score", folder, "--format", "jsonl", "--jobs", "1")
    two = cli("score", folder, "--format", "jsonl", "--jobs", "2")
    records = [json.loads(line) for line in one.stdout.splitlines()]
    assert [Path(r["source"]["path"]).name for r in records] == ["A.WAV", "b.wav", "ünï.opus"]
    assert (one.returncode, two.returncode) == (0, 0)
    assert one.stdout == two.stdout


def test_csv_of_a_folder_can_be_read_by_a_spreadsheet(folder, b_record):
    code, out, _ = outcome(cli("score", folder / "b.wav", folder / "A.WAV", "--format", "csv"))
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert len(rows) == 2
    assert float(rows[0]["mos"]) == b_record.mos
    assert int(rows[0]["gap_count"]) == b_record.legs[0].gap.count


def test_the_table_is_the_default_and_plain_in_a_pipe(folder, b_record):
    code, out, err = outcome(cli("score", folder / "b.wav"))
    assert (code, err) == (0, "")
    assert out.isascii()
    assert f"{b_record.mos:.2f}" in out
    assert "zero_fill" in out


def test_fields_are_bare_values(folder, b_record):
    code, out, _ = outcome(cli("score", folder / "b.wav", "--field", "mos", "--field", "gap.count"))
    assert code == 0
    assert out == f"{b_record.mos}\t{b_record.legs[0].gap.count}\n"


def test_stdin(folder, b_record):
    done = cli("score", "-", "--format", "json", stdin=(folder / "b.wav").read_bytes())
    record = msgspec.json.decode(done.stdout, type=CallScore)
    assert done.returncode == 0
    assert record.source.path == "<stdin>"
    assert record.source.sha256 == b_record.source.sha256
    assert record.legs == b_record.legs


def test_channels(folder, tmp_path, b_record):
    samples, sr = soundfile.read(folder / "b.wav", dtype="int16")
    soundfile.write(tmp_path / "two.wav", np.column_stack([np.zeros_like(samples), samples]), sr)
    each = json.loads(cli("score", tmp_path / "two.wav", "--format", "json").stdout)
    second = json.loads(cli("score", tmp_path / "two.wav", "--format", "json", "--channels", "1").stdout)
    assert [leg["channel"] for leg in each["legs"]] == [0, 1]
    assert each["legs"][0]["reason"] == "silent"
    assert [leg["channel"] for leg in second["legs"]] == [1]
    assert second["mos"] == b_record.mos


def test_min_confidence_lists_more_events_but_moves_no_figure(folder, b_record):
    more = json.loads(cli("score", folder / "b.wav", "--format", "json", "--min-confidence", "0").stdout)
    assert len(more["legs"][0]["events"]) >= len(b_record.events)
    assert more["mos"] == b_record.mos
    assert more["legs"][0]["gap"]["count"] == b_record.legs[0].gap.count


# Exit codes


def test_under_the_threshold_is_1_and_says_so(folder, b_record):
    threshold = b_record.mos + 0.01
    code, out, err = outcome(cli("score", folder / "b.wav", "--field", "mos", "--fail-under", threshold))
    assert (code, out) == (1, f"{b_record.mos}\n")
    assert err == f"callqual: {folder / 'b.wav'}: MOS {b_record.mos:.2f}, asked for {threshold:g} or more\n"
    assert cli("score", folder / "b.wav", "--fail-under", b_record.mos).returncode == 0


def test_no_mos_does_not_pass_a_threshold(tmp_path):
    soundfile.write(tmp_path / "silent.wav", np.zeros(80000), 8000)
    assert cli("score", tmp_path / "silent.wav").returncode == 0
    code, _, err = outcome(cli("score", tmp_path / "silent.wav", "--fail-under", "1"))
    assert code == 1
    assert "no MOS (silent)" in err


def test_unreadable_is_3_over_1_and_the_others_are_scored(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    words = [folder / "gone.wav", folder / "notes.txt", folder / "b.wav", tmp_path / "empty"]
    code, out, err = outcome(cli("score", *words, "--field", "source.path", "--field", "reason", "--fail-under", "5"))
    assert code == 3
    reasons = [line.split("\t")[1] for line in out.splitlines()]
    assert reasons == ["unreadable", "unreadable", "", "unreadable"]
    lines = err.splitlines()
    assert len(lines) == 4
    for line, name in zip(lines, words, strict=True):
        assert line.startswith(f"callqual: {name}: ")


def test_a_name_with_a_newline_is_one_line_and_named_once(tmp_path):
    code, out, err = outcome(cli("score", "we\nird.wav", cwd=tmp_path))
    assert code == 3
    assert "not scored: no such file" in out
    assert err.startswith("callqual: we\\nird.wav: no such file")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "COMMAND"),
        (["score"], "PATH"),
        (["score", "x", "--format", "xml"], "invalid choice: 'xml'"),
        (["score", "x", "--field", "moss"], "no field 'moss'.*did you mean mos"),
        (["score", "x", "--field", "mos", "--format", "csv"], "leave out --format"),
        (["score", "x", "--fail-under", "nan"], "'nan' is not a MOS from 1 to 5"),
        (["score", "x", "--min-confidence", "2"], "'2' is not a number from 0 to 1"),
        (["score", "x", "--jobs", "0"], "'0' is not a count of 1 or more"),
        (["score", "x", "--channels", "left"], "'left' is not each, mix or the number"),
        (["score", "-", "-"], "stdin can be read once"),
        (["score", "x", "-o", "no/such/folder/out.json"], "-o cannot be written"),
    ],
)
def test_wrong_usage_is_2_and_one_line(words, message, tmp_path):
    code, out, err = outcome(cli(*words, cwd=tmp_path))
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("callqual: ")
    assert re.search(message, err)


# Where it goes


def test_output_is_written_whole_with_nothing_beside_it(folder, tmp_path):
    target = tmp_path / "out.jsonl"
    target.write_text("old")
    code, out, _ = outcome(cli("score", folder / "b.wav", "--format", "jsonl", "-o", target))
    assert (code, out) == (0, "")
    assert json.loads(target.read_text(encoding="utf-8"))["schema"] == "callqual/1"
    assert os.listdir(tmp_path) == ["out.jsonl"]
    assert target.stat().st_mode & 0o777 == 0o666 & ~_umask()


def test_a_failed_run_leaves_the_old_output(folder, tmp_path):
    target = tmp_path / "out.txt"
    target.write_text("old")
    assert cli("score", folder / "b.wav", "--field", "moss", "-o", target).returncode == 2
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.txt"]


def test_a_recording_is_never_written_over(folder, tmp_path):
    shutil.copy(folder / "b.wav", tmp_path / "call.wav")
    code, _, err = outcome(cli("score", tmp_path, "-o", tmp_path / "call.wav"))
    assert code == 2
    assert "would write over a recording" in err
    assert (tmp_path / "call.wav").read_bytes() == (folder / "b.wav").read_bytes()


def test_a_reader_that_leaves_is_no_error(folder):
    with subprocess.Popen([*COMMAND, "score", folder, "--format", "json"], stdout=-1, stderr=-1) as running:
        running.stdout.close()
        err = running.stderr.read()
        assert running.wait(60) == 141
    assert err == b""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_is_one_line_and_leaves_no_output(tmp_path, jobs):
    rng = np.random.default_rng(1)
    calls = [tmp_path / f"{i}.wav" for i in range(120)]  # eight hours: not done before it is stopped
    soundfile.write(calls[0], 0.1 * rng.standard_normal(8000 * 240), 8000)
    for call in calls[1:]:
        call.hardlink_to(calls[0])
    command = [*COMMAND, "score", *calls, "--format", "jsonl", "--jobs", jobs, "-o", tmp_path / "out.jsonl"]
    hearing = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs are deaf to it
    with subprocess.Popen(command, stdout=-1, stderr=-1, start_new_session=True, preexec_fn=hearing) as running:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not list(tmp_path.glob("out.jsonl.*.part")):
            time.sleep(0.02)
        time.sleep(1.5)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to every process of the command
        begun = time.monotonic()
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err.decode()) == (130, b"", "callqual: stopped\n")
    assert time.monotonic() - begun < 10
    assert not list(tmp_path.glob("out*"))


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
