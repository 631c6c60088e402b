"""The gate notices what falls by more than its noise, and nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import gate
from benchmarks.corpora import LIGHT, speakers

from callqual.evaluation import evaluate
from callqual.simulation import codecs
from test_benchmark_calls import gap, outcome


def row(truth: list[Any], found: list[Any], **more: Any) -> Any:
    return outcome(truth, found, **{"group": "damage", "row": "fade", "options": {}} | more)


TRUTH = [gap(k, k + 0.1) for k in range(1, 11)]


def test_a_row_and_its_group_have_figures_with_noise() -> None:
    found = [row(TRUTH, TRUTH), row(TRUTH, TRUTH[:5]), row([], [gap(1, 2)], group="clean", row="clean")]
    rows = gate.figures(found)
    assert set(rows) == {"damage/fade/8000", "damage/all", "clean/clean/8000", "clean/all"}
    assert rows["damage/fade/8000"] == rows["damage/all"]
    value, spread = rows["damage/all"]["F1"]
    assert value == pytest.approx(2 * 0.75 / 1.75, abs=1e-3)
    assert 0.1 < spread < 0.2
    assert rows["damage/all"]["share MAE"][0] == pytest.approx(1.25)
    assert rows["clean/all"] == {"FA/min": [3.0, 6.0]}


def test_calls_without_trouble_are_rows_of_their_own() -> None:
    rows = gate.figures([outcome(TRUTH, TRUTH), outcome([], [gap(1, 2)], clean=True)])
    assert rows["coded/gsm/8000"]["F1"][0] == 1.0
    assert rows["coded clean/gsm/8000"]["FA/min"][0] == 3.0


def test_tones_on_clean_speech_are_false_alarms() -> None:
    hum = {"family": "buzz", "kind": "hum", "start": 1.0, "end": 9.0}
    e = evaluate([], [hum], seconds=20)
    assert gate.figures([row([], [], group="clean", row="clean", evaluation=e)])["clean/all"]["FA/min"][0] == 3.0
    assert gate.counted(row(TRUTH, TRUTH, evaluation=e))[3] == 0


COUNTS = st.tuples(*[st.integers(0, 40)] * 4)


@given(COUNTS)
def test_noise_is_finite_and_shrinks_with_the_root_of_the_events(drawn: tuple[int, ...]) -> None:
    total = np.array([*drawn, 5.0, 10.0, 0.02 * (drawn[0] + drawn[1]), 3.0])
    for figure in (*gate.FIGURES.values(), *gate.QUIET.values()):
        assert 0.0 <= figure.noise(total) < 1.0 + 4 * max(drawn)
    if all(n > 10 for n in drawn):
        assert gate.f1_noise(100 * total) == pytest.approx(gate.f1_noise(total) / 10, rel=0.1)
        assert gate.alarms_noise(100 * total) == pytest.approx(gate.alarms_noise(total) / 10)


def test_noise_of_f1_is_that_of_coins() -> None:
    """Against drawing: 200 true gaps found at odds of 0.8, 200 found ones right at odds of 0.9."""
    rng = np.random.default_rng(3)
    hit, right = rng.binomial(200, 0.8, 4000), rng.binomial(200, 0.9, 4000)
    drawn = [gate.f1(np.array([h, 200 - h, r, 200 - r])) for h, r in zip(hit, right, strict=True)]
    total = np.array([160, 40, 180, 20, 0, 0, 0, 1.0])
    assert gate.f1_noise(total) == pytest.approx(np.std([value for value in drawn if value is not None]), rel=0.1)


def test_noise_of_the_share_is_that_of_coins() -> None:
    rng = np.random.default_rng(3)
    missed = 0.02 * rng.binomial(100, 0.3, 4000)
    total = np.array([70, 30, 70, 0, 5.0, 3.0, 2.0, 1.0])
    assert gate.share_noise(total) == pytest.approx(np.std(100 * missed / 60), rel=0.1)


def test_verdicts_go_by_the_direction_and_the_noise() -> None:
    assert gate.judge("F1", 0.9, 0.86, 0.05) is None
    assert gate.judge("F1", 0.9, 0.84, 0.05) == "FELL"
    assert gate.judge("F1", 0.9, 0.96, 0.05) == "rose"
    assert gate.judge("share MAE", 1.0, 1.2, 0.1) == "FELL"
    assert gate.judge("FA/min", 1.0, 0.5, 0.1) == "rose"
    assert gate.judge("F1", 0.9, None, 0.05) == "GONE"


def test_what_fell_fails_and_what_is_missing_is_said(capsys, tmp_path, monkeypatch) -> None:
    rows = {
        "damage/fade/8000": {"F1": [0.9, 0.05]},
        "coded/g729/8000": {"F1": [0.5, 0.1]},
        "coded/all": {"F1": [0.5, 0.01]},
    }
    gate.write(tmp_path / "gate.json", rows)
    kept = json.loads((tmp_path / "gate.json").read_text())
    assert kept["rows"] == rows
    assert gate.verdict(kept, rows) == 0
    assert gate.verdict(kept, {"damage/fade/8000": rows["damage/fade/8000"]}) == 1
    assert "| coded/g729/8000 | F1 | 0.500 | – | 0.100 | GONE |" in capsys.readouterr().out

    def gone(name: str, **options: Any) -> Any:
        raise codecs.MissingLibrary("not here")

    monkeypatch.setattr(codecs, "codec", gone)
    some = {"damage/fade/8000": rows["damage/fade/8000"], "coded/all": {"F1": [0.1, 0]}}
    assert gate.verdict(kept, some) == 0
    assert "| not here |" not in capsys.readouterr().out
    assert gate.verdict(kept, some, every=True) == 0
    assert "| coded/g729/8000 | F1 | 0.500 | – | 0.100 | not here |" in capsys.readouterr().out


def test_only_what_moved_is_printed_and_the_rest_counted(capsys) -> None:
    kept = {"made_by": "callqual 1.2.3", "rows": {f"damage/{k}/8000": {"F1": [0.5, 0.1]} for k in range(9)}}
    now = kept["rows"] | {"damage/3/8000": {"F1": [0.3, 0.1]}, "damage/4/8000": {"F1": [0.7, 0.1]}, "new/all": {}}

    def lines(rows: Any, code: int, **how: bool) -> list[str]:
        assert gate.verdict(kept, rows, **how) == code
        return capsys.readouterr().out.splitlines()

    assert lines(kept["rows"], 0) == ["9 figures of callqual 1.2.3: 9 within their noise"]
    head, _, fell, rose, _, last = lines(now, 1)
    assert head == "| row | figure | kept | now | noise | verdict |"
    assert fell == "| damage/3/8000 | F1 | 0.500 | 0.300 | 0.100 | FELL |"
    assert rose == "| damage/4/8000 | F1 | 0.500 | 0.700 | 0.100 | rose |"
    assert last == "9 figures of callqual 1.2.3: 7 within their noise, 1 FELL, 1 rose"
    assert len(lines(now, 1, every=True)) == 13
    gate.verdict(kept, now)
    assert capsys.readouterr().err == "not in the baseline yet (--write): new/all\n"


def test_the_baseline_holds_the_rows_that_are_run(monkeypatch) -> None:
    kept = json.loads(gate.BASELINE.read_text())["rows"]
    assert {key.split("/")[0] for key in kept} >= {"damage", "buzz", "clean", "negative", "coded", "coded clean"}
    assert all(spread >= 0 for row in kept.values() for _, spread in row.values())


def test_light_voices_come_from_the_light_packages(tmp_path, monkeypatch) -> None:
    import soundfile

    monkeypatch.setenv("CALLQUAL_CORPORA", str(tmp_path))
    speakers.cache_clear()
    with pytest.raises(FileNotFoundError, match="python -m benchmarks"):
        speakers("light", 8000)
    for module in LIGHT:
        folder = tmp_path / "nist/mcvqoe" / module / "audio_clips"
        folder.mkdir(parents=True)
        for talker in ("F1", "M3"):
            soundfile.write(folder / f"Set_{talker}.wav", np.zeros(9 * 8000), 8000)
    speakers.cache_clear()
    assert [voice.name for voice in speakers("light", 8000)] == ["nist_F1", "nist_M3"]
    speakers.cache_clear()
