"""The documents name what there is: every field, every kind, every reason; and README shows what the command prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from callqual.report.fields import known_fields
from callqual.result import KINDS, Reason

ROOT = Path(__file__).parent.parent
KIND_NAMES = [kind for kinds in KINDS.values() for kind in kinds]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_field_is_explained():
    fields = {name.rsplit(".", 1)[-1] for name in known_fields()} - {"0"}
    missing = [field for field in sorted(fields) if f"`{field}`" not in text("docs/output.md")]
    assert not missing


@pytest.mark.parametrize("name", ["docs/kinds.md", "README.md"])
def test_every_kind_is_described(name):
    assert not [kind for kind in KIND_NAMES if f"`{kind}`" not in text(name)]


def test_every_reason_is_explained():
    assert not [reason for reason in Reason.__args__ if f"`{reason}`" not in text("docs/output.md")]


def test_files_that_documents_link_to_exist():
    links = 0
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
            links += 1
            assert (path.parent / target).exists(), f"{path.name} links to {target}"
    assert links > 5


def test_the_picture_in_readme_is_what_the_command_prints():
    """Bars and digits may differ in the last place elsewhere; the events may not."""
    shown = text("README.md").split("<!-- picture:begin")[1].split("<!-- picture:end")[0]
    command = re.search(r"\$ callqual (.*)", shown).group(1).split()
    done = subprocess.run(
        [sys.executable, "-m", "callqual", *command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    moments = r"\d:\d\d\.\d{3} +\d+ m?s +(?:gap|jitter|buzz)"
    assert re.findall(moments, shown)
    assert re.findall(moments, shown) == re.findall(moments, done.stdout), "run docs/make_readme.py"
