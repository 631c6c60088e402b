"""The learned stage's training data: what is said of every frame of a recording, and how it is kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from benchmarks.fit_hidden import label as match
from benchmarks.hidden.rows import BLURRED, HEADS, LABELS, keep, label, main, recorded, recordings

from callqual.detect.hidden import Runs
from callqual.features.hidden import NAMES, columns
from talker import talk


def labels(truth: dict, frames: int = 300) -> dict[str, np.ndarray]:
    return dict(zip(LABELS, label({"gaps": []} | truth, frames), strict=True))


def test_a_gap_is_its_frames_its_ends_and_a_blur() -> None:
    out = labels({"gaps": [[1.0, 1.04, "loss", -3.0, 0.0]]})
    assert np.flatnonzero(out["inside"]).tolist() == [100, 101, 102, 103]
    assert np.flatnonzero(out["onset"]).tolist() == [100]
    assert np.flatnonzero(out["back"]).tolist() == [104]
    counts = out["inside_counts"]
    assert np.flatnonzero(counts == BLURRED).tolist() == [98, 99, 104, 105, 106, 107]
    assert (counts[[97, 100, 103, 108]] == 1).all()


def test_a_gap_that_nobody_hears_counts_for_nothing() -> None:
    out = labels({"gaps": [[1.0, 1.04, "loss", -40.0, 0.0]]})
    assert not out["inside"].any()
    assert (out["inside_counts"][100:104] == 0).all()
    both = labels({"gaps": [[1.0, 1.04, "loss", -40.0, 0.0], [1.05, 1.09, "loss", 0.0, 0.0]]})
    assert np.flatnonzero(both["inside"]).tolist() == [105, 106, 107, 108]
    assert (both["inside_counts"][105:109] == 1).all()


def test_a_gap_shorter_than_half_a_frame_is_one() -> None:
    assert np.flatnonzero(labels({"gaps": [[1.002, 1.005, "loss", 0.0, 0.0]]})["inside"]).tolist() == [100]


def test_gaps_beyond_the_end_are_left_out() -> None:
    out = labels({"gaps": [[2.98, 3.2, "loss", 0.0, 0.0], [3.5, 3.6, "loss", 0.0, 0.0]]})
    assert np.flatnonzero(out["inside"]).tolist() == [298, 299]


def test_cycles_are_told_where_the_truth_knows_where() -> None:
    spans = [[2.5, 2.52, 1], [0.2, 0.9, 2], [2.6, 2.8, 4]]
    out = labels({"inserted": [[1.0, 7.0]], "removed": [[2.0, 7.0]], "warps": spans})
    cycles = [100, 101, 102, 200, 201, 202, 250, 251, 252]
    assert np.flatnonzero(out["warp"]).tolist() == [*cycles, *range(260, 280)]
    assert np.flatnonzero(out["warp_counts"] == 0).tolist() == list(range(20, 90))


def test_a_folder_is_kept_as_a_stream_would_see_it(tmp_path: Path) -> None:
    folder = tmp_path / "calls"
    folder.mkdir()
    truths = []
    for i, seconds in enumerate((2.0, 3.5)):
        x = talk(8000, seconds, seed=i)
        sf.write(folder / f"{i}.flac", x, 8000)
        truths.append({"file": f"calls/{i}.flac", "gaps": [[1.0, 1.06, "loss", 0.0, 0.0]], "codec": "opus"})
    (folder / "truth.jsonl").write_text("".join(json.dumps(t) + "\n" for t in truths))
    assert main([str(folder), f"{folder}:1", "--out", str(tmp_path / "cache")]) == 0
    found = recordings(tmp_path / "cache" / "calls.0.npz")
    assert [len(r.rows) for r in found] == [200, 350]
    assert [r.truth["file"] for r in found] == [t["file"] for t in truths]
    whole = columns(talk(8000, 3.5, seed=1) / np.float32(32768), 8000)
    np.testing.assert_allclose(found[1].rows, whole, atol=2e-3, rtol=2e-3)
    assert found[0].labels.shape == (len(HEADS) + 2, 200)
    other = recordings(tmp_path / "cache" / "calls.1.npz")
    assert all("recorder" in r.truth for r in other)
    assert other[1].rows.shape == (350, len(NAMES))


def test_a_file_of_the_cache_is_whole_or_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "calls"
    folder.mkdir()
    (folder / "truth.jsonl").write_text(json.dumps({"file": "gone.flac", "gaps": []}) + "\n")
    with pytest.raises(sf.LibsndfileError):
        keep(folder, 0, tmp_path / "calls.0.npz")
    assert not (tmp_path / "calls.0.npz").exists()


def test_recorder_paths_are_drawn_by_the_seed() -> None:
    x = talk(8000, 2.0) / 32768.0
    names = {recorded(x, 8000, np.random.default_rng(seed))[1] for seed in range(30)}
    assert {"noise", "opus_24k", "mu_law"} <= names
    one, two = (recorded(x, 8000, np.random.default_rng(5))[0] for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_runs_are_right_wrong_or_neither() -> None:
    start, end = np.array([100, 200, 300, 400]), np.array([106, 210, 302, 404])
    runs = Runs(start, end, np.ones(4), np.zeros(4))
    gaps = [[1.0, 1.06, "loss", 0.0], [2.09, 2.13, "loss", 0.0], [3.0, 3.02, "loss", -40.0]]
    assert match(runs, gaps).tolist() == [1, -1, -1, 0]
    assert match(runs, []).tolist() == [0, 0, 0, 0]
