"""Real calls through recorder paths: the call is the same one, and every path has its row."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import call_paths, neteq, results


@pytest.fixture(scope="module")
def calls(shared: Path) -> list[neteq.Call]:
    return [c for c in neteq.read_calls(shared / "neteq") if not c["speaker"].startswith(neteq.KNOWN)]


def test_a_gain_moves_next_to_nothing(calls: list[neteq.Call]) -> None:
    call = next(c for c in calls if c["concealed_s"] > 0.05 * c["seconds"])
    plain, louder = (call_paths.through((call, path, 0)) for path in (call_paths.AS_IS, "gain"))
    assert plain["found_share"] > 1.0
    assert louder["found_share"] == pytest.approx(plain["found_share"], abs=0.5)
    assert louder["share"] == plain["share"]


def test_every_path_has_a_row(calls: list[neteq.Call], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    two = [next(c for c in calls if c["clean"]), next(c for c in calls if c["concealed_s"] > 0.03 * c["seconds"])]
    known = two[1] | {"speaker": neteq.KNOWN[0]}
    monkeypatch.setattr(call_paths, "read_calls", lambda _: [*two, known])
    out = tmp_path / "RESULTS.md"
    call_paths.main(["--paths", "noise", "a_law", "--jobs", "1", "--out", str(out)])
    assert all(f"| {path} | 2 |" in out.read_text() for path in ("noise", "a_law"))
    rows = results.load(out)["call paths"]
    assert rows["noise"]["concealed share: MAE, points"] != rows["a_law"]["concealed share: MAE, points"]
