"""Gaps and warped time that the learned stage hears: its log odds to events, weighed and vetoed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect import hidden, warps
from callqual.detect.candidates import Candidate
from callqual.detect.pieces import alike
from callqual.detect.speech import Speech
from callqual.features.facts import HIDDEN, HIDDEN_STEP

FRAMES = 1000
UNHEARD = np.zeros(0)


def speech(level_db: NDArray[np.float64] | float = -20.0, music: float = -5.0) -> Speech:
    power = np.full(FRAMES, 10 ** (np.asarray(level_db) / 10), np.float32)
    active = power > 1e-5
    return Speech(power, active, active, np.zeros(FRAMES, bool), np.full(FRAMES, music), -20.0, -80.0)


def said(*runs: tuple[int, int], odds: float = 6.0) -> NDArray[np.void]:
    out = np.full(FRAMES, -60, HIDDEN)
    for start, end in runs:
        out["inside"][start:end] = round(odds / HIDDEN_STEP)
        out["onset"][start], out["back"][end] = 24, 24
    return out


def found(heard: NDArray[np.void], voice: Speech) -> list[tuple[str, float, float]]:
    return [(c.kind, round(c.start, 6), round(c.end, 6)) for c in hidden.find(heard, voice) if c.llr > 0.0]


def test_runs_are_gaps_beside_speech_with_a_frame_of_doubt_bridged():
    heard = said((200, 204), (205, 208), (500, 502))
    assert found(heard, speech()) == [("concealed", 2.0, 2.08), ("concealed", 5.0, 5.02)]


def test_nobody_misses_what_was_never_said():
    level = np.full(FRAMES, -20.0)
    level[400:700] = -75.0
    assert found(said((500, 506)), speech(level)) == []
    assert found(said((405, 412)), speech(level)) == [("concealed", 4.05, 4.12)]


def test_the_surer_the_stage_the_surer_the_gap():
    sure = [
        max((c.llr for c in hidden.find(said((300, 304), odds=o), speech())), default=-9.0)
        for o in (0.5, 2.0, 4.0, 8.0)
    ]
    assert sure == sorted(sure)
    assert sure[0] < 0.0 < sure[-1]


def test_music_is_no_damage():
    assert found(said((300, 304)), speech())
    assert not found(said((300, 304)), speech(music=6.0))


def test_a_run_into_silence_lasts_until_sound_comes_back():
    level = np.full(FRAMES, -20.0)
    level[330:450] = -90.0
    assert found(said((300, 380)), speech(level)) == [("dead_air", 3.0, 4.5)]
    assert found(said((325, 335)), speech(level)) == [("concealed", 3.25, 3.35)]


def test_an_outage_of_which_only_the_ends_are_heard_is_one():
    level = np.full(FRAMES, -20.0)
    level[310:360] = -66.0  # comfort noise of a decoder
    heard = said((300, 318), (354, 361))
    assert len(found(heard, speech(level))) == 2, "packets surely came between"
    heard["inside"][318:354] = round(-2.5 / HIDDEN_STEP)
    assert found(heard, speech(level)) == [("concealed", 3.0, 3.61)]
    level[330:333] = -55.0
    assert found(heard, speech(level)) == [("concealed", 3.0, 3.18), ("concealed", 3.54, 3.61)]


def test_two_outages_far_apart_are_two():
    level = np.full(FRAMES, -20.0)
    level[310:600] = -66.0
    assert len(found(said((300, 318), (594, 601)), speech(level))) == 2


def test_company_makes_a_doubtful_one_surer():
    alone = hidden.find(said((500, 502), odds=2.0), speech())[0].llr
    heard = said(*((k, k + 4) for k in range(50, 450, 40)))
    heard[500:503] = said((500, 502), odds=2.0)[500:503]
    last = max(hidden.find(heard, speech()), key=lambda c: c.start)
    assert last.llr > alone


def test_a_leg_without_speech_or_runs_has_none():
    silent = Speech(*(np.zeros(FRAMES, t) for t in (np.float32, bool, bool, bool, np.float64)), None, -99.0)
    assert hidden.find(said((300, 304)), silent) == []
    assert hidden.find(said(), speech()) == []
    assert hidden.find(np.zeros(0, HIDDEN), speech()) == []


def test_many_cycles_put_in_are_warped_time_and_a_few_are_not():
    heard = said()
    heard["warp"][300:900:30] = heard["warp"][301:900:30] = heard["warp"][302:900:30] = 24
    (event,) = (c for c in warps.find(heard, speech(), UNHEARD) if c.llr > 0.0)
    assert event.kind == "time_warp"
    assert 2.0 <= event.start <= 4.0
    assert 8.0 <= event.end <= 9.5
    assert 2.0 < event.details["cycles_per_second"] < 4.0
    heard = said()
    heard["warp"][500:503] = 24
    assert all(c.llr < 0.0 for c in warps.find(heard, speech(), UNHEARD))


def test_a_beat_that_goes_on_speaks_against_warped_time_as_long_as_it_does():
    heard = said()
    heard["warp"][300:900:30] = heard["warp"][301:900:30] = heard["warp"][302:900:30] = 24
    kept = np.zeros(90)
    kept[60:] = 0.25
    out = warps.find(heard, speech(), kept)
    (event,) = (c for c in out if c.llr > 0.0)
    assert event.end <= 7.0
    assert "beat" not in event.evidence
    (late,) = (c for c in out if c.end > 8.0)
    assert late.llr < 0.0
    assert late.evidence["beat"] < -2.0


def test_what_lies_in_a_gap_or_in_silence_is_not_warped():
    heard = said((300, 900))
    heard["warp"][300:900] = 24
    assert all(c.llr < 0.0 for c in warps.find(heard, speech(), UNHEARD))
    heard = said()
    heard["warp"][300:900] = 24
    assert all(c.llr < 0.0 for c in warps.find(heard, speech(-90.0), UNHEARD))


def test_a_packet_that_came_parts_two_gaps():
    heard = said((300, 312), (313, 325))
    heard["inside"][312:314] = round(3.0 / HIDDEN_STEP)
    assert found(heard, speech()) == [("concealed", 3.0, 3.12), ("concealed", 3.14, 3.25)]
    heard["inside"][312:314] = round(4.5 / HIDDEN_STEP)
    assert found(heard, speech()) == [("concealed", 3.0, 3.25)]


def test_what_is_heard_tells_how_far_it_falls():
    level = np.full(FRAMES, -20.0)
    level[300:320] = np.linspace(-20.0, -46.0, 20)
    falls = [hidden.find(said((start, start + 20)), speech(level))[0].details["drop_db"] for start in (300, 500)]
    assert 15.0 < float(falls[0]) < 26.0
    assert falls[1] == 0.0


def test_a_receiver_that_plays_nothing_for_a_loss_conceals_no_other():
    losses = [(100 + 80 * k, 104 + 80 * k) for k in range(9)]
    heard = hidden.find(said(*losses), speech())
    zeros = [Candidate("gap", "zero_fill", a / 100, b / 100, {"shape": 6.0}) for a, b in losses[:-1]]
    sure = [c.llr for c in heard]
    alone = [c.llr for c in alike(heard, zeros, FRAMES / 100)]
    assert alone[:-1] == sure[:-1]
    assert alone[-1] < sure[-1] - 2.0


def test_what_is_heard_where_no_hole_is_is_company():
    heard = hidden.find(said(*[(100 + 80 * k, 104 + 80 * k) for k in range(9)]), speech())
    sure = [c.llr for c in heard]
    assert [c.llr for c in alike(heard, [], FRAMES / 100)] == sure
    assert alike([], [], 1.0) == []
