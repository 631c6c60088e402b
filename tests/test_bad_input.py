"""Bad recordings through every door: an exception or a record that says why, one line on stderr, the others scored."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import callqual
from bad_recordings import readable, unreadable
from callqual.errors import AudioReadError, InputError
from callqual.result import CallScore

UNMEASURABLE = {
    "no samples": "too_short",
    "one sample": "too_short",
    "all zeros": "silent",
    "NaN": "not_finite",
    "infinity": "not_finite",
    "constant": "silent",
}


def check(record: CallScore) -> None:
    """No sentinels: either the figures are there and in range, or a reason is."""
    for judged in (record, *record.legs):
        assert (judged.mos is None) is (judged.reason is not None)
        if judged.mos is not None:
            assert judged.mos_low is not None
            assert judged.mos_high is not None
            assert 1.0 <= judged.mos_low <= judged.mos <= judged.mos_high <= 5.0
    json.loads(record.to_json(), parse_constant=lambda word: pytest.fail(f"{word} in the JSON"))


def cli(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person would."""
    command = [sys.executable, "-W", "error", "-m", "callqual", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_score_says_why_it_cannot_read(tmp_path: Path) -> None:
    for case, (path, says) in unreadable(tmp_path).items():
        with pytest.raises((AudioReadError, InputError), match=says) as caught:
            callqual.score(path)
        assert "\n" not in str(caught.value), case


def test_score_says_why_it_cannot_measure(tmp_path: Path) -> None:
    for case, path in readable(tmp_path).items():
        record = callqual.score(path)
        check(record)
        if case in UNMEASURABLE:
            assert record.reason == UNMEASURABLE[case], case
            assert record.events == (), case
    assert set(UNMEASURABLE) <= set(readable(tmp_path))


def test_a_file_that_fails_is_a_record_among_the_others(tmp_path: Path, examples: Path) -> None:
    bad = unreadable(tmp_path)
    good = examples / "zero_filled.wav"
    records = list(callqual.score_many([good, *(path for path, _ in bad.values()), good], jobs=1))
    assert len(records) == len(bad) + 2
    assert records[0] == records[-1] == callqual.score(good)
    for record, (path, _) in zip(records[1:-1], bad.values(), strict=True):
        check(record)
        assert record.reason == "unreadable"
        assert record.source.path == str(path)
        assert record.message
        assert "\n" not in record.message


def test_processes_give_the_same_records(tmp_path: Path, examples: Path) -> None:
    paths = [examples / "hum.wav", unreadable(tmp_path)["text"][0], examples / "memo.m4a"]
    assert list(callqual.score_many(paths, jobs=2)) == list(callqual.score_many(paths, jobs=1))


def test_the_command_line_scores_the_others(tmp_path: Path, examples: Path) -> None:
    bad = {case: path for case, (path, _) in unreadable(tmp_path).items()}
    good = examples / "zero_filled.wav"
    done = cli("score", "--format", "jsonl", "--jobs", "1", good, *bad.values(), good)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == len(bad), done.stderr
    assert all(line.startswith("callqual: ") for line in lines)
    records: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(records) == len(bad) + 2
    assert [r["source"]["path"] for r in records if r["reason"] is None] == [str(good)] * 2
    assert {r["source"]["path"] for r in records if r["reason"] == "unreadable"} == {str(p) for p in bad.values()}


def test_the_command_line_reads_what_can_be_read(tmp_path: Path) -> None:
    cases = readable(tmp_path)
    done = cli("score", "--format", "jsonl", "--jobs", "1", *cases.values())
    assert (done.returncode, done.stderr) == (0, "")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["source"]["path"] for record in records] == [str(path) for path in cases.values()]
    reasons = dict(zip(cases, (record["reason"] for record in records), strict=True))
    assert {case: reasons[case] for case in UNMEASURABLE} == UNMEASURABLE


def test_standard_input_that_is_no_recording() -> None:
    command = [sys.executable, "-m", "callqual", "score", "-"]
    done = subprocess.run(command, input=b"hello", capture_output=True, timeout=60, check=False)
    assert done.returncode == 3
    assert done.stderr.decode().count("\n") == 1
    assert b"not a sound file" in done.stderr


@pytest.mark.parametrize(
    ("shell", "code", "out", "err"),
    [
        (
            "score - <&-",
            3,
            "not scored: it is empty",
            "callqual: <stdin>: it is empty (0 bytes); expected a recording\n",
        ),
        ("score hum.wav --field reason <&-", 0, "\n", ""),
        ("score hum.wav --field mos >&-", 2, "", "callqual: output: not writable\n"),
        ("score hum.wav >&-", 2, "", "callqual: output: not writable\n"),
        ("score hum.wav hum.wav --field reason -o /dev/null >&- <&-", 0, "", ""),
        ("score gone.wav --field reason 2>&-", 3, "unreadable\n", ""),
        ("evaluate truth.json - <&-", 3, "", "callqual: -: not JSON"),
        ("--help >&-", 0, "", ""),
    ],
)
def test_streams_that_are_closed(examples: Path, shell: str, code: int, out: str, err: str) -> None:
    command = f"exec '{sys.executable}' -W error -m callqual {shell}"
    done = subprocess.run(command, shell=True, cwd=examples, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    assert out in done.stdout
    assert err in done.stderr
    assert done.stderr.count("\n") == bool(err)


@pytest.mark.parametrize("sr", [7000, 3_000_000])
def test_a_stream_refuses_such_rates(sr: int) -> None:
    with pytest.raises(InputError, match=f"{sr} Hz; expected 8000 to 192000 Hz"):
        callqual.Stream(sr)


@pytest.mark.parametrize(
    ("block", "says"),
    [
        (np.zeros((100, 2)), r"shape \(100, 2\)"),
        (np.zeros(100, bool), "type bool"),
        (np.full(100, 20000.0), "reach 20000"),
        (np.zeros(100, np.int64), "int64"),
    ],
)
def test_a_stream_refuses_such_blocks(block: np.ndarray, says: str) -> None:
    with pytest.raises(InputError, match=says):
        callqual.Stream(8000).push(block)


def test_nan_late_in_a_stream(rng: np.random.Generator) -> None:
    stream = callqual.Stream(8000)
    stream.push(0.1 * rng.standard_normal(16000))
    stream.push(np.full(10, np.nan))
    stream.push(0.1 * rng.standard_normal(16000))
    record = stream.finish()
    check(record)
    assert record.reason == "not_finite"
