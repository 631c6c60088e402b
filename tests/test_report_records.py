"""JSON, JSON Lines and CSV: every figure comes back, whatever the format."""

from __future__ import annotations

import csv
import io
import json

import msgspec
import pytest

from callqual.report import render
from callqual.report.records import csv_columns
from callqual.result import CallScore
from sample_records import BAD, DEAD, TWO, UNREADABLE

ALL = [BAD, TWO, DEAD, UNREADABLE]


def text(records, form):
    return "".join(render(iter(records), form))


def test_json_is_an_object_for_one_and_an_array_for_others():
    assert msgspec.json.decode(text([BAD], "json"), type=CallScore) == BAD
    assert msgspec.json.decode(text(ALL, "json"), type=list[CallScore]) == ALL
    assert json.loads(text([], "json")) == []


def test_jsonl_has_one_record_a_line():
    lines = text(ALL, "jsonl").splitlines()
    assert [msgspec.json.decode(line, type=CallScore) for line in lines] == ALL


@pytest.mark.parametrize("form", ["table", "jsonl", "csv"])
def test_output_of_a_record_comes_before_the_next_is_asked_for(form):
    asked = []

    def records():
        for record in ALL:
            asked.append(record)
            yield record

    chunks = render(records(), form)
    first = next(chunks)
    first += next(chunks) if form == "csv" else ""  # the header comes by itself
    assert "bad.wav" in first
    assert len(asked) == 1


def test_csv_has_one_row_a_leg_with_every_figure():
    rows = list(csv.DictReader(io.StringIO(text(ALL, "csv"))))
    assert list(rows[0]) == csv_columns()
    assert [(r["source_path"], r["channel"]) for r in rows] == [
        ("calls/bad.wav", "0"),
        ("calls/bad.wav", "1"),
        ("calls/bad.wav", "0"),
        ("calls/bad.wav", "1"),
        ("calls/notes.txt", ""),
    ]
    bad = rows[0]
    assert float(bad["mos"]) == 2.31
    assert float(bad["gap_loss_rate_high"]) == 0.058
    assert float(bad["jitter_drift_ppm"]) == -52.0
    assert float(bad["buzz_share"]) == 0.35
    assert bad["reason"] == ""
    assert bad["path"] == "lossy"  # the leg's, not the file's
    assert rows[3]["reason"] == "silent"
    assert rows[3]["mos"] == ""
    assert (rows[4]["reason"], rows[4]["message"]) == ("unreadable", "not audio, a text file")


def test_csv_columns_cover_every_scalar_of_the_record():
    leaves = {
        "gap_loss_rate",
        "jitter_removed_seconds",
        "buzz_seconds",
        "source_sha256",
        "bandwidth_hz",
        "reason",
        "message",
    }
    assert leaves <= set(csv_columns())
    assert len(csv_columns()) == len(set(csv_columns()))
    assert not {"events", "profile", "gap", "legs"} & set(csv_columns())


def test_csv_quotes_what_needs_it():
    odd = msgspec.structs.replace(UNREADABLE, message='he said "no",\nthen left')
    row = next(csv.DictReader(io.StringIO(text([odd], "csv"))))
    assert row["message"] == 'he said "no",\nthen left'
