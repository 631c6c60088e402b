"""Made-up talkers in the place of the packaged voices of the split ``tune``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import soundfile
from benchmarks.corpora import speakers

from talker import talk

KEPT, HELD_OUT = "nist_F3_psud", "nist_F1_psud"
SR = 16000
SENTENCES, SENTENCE_SECONDS = 3, 7.5


@contextmanager
def tune_voices(folder: Path) -> Iterator[None]:
    """Write two talkers of 22 s into `folder`, one of whom is kept for tests, and let the benchmark find them there."""
    for i, talker in enumerate(("F1", "F3")):
        sounds = folder / "nist/mcvqoe/psud/audio_clips"
        sounds.mkdir(parents=True, exist_ok=True)
        for k in range(SENTENCES):
            soundfile.write(sounds / f"{talker}_{k}.wav", talk(SR, SENTENCE_SECONDS, seed=10 * i + k), SR)
    (folder / "deb/usr/share").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLQUAL_CORPORA", str(folder))
        speakers.cache_clear()
        yield
    speakers.cache_clear()
