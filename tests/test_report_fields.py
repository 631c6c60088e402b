"""Bare values for pipes, and what a wrong name is told."""

from __future__ import annotations

import json

import pytest

from callqual import InputError
from callqual.report import render
from callqual.report.fields import known_fields, value
from sample_records import BAD, DEAD, TWO, UNREADABLE


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mos", "2.31"),
        ("reason", ""),
        ("schema", "callqual/1"),
        ("source.path", "calls/bad.wav"),
        ("source.sr", "16000"),
        ("legs.0.mos", "4.38"),
        ("legs.1.gap.loss_rate", "0.048"),
        ("legs.2.mos", ""),
        ("gap.loss_rate", "0.048"),  # the worst leg's, which is the second
        ("bandwidth_hz", "7900.0"),
        ("events.1.kind", "hum"),
        ("events.1.details.hz", "50.0"),
        ("events.0.details.hz", ""),
        ("profile.2.mos", ""),
    ],
)
def test_value(name, expected):
    assert value(TWO, name) == expected


def test_structures_are_compact_json():
    assert json.loads(value(BAD, "gap"))["count"] == 2
    assert "\n" not in value(BAD, "legs")


def test_one_line_a_record_and_empty_for_none():
    assert "".join(render([BAD, DEAD, UNREADABLE, TWO], fields=["mos"])) == "2.31\n\n\n2.31\n"


def test_several_fields_are_parted_by_tabs():
    assert (
        "".join(render([BAD, UNREADABLE], fields=["source.path", "mos"])) == "calls/bad.wav\t2.31\ncalls/notes.txt\t\n"
    )


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("moss", "mos"),
        ("gap.lossrate", "gap.loss_rate"),
        ("loss_rate", "gap.loss_rate"),
        ("legs.mos", "legs.0.mos"),
        ("sha256", "source.sha256"),
    ],
)
def test_a_wrong_name_is_told_the_nearest(wrong, near):
    with pytest.raises(InputError, match=f"no field '{wrong}'.*{near}"):
        render(iter([]), fields=[wrong])


def test_every_known_field_has_a_value_or_is_empty():
    for name in known_fields():
        assert isinstance(value(TWO, name), str)
        assert value(UNREADABLE, name) is not None
