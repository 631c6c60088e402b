"""Memory: what an hour of call adds to it while it is read and when it is decided; rows that grow where they stand."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqual.detect.decide import decide
from callqual.features.facts import FRAME, HOP, RUN, Facts, Grown
from callqual.features.scanner import Scanner
from talker import damaged

TABLES = ("frames", "holes", "noises", "splices", "runs", "copies", "spectra", "hidden")
SR = 8000
MB = 1e6


@pytest.fixture(scope="module")
def minute() -> Facts:
    """Facts of a damaged minute."""
    scanner = Scanner(SR)
    x = damaged(SR, 60.0, zeros=60, seed=5).astype(np.float32) / 32768
    for at in range(0, x.size, scanner.block):
        scanner.push(x[at : at + scanner.block], last=at + scanner.block >= x.size)
    return scanner.facts


def call(minute: Facts, minutes: int, tables: tuple[str, ...] = TABLES) -> Facts:
    """That minute again and again."""
    facts = Facts(SR, minutes * minute.seconds)
    for table in tables:
        rows = getattr(minute, table).all()
        for i in range(minutes):
            later = rows.copy()
            for name in {"start", "end", "at"} & set(rows.dtype.names):
                later[name] += i * minute.seconds
            getattr(facts, table).add(later)
    return facts


def peak(facts: Facts) -> int:
    """Bytes that deciding takes at the most, above what it was given."""
    for table in TABLES:
        getattr(facts, table).all()  # a table cut to its length later would count as new
    tracemalloc.start()
    try:
        decide(facts, 0.5)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_hour_of_frames_and_seconds_is_six_megabytes(minute: Facts) -> None:
    """The rest of the facts is candidates: the bad line has some hundred bytes for each."""
    assert len(minute.frames) == pytest.approx(minute.seconds / HOP, abs=1)
    assert 60 * (minute.frames.all().nbytes + minute.spectra.all().nbytes) < 6.2 * MB


@pytest.mark.parametrize(
    ("tables", "most"), [(("frames", "spectra", "hidden"), 4), (TABLES, 6)], ids=["nothing", "everything"]
)
def test_an_hour_takes_little_more_to_decide(minute: Facts, tables: tuple[str, ...], most: float) -> None:
    """MB an hour, of a call without a candidate and of one with 40 MB of them; measured 2.1 of both."""
    decide(call(minute, 1, tables), 0.5)
    short, long = (peak(call(minute, minutes, tables)) for minutes in (20, 50))
    assert 0 < 2 * (long - short) < most * MB


def test_rows_may_be_taken_once(minute: Facts) -> None:
    facts = call(minute, 2)
    assert facts.holes.take().size
    assert facts.holes.all().size == len(facts.holes) == 0


def runs(start: list[float]) -> np.ndarray:
    rows = np.zeros(len(start), RUN)
    rows["start"] = start
    return rows


@given(st.lists(st.lists(st.floats(0.0, 3.0), max_size=40), max_size=12), st.integers(0, 20))
def test_the_newest_rows_are_read_as_from_all(blocks: list[list[float]], second: int) -> None:
    """Rows come by blocks of 1.8 s, each out of order by as much as a hole may last."""
    grown, every = Grown(RUN), runs([])
    for i, block in enumerate(blocks):
        rows = runs([1.8 * i + t for t in block])
        grown.add(rows)
        every = np.concatenate((every, rows))
        np.testing.assert_array_equal(grown.since(second), every[every["start"] >= second])
        np.testing.assert_array_equal(grown.newest(second), every[max(every.size - second, 0) :])
    np.testing.assert_array_equal(grown.all(), every)


def test_rows_that_were_handed_out_stay_as_they_were() -> None:
    grown = Grown(FRAME)
    grown.add(np.ones(1000, FRAME))
    seen = grown.all()
    grown.add(np.zeros(100_000, FRAME))
    assert (seen["level"] == 1.0).all()
    assert (grown.all()["level"] == 1.0).sum() == 1000
