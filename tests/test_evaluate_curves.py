"""The curve of F1 against false alarms is what evaluating again at every confidence would give."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqual.errors import InputError
from callqual.evaluation import GAP_LIKE, Curve, curve, evaluate, pool
from callqual.result import KINDS

COUNTS = ("hit", "missed", "right", "wrong")
GAP_KINDS = (*KINDS["gap"], *GAP_LIKE)


def ev(start: float, end: float, kind: str = "zero_fill", **more: Any) -> dict[str, Any]:
    family = next(f for f, kinds in KINDS.items() if kind in kinds)
    return {"family": family, "kind": kind, "start": start, "end": end} | more


@st.composite
def event_lists(draw: st.DrawFn, kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    spans = st.tuples(
        st.integers(0, 900), st.integers(0, 300), st.sampled_from(kinds), st.booleans(), st.integers(0, 5)
    )
    drawn = draw(st.lists(spans, max_size=8))
    return [
        ev(a / 1000, (a + n) / 1000, kind, context_db=-10 if active else -30, confidence=sure / 5)
        for a, n, kind, active, sure in drawn
    ]


def counts(tally: Any) -> list[int]:
    return [getattr(tally, name) for name in COUNTS]


LEVELS = [0.0, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0]
MIXED = ("zero_fill", "concealed", "cut", "time_warp", "hum", "stuck")


@given(event_lists(MIXED), event_lists(MIXED))
def test_every_point_is_an_evaluation(truth: list[dict[str, Any]], found: list[dict[str, Any]]) -> None:
    whole = curve(truth, found, seconds=2)
    by_kind = {kind: curve(truth, found, seconds=2, kind=kind) for kind in MIXED}
    for least in LEVELS:
        brute = evaluate(truth, found, seconds=2, min_confidence=least)
        assert counts(whole.at(least).tally) == counts(brute.gap)
        assert whole.at(least).false_alarms_per_minute == pytest.approx(brute.false_alarms_per_minute)
        for kind, one in by_kind.items():
            tallies = brute.by_kind if kind in GAP_KINDS else brute.buzz
            assert counts(one.at(least).tally) == (counts(tallies[kind]) if kind in tallies else [0, 0, 0, 0])


@given(event_lists(MIXED), event_lists(MIXED))
def test_points_are_where_the_counts_change(truth: list[dict[str, Any]], found: list[dict[str, Any]]) -> None:
    whole = curve(truth, found, seconds=2)
    points = whole.points()
    steps = {p.min_confidence for p in points}
    assert steps <= {f["confidence"] for f in found}
    for least in LEVELS:
        above = [p for p in points if p.min_confidence >= least]
        assert counts(whole.at(least).tally)[::2] == (counts(above[0].tally)[::2] if above else [0, 0])
    recalls = [p.tally.hit for p in points]
    alarms = [p.tally.wrong for p in points]
    assert recalls == sorted(recalls, reverse=True)
    assert alarms == sorted(alarms, reverse=True)


@given(st.lists(st.tuples(event_lists(MIXED), event_lists(MIXED)), min_size=1, max_size=4))
def test_pooled_curves_count_all_recordings(pairs: list[Any]) -> None:
    every = pool(curve(t, f, seconds=2) for t, f in pairs)
    assert every.seconds == 2 * len(pairs)
    for least in LEVELS:
        brute = pool(evaluate(t, f, seconds=2, min_confidence=least) for t, f in pairs)
        assert counts(every.at(least).tally) == counts(brute.gap)


def test_the_best_point_within_so_many_false_alarms() -> None:
    truth = [ev(1.0, 1.1), ev(2.0, 2.1), ev(3.0, 3.1)]
    found = [
        *(ev(a, a + 0.1, confidence=sure) for a, sure in ((1.0, 0.9), (2.0, 0.7), (3.0, 0.2))),
        *(ev(a, a + 0.1, confidence=sure) for a, sure in ((5.0, 0.8), (6.0, 0.3))),
    ]
    made = curve(truth, found, seconds=60)
    assert [p.min_confidence for p in made.points()] == [0.2, 0.3, 0.7, 0.8, 0.9]
    strict, lenient, free = made.best(0.0), made.best(1.0), made.best()
    assert strict is not None
    assert (strict.min_confidence, strict.tally.recall, strict.tally.precision) == (0.9, 1 / 3, 1.0)
    assert lenient is not None
    assert (lenient.min_confidence, lenient.false_alarms_per_minute) == (0.7, 1.0)
    assert free is not None
    assert (free.min_confidence, free.tally.f1) == (0.2, pytest.approx(0.75))
    assert Curve(seconds=1.0).best() is None


def test_less_sure_events_may_complete_a_hit() -> None:
    found = [ev(1.0, 1.04, confidence=0.9), ev(1.06, 1.10, confidence=0.4)]
    assert curve([ev(1.0, 1.2)], found, seconds=60).hits == (0.4,)


def test_a_point_as_a_dict_has_the_figures() -> None:
    made = curve([ev(1.0, 1.1)], [ev(1.0, 1.1, confidence=0.6), ev(5.0, 5.1, confidence=0.3)], seconds=30)
    low, high = (p.to_dict() for p in made.points())
    assert low["precision"] == 0.5
    assert low["false_alarms_per_minute"] == 2.0
    assert high == {
        "min_confidence": 0.6,
        "hit": 1,
        "missed": 0,
        "right": 1,
        "wrong": 0,
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
        "false_alarms_per_minute": 0.0,
    }


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(InputError, match="expected None or one of zero_fill"):
        curve([], [], seconds=1, kind="hole")
