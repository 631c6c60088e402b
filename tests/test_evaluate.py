"""Events against truth: worked examples, a brute-force oracle on a grid of milliseconds, messages."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqual.errors import InputError
from callqual.evaluation import GAP_LIKE, LENGTHS, evaluate, pool, pool_by
from callqual.result import KINDS, CallScore, Event, Leg, Source


def ev(start: float, end: float, kind: str = "zero_fill", **more: Any) -> dict[str, Any]:
    family = next(f for f, kinds in KINDS.items() if kind in kinds)
    return {"family": family, "kind": kind, "start": start, "end": end} | more


# ---- worked examples ------------------------------------------------------------------------------------------------


def test_found_exactly() -> None:
    e = evaluate([ev(1.0, 1.02)], [ev(1.0, 1.02)], seconds=60)
    assert (e.gap.hit, e.gap.missed, e.gap.right, e.gap.wrong) == (1, 0, 1, 0)
    assert (e.gap.precision, e.gap.recall, e.gap.f1) == (1.0, 1.0, 1.0)
    assert e.edge_errors() == {"start_median_ms": 0.0, "start_p95_ms": 0.0, "end_median_ms": 0.0, "end_p95_ms": 0.0}


def test_found_events_are_widened_by_ten_milliseconds_to_cover_half() -> None:
    truth = [ev(1.0, 1.1)]
    assert evaluate(truth, [ev(0.9, 1.0401)], seconds=60).gap.hit == 1
    assert evaluate(truth, [ev(0.9, 1.0399)], seconds=60).gap.hit == 0


def test_collars_of_precision_are_20_before_and_60_after() -> None:
    truth = [ev(1.0, 1.02)]
    for found, right in (((0.97, 0.989), 0), ((0.98, 0.999), 1), ((1.06, 1.10), 1), ((1.07, 1.11), 0)):
        assert evaluate(truth, [ev(*found)], seconds=60).gap.right == right, found


def test_inactive_gaps_are_neither_missed_nor_false() -> None:
    truth = [ev(1.0, 1.1, context_db=-20.1), ev(2.0, 2.1, context_db=-20.0)]
    missed = evaluate(truth, [], seconds=60)
    assert (missed.gap.missed, missed.gap.ignored) == (1, 1)
    found = evaluate(truth, [ev(1.0, 1.1), ev(3.0, 3.1)], seconds=30)
    assert (found.gap.right, found.gap.dont_care, found.gap.wrong) == (0, 1, 1)
    assert found.false_alarms_per_minute == 2.0


def test_kinds_that_may_stand_for_a_gap() -> None:
    for kind in GAP_LIKE:
        assert evaluate([ev(1.0, 1.04)], [ev(1.0, 1.04, kind)], seconds=60).gap.hit == 1
    for kind in ("time_warp", "stuck", "hum"):
        assert evaluate([ev(1.0, 1.04)], [ev(1.0, 1.04, kind)], seconds=60).gap.hit == 0


def test_a_cut_has_no_length_and_is_hit_at_its_moment() -> None:
    assert evaluate([ev(1.0, 1.0, "cut")], [ev(1.009, 1.009, "cut")], seconds=60).gap.hit == 1
    assert evaluate([ev(1.0, 1.0, "cut")], [ev(1.011, 1.011, "cut")], seconds=60).gap.hit == 0
    assert evaluate([ev(1.0, 1.0, "cut")], [ev(1.059, 1.059, "cut")], seconds=60).gap.right == 1


def test_one_found_event_over_two_gaps_hits_both() -> None:
    e = evaluate([ev(1.0, 1.02), ev(1.04, 1.06)], [ev(1.0, 1.06)], seconds=60)
    assert (e.gap.hit, e.gap.right, e.gap.wrong) == (2, 1, 0)
    assert sorted(round(x) for x in e.end_errors) == [0, 40]


def test_by_kind_and_by_length() -> None:
    truth = [ev(1.0, 1.03), ev(2.0, 2.2, "concealed"), ev(3.0, 3.06, "concealed")]
    e = evaluate(truth, [ev(1.0, 1.03), ev(2.0, 2.2, "fade"), ev(9.0, 9.1, "fade")], seconds=60)
    assert e.by_kind["zero_fill"].named == 1
    assert (e.by_kind["concealed"].hit, e.by_kind["concealed"].missed, e.by_kind["concealed"].named) == (1, 1, 0)
    assert (e.by_kind["fade"].right, e.by_kind["fade"].wrong, e.by_kind["fade"].f1) == (1, 1, None)
    assert [e.by_length[k].hit for k in LENGTHS] == [1, 0, 0, 1]
    assert [e.by_length[k].missed for k in LENGTHS] == [0, 1, 0, 0]


def test_buzz_goes_by_kind_overlap_and_frequency() -> None:
    truth = [ev(2.0, 10.0, "hum", details={"hz": 50.0})]
    e = evaluate(truth, [ev(2.5, 9.0, "hum", details={"hz": 50.1}), ev(15.0, 16.0, "hum")], seconds=20)
    assert (e.buzz["hum"].hit, e.buzz["hum"].right, e.buzz["hum"].wrong) == (1, 1, 1)
    assert e.buzz["hum"].hz_errors == pytest.approx((0.2,))
    assert e.buzz_false_alarms_per_minute == 3.0
    other = evaluate(truth, [ev(2.0, 10.0, "whistle")], seconds=20)
    assert (other.buzz["hum"].hit, other.buzz["hum"].heard, other.buzz["whistle"].wrong) == (0, 1, 1)


def test_reads_events_records_and_leaves_out_the_unsure() -> None:
    sure = Event(family="gap", kind="fade", start=1.0, end=1.1, severity=0.5, confidence=0.5)
    unsure = msgspec.structs.replace(sure, start=2.0, end=2.1, confidence=0.49)
    record = CallScore(version="0", source=Source(), legs=(Leg(channel=0, events=(sure, unsure)),))
    for found in ([sure, unsure], record, record.to_dict()):
        assert evaluate([ev(1.0, 1.1)], found, seconds=60).gap.right == 1
        assert evaluate([], found, seconds=60).gap.wrong == 1
        assert evaluate([], found, seconds=60, min_confidence=0.4).gap.wrong == 2


def test_two_found_at_one_place_of_which_one_has_a_frequency() -> None:
    found = [ev(2.0, 10.0, "hum"), ev(2.0, 10.0, "hum", details={"hz": 50.0})]
    assert evaluate([ev(2.0, 10.0, "hum")], found, seconds=20).buzz["hum"].right == 2


def test_nothing_is_none_not_zero() -> None:
    e = evaluate([], [], seconds=60)
    assert (e.gap.precision, e.gap.recall, e.gap.f1) == (None, None, None)
    assert evaluate([ev(1, 2)], [], seconds=60).gap.f1 == 0.0
    assert e.edge_errors()["start_median_ms"] is None


# ---- oracle ---------------------------------------------------------------------------------------------------------

GAP_KINDS = (*KINDS["gap"], *GAP_LIKE)
KIND = st.sampled_from([*GAP_KINDS, "time_warp", "hum", "stuck"])


@st.composite
def event_lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    spans = draw(st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 300), KIND, st.booleans()), max_size=8))
    return [ev(a / 1000, (a + n) / 1000, kind, context_db=-10 if active else -30) for a, n, kind, active in spans]


def cells(events: list[dict[str, Any]], before: int, after: int) -> set[int]:
    """Milliseconds inside any of the events, widened."""
    return {k for e in events for k in range(round(e["start"] * 1000) - before, round(e["end"] * 1000) + after)}


def half_inside(e: dict[str, Any], others: list[dict[str, Any]], before: int, after: int) -> bool:
    a, b = round(e["start"] * 1000), round(e["end"] * 1000)
    if a == b:
        return any(round(o["start"] * 1000) - before <= a <= round(o["end"] * 1000) + after for o in others)
    return 2 * len(cells(others, before, after) & set(range(a, b))) >= b - a


@given(event_lists(), event_lists())
def test_agrees_with_counting_milliseconds(truth: list[dict[str, Any]], found: list[dict[str, Any]]) -> None:
    true_gaps = [e for e in truth if e["kind"] in GAP_KINDS]
    found_gaps = [e for e in found if e["kind"] in GAP_KINDS]
    active = [e for e in true_gaps if e["context_db"] >= -20]
    hit = sum(half_inside(e, found_gaps, 10, 10) for e in active)
    right = sum(half_inside(e, active, 20, 60) for e in found_gaps)
    wrong = sum(not half_inside(e, true_gaps, 20, 60) for e in found_gaps)

    e = evaluate(truth, found, seconds=2)
    assert (e.gap.hit, e.gap.missed, e.gap.ignored) == (hit, len(active) - hit, len(true_gaps) - len(active))
    assert (e.gap.right, e.gap.wrong, e.gap.dont_care) == (right, wrong, len(found_gaps) - right - wrong)
    assert e.true_seconds == pytest.approx(len(cells(active, 0, 0)) / 1000)
    assert e.found_seconds == pytest.approx(len(cells(found_gaps, 0, 0)) / 1000)


@given(event_lists(), event_lists())
def test_classes_add_up(truth: list[dict[str, Any]], found: list[dict[str, Any]]) -> None:
    e = evaluate(truth, found, seconds=2)
    for classes in (e.by_family, e.by_kind, e.by_length):
        for name in ("hit", "missed", "ignored", "right", "wrong", "dont_care", "named"):
            assert sum(getattr(t, name) for t in classes.values()) == getattr(e.gap, name)


@given(event_lists())
def test_truth_against_itself_is_perfect(truth: list[dict[str, Any]]) -> None:
    e = evaluate(truth, truth, seconds=2)
    assert e.gap.missed == e.gap.wrong == 0
    assert all(t.missed == t.wrong == 0 for t in e.buzz.values())
    assert all(abs(x) < 1e-6 for x in (*e.start_errors, *e.end_errors)) or len(truth) > 1


@given(event_lists(), event_lists(), st.randoms())
def test_order_does_not_matter(truth: list[dict[str, Any]], found: list[dict[str, Any]], random: Any) -> None:
    before = evaluate(truth, found, seconds=2).to_dict()
    random.shuffle(truth)
    random.shuffle(found)
    after = evaluate(truth, found, seconds=2).to_dict()
    assert after["gap"] == before["gap"]
    assert after["buzz"] == before["buzz"]


@given(st.lists(st.tuples(event_lists(), event_lists()), min_size=1, max_size=4))
def test_pooling_adds(pairs: list[Any]) -> None:
    each = [evaluate(t, f, seconds=2) for t, f in pairs]
    every = pool(each)
    assert every.seconds == 2 * len(pairs)
    assert every.gap.hit == sum(e.gap.hit for e in each)
    assert sum(t.wrong for t in every.by_kind.values()) == sum(e.gap.wrong for e in each)
    assert sorted(every.start_errors) == sorted(x for e in each for x in e.start_errors)
    assert sum(t.hit for t in every.buzz.values()) == sum(t.hit for e in each for t in e.buzz.values())


CODECS = st.sampled_from(["opus", "g711", None])


@given(st.lists(st.tuples(CODECS, st.lists(st.sampled_from(["agc", "gain"]), max_size=2), event_lists()), max_size=5))
def test_groups_hold_the_recordings_whose_truth_names_them(calls: list[Any]) -> None:
    each = [
        ({"options": {"codec": codec, "recorder": path}}, evaluate(truth, [], seconds=2))
        for codec, path, truth in calls
    ]
    groups = pool_by([*each, ([ev(1, 2)], evaluate([ev(1, 2)], [], seconds=2))])
    assert set(groups.get("codec", {})) == {codec or "none" for codec, _, _ in calls}
    for codec, path in {(c, tuple(p)) for c, p, _ in calls}:
        same = [e for (_, e), (c, _, _) in zip(each, calls, strict=True) if c == codec]
        assert groups["codec"][codec or "none"] == pool(same)
        same = [e for (_, e), (_, p, _) in zip(each, calls, strict=True) if tuple(p) == path]
        assert groups["recorder"]["+".join(path) or "none"] == pool(same)


# ---- messages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("truth", "seconds", "says"),
    [
        ([ev(1000, 1020)], 20, "milliseconds"),
        ([ev(160000, 168000)], 20, "samples"),
        ([ev(50, 51)], 20, "another recording"),
        ([ev(2, 1)], 20, "swap them"),
        ([ev(-5, 1)], 20, "before the start"),
        ([ev(float("nan"), 1)], 20, "finite"),
        ([ev(1, 2) | {"start": "soon"}], 20, "soon"),
        ([ev(1, 2) | {"kind": "zerofill"}], 20, "did you mean 'zero_fill'"),
        ([ev(1, 2) | {"family": "jitter"}], 20, "is of family 'gap'"),
        ([{"family": "gap", "kind": "fade", "onset": 1, "end": 2}], 20, "rename 'onset' to 'start'"),
        ([(1, 2)], 20, "is a tuple"),
        ("truth.json", 20, "json.load"),
        (None, 20, "is a NoneType"),
        ([], 0, "above 0"),
        ([], "20", "above 0"),
    ],
)
def test_messages_guess_the_mistake(truth: Any, seconds: Any, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        evaluate(truth, [], seconds=seconds)
    assert "\n" not in str(caught.value)


def test_pooling_nothing_is_an_error() -> None:
    with pytest.raises(InputError, match="empty"):
        pool([])
