"""Names as people and systems make them: bytes that are no UTF-8, line breaks, dashes, colons, hundreds of letters."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import callqual
from callqual.names import as_text, printable

COMMAND = [sys.executable, "-W", "error", "-m", "callqual"]
LATIN_1 = os.fsdecode(b"caf\xe9")
NAMES = [LATIN_1, "a\nb", "-dash", "12:30", "http:x", "file:x", "%d", "x" * 250, "rtl\u202ename\u2028", "ünï 🙂"]


def command(*words: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *words], capture_output=True, cwd=cwd, timeout=120, check=False)


@pytest.fixture
def folder(tmp_path: Path, examples: Path) -> Path:
    for name in NAMES:
        try:
            shutil.copy(examples / "hum.wav", tmp_path / f"{name}.wav")
        except OSError:
            pytest.skip("this file system takes UTF-8 names only")
        shutil.copy(examples / "memo.m4a", tmp_path / f"{name}.m4a")
    return tmp_path


def test_bytes_that_are_no_utf_8_can_be_told_from_the_record() -> None:
    assert as_text(LATIN_1) == r"caf\xe9"
    assert as_text("ünï\n🙂") == "ünï\n🙂"


def test_what_is_printed_stays_on_its_line_and_in_its_place() -> None:
    assert printable(f"{LATIN_1}\t\n\x1b[2J\u202e\u2028é\xa0🙂") == r"caf\xe9\t\n\x1b[2J\u202e\u2028é" + "\xa0🙂"


def test_the_library_reads_files_of_any_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for ending in (".wav", ".m4a"):
        found = [callqual.score(name + ending) for name in NAMES]
        assert all(record.legs == found[0].legs for record in found)
        assert [record.source.path for record in found] == [as_text(name + ending) for name in NAMES]
        assert [json.loads(record.to_json())["mos"] for record in found] == [found[0].mos] * len(NAMES)


def test_every_format_takes_every_name(folder: Path) -> None:
    for form in ("table", "json", "jsonl", "csv"):
        done = command("score", ".", "--jobs", "1", "--format", form, cwd=folder)
        assert (done.returncode, done.stderr) == (0, b"")
        assert rb"caf\xe9.wav".replace(b"\\", b"\\\\" if form.startswith("json") else b"\\") in done.stdout
        done.stdout.decode("utf-8")


def test_complaints_of_such_names_are_one_line(folder: Path) -> None:
    missing = [f"{name}.flac" for name in NAMES]
    done = command("score", "--field", "source.path", "--", *missing, "y" * 300, cwd=folder)
    lines = done.stderr.decode("utf-8").splitlines()
    assert done.returncode == 3
    assert len(lines) == len(NAMES) + 1
    assert lines[0] == r"callqual: caf\xe9.flac: no such file; check its name and the working directory"
    assert "File name too long" in lines[-1]
    assert len(done.stdout.splitlines()) == len(lines)


def test_a_name_that_looks_like_an_option_gets_a_remedy(folder: Path) -> None:
    done = command("score", "-dash.wav", cwd=folder)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"./-dash.wav" in done.stderr
    assert command("score", "./-dash.wav", "--field", "reason", cwd=folder).returncode == 0
    assert command("score", "--field", "reason", "--", "-dash.wav", cwd=folder).returncode == 0
