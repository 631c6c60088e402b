"""A-law has no zero: silence of one value is still silence, and faint sound of one value is no gate."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import callqual
from callqual.detect import gates
from callqual.features.facts import HOLE
from callqual.features.scanner import Scanner
from callqual.kernels.holes import COLUMNS
from callqual.simulation.recorder import a_law
from talker import damaged

SR = 16000
Signal = NDArray[np.float64]


def scanned(x: Signal) -> NDArray[np.void]:
    scanner = Scanner(SR)
    for i in range(0, x.size, scanner.block):
        scanner.push(x[i : i + scanner.block].astype(np.float32), i + scanner.block >= x.size)
    return scanner.facts.holes.all()


def test_a_run_of_one_value_is_as_still_as_zeros_and_no_deeper_than_it_is() -> None:
    x = damaged(SR, 6.0, 12) / 32768.0
    run = scanned(x)
    of_a = scanned(a_law(x, SR, np.random.default_rng(1)))
    zeros, ones = (rows[(rows["zero"] == 1.0) & (rows["end"] - rows["start"] > 0.019)] for rows in (run, of_a))
    assert zeros.size >= 8
    assert not zeros["value"].any()
    for row in zeros:
        same = ones[(np.abs(ones["start"] - row["start"]) < 0.001) & (np.abs(ones["end"] - row["end"]) < 0.001)]
        assert same.size == 1
        assert same["value"][0] == pytest.approx(8 / 32768)
        for name in ("even", "still_fall", "still_rise"):
            assert same["m"][0, COLUMNS.index(name)] == row["m"][COLUMNS.index(name)], name
        assert same["m"][0, COLUMNS.index("inside")] == pytest.approx((8 / 32768) ** 2)


def test_faint_sound_of_one_value_is_no_gate() -> None:
    holes = np.zeros(4, HOLE)
    holes["zero"], holes["value"] = (1.0, 1.0, 1.0, 0.4), (0.0, 8 / 32768, 8 / 32768, 0.0)
    holes["end"] = (0.01, 0.01, 0.1, 0.1)
    assert gates.silent(holes).tolist() == [True, False, True, False]


def test_a_law_hides_no_lost_packet() -> None:
    x = damaged(SR, 20.0, 24, repeats=0) / 32768.0
    plain, law = (
        [e for e in callqual.score(y.astype(np.float32), sr=SR).events if e.kind in ("zero_fill", "inserted_silence")]
        for y in (x, a_law(x, SR, np.random.default_rng(1)))
    )
    assert len(plain) >= 10
    assert len(law) >= 0.9 * len(plain)
