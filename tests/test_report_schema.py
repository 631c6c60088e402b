"""The JSON Schema that ships is the one of the types, and records obey it."""

from __future__ import annotations

import json
from importlib import resources

import jsonschema
import msgspec
import pytest

from callqual.result import json_schema
from sample_records import BAD, DEAD, TWO, UNREADABLE

SHIPPED = json.loads((resources.files("callqual") / "schema" / "callqual-1.json").read_text(encoding="utf-8"))


def test_shipped_schema_is_that_of_the_types():
    assert json.loads(json.dumps(json_schema())) == SHIPPED, "the record's types changed: run docs/make_schema.py"


@pytest.mark.parametrize("record", [BAD, TWO, DEAD, UNREADABLE], ids=["bad", "two", "dead", "unreadable"])
def test_records_obey_it(record):
    jsonschema.Draft202012Validator(SHIPPED).validate(json.loads(record.to_json()))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["mos"], "2.3"),
        (["schema"], "callqual/9"),
        (["legs", 0, "path"], "tape"),
        (["legs", 0, "events", 0, "family"], 1),
    ],
)
def test_it_refuses_what_is_no_record(path, value):
    wrong = json.loads(BAD.to_json())
    place = wrong
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SHIPPED).validate(wrong)


def test_dict_and_json_of_a_record_agree():
    assert json.loads(TWO.to_json()) == json.loads(msgspec.json.encode(TWO.to_dict()))
