"""What a buzz explains of the damage in and around it, and what it leaves alone."""

from __future__ import annotations

import pytest

from callqual.detect.candidates import Candidate
from callqual.detect.explained import explain


def copy(kind: str, start: float, lag_ms: float, level_db: float, length: float = 0.006) -> Candidate:
    family = "buzz" if kind == "stuck" else "gap"
    details: dict[str, float | str] = {"lag_ms": lag_ms, "level_db": level_db}
    return Candidate(family, kind, start, start + length, {"copy": 7.0}, details)


def buzz(kind: str = "frame_rate", hz: float = 50.0) -> Candidate:
    return Candidate("buzz", kind, 10.0, 20.0, {"comb": 8.0}, {"hz": hz, "level_db": -14.0})


@pytest.mark.parametrize(
    ("found", "own"),
    [
        (copy("concealed", 12.0, 20.0, 1.0), True),  # a piece of its period, however loud
        (copy("concealed", 12.0, 60.1, 1.0), True),
        (copy("concealed", 9.5, 20.0, 1.0), True),  # just before it
        (copy("concealed", 8.0, 20.0, 1.0), False),
        (copy("concealed", 12.0, 7.3, 1.0), False),  # a pitch cycle
        (copy("repeat", 12.0, 20.0, -9.0, 0.025), False),  # louder than the pulses
        (copy("repeat", 12.0, 20.0, -12.0, 0.025), True),
        (copy("repeat", 12.0, 20.0, -12.0, 0.04), False),  # two whole packets
        (copy("stuck", 12.0, 20.0, -5.0, 0.3), True),  # the buzz alone, heard in a pause
        (copy("stuck", 12.0, 23.0, -5.0, 0.3), False),
        (Candidate("gap", "zero_fill", 12.0, 12.02, {"holes": 7.0}), False),
    ],
)
def test_a_frame_rate_buzz_owns_the_copies_that_are_its_pulses(found: Candidate, own: bool) -> None:
    explain([found], [buzz()])
    assert (found.llr < 0.0) is own


@pytest.mark.parametrize(("count", "own"), [(5, False), (30, True)])
def test_many_short_noises_are_the_pauses_between_pulses(count: int, own: bool) -> None:
    pauses = [Candidate("gap", "noise_fill", 10.0 + 0.02 * i, 10.012 + 0.02 * i, {"holes": 3.0}) for i in range(count)]
    explain(pauses, [buzz()])
    assert all((c.llr < 0.0) is own for c in pauses)


def test_a_robotic_voice_owns_all_inside_and_its_periods_beside() -> None:
    inside, beside = copy("concealed", 12.0, 3.3, 0.0), copy("concealed", 20.3, 15.1, 0.0)
    other = copy("concealed", 20.3, 9.9, 0.0)
    explain([inside, beside, other], [buzz("robotic", 132.5)])
    assert inside.llr < 0.0
    assert beside.llr < 0.0 < other.llr


def test_loud_stuck_frames_make_the_buzz() -> None:
    stuck, hum = copy("stuck", 12.0, 20.0, 1.0, 1.0), buzz()
    explain([stuck], [hum])
    assert hum.llr < 0.0 < stuck.llr


@pytest.mark.parametrize(
    ("found", "own"),
    [
        (copy("stuck", 12.0, 99.94, -14.2, 0.3), True),  # five periods of the hum alone, in a pause
        (copy("stuck", 12.0, 99.94, -6.0, 0.3), False),  # louder
        (copy("stuck", 12.0, 93.0, -14.2, 0.3), False),  # not its period
        (copy("concealed", 12.0, 20.0, 1.0), False),  # a pitch cycle of speech
    ],
)
def test_a_hum_owns_the_copies_that_are_no_louder_and_whole_periods_away(found: Candidate, own: bool) -> None:
    explain([found], [buzz("hum", 50.03)])
    assert (found.llr < 0.0) is own
