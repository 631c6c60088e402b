"""What the holes of a leg tell of each other: gates, pauses put in, and losses at the brink of digital silence."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import callqual
from callqual.detect import brinks, gaps, gates, holes, joins
from callqual.detect.grid import Grid
from callqual.detect.speech import Speech, speech
from callqual.detect.weighed import OTHER, Weighed, of_one_level, weigh
from callqual.features.facts import EDGE, FRAME, HOLE, NOISE
from callqual.kernels.holes import COLUMNS
from talker import talk

SR = 16000
Scores = NDArray[np.float64]


def gate(gated: int, losses: int) -> float:
    score: Scores = np.array([-3.0] * gated + [6.0] * losses)
    return gates.evidence(np.ones(score.size, np.bool_), score)


def test_a_leg_of_repeated_packets_and_no_hole_has_a_grid_and_no_gap_of_holes() -> None:
    frames = np.zeros(100, FRAME)
    holes = weigh(np.zeros(0, HOLE), np.zeros(0, NOISE), speech(frames))
    assert gaps.find(holes, Grid(0.02, 0.0, 0.0, -40.0)) == []


def test_gated_pauses_speak_against_the_holes_of_a_leg_and_sure_losses_for_them() -> None:
    assert gate(0, 0) == gate(0, 9) == 0.0
    assert gates.MOST < gate(20, 0) < gate(6, 0) < gate(6, 2) < gate(6, 9) < 0.0


def test_holes_that_are_no_digital_silence_are_no_gate() -> None:
    assert gates.evidence(np.zeros(20, np.bool_), np.full(20, -3.0)) == 0.0


def leg(pauses_db: float, tones: tuple[tuple[int, int], ...] = ()) -> Speech:
    """Ten seconds of speech and pauses, half a second each, with tones in some of the frames."""
    active = np.arange(1000) % 100 < 50
    tonal = np.zeros(1000, np.bool_)
    for start, end in tones:
        tonal[start:end] = True
    power = (10 ** (np.where(active | tonal, -20.0, pauses_db) / 10)).astype(np.float32)
    return Speech(power, active & ~tonal, active & ~tonal, tonal, np.zeros(2), -20.0, -60.0)


def of_nothing(length: float, value: float = 0.0) -> NDArray[np.void]:
    rows = np.zeros(1, HOLE)
    rows["start"], rows["end"], rows["zero"], rows["value"] = 1.0, 1.0 + length, 1.0, value
    return rows


def test_nothing_in_a_leg_with_a_room_is_no_pause() -> None:
    assert gates.vanished(of_nothing(0.02), leg(-60.0)).tolist() == [gates.VANISHED]
    assert gates.vanished(of_nothing(0.02), leg(-120.0)).tolist() == [0.0]
    for none in (of_nothing(0.005), of_nothing(0.03, 8 / 32768)):
        assert gates.vanished(none, leg(-60.0)).tolist() == [0.0]


def test_a_vowel_that_rings_is_no_tone_and_digits_are() -> None:
    start, end = np.array([2.2]), np.array([2.24])
    assert not holes.near_tone(start, end, leg(-60.0, ((214, 231),)))[0]
    assert holes.near_tone(start, end, leg(-60.0, ((200, 220), (224, 244))))[0]


def test_a_receiver_fills_its_losses_with_one_level() -> None:
    filled, sure = np.ones(12, np.bool_), list(range(10))
    one = np.array([-50.3, -49.8, -50.0, -50.1, -49.9] * 2 + [-50.2, -38.0])
    level = of_one_level(one, filled, sure)
    assert 2.0 < level[10] < 3.0
    assert level[11] == OTHER
    many = of_one_level(np.linspace(-80.0, -20.0, 12), filled, sure)
    assert np.abs(many).max() < 0.8
    assert not of_one_level(one, filled, sure[:3]).any()
    assert not of_one_level(one, ~filled, sure).any()
    filled[:10] = False
    assert of_one_level(one, filled, sure).tolist() == [0.0] * 10 + [OTHER] * 2


def test_pauses_of_one_leg_have_one_cause() -> None:
    alone = np.array([2.0, 2.5, -0.2, 3.0, 1.5])
    assert (joins.pauses(alone, [0, 1, 2, 3, 4]) > 0.0).all()
    assert (joins.pauses(-alone, [0, 1, 2, 3, 4]) < 0.0).all()
    assert joins.pauses(np.array([0.3]), [0])[0] < 0.0


def places(x: NDArray[np.float64], apart: float, level: float = 0.3) -> list[int]:
    """Samples in the midst of loud sound."""
    rms = np.sqrt(np.mean(x[: x.size // 160 * 160].reshape(-1, 160) ** 2, axis=1))
    out: list[int] = []
    for k in range(40, rms.size - 40):
        if rms[k - 4 : k + 8].min() > level * rms.max() and (not out or k * 160 - out[-1] > apart * SR):
            out.append(k * 160 + 37 * len(out))
    return out


def kinds(x: NDArray[np.float64]) -> list[str]:
    record = callqual.score(np.clip(np.rint(x), -32768, 32767).astype(np.int16), sr=SR)
    return [e.kind for e in record.events if e.kind in ("zero_fill", "inserted_silence", "fade", "noise_fill")]


def test_a_pause_put_in_is_named_so_and_a_loss_is_not() -> None:
    x = talk(SR, 30.0).astype(np.float64)
    lost, parts, last = x.copy(), [], 0
    for i, p in enumerate(places(x, 0.7)):
        k = 480 + 71 * (i % 5)
        lost[p : p + k] = 0.0
        parts += [x[last:p], np.zeros(k)]
        last = p
    pauses, losses = kinds(np.concatenate([*parts, x[last:]])), kinds(lost)
    assert min(len(pauses), len(losses)) > 8
    assert pauses.count("inserted_silence") >= 0.8 * len(pauses)
    assert losses.count("inserted_silence") <= 0.2 * len(losses)


def row(start: float, end: float, before: float, after: float) -> NDArray[np.void]:
    hole = np.zeros(1, HOLE)
    hole["start"], hole["end"], hole["zero"] = start, end, 1.0
    hole["m"][0, [COLUMNS.index("edge_before"), COLUMNS.index("edge_after")]] = before, after
    return hole


LOUD, QUIET = 0.01, 1e-8
ROOM = 10.0 * np.log10(QUIET)
GRID = Grid(frame=0.04, start_phase=0.0, end_phase=0.0, log_p=-60.0)


NO_HOLES, NO_EDGES = np.zeros(0, HOLE), np.zeros(0, EDGE)


def of_room(inside_db: float, sure: int = 5, length: float = 0.08) -> Weighed:
    """Holes of a leg that are `length` long and as loud as told."""
    n = np.arange(float(sure))
    none = np.zeros((sure, 0))
    inside = np.full(sure, inside_db)
    return Weighed(n, n + length, n > 0, none, none, list(range(sure)), np.zeros(sure), inside, ROOM)


def found_at(talking, holes=NO_HOLES, edges=NO_EDGES, grid=GRID, of=None):
    return brinks.find(brinks.likely(holes, talking), edges, talking, grid, of or of_room(ROOM))


@pytest.mark.parametrize(
    "of", [of_room(-120.0), of_room(ROOM + 12.0), of_room(ROOM, sure=3)], ids=["zeros", "fills", "few"]
)
def test_where_losses_sound_otherwise_no_edge_to_the_room_is_one(talking, of) -> None:
    assert found_at(talking, edges=edge(1.44, LOUD, QUIET))
    assert not found_at(talking, edges=edge(1.44, LOUD, QUIET), of=of)


def edge(at: float, before: float, after: float) -> NDArray[np.void]:
    return np.array([(at, before, after)], EDGE)


@pytest.fixture
def talking():
    frames = np.zeros(400, FRAME)
    frames["level"] = np.where(np.arange(400) % 40 < 25, LOUD, QUIET)
    return speech(frames)


@pytest.mark.parametrize(
    ("hole", "extent"),
    [
        (row(1.2, 1.51, LOUD, QUIET), (1.2, 1.28)),
        (row(0.89, 1.2, QUIET, LOUD), (1.12, 1.2)),
        (row(1.2, 1.255, LOUD, QUIET), (1.2, 1.24)),
        (row(1.2, 1.48, LOUD, QUIET), (1.2, 1.48)),
    ],
    ids=["start", "end", "no room for two", "both ends on the grid"],
)
def test_a_brink_on_the_grid_is_a_loss_of_whole_packets(talking, hole, extent) -> None:
    (found,) = found_at(talking, holes=hole)
    assert (found.start, found.end) == pytest.approx(extent)
    assert found.llr > 0.0


@pytest.mark.parametrize(
    "hole",
    [
        row(1.21, 1.51, LOUD, QUIET),
        row(1.2, 1.51, QUIET, QUIET),
        row(1.2, 1.51, LOUD, LOUD),
        row(1.2, 1.23, LOUD, QUIET),
    ],
    ids=["off the grid", "no edge", "two edges", "shorter than a packet"],
)
def test_what_is_no_brink(talking, hole) -> None:
    assert found_at(talking, holes=hole) == []


@pytest.mark.parametrize(
    ("steep", "extent"),
    [
        (edge(1.44, LOUD, QUIET), (1.44, 1.52)),
        (edge(1.6, QUIET, LOUD), (1.52, 1.6)),
        (edge(1.56, LOUD, QUIET), (1.56, 1.6)),
    ],
    ids=["fall", "rise", "room for one"],
)
def test_an_edge_to_the_rooms_noise_on_the_grid_is_a_loss(talking, steep, extent) -> None:
    (found,) = found_at(talking, edges=steep)
    assert (found.start, found.end) == pytest.approx(extent)
    assert found.llr > 0.0


def test_soft_edges_hide_the_rest_of_the_packet(talking) -> None:
    soft = Grid(frame=0.04, start_phase=0.002, end_phase=0.038, log_p=-60.0)
    (found,) = found_at(talking, edges=edge(1.442, LOUD, QUIET), grid=soft, of=of_room(ROOM, length=0.04))
    assert (found.start, found.end) == pytest.approx((1.44, 1.48))


@pytest.mark.parametrize(
    "steep",
    [edge(1.45, LOUD, QUIET), edge(1.44, LOUD, 10 * QUIET), edge(1.44, 1e-3 * LOUD, QUIET)],
    ids=["off the grid", "to louder than the room", "from next to nothing"],
)
def test_what_is_no_brink_in_noise(talking, steep) -> None:
    assert found_at(talking, edges=steep) == []


def test_no_grid_no_brink(talking) -> None:
    assert found_at(talking, holes=row(1.2, 1.51, LOUD, QUIET), grid=None) == []


def test_a_gated_voice_loses_nothing() -> None:
    x = talk(SR, 30.0, seed=4).astype(np.float64)
    level = np.sqrt(np.convolve(x**2, np.ones(80) / 80, "same"))
    open_ = np.convolve(level > 0.1 * np.sqrt(np.mean(x**2)), np.ones(400), "same") > 0
    assert 0.1 < 1.0 - open_.mean() < 0.6
    assert len(kinds(np.where(open_, x, 0.0))) <= 1
