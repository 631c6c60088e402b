"""Calls as rows of the benchmark: their truth, their figures from made-up outcomes, and a codec that is not there."""

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

from benchmarks import accuracy, call_tables, results, tables
from benchmarks.calls import CALLS, CODED, FILLERS, PLAYOUT, missing
from benchmarks.measure import STEPS, auc, curves, measure
from benchmarks.results import Rows
from benchmarks.tasks import Outcome

from callqual.evaluation import curve, evaluate
from callqual.simulation import codecs
from callqual.simulation.concealment import CONCEALMENTS
from talker import talk

SR = 8000
SPEECH = talk(SR, 8.0, seed=4).astype(np.float64) / 32768


def gap(start: float, end: float, confidence: float = 0.9, kind: str = "concealed") -> dict[str, Any]:
    return {"family": "gap", "kind": kind, "start": start, "end": end, "confidence": confidence}


def outcome(truth: list[Any], found: list[Any], clean: bool = False, seconds: float = 20.0, **more: Any) -> Outcome:
    given = {
        "group": "coded",
        "row": "gsm",
        "sr": SR,
        "options": {"clean": True} if clean else {"loss": 0.1, "burst_ratio": 1.0},
        "recorder": None,
        "evaluation": evaluate(truth, found, seconds=seconds),
        "audible": evaluate(truth, found, seconds=seconds),
        "curve": curve(truth, found, seconds=seconds),
        "true_share": 100 * sum(t["end"] - t["start"] for t in truth) / seconds,
        "active_share": 100 * sum(t["end"] - t["start"] for t in truth) / seconds,
        "found_share": 100 * sum(f["end"] - f["start"] for f in found) / seconds,
        "true_warp": 0.0,
        "found_warp": 0.0,
        "true_frame_ms": None,
        "found_frame_ms": None,
        "scored": True,
    }
    return Outcome(**given | more)


def test_every_filler_of_a_receiver_has_a_row() -> None:
    assert set(FILLERS) == CONCEALMENTS.keys() - {"expand"}
    assert {f"g711_{name}" for name in CONCEALMENTS} <= set(CODED)


@pytest.mark.parametrize("name", ["g711_zero", "g711_appendix_i", "late", "catch_up"])
def test_a_call_is_damaged_where_its_truth_says(name: str) -> None:
    call = (CODED | PLAYOUT)[name]
    losses = {"loss": 0.1, "burst_ratio": 1.5} if name in CODED else {}
    made = [call.make(SPEECH, np.random.default_rng(3), law="mu", **losses) for _ in range(2)]
    assert np.array_equal(made[0][0], made[1][0])
    assert made[0][1] == made[1][1] != []
    calm, truth = call.make(SPEECH, np.random.default_rng(3), clean=True, law="mu")
    assert truth == []
    assert np.abs(calm - SPEECH).max() < 0.02


def test_laws_differ() -> None:
    a, mu = (CODED["g711_zero"].make(SPEECH, np.random.default_rng(3), clean=True, law=law)[0] for law in ("a", "mu"))
    assert not np.array_equal(a, mu)


def test_figures_of_a_call_part_damaged_from_calm_recordings() -> None:
    truth = [gap(1.0, 1.02), gap(2.0, 2.2)]
    bad = [outcome(truth, [gap(2.0, 2.2), gap(9.0, 9.1, 0.55)]), outcome(truth, [], true_warp=30.0, found_warp=0.5)]
    calm = [outcome([], [gap(3.0, 3.1)], clean=True), outcome([], [], clean=True)]
    row = measure("coded", "gsm", SR, [*bad, *calm])
    assert (row["clips"], row["clean_clips"]) == (2, 2)
    assert (row["recall"], row["precision"]) == (0.25, 0.5)
    assert row["recall_by_length"] == {"<=30": 0.0, "30-60": None, "60-120": None, ">120": 0.5}
    assert row["clean_gap_per_minute"] == pytest.approx(1.5)
    assert row["share_mae"] == pytest.approx((0.4 + 1.1) / 2)
    assert row["share_auc"] == pytest.approx((2 + 0.5) / 4)
    assert (row["warped"], row["warp_auc"]) == (1, 1.0)
    assert row["f1_by_loss"] == {"0.1": row["f1"]}
    counts = curves({("coded", "gsm", SR): [*bad, *calm]})["curve/coded"]["counts"]
    assert counts["0.5"] == [1, 3, 1, 2]
    assert counts["0.6"] == [1, 3, 1, 1]


@given(st.lists(st.integers(0, 3), max_size=6), st.lists(st.integers(0, 3), max_size=6))
def test_auc_counts_pairs(low: list[int], high: list[int]) -> None:
    pairs = [(a, b) for a in low for b in high]
    if not pairs:
        assert auc(low, high) is None
    else:
        assert auc(low, high) == pytest.approx(sum((b > a) + 0.5 * (a == b) for a, b in pairs) / len(pairs))


def test_the_table_of_codecs_judges_by_length_and_by_coded_speech() -> None:
    right = [gap(1.0, 1.02), gap(2.0, 2.05), gap(3.0, 3.1), gap(4.0, 4.2)]
    good = measure("coded", "gsm", SR, [outcome(right, right), outcome([], [], clean=True)]) | {"small": True}
    noisy = measure("coded", "gsm", SR, [outcome(right, right), outcome([], right, clean=True)])
    short = measure("coded", "gsm", SR, [outcome(right, right[:3]), outcome([], [], clean=True)])
    for row, met in ((good, "yes"), (noisy, "**no**"), (short, "**no**")):
        line = call_tables.coded({"coded/gsm/8000": row}).splitlines()[2]
        assert line.split(" | ")[-1].removesuffix(" |") == met


def test_curves_add_up_the_rows_of_a_group() -> None:
    groups = {
        ("coded", "gsm", SR): [outcome([gap(1, 2)], [gap(1, 2)]), outcome([], [], clean=True)],
        ("coded", "g729", SR): [outcome([gap(1, 2)], []), outcome([], [], clean=True)],
        ("clean", "clean", SR): [outcome([], [gap(1, 2)])],
    }
    rows = curves(groups, ["coded/gsm/8000", "damage/fade/8000"])
    lines = call_tables.curves(rows).splitlines()[2 : 2 + len(STEPS)]
    assert [line.split(" | ")[1:] for line in lines] == [["–", "–", "0.667", "–", "3.000 |"]] * len(STEPS)
    assert call_tables.curves({}) == ""


def test_what_a_confidence_is_worth() -> None:
    true = [gap(k, k + 0.1) for k in range(1, 20)]
    sure = [g | {"confidence": 0.95} for g in true]
    doubtful = [gap(k, k + 0.1) | {"confidence": 0.6} for k in range(11, 31)]
    few = [gap(40, 40.1) | {"confidence": 0.4}]
    rows = curves(
        {("coded", "gsm", SR): [outcome(true, [*sure, *few], seconds=60.0), outcome(true, doubtful, seconds=60.0)]}
    )
    line = call_tables.reliability(rows).splitlines()[2]
    assert line == "| coded | – | – | 0.450 | – | 1.000 |"
    assert call_tables.reliability({}) == ""


def test_part_of_a_group_has_no_curve() -> None:
    groups = {("coded", "gsm", SR): [outcome([gap(1, 2)], [])], ("clean", "clean", SR): [outcome([], [])]}
    assert set(curves(groups, ["coded/gsm/8000", "coded/g729/8000", "clean/clean/8000"])) == {"curve/clean"}


def test_a_codec_that_is_not_there_is_a_row_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str, **options: Any) -> Any:
        raise codecs.MissingLibrary("libbcg729 was not found; install the package libbcg729-0")

    monkeypatch.setattr(codecs, "codec", gone)
    assert missing("coded", ["g729", "opus_24k"], [8000]) == {"coded/g729/8000": str_of(gone)}
    rows = {"coded/g729/8000": {"missing": str_of(gone), "small": True}}
    text = accuracy.page("tune", rows)
    assert "libbcg729-0" in text
    assert "**no**" not in text


def str_of(gone: Any) -> str:
    with pytest.raises(codecs.MissingLibrary) as caught:
        gone("g729")
    return str(caught.value)


def test_rows_of_a_group_are_meant_by_its_name() -> None:
    assert accuracy.wanted_rows(["coded"]) == {"coded", *CODED}
    assert accuracy.wanted_rows(None) >= {*CODED, *PLAYOUT, "zero_fill", "clean"}
    assert not set(CODED) & set(PLAYOUT)
    assert set(CALLS) == {"coded", "playout"}


def test_results_hold_a_row_a_line_under_what_made_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "R.md"

    def run(stamp: str, rows: Rows) -> list[str]:
        monkeypatch.setattr(results, "version", lambda: stamp)
        results.update(out, "a", rows, lambda rows: f"{len(rows)} rows")
        return (tmp_path / "R.json").read_text().splitlines()

    first = run("callqual 1", {"x": {"f1": 0.123456, "by": {"8": [1.00004]}}, "y": {"f1": None}})
    assert '   "x": {"f1":0.123,"by":{"8":[1.0]}},' in first
    assert (
        len(set(first) ^ set(run("callqual 2", {"x": {"f1": 0.123456, "by": {"8": [1.00004]}}, "y": {"f1": None}})))
        == 2
    )
    run("callqual 3", {"y": {"f1": 0.5}})
    assert results.load(out) == {
        "a": {
            "x": {"f1": 0.123, "by": {"8": [1.0]}, "made_by": "callqual 2"},
            "y": {"f1": 0.5, "made_by": "callqual 3"},
        }
    }
    assert "2 rows\n\nMade by callqual 2, callqual 3." in out.read_text()


def test_every_group_writes_its_tables_from_what_is_kept() -> None:
    """What is measured is what the tables ask for, of every sort of row."""
    gaps = [gap(k, k + 0.1) for k in range(1, 11)]
    hum = [{"family": "buzz", "kind": "hum", "start": 0.0, "end": 20.0, "details": {"hz": 50.0}, "confidence": 0.9}]
    kinds = {
        "damage": ["fade", "stuck"], "buzz": ["hum/18"], "recorder": ["agc/fade", "agc/clean"], "clean": ["clean"],
        "negative": ["dtmf"], "coded": ["gsm"], "playout": ["late"],
    }  # fmt: skip
    groups = {}
    for group, row in [(group, row) for group, names in kinds.items() for row in names]:
        truth = hum if group == "buzz" else gaps
        what = {"rate": 0.1, "frame_ms": 20.0} if group == "damage" else {"loss": 0.1}
        groups[group, row, SR] = [outcome(truth, truth, group=group, row=row, true_frame_ms=20.0, options=what)]
        groups[group, row, SR] += [outcome([], [], group=group, row=row, clean=True)] if group in CALLS else []
    rows = {"/".join(map(str, key)): measure(*key, part) | {"small": False} for key, part in groups.items()}
    rows |= {key: row | {"small": False} for key, row in curves(groups).items()}
    text = accuracy.page("tune", rows)
    assert text.count("### ") == len(tables._TABLES)
    assert text == accuracy.page("tune", json.loads(json.dumps(results.rounded(rows))))


def test_recorder_paths_tell_the_error_of_the_share() -> None:
    made = [outcome([gap(1, 2)], [gap(1, 1.5)], group="recorder", row="agc/fade", options={})]
    row = measure("recorder", "agc/fade", SR, made) | {"small": True}
    assert "| agc | fade | 1.000 | 0.0 | 2.500 |" in accuracy.page("tune", {"recorder/agc/fade/8000": row})
