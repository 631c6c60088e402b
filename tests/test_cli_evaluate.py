"""``callqual evaluate`` and ``callqual warm``."""

from __future__ import annotations

import io
import json

import pytest

import callqual
from callqual.cli import run
from callqual.evaluation import curve, pool
from sample_records import BAD

TRUTH = [
    {"family": "gap", "kind": "zero_fill", "start": 3.12, "end": 3.18},
    {"family": "gap", "kind": "zero_fill", "start": 1.00, "end": 1.06},
    {"family": "buzz", "kind": "hum", "start": 4.0, "end": 8.0},
]


@pytest.fixture
def files(tmp_path):
    truth, record = tmp_path / "truth.json", tmp_path / "record.json"
    truth.write_text(json.dumps(TRUTH))
    record.write_text(BAD.to_json())
    return truth, record


def test_json_is_the_librarys_evaluation(files, capsys):
    assert run(["evaluate", *map(str, files), "--format", "json"]) == 0
    points = [point.to_dict() for point in curve(TRUTH, BAD, seconds=12.0).points()]
    expected = callqual.evaluate(TRUTH, BAD, seconds=12.0).to_dict() | {"curve": points}
    assert points
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(expected))


def test_table_shows_recall_and_false_alarms(files, capsys):
    assert run(["evaluate", *map(str, files)]) == 0
    lines = capsys.readouterr().out.splitlines()
    gaps = next(line for line in lines if line.startswith("gaps"))
    hum = next(line for line in lines if line.startswith("  hum"))
    assert gaps.split()[1:4] == ["2", "1", "0.500"]
    assert hum.split()[1:4] == ["1", "1", "1.000"]
    assert any("false alarms a minute: gaps 10.00" in line for line in lines)


def test_truth_may_be_an_object_and_the_record_come_from_a_pipe(files, capsys, monkeypatch):
    truth, record = files
    truth.write_text(json.dumps({"events": TRUTH}))
    monkeypatch.setattr("sys.stdin", io.StringIO(record.read_text()))
    assert run(["evaluate", str(truth), "-", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["gap"]["hit"] == 1


def test_min_confidence_leaves_out_the_less_sure(files, capsys):
    assert run(["evaluate", *map(str, files), "--format", "json", "--min-confidence", "0.999"]) == 0
    assert json.loads(capsys.readouterr().out)["gap"]["hit"] == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "not JSON"), ("[]", "not a record of a recording"), ('{"schema": "callqual/9"}', "not a record")],
)
def test_a_record_that_is_none_is_3(files, capsys, text, message):
    truth, record = files
    record.write_text(text)
    assert run(["evaluate", str(truth), str(record)]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"callqual: {record}: {message}")
    assert len(err.splitlines()) == 1


def test_a_missing_file_is_3_and_wrong_truth_is_2(files, capsys):
    truth, record = files
    assert run(["evaluate", str(truth.parent / "gone.json"), str(record)]) == 3
    truth.write_text('[{"family": "gap", "kind": "hole", "start": 1, "end": 2}]')
    assert run(["evaluate", str(truth), str(record)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("callqual: ") for line in lines)


def test_warm_compiles_and_says_nothing_on_stdout(capsys):
    assert run(["warm"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("callqual: kernels ready after ")


def test_truth_of_many_recordings_goes_by_the_name_of_the_file(files, capsys):
    truth, _ = files
    truth.write_text(json.dumps({"other.wav": {"events": []}, "bad.wav": {"sr": 16000, "events": TRUTH}}))
    assert run(["evaluate", *map(str, files), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["gap"]["hit"] == 1


def test_truth_without_events_is_said_to_be_so(files, capsys):
    truth, _ = files
    for content in ({}, {"bad.wav": {}}, 3, None):
        truth.write_text(json.dumps(content))
        assert run(["evaluate", *map(str, files)]) == 3
        err = capsys.readouterr().err
        assert err.startswith(f"callqual: {truth}: no true events of")
        assert err.count("\n") == 1


def many(truth, record):
    """Write three records of one recording under three names, and the truth of each with its codec."""
    paths = {"a.wav": "opus", "b.wav": "opus", "c.wav": None}
    records = [json.loads(BAD.to_json()) for _ in paths]
    for one, path in zip(records, paths, strict=True):
        one["source"]["path"] = f"calls/{path}"
    record.write_text("\n".join(map(json.dumps, records)) + "\n")
    options = {p: {"codec": c, "recorder": ["gain", "agc"] if c else []} for p, c in paths.items()}
    truth.write_text(json.dumps({p: {"events": TRUTH[:k], "options": options[p]} for k, p in enumerate(paths, 1)}))


def test_many_records_add_up_and_go_by_codec_and_recorder(files, capsys):
    many(*files)
    assert run(["evaluate", *map(str, files), "--format", "json"]) == 0
    out = json.loads(capsys.readouterr().out)
    each = [callqual.evaluate(TRUTH[:k], BAD, seconds=12.0) for k in (1, 2, 3)]
    assert out["gap"] == pool(each).to_dict()["gap"]
    assert out["by_codec"]["opus"]["gap"] == pool(each[:2]).to_dict()["gap"]
    assert out["by_recorder"]["none"]["gap"] == each[2].to_dict()["gap"]
    assert list(out["by_recorder"]) == ["gain+agc", "none"]


def test_many_records_ask_for_the_truth_of_each(files, capsys):
    many(*files)
    files[0].write_text(json.dumps({"events": TRUTH}))
    assert run(["evaluate", *map(str, files)]) == 3
    assert "no true events of calls/a.wav in it; expected an object under 'a.wav'" in capsys.readouterr().err


def test_the_table_names_codecs_and_shows_the_curve(files, capsys):
    many(*files)
    assert run(["evaluate", *map(str, files), "--curve"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert next(line for line in lines if line[:2] == ["codec", "opus"])[2] == "3"
    rows = [line for line in lines if line and line[0] in ("0.00", "0.50", "0.95")]
    assert [row[1] for row in rows] == ["5", "5", "5"]


def test_records_that_cannot_be_judged_are_3(files, capsys):
    _, record = files
    for text, message in (("", "not JSON"), ('{"a": 1}\n{', "not JSON")):
        record.write_text(text)
        assert run(["evaluate", *map(str, files)]) == 3
        assert f"callqual: {record}: {message}" in capsys.readouterr().err
    unread = json.loads(BAD.to_json())
    unread["source"]["seconds"], unread["reason"] = None, "unreadable"
    record.write_text(json.dumps(unread))
    assert run(["evaluate", *map(str, files)]) == 3
    assert "it was not scored (unreadable)" in capsys.readouterr().err
