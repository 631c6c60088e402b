"""What a long call costs is measured of a call that is made as it is heard, in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import looped, memory
from benchmarks.results import version

SR = 8000


def test_a_call_of_any_length_loses_its_share_of_packets_anew_in_every_loop() -> None:
    made = list(looped.blocks(SR, 120.5, loss=0.05))
    assert sum(map(len, made)) == 120.5 * SR
    x = np.concatenate(made)
    loop = looped.speech(SR).size
    whole = x[: x.size // loop * loop].reshape(-1, loop)
    packets = whole[:, : loop // 160 * 160].reshape(len(whole), -1, 160)
    lost = (packets == 0).all(axis=2)
    assert lost.mean() == pytest.approx(0.05, abs=0.01)
    assert not np.array_equal(lost[0], lost[1])
    again = np.concatenate(list(looped.blocks(SR, 120.5, loss=0.05)))
    assert np.array_equal(x, again)


def test_a_call_is_written_as_it_is_made(tmp_path: Path) -> None:
    looped.write_call(tmp_path / "call.wav", SR, 20.0, loss=0.1)
    x, sr = soundfile.read(tmp_path / "call.wav", dtype="int16")
    assert sr == SR
    assert np.array_equal(x, np.concatenate(list(looped.blocks(SR, 20.0, loss=0.1))))


def test_a_minute_is_heard_in_a_process_of_its_own() -> None:
    (key, row), *more = memory.measure([SR], []).items()
    assert (key, more) == ("8000/1", [])
    assert (
        row["megabytes"] > 20
    )  # no upper bound: the peak of a child begins with that of its parent, which tests may have grown
    assert row["cpu_s"] > 0.2


def test_the_table_tells_what_an_hour_adds_and_judges_ten() -> None:
    rows = {
        key: {"megabytes": mb, "cpu_s": 9.0, "made_by": version()} for key, mb in [("8000/600", 300.4), ("8000/1", 170)]
    }
    short, long = memory.page(rows).splitlines()[4:6]
    assert short == "| 1 min | 8000 | 170 | – | 9 | – | – |"
    assert long == "| 10 h | 8000 | 300 | 13.0 | 9 | 300 | **no** |"
