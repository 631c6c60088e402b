"""Concealment heard for seconds is told as the metallic voice that it sounds like, and costs no more than its gaps."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

import callqual
from callqual.detect import metallic
from callqual.detect.candidates import Candidate
from callqual.detect.speech import Speech
from callqual.rating.impairment import event_impairment
from talker import talk


def speech(level_db: np.ndarray) -> Speech:
    """Frames of 10 ms of these levels, dB re active speech."""
    power, active, none = np.float32(10 ** ((level_db - 20.0) / 10)), level_db > -25.0, np.zeros(level_db.size, bool)
    return Speech(power, active, active, none, np.zeros(power.size), -20.0, -80.0)


@pytest.fixture
def heard() -> Speech:
    """Speech without a pause."""
    return speech(np.zeros(2000))


def gaps(
    first: float, last: float, every: float, length: float, llr: float = 3.0, kind: str = "concealed"
) -> list[Candidate]:
    return [Candidate("gap", kind, t, t + length, {"net": llr}) for t in np.arange(first, last, every).tolist()]


def test_gap_upon_gap_is_one_metallic_stretch(heard: Speech) -> None:
    [found] = metallic.find(gaps(3.0, 7.0, 0.1, 0.04), heard)
    assert (found.family, found.kind, found.details["cause"]) == ("buzz", "robotic", metallic.CAUSE)
    assert (found.start, found.end) == (pytest.approx(3.0), pytest.approx(6.94, abs=0.11))
    assert found.details["share"] == pytest.approx(0.4, abs=0.02)
    assert found.details["per_second"] == pytest.approx(10.0, abs=0.3)
    assert found.confidence > 0.9


def test_the_more_of_it_is_made_up_the_surer(heard: Speech) -> None:
    sure = [metallic.find(gaps(3.0, 7.0, 0.1, length), heard)[0].confidence for length in (0.01, 0.02, 0.04, 0.08)]
    assert sure == sorted(sure)
    assert sure[0] < 0.5 < sure[2]


@pytest.mark.parametrize(
    "others",
    [
        gaps(3.0, 7.0, 0.5, 0.04),  # far apart: each is heard by itself
        gaps(3.0, 3.5, 0.1, 0.04),  # soon over
        gaps(3.0, 7.0, 0.3, 0.2),  # holes
        gaps(3.0, 7.0, 0.1, 0.04, llr=-1.0),  # doubtful
        gaps(3.0, 7.0, 0.1, 0.04, kind="zero_fill"),  # nothing plays in them
        [],
    ],
)
def test_what_is_no_sound_of_its_own_is_none(others: list[Candidate], heard: Speech) -> None:
    assert metallic.find(others, heard) == []


def test_in_a_pause_nothing_is_heard() -> None:
    half = speech(np.where(np.arange(2000) < 1000, 0.0, -50.0))
    assert metallic.find(gaps(2.0, 6.0, 0.1, 0.04), half)
    assert not metallic.find(gaps(12.0, 16.0, 0.1, 0.04), half)


def test_a_bad_line_is_told_so_and_pays_for_its_gaps_alone() -> None:
    sim = callqual.simulate(talk(16000, 30.0, seed=3), 16000, codec="g711", loss=0.45, concealment="expand", seed=2)
    leg = callqual.score((sim.samples, sim.sr)).legs[0]
    told = [e for e in leg.events if e.kind == "robotic" and e.confidence >= 0.5]
    assert told
    assert all(e.details["cause"] == metallic.CAUSE for e in told)
    assert leg.buzz.count == len(told)
    assert leg.buzz_score == 5.0
    assert event_impairment(told[0], 5.0, 10.0) == 0.0
    assert event_impairment(msgspec.structs.replace(told[0], details={}), 5.0, 10.0) > 0.0
