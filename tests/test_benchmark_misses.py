"""What a row missed is told event by event, and written for the ear."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import misses
from benchmarks.corpora import LIGHT, speakers

from callqual.evaluation import evaluate
from callqual.result import CallScore, Leg, Source
from talker import talk

SR = 8000


@pytest.fixture
def voices(tmp_path, monkeypatch):
    """A made-up voice in the place of the light ones."""
    for i, module in enumerate(LIGHT):
        folder = tmp_path / "nist/mcvqoe" / module / "audio_clips"
        folder.mkdir(parents=True)
        soundfile.write(folder / "Set_F1.wav", talk(SR, 11.0, seed=i), SR)
    monkeypatch.setenv("CALLQUAL_CORPORA", str(tmp_path))
    speakers.cache_clear()
    yield tmp_path
    speakers.cache_clear()


def test_verdicts_are_those_of_the_evaluation(voices):
    (*_, task) = misses.make_tasks("light", SR, small=True, kinds=["noise_fill"])
    one = misses.judged(task)
    truth, found = [t for t, _ in one.truth], [e for e, _ in one.found]
    tally = evaluate(truth, found, seconds=len(one.samples) / SR).gap
    told = [verdict for _, verdict in one.truth]
    assert (told.count("hit"), told.count("missed"), told.count("ignored")) == (tally.hit, tally.missed, tally.ignored)
    said = [verdict for _, verdict in one.found]
    assert (said.count("right"), said.count("wrong")) == (tally.right, tally.wrong)


def test_misses_are_told_and_written_with_labels(voices, tmp_path, capsys, monkeypatch):
    deaf = CallScore(version="0", source=Source(), legs=(Leg(channel=0),))
    monkeypatch.setattr(misses.callqual, "score", lambda *_, **__: deaf)
    assert misses.main(["noise_fill", "--split", "light", "--sr", "8000", "--out", str(tmp_path / "heard")]) == 0
    lines = capsys.readouterr().out.splitlines()
    missed = [line for line in lines if line.startswith("  missed ")]
    assert missed
    assert missed[0].endswith("found there: nothing")
    wavs = sorted((tmp_path / "heard").glob("*.wav"))
    assert len(wavs) == len([line for line in lines if not line.startswith(" ")])
    labels = [
        line.split("\t") for wav in wavs for line in Path(f"{wav.with_suffix('')}-truth.txt").read_text().splitlines()
    ]
    assert sum(label.endswith(" MISSED") for _, _, label in labels) == len(missed)
    assert np.isfinite(soundfile.read(wavs[0])[0]).all()


def test_a_row_that_is_none_is_an_error(voices):
    with pytest.raises(SystemExit, match="no such row at 8000 Hz"):
        misses.main(["opus_24k", "--split", "light", "--sr", "8000"])
