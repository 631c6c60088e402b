"""How loud the speech was that a loss took, told by what stands beside it."""

from __future__ import annotations

import numpy as np
import pytest

import callqual
from callqual.detect.audible import audibility, lost_db
from callqual.detect.speech import Speech
from talker import talk


def speech(level_db: np.ndarray, active_db: float = -20.0) -> Speech:
    """Frames of 10 ms of these levels, dB re active speech."""
    power = np.float32(10 ** ((level_db + active_db) / 10))
    active = level_db > -25.0
    none = np.zeros(power.size, bool)
    return Speech(power, active, active, none, np.zeros(power.size), active_db, -80.0)


STEADY = np.zeros(400)


def test_what_is_lost_is_as_loud_as_what_is_beside_it() -> None:
    for level in (0.0, -12.0, -30.0):
        assert lost_db(1.0, 1.02, speech(STEADY + level)) == pytest.approx(level, abs=0.01)


def test_an_onset_counts_half() -> None:
    onset = np.where(np.arange(400) < 101, -90.0, 0.0)
    assert lost_db(1.0, 1.02, speech(onset)) == pytest.approx(-6.02, abs=0.05)


def test_what_was_lost_itself_does_not_count() -> None:
    hole = STEADY.copy()
    hole[100:103] = -90.0
    assert lost_db(1.003, 1.023, speech(hole)) == pytest.approx(0.0, abs=0.01)


def test_a_long_loss_is_told_by_more_of_what_is_beside_it() -> None:
    word = np.where(np.abs(np.arange(400) - 105) < 10, 0.0, -90.0)
    assert lost_db(1.0, 1.1, speech(word)) < lost_db(1.0, 1.02, speech(word)) - 3.0


@pytest.mark.parametrize(("start", "end"), [(0.0, 0.02), (3.98, 4.0), (0.0, 4.0), (3.9, 4.2)])
def test_at_the_ends_of_the_leg_nothing_is_beside_it(start: float, end: float) -> None:
    assert lost_db(start, end, speech(STEADY)) <= 0.0


def test_audibility_is_the_amplitude_and_one_at_most() -> None:
    assert [audibility(db) for db in (-20.0, 0.0, 10.0)] == pytest.approx([0.1, 1.0, 1.0])


def test_events_tell_it() -> None:
    sr = 16000
    x = talk(sr, 12.0, seed=4).astype(np.float32) / 32768
    loud = int(np.argmax(np.convolve(np.square(x[sr:-sr]), np.ones(sr // 20), "same"))) + sr
    x[loud : loud + 320] = 0.0
    (event,) = (e for e in callqual.score(x, sr=sr).events if abs(e.start - loud / sr) < 0.002)
    assert -6.0 < event.details["lost_db"] < 15.0
    assert event.severity == pytest.approx(1.0 - 2.0**-0.5, abs=0.15)
