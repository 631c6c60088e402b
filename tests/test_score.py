"""``score()`` and ``score_many()``: what they take, what they say of it, and that the rating goes with the damage."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

import callqual
from callqual.errors import AudioReadError, InputError
from callqual.result import CONFIDENT, KINDS, CallScore
from talker import damaged, frames, talk

SR = 16000


@pytest.fixture(scope="module")
def call() -> np.ndarray:
    """A damaged talker, 16-bit samples of shape (n,)."""
    return damaged(SR, 8.0, zeros=20, seed=2)


@pytest.fixture
def zero_filled(examples: Path) -> Path:
    return examples / "zero_filled.wav"


# What it takes


def test_a_path_of_any_type(zero_filled: Path) -> None:
    assert callqual.score(str(zero_filled)) == callqual.score(zero_filled)


def test_a_file_object_is_the_file_without_its_name(zero_filled: Path) -> None:
    named = callqual.score(zero_filled)
    with zero_filled.open("rb") as file:
        opened = callqual.score(file)
    held = callqual.score(io.BytesIO(zero_filled.read_bytes()))
    assert named.legs == opened.legs == held.legs
    assert named.source.sha256 == opened.source.sha256 == held.source.sha256
    assert named.source.path == str(zero_filled)
    assert held.source.path is None


def test_samples_are_those_of_the_file(zero_filled: Path) -> None:
    x, sr = sf.read(zero_filled, dtype="int16")
    legs = callqual.score(zero_filled).legs
    assert callqual.score(x, sr).legs == legs
    assert callqual.score(x, sr=float(sr)).legs == legs
    assert callqual.score((x, sr)).legs == legs
    assert callqual.score(sf.read(zero_filled)).legs == legs
    assert callqual.score(sf.read(zero_filled, dtype="float32")).legs == legs
    assert callqual.score(x[:, np.newaxis], sr).legs == legs


def test_samples_are_left_alone(call: np.ndarray) -> None:
    x = call / 32768
    before = x.copy()
    x.flags.writeable = False
    callqual.score(x, SR)
    assert np.array_equal(x, before)


@pytest.mark.parametrize(
    ("source", "options", "says"),
    [
        (np.zeros(8000), {}, "sample rate"),
        (np.zeros(8000), {"sr": 4000}, "4000 Hz"),
        (np.zeros(8000), {"sr": 8000, "channels": 1}, "channel 0 only"),
        (np.zeros(8000), {"sr": 8000, "channels": "both"}, "expected 'each', 'mix'"),
        (np.zeros(8000), {"sr": 8000, "min_confidence": 2}, "expected 0 to 1"),
        (None, {}, "expected a path"),
    ],
)
def test_what_it_does_not_take(source: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        callqual.score(source, **options)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(AudioReadError, match=r"no\.wav"):
        callqual.score(tmp_path / "no.wav")


# Channels


def test_each_channel_is_a_leg(call: np.ndarray) -> None:
    x = np.stack((talk(SR, 8.0, seed=3), call), axis=1)
    record = callqual.score(x, SR)
    assert [leg.channel for leg in record.legs] == [0, 1]
    for leg in record.legs:
        (alone,) = callqual.score(x[:, int(leg.channel)], SR).legs
        assert (leg.gap, leg.jitter, leg.speech_seconds) == (alone.gap, alone.jitter, alone.speech_seconds)
    mos = [leg.mos for leg in record.legs if leg.mos is not None]
    assert len(mos) == 2
    assert record.mos == min(mos)
    assert record.events == tuple(sorted((e for leg in record.legs for e in leg.events), key=lambda e: e.start))


@pytest.mark.parametrize("index", [0, 1, np.int64(1)])
def test_one_channel(call: np.ndarray, index: int) -> None:
    x = np.stack((talk(SR, 8.0, seed=3), call), axis=1)
    (leg,) = callqual.score(x, SR, channels=index).legs
    assert leg.channel == index
    (alone,) = callqual.score(x[:, index], SR).legs
    assert (leg.mos, leg.events) == (alone.mos, alone.events)


def test_a_mix_is_the_mean(call: np.ndarray) -> None:
    x = np.stack((call, talk(SR, 8.0, seed=3)), axis=1) / 32768
    (leg,) = callqual.score(x, SR, channels="mix").legs
    (mean,) = callqual.score(x.astype(np.float32).mean(axis=1), SR).legs
    assert leg.channel == "mix"
    assert (leg.mos, leg.events) == (mean.mos, mean.events)


def test_a_silent_leg_does_not_hide_the_other(call: np.ndarray) -> None:
    record = callqual.score(np.stack((np.zeros_like(call), call), axis=1), SR)
    silent, other = record.legs
    assert (silent.mos, silent.reason, silent.events) == (None, "silent", ())
    assert record.reason is None
    assert record.mos == other.mos is not None


# Confidence


def test_weak_events_are_listed_and_count_in_nothing(call: np.ndarray) -> None:
    every, sure, few = (callqual.score(call, SR, min_confidence=c) for c in (0.0, CONFIDENT, 0.9))
    assert every.mos == sure.mos
    assert every.legs[0].gap == sure.legs[0].gap
    assert len(every.events) > len(sure.events) >= len(few.events) > 0
    assert all(event.confidence >= CONFIDENT for event in sure.events)
    assert tuple(event for event in every.events if event.confidence >= CONFIDENT) == sure.events
    assert tuple(event for event in every.events if event.confidence >= 0.9) == few.events


# Many


class _Backwards(ThreadPoolExecutor):
    """Finishes the last work first, as a cluster may."""

    def __init__(self) -> None:
        super().__init__(max_workers=2)
        self.submitted = 0

    def submit(self, fn: Any, /, *args: Any, **options: Any) -> Any:
        self.submitted += 1
        return super().submit(fn, *args, **options)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A long recording, one that fails, a short one, and an empty one."""
    paths = [tmp_path / name for name in ("long.wav", "no.wav", "short.wav", "empty.wav")]
    sf.write(paths[0], talk(8000, 12.0), 8000)
    sf.write(paths[2], talk(8000, 2.0), 8000)
    sf.write(paths[3], np.zeros(0, np.int16), 8000)
    return paths


def test_records_come_in_the_order_of_the_paths(files: list[Path]) -> None:
    alone = list(callqual.score_many(files, jobs=1))
    assert [Path(record.source.path or "") for record in alone] == files
    assert [record.reason for record in alone] == [None, "unreadable", None, "too_short"]
    assert alone[0] == callqual.score(files[0])
    with _Backwards() as executor:
        assert list(callqual.score_many(iter(files), executor=executor)) == alone
    assert executor.submitted == len(files)


def test_processes_of_ones_own(files: list[Path]) -> None:
    import multiprocessing

    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        pooled = list(callqual.score_many(files, executor=executor))
    assert pooled == list(callqual.score_many(files, jobs=1))


def test_threads_give_what_one_thread_gives(examples: Path) -> None:
    """The kernels run without Python's lock."""
    paths = [examples / "zero_filled.wav", examples / "hum.wav"] * 4
    with ThreadPoolExecutor(4) as executor:
        assert list(callqual.score_many(paths, executor=executor)) == list(callqual.score_many(paths[:2], jobs=1)) * 4


def test_paths_are_read_as_they_are_needed(files: list[Path]) -> None:
    asked = []

    def paths() -> Iterator[Path]:
        for path in files * 3:
            asked.append(path)
            yield path

    records = callqual.score_many(paths(), jobs=1)
    assert asked == []
    next(records)
    assert len(asked) <= 2
    assert len(list(records)) == 3 * len(files) - 1


def test_no_paths_no_records() -> None:
    assert list(callqual.score_many([])) == []
    assert list(callqual.score_many([], jobs=2)) == []


def test_no_jobs_are_refused(files: list[Path]) -> None:
    with pytest.raises(InputError, match="jobs=0; expected 1 or more"):
        next(callqual.score_many(files, jobs=0))


def test_a_failed_file_says_which_and_why(files: list[Path]) -> None:
    (record,) = callqual.score_many(files[1:2])
    assert (record.reason, record.mos, record.legs, record.events) == ("unreadable", None, (), ())
    assert record.source.path == str(files[1])
    assert record.message is not None
    assert "no.wav" in record.message


def test_options_reach_every_file(files: list[Path]) -> None:
    (record,) = callqual.score_many(files[:1], channels="mix", min_confidence=0.0)
    assert record == callqual.score(files[0], channels="mix", min_confidence=0.0)


# Reasons


def tone(hz: float) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * hz / SR * np.arange(4 * SR))


@pytest.mark.parametrize(
    ("x", "reason"),
    [
        (np.zeros(0), "too_short"),
        (np.ones(1), "too_short"),
        (talk(SR, 2.0)[: SR // 2 - 1] / 32768, "too_short"),
        (np.zeros(3 * SR), "silent"),
        (np.full(3 * SR, 1e-6), "silent"),
        (np.concatenate((np.zeros(2 * SR), talk(SR, 2.0)[4000 : 4000 + SR // 5] / 32768, np.zeros(SR))), "no_speech"),
        (np.concatenate((talk(SR, 3.0) / 32768, [np.nan])), "not_finite"),
        (np.full(10, -np.inf), "not_finite"),
    ],
    ids=["nothing", "one sample", "0.5 s less one", "zeros", "dither", "a word of 0.2 s", "one NaN", "ten infinities"],
)
def test_what_cannot_be_measured_has_a_reason_and_no_number(x: np.ndarray, reason: str) -> None:
    record = callqual.score(x, SR)
    assert record.reason == reason
    for judged in (record, *record.legs):
        assert judged.reason == reason
        assert judged.mos is judged.mos_low is judged.mos_high is None
    (leg,) = record.legs
    assert leg.gap_score is leg.jitter_score is leg.buzz_score is None
    assert (leg.events, leg.profile) == ((), ())
    assert (leg.gap.count, leg.jitter.count, leg.buzz.count) == (0, 0, 0)


def test_a_tone_is_no_speech() -> None:
    record = callqual.score(tone(1000.0), SR)
    assert record.mos is None
    assert record.reason in ("no_speech", "silent")
    assert record.events == ()


# The rating


def numbers(record: CallScore) -> list[float]:
    return [v for v in (record.mos, record.mos_low, record.mos_high) if v is not None]


def test_damage_costs_on_the_examples(examples: Path) -> None:
    clean = callqual.score(examples / "clean.wav").mos
    assert clean is not None
    for name in ("zero_filled.wav", "repeated_frames.wav", "hum.wav"):
        mos = callqual.score(examples / name).mos
        assert mos is not None
        assert mos < clean - 0.3, name


@pytest.mark.parametrize(
    "name", ["clean.wav", "zero_filled.wav", "hum.wav", "two_legs_one_dead.wav", "memo.m4a", "voip.opus"]
)
def test_every_record_is_sound(examples: Path, name: str) -> None:
    record = callqual.score(examples / name)
    seconds = record.source.seconds or 0.0
    for judged in (record, *record.legs):
        assert judged.mos is not None
        assert judged.mos_low is not None
        assert judged.mos_high is not None
        assert 1.0 <= judged.mos_low <= judged.mos <= judged.mos_high <= 5.0
    for leg in record.legs:
        assert 0.0 < leg.speech_seconds <= seconds
        assert leg.profile[0].start == 0.0
        assert leg.profile[-1].end == pytest.approx(seconds, abs=1e-3)
        assert all(a.end == b.start for a, b in pairwise(leg.profile))
        for event in leg.events:
            assert event.kind in KINDS[event.family]
            assert 0.0 <= event.start <= event.end <= seconds + 0.01
            assert event.start < event.end or event.kind == "cut"  # a cut is a moment
            assert 0.0 <= event.severity <= 1.0
            assert CONFIDENT <= event.confidence <= 1.0
        assert list(leg.events) == sorted(leg.events, key=lambda e: (e.start, e.end))
        sure = [event for event in leg.events if event.family == "gap"]
        assert leg.gap.count == len(sure)
        assert leg.gap.seconds <= sum(e.end - e.start for e in sure) + 1e-3
        rates = (leg.gap.loss_rate_low, leg.gap.loss_rate, leg.gap.loss_rate_high)
        assert all(rate is not None and 0.0 <= rate <= 1.0 for rate in rates)
        assert list(rates) == sorted(rates, key=float)  # type: ignore[arg-type]


@pytest.mark.parametrize("source", ["talker", "example"])
def test_more_loss_is_never_a_better_call(source: str, examples: Path) -> None:
    """Every call loses the packets of the one before it, and more."""
    x = talk(SR, 8.8, seed=2) if source == "talker" else sf.read(examples / "clean.wav", dtype="int16")[0]
    places = frames(SR, len(x) / SR, 1000, seed=5)
    order = np.random.default_rng(6).permutation(len(places))
    mos = []
    for count in (0, 3, 8, 16, 32, 64, 120):
        y = x.copy()
        for i in order[:count]:
            y[slice(*places[i])] = 0
        mos.append(callqual.score(y, SR).mos or 0.0)
    assert all(b <= a + 0.05 for a, b in pairwise(mos)), mos
    assert mos[-1] < mos[0] - 0.8


def test_zero_filled_packets_are_found_where_they_are() -> None:
    """Every packet lost in a loud vowel is found, to the sample, and little else."""
    x = talk(SR, 8.0, seed=2)
    level = np.abs(x.astype(float))
    places = [(a, b) for a, b in frames(SR, 8.0, 40) if min(level[a - 160 : a].mean(), level[b : b + 160].mean()) > 800]
    assert len(places) >= 8
    for a, b in places:
        x[a:b] = 0
    record = callqual.score(x, SR)
    found = [event for event in record.events if event.kind == "zero_fill"]
    hits = [any(abs(e.start - a / SR) < 1e-3 and abs(e.end - b / SR) < 1e-3 for e in found) for a, b in places]
    assert sum(hits) >= 0.9 * len(places)
    assert len(record.events) <= len(places) + 2
    assert record.legs[0].gap.frame_ms == 20.0


def test_the_same_call_gives_the_same_bytes(call: np.ndarray) -> None:
    assert callqual.score(call, SR).to_json() == callqual.score(call, SR).to_json()
