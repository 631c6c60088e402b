"""The rating: the scales of G.107, impairments that add up, pooling over windows, the interval."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqual.rating import constants as c
from callqual.rating.impairment import FAMILIES, event_impairment, mos, rating, total
from callqual.rating.score import Scores, score, windows
from callqual.result import KINDS, Event

CEILING = mos(c.R0)
UNDAMAGED = score((), 8.0, [1.0]).gap
KIND = st.sampled_from([(family, kind) for family, kinds in KINDS.items() for kind in kinds])


def damage(
    start: float,
    seconds: float,
    kind: tuple[str, str] = ("gap", "zero_fill"),
    severity: float = 1.0,
    level_db: float = -20.0,
) -> Event:
    return Event(
        family=kind[0],  # type: ignore[arg-type]
        kind=kind[1],
        start=start,
        end=start + seconds,
        severity=severity,
        confidence=1.0,
        details={"level_db": level_db},
    )


@st.composite
def damages(draw: st.DrawFn, seconds: float = 40.0) -> tuple[Event, ...]:
    """Events anywhere in a call of 40 s, of any kind."""
    out = []
    for _ in range(draw(st.integers(0, 12))):
        start = draw(st.floats(0.0, seconds - 0.01))
        length = draw(st.floats(0.001, seconds - start))
        out.append(damage(start, length, draw(KIND), draw(st.floats(0.0, 1.0)), draw(st.floats(-60.0, 20.0))))
    return tuple(out)


def rated(events: tuple[Event, ...], seconds: float = 40.0, talk: float = 0.5) -> Scores:
    return score(events, seconds, [talk] * len(windows(seconds)))


@pytest.mark.parametrize("at", [0.0, 3.9, 20.0, 39.99])
def test_cuts_take_no_time_of_the_recording_and_still_cost(at: float) -> None:
    one = rated((damage(at, 0.0, ("jitter", "cut")),))
    assert one.mos < rated(()).mos
    assert one.jitter < one.gap
    many = rated(tuple(damage(k, 0.0, ("jitter", "cut")) for k in range(40)))
    assert many.mos < one.mos


# Scales


@pytest.mark.parametrize(
    ("r", "expected"),
    [
        (-10, 1.0),
        (0, 1.0),
        (50, 2.58),
        (60, 3.10),
        (70, 3.60),
        (80, 4.03),
        (90, 4.34),
        (93.2, 4.41),
        (100, 4.5),
        (120, 4.5),
    ],
)
def test_the_curve_of_g107(r: float, expected: float) -> None:
    """Table B.1 of G.107, and the 4.41 of its default connection."""
    assert mos(r) == pytest.approx(expected, abs=0.007)


@given(a=st.floats(-50, 150), b=st.floats(-50, 150))
def test_a_higher_r_is_never_a_lower_mos(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert 1.0 <= mos(low) <= mos(high) + 1e-12 <= 4.5 + 1e-9


@given(a=st.floats(0, 1e6), b=st.floats(0, 1e6))
def test_more_impairment_is_never_a_higher_r(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert 0.0 <= rating(high) <= rating(low) <= c.R0
    assert rating(0.0) == c.R0
    assert rating(1.0) == c.R0 / 2


# Impairment


@pytest.mark.parametrize("kind", sorted(c.B))
def test_b_events_of_20_ms_a_second_halve_r(kind: str) -> None:
    family = next(family for family, kinds in KINDS.items() if kind in kinds)
    u = event_impairment(damage(0.0, c.REFERENCE_SECONDS, (family, kind)), 1.0)
    assert u * c.B[kind] == pytest.approx(1.0)


@given(
    kind=KIND,
    a=st.floats(0.001, 5),
    b=st.floats(0.001, 5),
    s=st.floats(0, 1),
    t=st.floats(0, 1),
    level=st.floats(-60, 0),
)
def test_longer_and_severer_is_worse(
    kind: tuple[str, str], a: float, b: float, s: float, t: float, level: float
) -> None:
    (short, long), (mild, severe) = sorted((a, b)), sorted((s, t))
    one = event_impairment(damage(0.0, short, kind, mild, level), 8.0)
    other = event_impairment(damage(0.0, long, kind, severe, level), 8.0)
    assert 0.0 <= one <= other * (1 + 1e-9)


@given(events=damages())
def test_impairments_add_up_by_family(events: tuple[Event, ...]) -> None:
    u = total(events, 40.0)
    assert set(u) == set(FAMILIES)
    assert sum(u.values()) == pytest.approx(sum(event_impairment(e, 40.0) for e in events))


def test_a_louder_buzz_is_worse() -> None:
    assert event_impairment(damage(0, 8, ("buzz", "hum"), level_db=-10), 8.0) == pytest.approx(
        10 * event_impairment(damage(0, 8, ("buzz", "hum"), level_db=-30), 8.0)
    )


# Windows and pooling


@given(seconds=st.floats(0.1, 4000.0))
def test_windows_cover_the_leg(seconds: float) -> None:
    spans = windows(seconds)
    assert spans[0][0] == 0.0
    assert spans[-1][1] == pytest.approx(seconds)
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    assert len(spans) == 1 or all(5.0 < b - a < 12.1 for a, b in spans)


@pytest.mark.parametrize("seconds", [0.5, 8.0, 60.0])
def test_an_undamaged_leg_has_the_best_score(seconds: float) -> None:
    clean = rated((), seconds)
    assert clean.mos == pytest.approx(CEILING)
    assert (clean.gap, clean.jitter, clean.buzz) == pytest.approx((UNDAMAGED,) * 3)
    assert all(window.mos == pytest.approx(CEILING, abs=1e-3) for window in clean.profile)


@given(events=damages())
def test_the_interval_holds_the_mos(events: tuple[Event, ...]) -> None:
    found = rated(events)
    assert 1.0 <= found.low <= found.mos + 1e-9 <= found.high + 1e-9 <= 5.0 + 1e-9
    for value in (found.gap, found.jitter, found.buzz):
        assert 1.0 - 1e-9 <= value <= UNDAMAGED + 1e-9
        assert found.mos <= value + 1e-9
    assert all(1.0 <= window.mos <= CEILING + 1e-3 for window in found.profile if window.mos is not None)


@given(events=damages(), more=damages())
def test_more_damage_is_never_a_better_call(events: tuple[Event, ...], more: tuple[Event, ...]) -> None:
    few, many = rated(events), rated((*events, *more))
    assert many.mos <= few.mos + 1e-9
    assert (many.gap, many.jitter, many.buzz) <= (few.gap + 1e-9, few.jitter + 1e-9, few.buzz + 1e-9)


@given(events=damages())
def test_the_order_of_events_does_not_matter(events: tuple[Event, ...]) -> None:
    assert rated(events[::-1]).mos == pytest.approx(rated(events).mos)


@given(events=damages())
def test_the_call_lies_between_its_windows(events: tuple[Event, ...]) -> None:
    found = rated(events)
    values = [window.mos for window in found.profile if window.mos is not None]
    assert min(values) - 1e-3 <= found.mos <= max(values) + 1e-3


def test_a_family_scores_its_own_damage_only() -> None:
    found = rated((damage(1.0, 0.5),))
    assert found.gap < UNDAMAGED == pytest.approx(found.jitter) == pytest.approx(found.buzz)


def test_late_damage_costs_more_than_early_damage() -> None:
    early, late = rated((damage(1.0, 1.0),)), rated((damage(38.0, 1.0),))
    assert late.mos < early.mos


def test_an_outage_costs_more_than_its_share_of_the_call() -> None:
    bad = rated(tuple(damage(t, 0.06) for t in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)))
    values = [window.mos or 0.0 for window in bad.profile]
    assert bad.mos < sum(values) / len(values)


def test_silent_windows_are_not_judged() -> None:
    talk = [0.5, 0.0, 0.0, 0.0, 0.5]
    found = score((damage(1.0, 0.5),), 40.0, talk)
    assert [window.mos is None for window in found.profile] == [False, True, True, True, False]
    assert found.mos == pytest.approx(score((damage(1.0, 0.5),), 16.0, [0.5, 0.5]).mos)


def test_a_longer_leg_is_known_better() -> None:
    short, long = rated((), 8.0), rated((), 800.0)
    assert long.mos - long.low < short.mos - short.low
    assert long.mos - long.low >= 1.96 * c.SIGMA_MODEL - 1e-9


def test_damage_without_ratings_is_known_less() -> None:
    gaps = rated(tuple(damage(t, 0.1) for t in (1.0, 12.0, 20.0, 30.0)))
    hum = rated((damage(0.0, 40.0, ("buzz", "hum"), level_db=-15.0),))
    assert hum.high - hum.mos > gaps.high - gaps.mos or gaps.mos - gaps.low < hum.mos - hum.low


def test_a_long_leg_is_rated_in_time_that_grows_with_its_length() -> None:
    """Every event was cut to every window: five hours took 17 s, ten took over a minute."""
    hours = 8
    events = tuple(damage(float(t), 0.06) for t in range(0, 3600 * hours, 2))
    talk = [0.5] * len(windows(3600.0 * hours))
    begun = time.process_time()
    found = score(events, 3600.0 * hours, talk)
    assert time.process_time() - begun < 3.0
    first = score(events[:1800], 3600.0, talk[: len(windows(3600.0))])
    assert [w.mos for w in found.profile[: len(first.profile)]] == [w.mos for w in first.profile]
