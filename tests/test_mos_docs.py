"""The page of the MOS shows the constants in use; what was fitted is what its script would write."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "docs"))

import make_mos
from benchmarks import anchors, fit_rating

from callqual.rating import constants, fitted
from callqual.rating.fitted import FITTED

TEXT = make_mos.PAGE.read_text(encoding="utf-8")


def test_the_page_shows_the_constants_in_use() -> None:
    assert make_mos.page(TEXT) == TEXT, "run docs/make_mos.py"


def test_every_constant_is_told_with_its_value() -> None:
    names = [name for name in vars(constants) if name.isupper()]
    assert len(names) > 10
    for name in names:
        assert f"`{name}`" in make_mos.chosen() or f"{name}," in make_mos.chosen() or f", {name}`" in make_mos.chosen()
    for field in dataclasses.fields(FITTED):
        assert f"| `{field.name}` | " in make_mos.found()


def test_a_constant_that_changes_changes_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitted, "FITTED", dataclasses.replace(FITTED, b=2 * FITTED.b))
    assert make_mos.page(TEXT) != TEXT


def test_the_words_around_the_tables_hold_no_constant() -> None:
    """But for the names of them: numbers stand in the tables alone."""
    prose = TEXT.split("<!-- constants:begin")[0].split("<!-- costs:end -->")[1]
    assert not [v for v in (FITTED.b, FITTED.tone, FITTED.concealed) if f"{v:g}" in prose]


def test_what_was_fitted_is_written_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "fitted.py"
    copy.write_text(Path(fitted.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(fit_rating.shipped, "__file__", str(copy))
    monkeypatch.setattr(fit_rating.subprocess, "run", lambda *args, **options: None)
    fit_rating.write(FITTED)
    assert copy.read_text(encoding="utf-8") == Path(fitted.__file__).read_text(encoding="utf-8")


# What is taken from G.107


def test_concealed_losses_follow_g107() -> None:
    """With the Bpl of G.711 with concealment, from 1 to 20 % of random loss."""
    weight, unsure = anchors.concealed(FITTED.b)
    assert weight == pytest.approx(FITTED.concealed, rel=0.01)
    for p in anchors.LOSSES:
        r = anchors.rating(weight * anchors.random_loss(p) / FITTED.b)
        assert r == pytest.approx(anchors.equipment_r(p, anchors.BPL), abs=4.0)
    assert 0.2 < unsure < 1.0


def test_tones_follow_the_noise_of_g107() -> None:
    gain, _ = anchors.tone()
    assert gain == pytest.approx(FITTED.tone, rel=0.01)
    for level in anchors.LEVELS_DB:
        r = anchors.rating(gain * 10 ** (level / 20))
        assert r == pytest.approx(anchors.noise_r(level + anchors.TONAL_DB), abs=6.0)


@pytest.mark.parametrize(("loss", "r"), [(0.0, 93.2), (0.01, 89.6), (0.05, 77.4), (0.2, 51.1)])
def test_the_e_model(loss: float, r: float) -> None:
    assert anchors.equipment_r(loss, 25.1) == pytest.approx(r, abs=0.1)


def test_the_default_noise_of_the_e_model_costs_nothing() -> None:
    assert anchors.noise_r(-200.0) == pytest.approx(93.2)


def test_recall_is_that_of_the_true_losses() -> None:
    from callqual.result import Event

    found = [
        Event(family="gap", kind="zero_fill", start=t, end=t + 0.02, severity=1.0, confidence=1.0) for t in range(8)
    ]
    out = anchors.recall([("silence", [float(t) for t in range(10)], found)], {"concealed": 0.5, "copy": 0.8})
    assert out["hole"] == pytest.approx(9 / 12)
    assert out["copy"] == 0.8
    assert 0.0 < out["concealed"] <= 1.0
