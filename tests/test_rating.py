"""The rating: the scales of G.107, impairments that add up, pooling over windows, the interval."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from callqual.rating import constants as c
from callqual.rating.fitted import FITTED
from callqual.rating.impairment import DETECTOR, by_kind, event_impairment, mos, rating
from callqual.rating.interval import scatter
from callqual.rating.pooling import pooled
from callqual.rating.score import Scores, score
from callqual.rating.timeline import Timeline, timeline, windows
from callqual.result import KINDS, Event

CEILING = mos(c.R0)
UNDAMAGED = 5.0
HOP = 0.01
KIND = st.sampled_from([(family, kind) for family, kinds in KINDS.items() for kind in kinds])


def damage(
    start: float,
    seconds: float,
    kind: tuple[str, str] = ("gap", "zero_fill"),
    severity: float = 1.0,
    level_db: float = -20.0,
    lost_db: float = 0.0,
    confidence: float = 1.0,
) -> Event:
    return Event(
        family=kind[0],  # type: ignore[arg-type]
        kind=kind[1],
        start=start,
        end=start + seconds,
        severity=severity,
        confidence=confidence,
        details={"level_db": level_db, "lost_db": lost_db},
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


def line(seconds: float, talk: float | list[float] = 0.5) -> Timeline:
    """Windows of a leg in which the talk, a share of every window or of each, reaches from end to end."""
    spans, width = windows(seconds, 0.0, seconds)
    shares = talk if isinstance(talk, list) else [talk] * len(spans)
    return Timeline(tuple(spans), tuple(share * (b - a) for share, (a, b) in zip(shares, spans, strict=True)), width)


def rated(events: tuple[Event, ...], seconds: float = 40.0, talk: float | list[float] = 0.5) -> Scores:
    return score(events, line(seconds, talk))


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


@pytest.mark.parametrize("kind", sorted(DETECTOR))
def test_b_losses_of_20_ms_a_second_of_speech_halve_r(kind: str) -> None:
    family = next(family for family, kinds in KINDS.items() if kind in kinds)
    u = event_impairment(damage(0.0, c.REFERENCE_SECONDS, (family, kind)), 4.0, 8.0)
    share = {"concealed": FITTED.concealed, "cut": FITTED.cut}.get(kind, 1.0)
    assert rating(u * FITTED.b * 4.0 / share) == pytest.approx(c.R0 / 2)


def test_a_concealed_loss_costs_less_than_a_bare_one() -> None:
    bare, concealed = (event_impairment(damage(0.0, 0.06, ("gap", k)), 4.0, 8.0) for k in ("zero_fill", "concealed"))
    assert 0.0 < concealed < bare


def test_a_loss_of_loud_speech_costs_more_than_one_of_faint() -> None:
    faint, half, loud, louder = (event_impairment(damage(0.0, 0.02, lost_db=db), 4.0, 8.0) for db in (-80, -6.02, 0, 9))
    assert 0.0 < faint < 0.01 * loud
    assert half == pytest.approx(loud / 2, rel=1e-3)
    assert louder == loud


@given(
    kind=KIND,
    a=st.floats(0.001, 5),
    b=st.floats(0.001, 5),
    level=st.floats(-60, 0),
    louder=st.floats(0, 30),
    spoken=st.floats(0, 8),
)
def test_longer_and_louder_is_worse(
    kind: tuple[str, str], a: float, b: float, level: float, louder: float, spoken: float
) -> None:
    short, long = sorted((a, b))
    one = event_impairment(damage(0.0, short, kind, 1.0, level, level), spoken, 8.0)
    other = event_impairment(damage(0.0, long, kind, 1.0, level + louder, level + louder), spoken, 8.0)
    assert 0.0 <= one <= other * (1 + 1e-9)


@given(a=st.floats(0, 8), b=st.floats(0, 8))
def test_less_speech_left_is_worse(a: float, b: float) -> None:
    """What a loss takes is not speech: the longer it is, the less there is to hear it beside."""
    less, more = sorted((a, b))
    assert event_impairment(damage(0, 0.1), less, 8.0) >= event_impairment(damage(0, 0.1), more, 8.0)


@given(events=damages())
def test_impairments_add_up(events: tuple[Event, ...]) -> None:
    u = by_kind(events, 20.0, 40.0)
    assert set(u) == {e.kind for e in events}
    assert sum(u.values()) == pytest.approx(sum(event_impairment(e, 20.0, 40.0) for e in events))


def test_a_louder_buzz_is_worse() -> None:
    assert event_impairment(damage(0, 8, ("buzz", "hum"), level_db=-10), 4.0, 8.0) == pytest.approx(
        10 * event_impairment(damage(0, 8, ("buzz", "hum"), level_db=-30), 4.0, 8.0)
    )


# Windows and pooling


@given(seconds=st.floats(0.1, 4000.0), a=st.floats(0.0, 1.0), b=st.floats(0.0, 1.0))
def test_windows_cover_the_leg(seconds: float, a: float, b: float) -> None:
    first, last = sorted((a * seconds, b * seconds))
    spans, width = windows(seconds, first, last)
    assert spans[0][0] == 0.0
    assert spans[-1][1] == pytest.approx(seconds)
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    assert all(b - a < 20.1 for a, b in spans)
    assert width == pytest.approx(max(last - first, 1e-9)) or 5.0 < width < 12.1


@given(
    talk=st.lists(st.tuples(st.floats(0.02, 3.0), st.floats(0.02, 3.0)), min_size=1, max_size=12),
    before=st.integers(0, 3000),
    after=st.integers(0, 3000),
)
def test_silence_around_the_call_moves_no_window(talk: list[tuple[float, float]], before: int, after: int) -> None:
    """Speech and pauses in turn, and silence of any length before and after."""
    parts = [np.full(round(s / HOP), i % 2 == 0) for pair in talk for i, s in enumerate(pair)]
    active = np.concatenate(parts)[: -parts[-1].size or None]
    around = np.concatenate((np.zeros(before, bool), active, np.zeros(after, bool)))
    one, other = (timeline(x, HOP, x.size * HOP, ()) for x in (active, around))
    assert other.width == pytest.approx(one.width)
    assert sum(other.spoken) == pytest.approx(sum(one.spoken))
    assert [s for s in other.spoken if s] == pytest.approx([s for s in one.spoken if s], abs=2.1 * HOP)


def test_damage_outside_of_speech_belongs_to_the_windows() -> None:
    active = np.zeros(4000, bool)
    active[:1000] = True
    dead = timeline(active, HOP, 40.0, (damage(10.0, 30.0, ("gap", "dead_air")),))
    assert len(dead.spans) == 5
    assert dead.spoken[2:] == (0.0, 0.0, 0.0)


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


@given(
    events=damages(), more=damages(), talk=st.lists(st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]), min_size=5, max_size=5)
)
def test_more_damage_is_never_a_better_call(
    events: tuple[Event, ...], more: tuple[Event, ...], talk: list[float]
) -> None:
    """Up to what recency makes of it where damage in a silent window gets to count, at the cost of a hundredth."""
    assume(any(talk))
    few, many = rated(events, 40.0, talk), rated((*events, *more), 40.0, talk)
    spare = 1e-9 if min(talk) > c.LEAST_TALK else 0.01
    assert many.mos <= few.mos + spare
    if min(talk) > c.LEAST_TALK:
        pairs = ((few.gap, many.gap), (few.jitter, many.jitter), (few.buzz, many.buzz))
        assert all(after <= before + 1e-9 for before, after in pairs)


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
    found = rated((damage(1.0, 0.5),), 40.0, talk)
    assert [window.mos is None for window in found.profile] == [False, True, True, True, False]
    assert found.mos == pytest.approx(rated((damage(1.0, 0.5),), 16.0).mos)


def test_dead_air_costs_more_the_longer_it_lasts() -> None:
    """A person hangs up: the silent windows count."""
    values = [
        rated((damage(8.0, 8.0 * n, ("gap", "dead_air")),), 8.0 * (n + 1), [0.5] + [0.0] * n).mos for n in range(5)
    ]
    assert all(a > b for a, b in pairwise(values))
    assert values[-1] < 2.0


@given(values=st.lists(st.floats(1.0, 4.5), min_size=1, max_size=50), at=st.integers(0, 49), by=st.floats(0.0, 3.5))
def test_a_worse_window_is_a_worse_call(values: list[float], at: int, by: float) -> None:
    worse = list(values)
    worse[at % len(values)] -= min(by, worse[at % len(values)] - 1.0)
    assert pooled(worse) <= pooled(values) + 1e-9
    assert min(values) - 1e-9 <= pooled(values) <= max(values) + 1e-9


@given(values=st.lists(st.floats(1.0, 4.5), min_size=2, max_size=40), data=st.data())
def test_order_matters_within_the_recency_alone(values: list[float], data: st.DataObject) -> None:
    """No order of the same windows moves the call by more than half of what recency weighs of their spread."""
    other = data.draw(st.permutations(values))
    most = c.RECENCY_WEIGHT * (max(values) - min(values))
    assert abs(pooled(other) - pooled(values)) <= most + 1e-9


def test_a_bad_minute_of_an_hour_stands_in_its_profile_and_the_whole_is_the_documented_pooling() -> None:
    seconds, begin = 3600.0, 1800.0
    events = tuple(damage(begin + 0.4 * k, 0.06) for k in range(150))
    found = rated(events, seconds)
    bad = [w for w in found.profile if w.mos is not None and w.mos < 3.0]
    assert bad[0].start == pytest.approx(begin, abs=8.0)
    assert bad[-1].end == pytest.approx(begin + 60.0, abs=8.0)
    assert all(w.mos == pytest.approx(CEILING, abs=1e-3) for w in found.profile if w.end <= begin or w.start >= 1860.0)
    values = [w.mos or 0.0 for w in found.profile]
    worst = sorted(values)[: len(values) // 10]
    recent = np.average(values, weights=np.arange(1, len(values) + 1))
    assert found.mos == pytest.approx(0.6 * np.mean(values) + 0.3 * np.mean(worst) + 0.1 * recent, abs=1e-3)
    assert CEILING - 0.3 < found.mos < CEILING - 0.1


# Interval


@given(events=damages(), seconds=st.floats(4.0, 400.0))
def test_no_interval_is_narrower_than_listeners_are(events: tuple[Event, ...], seconds: float) -> None:
    found = rated(events, max(seconds, 40.0))
    reach = c.Z * c.LISTENERS - 1e-9
    assert found.low == 1.0 or found.mos - found.low >= reach
    assert found.high == 5.0 or found.high - found.mos >= reach


def test_a_longer_leg_is_known_better() -> None:
    short, long = rated((), 8.0), rated((), 800.0)
    assert long.mos - long.low < short.mos - short.low


def test_damage_without_ratings_is_known_less() -> None:
    """Two calls of one MOS: of holes, which listeners rated, and of what they did not."""
    holes = rated(tuple(damage(t, 0.1) for t in (1.0, 12.0, 20.0, 30.0, 38.0)))
    for kind, lengths in (("concealed", (0.1, 3.0)), ("hum", (0.5, 40.0))):
        family = "buzz" if kind == "hum" else "gap"
        same = min(
            (rated((damage(0.0, length, (family, kind)),)) for length in np.geomspace(*lengths, 60)),
            key=lambda found: abs(found.mos - holes.mos),
        )
        assert same.mos == pytest.approx(holes.mos, abs=0.1)
        assert same.mos - same.low > holes.mos - holes.low


def test_an_unsure_event_widens_the_interval() -> None:
    sure, unsure = (rated((damage(1.0, 0.5, confidence=p),), 8.0) for p in (1.0, 0.6))
    assert sure.mos == unsure.mos
    assert unsure.high - unsure.low > sure.high - sure.low


def test_a_detector_that_misses_more_is_trusted_less() -> None:
    better = replace(FITTED, recall=FITTED.recall | {"cut": 0.99, "concealed": 0.99})
    worse = replace(FITTED, recall=FITTED.recall | {"cut": 0.2, "concealed": 0.2})
    assert scatter((), line(8.0), worse) > scatter((), line(8.0), better) > 0.0
    assert score((), line(8.0), worse).low < score((), line(8.0), better).low < CEILING


def test_an_undamaged_call_is_unsure_downwards_by_what_may_be_missed() -> None:
    found = rated((), 8.0)
    rest = c.Z * np.hypot(c.LISTENERS, np.hypot(FITTED.model, FITTED.clip))
    assert found.mos - found.low > rest + 1e-3
    assert found.high == pytest.approx(min(CEILING + rest, 5.0))


def test_a_long_leg_is_rated_in_time_that_grows_with_its_length() -> None:
    """Every event was cut to every window: five hours took 17 s, ten took over a minute."""
    hours = 8
    events = tuple(damage(float(t), 0.06) for t in range(0, 3600 * hours, 2))
    begun = time.process_time()
    found = rated(events, 3600.0 * hours)
    assert time.process_time() - begun < 3.0
    first = rated(events[:1800], 3600.0)
    assert [w.mos for w in found.profile[: len(first.profile)]] == [w.mos for w in first.profile]
