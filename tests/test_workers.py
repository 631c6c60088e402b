"""Work side by side: in order, healed when a process dies, over at once when it is stopped."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

import callqual
from callqual import api
from callqual.workers import spread


def work(item: int) -> int:
    """Negative numbers end the process that meets them; -1 does so the first time only."""
    if item < 0:
        marker = Path(os.environ["CALLQUAL_TEST_MARKER"])
        if item < -1 or not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return item * item


def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def lost(item: int) -> int:
    return item


@pytest.fixture(autouse=True)
def _marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLQUAL_TEST_MARKER", str(tmp_path / "died"))


def test_answers_come_in_order_and_the_dead_are_told() -> None:
    items = [1, 2, -5, 3, *range(4, 20), -7, 20]
    assert list(spread(work, items, 2, lost)) == [i * i if i >= 0 else i for i in items]


def test_what_only_shared_a_process_with_the_dead_is_done_again() -> None:
    assert list(spread(work, [3, -1, 4], 2, lost)) == [9, 1, 16]


def test_an_executor_that_breaks_is_replaced() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        assert list(spread(work, [1, -5, *range(2, 12)], 1, lost, executor)) == [1, -5, *(i * i for i in range(2, 12))]


def test_leaving_early_ends_the_processes() -> None:
    mine = multiprocessing.get_context("spawn").Process(target=sleep, args=(60.0,))
    mine.start()
    begun = time.monotonic()
    answers = spread(sleep, [0.0] * 9 + [60.0] * 2, 2, lost)
    assert isinstance(answers, Iterator)
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 30
    assert mine.is_alive()
    assert multiprocessing.active_children() == [mine]
    mine.terminate()
    mine.join()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_a_file_that_kills_its_process_is_a_record(
    tmp_path: Path, examples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the system does when memory is short: whoever opens the pipe is killed."""
    fifo = tmp_path / "endless.wav"
    os.mkfifo(fifo)
    good = examples / "hum.wav"
    feeder = multiprocessing.get_context("spawn").Process(target=kill_the_reader, args=(fifo,))
    feeder.start()
    try:
        records = list(callqual.score_many([good, fifo, good], jobs=2))
    finally:
        feeder.terminate()
        feeder.join()
    assert records[0] == records[2] == callqual.score(good)
    assert (records[1].reason, records[1].source.path) == ("unreadable", str(fifo))
    assert records[1].message == f"{fifo}: the process that scored it died; is there enough memory for it?"


def kill_the_reader(fifo: Path) -> None:
    """Kill whoever opens `fifo`."""
    while True:
        with open(fifo, "wb"):
            for folder in Path("/proc").iterdir():
                if folder.name.isdecimal() and int(folder.name) != os.getpid() and _reads(folder, fifo):
                    os.kill(int(folder.name), signal.SIGKILL)


def _reads(process: Path, file: Path) -> bool:
    try:
        return any(os.path.realpath(fd) == str(file) for fd in (process / "fd").iterdir())
    except OSError:
        return False


def test_a_missing_part_of_callqual_is_no_unreadable_recording(examples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def model(*_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No such file or directory", "models.npz")

    monkeypatch.setattr(api, "Stream", model)
    with pytest.raises(FileNotFoundError, match=r"models\.npz"):
        list(callqual.score_many([examples / "hum.wav"]))
