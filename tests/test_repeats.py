"""How the copies of a call are named, and which of two alike stretches was put in."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from callqual.detect.repeats import Habit, habit, kind_of
from callqual.features.facts import COPY

PLAIN = Habit(early=-9.0, inserted=False)


def pairs(count: int, lag: float, length: float, before: float, middle: float, behind: float) -> NDArray[np.void]:
    rows = np.zeros(count, COPY)
    rows["start"] = 1.0 + np.arange(count)
    rows["end"], rows["lag"] = rows["start"] + length, lag
    rows["seam_start"], rows["seam_middle"], rows["seam_end"] = before, middle, behind
    return rows


@pytest.mark.parametrize(
    ("before", "behind", "shift"), [(2.0, 9.0, 0.0), (9.0, 2.0, -0.02), (4.0, 4.0, -0.01), (4.5, 4.0, -0.01)]
)
def test_all_pairs_tell_which_packet_was_repeated(before: float, behind: float, shift: float) -> None:
    call = habit(pairs(4, 0.02, 0.02, before, 9.0, behind))
    assert call.shift(0.02) == pytest.approx(shift)


def test_one_clear_pair_does_not_outvote_the_others() -> None:
    rows = np.concatenate((pairs(1, 0.02, 0.02, 99.0, 9.0, 1.0), pairs(4, 0.02, 0.04, 1.5, 9.0, 6.0)))
    assert habit(rows).shift(0.02) == 0.0


def test_pitch_cycles_do_not_vote() -> None:
    assert habit(pairs(9, 0.0061, 0.012, 99.0, 9.0, 1.0)).early == 0.0


@pytest.mark.parametrize(
    ("lag", "length", "middle", "inserted"),
    [(0.0423, 0.0423, 9.0, True), (0.04, 0.04, 3.0, False), (0.04, 0.04, 30.0, True), (0.02, 0.06, 30.0, False)],
)
def test_time_put_in_has_no_packets_length_or_breaks_in_the_middle_only(
    lag: float, length: float, middle: float, inserted: bool
) -> None:
    assert habit(pairs(4, lag, length, 2.0, middle, 2.5)).inserted is inserted


def test_a_call_without_copies_has_the_usual_habit_open() -> None:
    call = habit(np.zeros(0, COPY))
    assert (call.early, call.inserted) == (0.0, False)


@pytest.mark.parametrize(
    ("lag", "length", "kind"),
    [
        (0.02, 0.02, "repeat"), (0.02, 0.06, "repeat"), (0.02, 0.1, "stuck"), (0.08, 0.1, "repeat"), (0.08, 0.16, "stuck"),
        (0.01006, 0.0072, "concealed"), (0.01, 0.004, "concealed"), (0.0061, 0.012, "concealed"),
        (0.0423, 0.0423, "repeat_segment"), (0.0423, 0.03, "concealed"),
    ],
)  # fmt: skip
def test_kinds(lag: float, length: float, kind: str) -> None:
    assert kind_of(lag, length, PLAIN) == kind


def test_a_packets_length_is_inserted_where_the_call_inserts() -> None:
    assert kind_of(0.04, 0.04, Habit(early=0.0, inserted=True)) == "repeat_segment"
