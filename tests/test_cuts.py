"""Cuts beside other damage: what has edges hides the joins at them, what is told by seconds hides none."""

from __future__ import annotations

import numpy as np
import pytest

import callqual
from callqual.detect.candidates import Candidate
from callqual.detect.cuts import CLEAR_SECONDS, _near
from callqual.result import Family
from talker import talk

AT = np.array([0.5, 1.5, 2.5, 2.0 + CLEAR_SECONDS / 2])


@pytest.mark.parametrize(
    ("family", "kind", "llr", "hidden"),
    [("gap", "concealed", 3.0, 2), ("gap", "concealed", -1.0, 0), ("jitter", "time_warp", 3.0, 0)],
)
def test_only_sure_damage_with_edges_hides_joins(family: Family, kind: str, llr: float, hidden: int) -> None:
    known = [Candidate(family, kind, 1.0, 2.0, {"net": llr})]
    assert _near(np.sort(AT), known).sum() == hidden


@pytest.mark.parametrize("sr", [8000, 16000, 48000])
def test_ticks_of_a_bad_contact_are_no_cuts_and_hide_none(sr: int) -> None:
    rng = np.random.default_rng(3)
    whole = talk(sr, 20.0, seed=1).astype(np.float64) / 32768 + 1e-4 * rng.standard_normal(20 * sr)
    cut = np.concatenate([part[: -sr // 33] for part in np.array_split(whole, 40)])
    for x, told in ((whole, False), (cut, True)):
        ticks = np.zeros(x.size)
        ticks[rng.integers(x.size, size=200)] = rng.choice((-1.0, 1.0), 200) * 10 ** rng.uniform(-2.0, -0.7, 200)
        cuts = [e for e in callqual.score((x + ticks).astype(np.float32), sr=sr).events if e.kind == "cut"]
        assert (len(cuts) >= 5) == told, len(cuts)
        assert told or len(cuts) <= 1
