"""The table: what a person must be able to read from it, at which width, in which characters."""

from __future__ import annotations

import io
import re
from collections import Counter

import msgspec
import pytest

from callqual.names import printable
from callqual.report import render
from callqual.report.look import Look
from callqual.report.moments import MOST, worst
from callqual.report.words import KIND_WORDS, PATH_WORDS, REASON_WORDS, clock, grade, hertz, length, share
from callqual.result import KINDS, Path, Reason
from sample_records import BAD, BAD_LEG, DEAD, TWO, UNREADABLE, event

PLAIN = Look()
TERMINAL = Look(width=80, terminal=True, blocks=True)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def table(*records, look=PLAIN):
    return "".join(render(records, look=look))


def test_a_block_tells_score_interval_families_loss_path_and_moments():
    text = table(BAD)
    for piece in (
        "bad.wav", "2.31", "1.94 to 2.70", "poor", "gap     1.92", "jitter  4.80", "buzz    4.10", "2 gaps, 460 ms",
        "4.8 % of speech (95 %: 3.9 to 5.8 %)", "20 ms packets", "7.9 kHz wide", "lossy", "0:03.120", "exact zeros",
        "hum (50 Hz", "-18 dB)", "late run",
    ):  # fmt: skip
        assert piece in text, piece


def test_worst_moments_come_first_and_weak_ones_not_at_all():
    text = table(BAD)
    assert text.index("0:06.500") < text.index("0:03.120") < text.index("0:09.000") < text.index("0:04.000")
    assert "0:10.000" not in text


def test_only_the_worst_moments_of_many_are_listed():
    events = tuple(event("gap", "repeat", float(i), i + 0.02, i / 100, 0.9) for i in range(40))
    leg = msgspec.structs.replace(BAD_LEG, events=events)
    assert [e.start for e in worst(events)] == [39.0, 38.0, 37.0, 36.0, 35.0, 34.0]
    text = table(msgspec.structs.replace(BAD, legs=(leg,)))
    assert f"the worst {MOST} of 40 moments" in text
    assert text.count("the last packet played again") == MOST


def test_plain_output_is_ascii_of_80_columns_without_colour():
    text = table(BAD, TWO, DEAD, UNREADABLE)
    assert text.isascii()
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_a_terminal_gets_colour_and_blocks_of_its_width(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    text = table(BAD, TWO, look=TERMINAL)
    assert "\x1b[" in text
    assert "█" in text
    assert max(len(ANSI.sub("", line)) for line in text.splitlines()) <= 80


@pytest.mark.parametrize("width", [48, 50, 60, 71])
def test_half_a_screen_is_enough(width):
    text = table(BAD, TWO, DEAD, UNREADABLE, look=Look(width=width))
    assert max(map(len, text.splitlines())) <= width
    assert "2.31  ##=O=....." in text
    for word in ("unreadable", "poor", "1.9-2.7", "0:03.120"):
        assert word in text, word


def test_a_window_of_any_width_is_used_as_it_is(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for columns, width in (("50", 50), ("20", 48), ("90", 90), ("300", 110)):
        monkeypatch.setenv("COLUMNS", columns)
        assert Look.of(Terminal()).width == width


def test_a_moment_without_length_has_a_dash_for_it():
    leg = msgspec.structs.replace(BAD_LEG, events=(event("jitter", "cut", 2.0, 2.0, 0.5, 0.9),))
    assert re.search(r"0:02\.000 +- +jitter", table(msgspec.structs.replace(BAD, legs=(leg,))))


def test_the_bar_shows_the_interval_around_the_score():
    bar = re.search(r"MOS +2\.31  (\S+)", table(BAD)).group(1)
    assert len(bar) == 20
    assert Counter(bar) == {"#": 5, "=": 3, "O": 1, ".": 11}
    assert bar == "#####==O=..........."


def test_legs_are_told_apart_and_a_dead_one_says_why():
    text = table(TWO, DEAD)
    assert text.index("leg 1") < text.index("leg 0")
    assert "no MOS: nothing but silence" in text


def test_several_recordings_end_with_a_line_a_leg_in_order():
    summary = table(BAD, TWO, DEAD, UNREADABLE).split("recording ")[-1].splitlines()[1:]
    assert [line.split()[0] for line in summary] == ["bad.wav", "bad.wav", "bad.wav", "bad.wav", "notes.txt"]
    assert [line.split()[-1] for line in summary] == ["poor", "good", "poor", "silent", "unreadable"]
    assert "recording " not in table(BAD)


def test_an_unreadable_file_says_why():
    assert "not scored: not audio, a text file" in table(UNREADABLE)


def test_a_name_cannot_move_the_cursor():
    evil = msgspec.structs.replace(BAD, source=msgspec.structs.replace(BAD.source, path="a\x1b[2Jb\n[red]c.wav"))
    text = table(evil, look=TERMINAL)
    assert "\x1b[2J" not in text
    assert r"a\x1b[2Jb\n[red]c.wav" in ANSI.sub("", text)


def test_the_profile_is_drawn_with_the_worst_of_each_stretch():
    assert "42.1" in table(BAD)


def test_look_follows_the_stream(monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert Look.of(io.StringIO()) == Look(width=80, terminal=False, blocks=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert Look.of(io.StringIO()).terminal


def test_every_code_has_words():
    assert set(KIND_WORDS) == {kind for kinds in KINDS.values() for kind in kinds}
    assert set(REASON_WORDS) == set(Reason.__args__)
    assert set(PATH_WORDS) == set(Path.__args__)


@pytest.mark.parametrize(
    ("seconds", "clocked", "lasting"),
    [
        (0.0, "0:00.000", "0 ms"),
        (0.0204, "0:00.020", "20 ms"),
        (0.9996, "0:01.000", "1.0 s"),
        (59.9996, "1:00.000", "1:00 min"),
        (61.5, "1:01.500", "1:02 min"),
        (3725.25, "1:02:05.250", "1:02:05 h"),
    ],
)
def test_times(seconds, clocked, lasting):
    assert clock(seconds) == clocked
    assert length(seconds) == lasting


def test_words_of_figures():
    assert [grade(x) for x in (1.0, 1.49, 2.5, 3.49, 4.5, 5.0)] == [
        "bad",
        "bad",
        "fair",
        "fair",
        "excellent",
        "excellent",
    ]
    assert [share(x) for x in (0.0, 0.004, 0.0994, 0.0996, 1.0)] == ["0 %", "0.4 %", "9.9 %", "10 %", "100 %"]
    assert [hertz(x) for x in (16.7, 217.0, 3400.0)] == ["16.7 Hz", "217 Hz", "3.4 kHz"]
    assert printable("tab\there") == r"tab\there"
