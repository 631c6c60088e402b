"""The fit of the rating recovers the constants that made the votes, and reads the load of a clip from what is found in it."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import fit_rating
from benchmarks.fit_rating import CLASSES, Clip, figures, fit, page, predict

import callqual
from callqual.rating import constants
from talker import damaged

SR = 8000
B = {"silence": 1.2, "repeat": 2.1, "delete": 2.9}
WEIGHTS = -np.log(list(B.values()))


def clips(rng: np.random.Generator, noise: float = 0.0, conditions: int = 12, each: int = 4) -> list[Clip]:
    """Rated clips of one class of damage each, as their conditions are, by votes that the constants B made."""
    out = []
    for k in range(conditions):
        mode = list(CLASSES)[k % len(CLASSES)]
        for _ in range(each):
            load = tuple(rng.uniform(0.2, 6.0) if name == mode else 0.0 for name in CLASSES)
            (true,) = predict(WEIGHTS, np.array([load]))
            votes = true + noise * rng.standard_normal()
            out.append(Clip(str(k), mode, votes, float(true), float(true) - 0.5, float(true) + 0.5, load))
    return out


def test_made_votes_give_back_the_constants_that_made_them(rng: np.random.Generator) -> None:
    rows = figures(clips(rng))
    assert rows["b"] == pytest.approx(B, rel=1e-3)
    for row in ("left out", "as shipped"):
        assert rows[row]["r, clips"] > 0.9999
        assert rows[row]["RMSE, clips"] < 1e-3
    assert rows["as shipped"]["covered"] == 1.0


def test_votes_that_scatter_give_them_back_within_their_noise(rng: np.random.Generator) -> None:
    rows = figures(clips(rng, noise=0.3, each=40))
    assert rows["b"] == pytest.approx(B, rel=0.1)
    assert rows["left out"]["RMSE, clips"] == pytest.approx(0.3, rel=0.1)
    assert rows["left out"]["RMSE, conditions"] < 0.1
    assert rows["as shipped"]["covered"] == pytest.approx(0.9, abs=0.04)


def test_a_condition_is_foretold_by_the_others_alone(rng: np.random.Generator) -> None:
    """The only condition with cuts, left out, cannot be known: its error shows in the figures, and only there."""
    made = [c for c in clips(rng, conditions=3) if c.mode != "delete"] + clips(rng, conditions=2)
    odd = [Clip("odd", "delete", 1.5, 1.5, 1.0, 2.0, (0.0, 0.0, 0.3)) for _ in range(4)]
    rows = figures([*made, *odd])
    assert rows["left out"]["RMSE, clips"] > 0.5
    assert rows["b"]["delete"] < 0.1


def test_more_damage_is_never_rated_better() -> None:
    load = np.linspace(0.0, 20.0, 50)[:, None] * [[1.0, 0.0, 0.0]]
    said = predict(WEIGHTS, load)
    assert (np.diff(said) < 0).all()
    assert said[0] == 4.5
    assert fit(load, said)[0] == pytest.approx(WEIGHTS[0], abs=1e-3)


def rated(folder: Path, names: dict[str, int]) -> Path:
    """Write clips with so many packets of silence, and votes that fall with them."""
    with (folder / "ratings.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ["file", "mos", "condition", "mode"])
        table.writeheader()
        for i, (name, zeros) in enumerate(names.items()):
            soundfile.write(folder / name, damaged(SR, 8.0, zeros, seed=i, repeats=0), SR, format="FLAC")
            table.writerow({"file": name, "mos": 4.5 - zeros / 15, "condition": str(i // 2), "mode": "silence"})
    return folder


def test_the_load_is_of_what_is_found_and_not_of_the_constants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"file": "a.flac", "mos": "3.25", "condition": "7", "mode": ""}
    rated(tmp_path, {"a.flac": 16})
    clip = fit_rating.read(row, tmp_path)
    score = callqual.score(tmp_path / "a.flac")
    assert (clip.mos, clip.low, clip.high) == (score.mos, score.mos_low, score.mos_high)
    assert (clip.condition, clip.mode, clip.votes) == ("7", "MNRU", 3.25)
    silence, repeat, cut = clip.load
    assert repeat == cut == 0.0
    assert 0.3 * 16 / 8.0 < silence <= len(score.events) / 8.0 * 1.2
    monkeypatch.setattr(constants, "B", {kind: 3 * value for kind, value in constants.B.items()})
    assert fit_rating.read(row, tmp_path).load == pytest.approx(clip.load)


class Alone:
    """A pool of this process."""

    def __init__(self, *_: Any, **__: Any) -> None: ...
    def __enter__(self) -> Alone:
        return self

    def __exit__(self, *_: object) -> None: ...

    map = staticmethod(map)


def test_a_folder_of_rated_clips_becomes_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_rating, "ProcessPoolExecutor", Alone)
    rated(tmp_path, {f"{k}.flac": zeros for k, zeros in enumerate((3, 6, 12, 18, 24, 30))})
    out = tmp_path / "R.md"
    assert fit_rating.main([str(tmp_path), "--out", str(out)]) == 0
    lines = out.read_text().splitlines()
    assert any(line.startswith("| r, clips | ") for line in lines)
    assert [line.split(" | ")[2] for line in lines if line.startswith(("| 0 |", "| 1 |", "| 2 |"))] == ["2"] * 3
    with pytest.raises(SystemExit, match="2"):
        fit_rating.main([str(tmp_path / "nowhere")])


def test_marks_are_met_by_the_conditions_left_out(rng: np.random.Generator) -> None:
    rows = figures(clips(rng))
    rows["left out"] |= {"r, clips": 0.92, "RMSE, clips": 0.34}
    said = {line.split(" | ")[0][2:]: line.split(" | ")[-1] for line in page(rows).splitlines() if " | " in line}
    assert said["r, clips"] == "**no** |"
    assert said["RMSE, clips"] == said["r, conditions"] == said["RMSE, conditions"] == "yes |"
