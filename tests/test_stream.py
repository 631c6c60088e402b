"""The stream: one result however the samples come, events told once and late enough, memory that stays small."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from itertools import repeat
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import callqual
from callqual.errors import InputError
from callqual.features.facts import Facts
from callqual.features.scanner import Scanner
from callqual.result import Event
from callqual.stream import LOOK_AHEAD
from talker import damaged

Samples = NDArray[np.int16]


@cache
def call(sr: int, channels: int, seconds: float) -> Samples:
    """A damaged talker in every channel: shape (n, channels)."""
    return np.stack([damaged(sr, seconds, zeros=16, seed=2 + c) for c in range(channels)], axis=1)


def cut(x: Samples, sizes: Iterator[int] | int) -> Iterator[Samples]:
    """The samples in blocks of a size, or of many."""
    at = 0
    while at < len(x):
        n = sizes if isinstance(sizes, int) else next(sizes)
        yield x[at : at + n]
        at += n


def streamed(x: Samples, sr: int, sizes: Iterator[int] | int) -> str:
    stream = callqual.Stream(sr, x.shape[1])
    for block in cut(x, sizes):
        stream.push(block)
    return stream.finish().to_json()


NAMES = [field.name for field in fields(Facts) if field.name not in ("sr", "seconds", "finite")]


def scanned(x: Samples, sr: int, prompt: Iterator[bool]) -> list[bytes]:
    """The facts of a leg of which some blocks are wanted at once, as bytes."""
    scanner, y = Scanner(sr), x[:, 0].astype(np.float32) / np.float32(32768)
    for at in range(0, len(y), scanner.block):
        scanner.push(y[at : at + scanner.block], at + scanner.block >= len(y), next(prompt))
    return [getattr(scanner.facts, name).all().tobytes() for name in NAMES]


def chances(rng: np.random.Generator) -> Iterator[int]:
    """Block lengths from none to two seconds, most of them short."""
    while True:
        yield int(rng.choice([0, 1, 2, 80, 160, 441, 960, 3000, 16000, 90000]))


def told(x: Samples, sr: int, size: int) -> Iterator[tuple[int, list[Event]]]:
    """After each block, how many samples were pushed and what was told."""
    stream = callqual.Stream(sr, x.shape[1])
    pushed = 0
    for block in cut(x, size):
        pushed += len(block)
        yield pushed, stream.push(block)


# One result


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("sr", [8000, 16000, 44100, 48000])
def test_a_result_does_not_depend_on_the_blocks(sr: int, channels: int, rng: np.random.Generator) -> None:
    x = call(sr, channels, 6.0)
    whole = streamed(x, sr, len(x))
    assert '"zero_fill"' in whole
    for sizes in (509, 4096, 44100, chances(rng)):
        assert streamed(x, sr, sizes) == whole


@pytest.mark.parametrize("sr", [8000, 11025, 48000])
def test_facts_do_not_depend_on_who_waits_for_them(sr: int) -> None:
    """What nobody waits for is read some blocks together: the same bits."""
    x = call(sr, 1, 20.0)
    waited = scanned(x, sr, repeat(True))

    @settings(max_examples=8)
    @given(prompt=st.lists(st.booleans(), min_size=12, max_size=12))
    @example(prompt=[False] * 12)
    def same(prompt: list[bool]) -> None:
        assert scanned(x, sr, iter(prompt)) == waited

    same()


def test_short_blocks_and_single_samples() -> None:
    x = call(8000, 2, 6.0)
    assert streamed(x, 8000, 17) == streamed(x, 8000, len(x))
    assert streamed(x[:20000], 8000, 1) == streamed(x[:20000], 8000, 20000)


@pytest.mark.parametrize("sr", [8000, 44100, 48000])
def test_lengths_around_the_internal_block(sr: int) -> None:
    """1.8 s are read at a time: a sample more or less must not matter to what is found before the end."""
    block = round(1.8 * sr)
    x = call(sr, 1, 6.0)
    for n in (0, 1, 2, block - 1, block, block + 1, 2 * block, 2 * block + 1):
        assert streamed(x[:n], sr, 1009) == streamed(x[:n], sr, max(n, 1))


def test_every_sample_type_is_the_same_call() -> None:
    x = call(16000, 1, 6.0)
    whole = streamed(x, 16000, 4096)
    for same in (
        x / 32768,
        (x / 32768).astype(np.float32),
        x.astype(np.int32) << 16,
        np.asfortranarray(x),
        x[:, 0][:, None],
    ):
        assert streamed(same, 16000, 4096) == whole


def test_a_stream_is_a_score(tmp_path: Any) -> None:
    sf = pytest.importorskip("soundfile")
    x = call(16000, 2, 6.0)
    sf.write(tmp_path / "call.wav", x, 16000)
    from_file, from_samples = callqual.score(tmp_path / "call.wav"), callqual.score(x, 16000)
    stream = callqual.Stream(16000, 2)
    stream.push(x)
    assert from_file.legs == from_samples.legs == stream.finish().legs


def test_two_streams_side_by_side_do_not_meet() -> None:
    """No state is shared between streams."""
    x, y = call(8000, 1, 6.0), call(8000, 2, 6.0)[:, 1:]
    alone = streamed(x, 8000, 4000), streamed(y, 8000, 4000)
    first, second = callqual.Stream(8000), callqual.Stream(8000)
    for a, b in zip(cut(x, 4000), cut(y, 4000), strict=True):
        first.push(a)
        second.push(b)
    assert (first.finish().to_json(), second.finish().to_json()) == alone
    assert alone[0] != alone[1]


def test_a_block_may_be_used_again_by_its_owner() -> None:
    """A caller may read every block into the same array."""
    x = call(8000, 1, 6.0)
    stream, buffer = callqual.Stream(8000), np.zeros((4000, 1), np.float32)
    for block in cut(x, 4000):
        buffer[: len(block)] = block / np.float32(32768)
        stream.push(buffer[: len(block)])
        buffer[:] = 0.5
    assert stream.finish().to_json() == streamed(x, 8000, len(x))


# What is told on the way


@pytest.mark.parametrize("size", [800, 4000, 40000])
@pytest.mark.parametrize(("sr", "channels"), [(8000, 1), (16000, 2)])
def test_events_come_in_order_once_and_behind_the_look_ahead(sr: int, channels: int, size: int) -> None:
    x = call(sr, channels, 15.0)
    seen: list[Event] = []
    for pushed, news in told(x, sr, size):
        assert all(event.end <= pushed / sr - LOOK_AHEAD for event in news)
        seen += news
    assert len(seen) > 5
    assert [event.end for event in seen] == sorted(event.end for event in seen)
    assert len({(event.kind, event.start, event.end) for event in seen}) == len(seen) or channels > 1


def test_what_is_told_is_mostly_what_is_found() -> None:
    """Provisional events may change at the end, but must be worth telling."""
    x = call(8000, 1, 15.0)
    early = [event for _, news in told(x, 8000, 4000) for event in news]
    late = [event for event in callqual.score(x, 8000).events if event.end < 15.0 - 2 * LOOK_AHEAD]
    assert len(late) > 5
    same = [e for e in early if any(abs(e.start - f.start) < 0.01 and abs(e.end - f.end) < 0.01 for f in late)]
    assert len(same) >= 0.7 * len(late)


def test_nothing_is_told_of_no_news() -> None:
    stream = callqual.Stream(8000)
    assert stream.push(np.zeros(0)) == []
    assert stream.push(np.zeros((100, 1))) == []


# Its end


def test_finish_is_the_end() -> None:
    stream = callqual.Stream(8000)
    stream.push(np.zeros(100))
    stream.finish()
    with pytest.raises(InputError, match=r"finish\(\) twice: make a new Stream"):
        stream.finish()
    with pytest.raises(InputError, match=r"push\(\) after finish\(\): make a new Stream"):
        stream.push(np.zeros(100))


def test_a_stream_of_nothing_is_a_record() -> None:
    record = callqual.Stream(16000, 2).finish()
    assert (record.reason, record.mos, record.source.seconds) == ("too_short", None, 0.0)
    assert [leg.channel for leg in record.legs] == [0, 1]


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_is_a_probability(confidence: float) -> None:
    with pytest.raises(InputError, match="expected 0 to 1"):
        callqual.Stream(8000, min_confidence=confidence)


def test_a_bad_block_leaves_the_stream_as_it_was() -> None:
    x = call(8000, 1, 6.0)
    stream = callqual.Stream(8000)
    for block in cut(x, 9000):
        stream.push(block)
        with pytest.raises(InputError):
            stream.push(np.zeros((10, 2)))
    assert stream.finish().to_json() == streamed(x, 8000, len(x))


# Its memory


def held(thing: object, facts: bool) -> int:
    """Bytes of the arrays reachable from `thing`: those of its facts, or all others."""
    seen: set[int] = set()

    def count(part: object, inside: bool) -> int:
        if id(part) in seen or isinstance(part, type | np.dtype):
            return 0
        seen.add(id(part))
        inside = inside or isinstance(part, Facts)
        if isinstance(part, np.ndarray):
            return part.nbytes if inside is facts else 0
        inner = (
            part if isinstance(part, list | tuple) else part.values() if isinstance(part, dict) else vars(part).values()
        )
        return sum(
            count(p, inside) for p in inner if hasattr(p, "__dict__") or isinstance(p, np.ndarray | list | tuple | dict)
        )

    return count(thing, inside=False)


@pytest.mark.parametrize("sr", [8000, 48000])
def test_memory_grows_with_the_facts_only(sr: int) -> None:
    x = call(sr, 1, 6.0)
    stream = callqual.Stream(sr)
    samples, facts = [], []
    for _ in range(8):
        stream.push(x)
        samples.append(held(stream, facts=False))
        facts.append(held(stream, facts=True))
    assert max(samples[1:]) < samples[0] + 8 * sr
    assert max(samples) < 4_300_000  # 7 s of the narrow signal wait for the learned rows
    assert (facts[-1] - facts[1]) / (6 * 6.0) < 12_000
