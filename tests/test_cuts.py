"""Cuts beside other damage: what has edges hides the joins at them, what is told by seconds hides none."""

from __future__ import annotations

import numpy as np
import pytest

from callqual.detect.candidates import Candidate
from callqual.detect.cuts import CLEAR_SECONDS, _near
from callqual.result import Family

AT = np.array([0.5, 1.5, 2.5, 2.0 + CLEAR_SECONDS / 2])


@pytest.mark.parametrize(
    ("family", "kind", "llr", "hidden"),
    [("gap", "concealed", 3.0, 2), ("gap", "concealed", -1.0, 0), ("jitter", "time_warp", 3.0, 0)],
)
def test_only_sure_damage_with_edges_hides_joins(family: Family, kind: str, llr: float, hidden: int) -> None:
    known = [Candidate(family, kind, 1.0, 2.0, {"net": llr})]
    assert _near(np.sort(AT), known).sum() == hidden
