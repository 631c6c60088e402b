"""The fit of the rating, on clips whose votes are made by a rating that is known."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import fit_rating, rating_tables
from benchmarks.fit_rating import Clip

from callqual.rating.fitted import FITTED
from callqual.rating.timeline import Timeline
from callqual.result import Event

TRUE_B, TRUE_CUT = 2.0 * FITTED.b, 0.6 * FITTED.cut
LINE = Timeline(((0.0, 8.0),), (4.0,), 8.0)
MODES = {"silence": "zero_fill", "repeat": "repeat", "delete": "cut"}


def made(noise: float) -> list[Clip]:
    """Ten conditions of four clips: more and more losses, and votes that miss the true MOS by `noise`."""
    rng = np.random.default_rng(8)
    clips = []
    for k in range(10):
        mode = list(MODES)[k % 3]
        for talker in range(4):
            at = tuple(0.3 + 7.0 * i / (3 * k + 1) + 0.01 * talker for i in range(3 * k))
            kind = MODES[mode]
            events = tuple(
                Event(
                    family="jitter" if kind == "cut" else "gap",
                    kind=kind,
                    start=t,
                    end=t if kind == "cut" else t + 0.02,
                    severity=1.0,
                    confidence=1.0,
                )
                for t in at
            )
            clip = Clip(f"{k}_{talker}", str(k), mode, 0.0, at, events, LINE)
            votes = clip.scores(replace(FITTED, b=TRUE_B, cut=TRUE_CUT)).mos + noise * rng.standard_normal()
            clips.append(replace(clip, votes=float(votes)))
    return clips


def test_the_fit_finds_what_made_the_votes() -> None:
    whole, without = fit_rating.fit(made(0.0))
    assert whole.b == pytest.approx(TRUE_B, rel=1e-3)
    assert whole.cut == pytest.approx(TRUE_CUT, rel=1e-3)
    assert len(without) == 10
    assert whole.log_sigma_b == pytest.approx(0.0, abs=1e-3)
    assert [whole.clip, whole.model] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert whole.recall["hole"] > 0.9


def test_noisy_votes_are_told_as_such() -> None:
    clips = made(0.5)
    whole, without = fit_rating.fit(clips)
    assert whole.b == pytest.approx(TRUE_B, rel=0.3)
    assert whole.log_sigma_b > 0.01
    assert 0.3 < whole.clip < 0.6
    assert whole.model < 0.3
    rows = fit_rating.figures(clips, whole, without)
    assert rows["left out"]["RMSE, clips"] == pytest.approx(0.5, abs=0.1)
    assert rows["left out"]["RMSE, clips"] > rows["all fitted"]["RMSE, clips"]
    assert 0.85 <= rows["left out"]["covered"] <= 1.0


def test_a_condition_that_is_rated_apart_shows_in_the_model() -> None:
    clips = [replace(clip, votes=clip.votes + (0.5 if int(clip.condition) % 2 else -0.5)) for clip in made(0.0)]
    whole, _ = fit_rating.fit(clips)
    assert 0.45 < whole.model < 0.8
    assert whole.clip < 0.1


def test_the_page_tells_marks_peers_and_noise() -> None:
    clips = made(0.2)
    whole, without = fit_rating.fit(clips)
    rows = fit_rating.figures(clips, whole, without) | {"fitted": fit_rating.flat(whole)}
    rows["peer/PLCMOS"] = dict.fromkeys(rating_tables.MARKS, 0.5)
    rows["condition 22"] = {"mode": "MNRU", "clips": 4, "votes": 3.6, "mos": 4.5}
    page = rating_tables.page(rows)
    assert "PLCMOS" in page
    assert "| 22 | MNRU | 4 | 3.600 | 4.500 |" in page
    assert f"R halves at {whole.b:.2f}" in page
