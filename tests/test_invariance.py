"""What must not move what is found: level, polarity, time, silence after the call, the order of the channels.

Events surer than 0.8 have to come back, at any confidence from 0.3 up, as the same kind; weaker ones may tip over. A
shift moves the raster of frames and seconds as well, so one event in twenty may.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

import callqual
from callqual.result import CONFIDENT, CallScore, Event, Leg
from talker import damaged

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("talker", "clean", "zero_filled", "repeated_frames", "hum", "two_legs_one_dead")
EXACT = {"zero_fill", "inserted_silence", "repeat"}
SURE, LEAST = 0.8, 0.3
SHIFTS = (1, 37, 160, 1234, 4000)
SECONDS_OF_BUZZ = {"hum": 0.2, "repeated_frames": 0.2}
"""A buzz begins and ends on whole seconds of analysis: what a second of it more or less costs."""

Call = tuple[NDArray[np.float32], int]


@cache
def call(name: str) -> Call:
    """Samples of shape (n, channels) and their rate."""
    if name == "talker":
        return np.float32(damaged(16000, 10.0, zeros=24, seed=2)[:, np.newaxis] / 32768), 16000
    x, sr = sf.read(ROOT / "examples" / f"{name}.wav", dtype="float32", always_2d=True)
    return x, sr


@cache
def untouched(name: str) -> CallScore:
    x, sr = call(name)
    return callqual.score(x, sr, min_confidence=LEAST)


def sure(leg: Leg) -> list[Event]:
    return [event for event in leg.events if event.confidence >= SURE]


def missing(wanted: Leg, found: Leg, moved: float = 0.0) -> list[Event]:
    """The sure events of one leg that the other has not, `moved` seconds later; dead air lasts as long as the call."""
    out = []
    for event in sure(wanted):
        near = 0.001 if event.kind in EXACT else 0.01 if event.family != "buzz" else 1.5
        same = [
            other
            for other in found.events
            if other.kind == event.kind
            and abs(other.start - moved - event.start) <= near
            and (event.kind == "dead_air" or abs(other.end - moved - event.end) <= near)
        ]
        out += [] if same else [event]
    return out


def check_same(wanted: CallScore, found: CallScore, moved: float = 0.0, spare: float = 0.0, mos: float = 0.05) -> None:
    """Compare the legs; `spare` is the share of events that may tip over, at least one where it is not 0."""
    assert len(wanted.legs) == len(found.legs)
    for a, b in zip(wanted.legs, found.legs, strict=True):
        for one, other, shift in ((a, b, moved), (b, a, -moved)):
            gone = missing(one, other, shift)
            assert len(gone) <= (max(spare * len(sure(one)), 1.0) if spare else 0), gone
        assert a.reason == b.reason
        assert a.gap.frame_ms == b.gap.frame_ms or (spare and None in (a.gap.frame_ms, b.gap.frame_ms))
        assert b.mos == pytest.approx(a.mos, abs=mos)


def exactly(record: CallScore) -> list[list[tuple[str, float, float]]]:
    """The events that count; a buzz, whose times follow from its level, to 10 ms."""
    counted = [[e for e in leg.events if e.confidence >= CONFIDENT] for leg in record.legs]
    places = {"buzz": 2, "gap": 6, "jitter": 6}
    return [
        [(e.kind, round(e.start, places[e.family]), round(e.end, places[e.family])) for e in leg] for leg in counted
    ]


def test_there_is_something_to_keep() -> None:
    found = {event.kind for name in NAMES for event in untouched(name).events if event.confidence >= SURE}
    assert {"zero_fill", "repeat", "hum"} <= found


@pytest.mark.parametrize("gain", [0.25, 4.0])
@pytest.mark.parametrize("name", NAMES)
def test_a_gain_of_a_power_of_two_changes_no_event(name: str, gain: float) -> None:
    """Such a gain is exact in every sample; only levels move."""
    x, sr = call(name)
    found = callqual.score(x * np.float32(gain), sr, min_confidence=LEAST)
    assert exactly(found) == exactly(untouched(name))
    check_same(untouched(name), found, mos=0.002)


@pytest.mark.parametrize("gain_db", [-20.0, 20.0])
@pytest.mark.parametrize("name", NAMES)
def test_gain(name: str, gain_db: float) -> None:
    x, sr = call(name)
    check_same(untouched(name), callqual.score(x * np.float32(10 ** (gain_db / 20)), sr, min_confidence=LEAST))


def test_the_level_is_that_of_the_gain() -> None:
    x, sr = call("talker")
    level = untouched("talker").legs[0].active_level_dbov
    assert level is not None
    assert callqual.score(x / 10, sr).legs[0].active_level_dbov == pytest.approx(level - 20.0, abs=0.11)


@pytest.mark.parametrize("name", NAMES)
def test_polarity(name: str) -> None:
    x, sr = call(name)
    check_same(untouched(name), callqual.score(-x, sr, min_confidence=LEAST))


@pytest.mark.parametrize("room", [False, True], ids=["zeros", "room noise"])
@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("name", ["talker", "zero_filled", "repeated_frames"])
def test_time(name: str, shift: int, room: bool, rng: np.random.Generator) -> None:
    """Frames, blocks and windows fall elsewhere; the events stay with the sound."""
    x, sr = call(name)
    head = np.zeros((shift, x.shape[1]), np.float32)
    if room:
        head = np.rint(32768 * 10 ** (-70 / 20) * rng.standard_normal(head.shape)).astype(np.float32) / 32768
    found = callqual.score(np.concatenate((head, x)), sr, min_confidence=LEAST)
    check_same(untouched(name), found, moved=shift / sr, spare=0.05, mos=SECONDS_OF_BUZZ.get(name, 0.1))


@pytest.mark.parametrize("seconds", [0.1, 0.5])
@pytest.mark.parametrize("name", NAMES)
def test_silence_after_the_call(name: str, seconds: float) -> None:
    """What the learned stage hears of the last two thirds of a second may depend on what follows."""
    x, sr = call(name)
    tail = np.zeros((round(seconds * sr), x.shape[1]), np.float32)
    check_same(
        untouched(name),
        callqual.score(np.concatenate((x, tail)), sr, min_confidence=LEAST),
        spare=0.05,
        mos=SECONDS_OF_BUZZ.get(name, 0.1),
    )


@pytest.mark.parametrize("name", ["talker", "zero_filled"])
def test_a_long_silence_after_the_call_costs_nothing(name: str) -> None:
    x, sr = call(name)
    found = callqual.score(np.concatenate((x, np.zeros((20 * sr, 1), np.float32))), sr, min_confidence=LEAST)
    (before,), (after,) = untouched(name).legs, found.legs
    assert missing(before, after) == []
    assert missing(after, before) == []
    assert after.speech_seconds == pytest.approx(before.speech_seconds, abs=0.05)
    assert all(event.end <= len(x) / sr + 0.01 for event in sure(after))


def test_the_order_of_the_channels() -> None:
    x, sr = call("two_legs_one_dead")
    swapped = callqual.score(x[:, ::-1], sr, min_confidence=LEAST)
    first, second = untouched("two_legs_one_dead").legs
    other, one = swapped.legs
    for a, b in ((first, one), (second, other)):
        assert (a.mos, a.events, a.gap, a.profile) == (b.mos, b.events, b.gap, b.profile)
    assert swapped.mos == untouched("two_legs_one_dead").mos


def test_the_same_voice_in_both_channels_is_the_same_leg() -> None:
    x, sr = call("talker")
    first, second = callqual.score(np.repeat(x, 2, axis=1), sr, min_confidence=LEAST).legs
    (alone,) = untouched("talker").legs
    assert first.events == second.events == alone.events
    assert first.mos == second.mos == alone.mos


@pytest.mark.parametrize("name", ["talker", "zero_filled", "repeated_frames"])
def test_a_call_beside_itself_has_its_events_twice(name: str) -> None:
    """What is found in the first half does not depend on there being a second."""
    x, sr = call(name)
    found = callqual.score(np.concatenate((x, np.zeros_like(x[:sr]), x)), sr, min_confidence=LEAST)
    (one,), (two,) = untouched(name).legs, found.legs
    for moved in (0.0, len(x) / sr + 1.0):
        assert len(missing(one, two, moved)) <= max(0.1 * len(sure(one)), 1.0)
