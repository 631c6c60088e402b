"""The shipped recordings are what their truth says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from callqual.audio.source import open_audio
from callqual.result import KINDS

WAVS = ("clean.wav", "zero_filled.wav", "repeated_frames.wav", "hum.wav", "two_legs_one_dead.wav")
NAMES = (*WAVS, "memo.m4a", "voip.opus")


@pytest.fixture
def truth(examples: Path) -> dict[str, Any]:
    """What was done to each recording."""
    loaded: dict[str, Any] = json.loads((examples / "truth.json").read_text(encoding="utf-8"))
    assert tuple(loaded) == NAMES
    return loaded


def samples(path: Path) -> tuple[np.ndarray, int]:
    with open_audio(path) as reader:
        return np.concatenate(list(reader.blocks(8000))), reader.sr


def level_db(x: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(x.astype(np.float64) ** 2) + 1e-12))


def test_the_folder_is_small_and_complete(examples: Path) -> None:
    assert {p.name for p in examples.iterdir()} >= {*NAMES, "README.md", "LICENSE-DATA", "make_examples.py"}
    assert sum(p.stat().st_size for p in examples.iterdir() if p.is_file()) < 2_000_000


@pytest.mark.parametrize("name", NAMES)
def test_truth_fits_the_recording(examples: Path, truth: dict[str, Any], name: str) -> None:
    x, sr = samples(examples / name)
    assert sr == truth[name]["sr"]
    assert truth[name]["seconds"] == pytest.approx(len(x) / sr, abs=0.07)
    assert bool(truth[name]["events"]) is (name != "clean.wav")
    for event in truth[name]["events"]:
        assert event["kind"] in KINDS[event["family"]]
        assert 0 <= event["start"] < event["end"] <= truth[name]["seconds"]


@pytest.mark.parametrize(("name", "at_least_db"), [("zero_filled.wav", 60.0), ("memo.m4a", 25.0), ("voip.opus", 30.0)])
def test_gaps_lie_where_the_truth_puts_them(
    examples: Path, truth: dict[str, Any], name: str, at_least_db: float
) -> None:
    x, sr = samples(examples / name)
    drops = []
    for event in truth[name]["events"]:
        a, b = round(event["start"] * sr), round(event["end"] * sr)
        middle = x[(a + b) // 2 - sr // 400 : (a + b) // 2 + sr // 400]
        if event["context_db"] > -10:
            drops.append(max(level_db(x[a - sr // 50 : a]), level_db(x[b : b + sr // 50])) - level_db(middle))
    assert len(drops) >= 8
    assert np.median(drops) > at_least_db


def test_repeats_repeat(examples: Path, truth: dict[str, Any]) -> None:
    x, sr = samples(examples / "repeated_frames.wav")
    frame = sr // 50
    for event in truth["repeated_frames.wav"]["events"]:
        a, b = round(event["start"] * sr), round(event["end"] * sr)
        assert np.array_equal(x[a:b], x[a - frame : b - frame])


def test_one_leg_dies_with_its_noise(examples: Path, truth: dict[str, Any]) -> None:
    x, sr = samples(examples / "two_legs_one_dead.wav")
    (event,) = truth["two_legs_one_dead.wav"]["events"]
    at = round(event["start"] * sr)
    assert event["channel"] == 1
    assert not x[at:, 1].any()
    assert np.count_nonzero(x[:at, 1]) > 0.9 * at
    assert level_db(x[at:, 0]) > -30


def test_wav_files_come_out_the_same_again(examples: Path, tmp_path: Path) -> None:
    corpora = os.environ.get("CALLQUAL_CORPORA")
    if not corpora:
        pytest.skip("the speech packages are not installed: set CALLQUAL_CORPORA")
    script = examples / "make_examples.py"
    subprocess.run([sys.executable, script, "--corpora", corpora, "--out", tmp_path], check=True)
    assert (tmp_path / "truth.json").read_bytes() == (examples / "truth.json").read_bytes()
    for name in WAVS:
        assert (tmp_path / name).read_bytes() == (examples / name).read_bytes(), name
