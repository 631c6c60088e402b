"""``score()`` and ``score_many()``: a recording, or many, in; records out. Thin: all work is the stream's."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import ExitStack
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from callqual import __version__
from callqual.audio.legs import Channels
from callqual.audio.source import AudioSource, open_audio
from callqual.errors import CallqualError
from callqual.names import as_text
from callqual.result import CONFIDENT, CallScore, Source
from callqual.stream import Stream

READ_SECONDS = 10
"""Seconds of sound read from a file at a time."""


def score(
    source: AudioSource | tuple[ArrayLike, float],
    sr: float | None = None,
    *,
    channels: Channels = "each",
    min_confidence: float = CONFIDENT,
) -> CallScore:
    """Score the recording of a call.

    Parameters
    ----------
    source : path, binary file object, samples, or (samples, sr)
        A recording in any format that libsndfile or FFmpeg reads, or samples [shape=(n,) or (n, channels)], float full
        scale ±1 or integer, as ``soundfile.read`` gives them.
    sr : float, optional
        Sampling rate of samples, Hz, 8000 to 192000; files bring their own.
    channels : "each", "mix" or int
        Every channel is a leg and scored by itself; ``"mix"`` scores their mean, a number one channel only.
    min_confidence : float
        Events below this confidence are left out, 0..1; those under 0.5 never count in a figure.

    Returns
    -------
    CallScore
        MOS with its 95 % interval, legs, events; what cannot be measured is None, with a ``reason``.

    Raises
    ------
    AudioReadError
        The file is missing, unreadable, or no audio.
    InputError
        An argument, or samples, that cannot be scored.

    Examples
    --------
    >>> import callqual
    >>> record = callqual.score("examples/zero_filled.wav")
    >>> record.legs[0].gap.frame_ms
    20.0
    """
    samples: Any = source
    if isinstance(source, tuple) and len(source) == 2 and sr is None and np.ndim(source[1]) == 0:
        samples, sr = source
    with open_audio(samples, sr) as reader:
        stream = Stream(reader.sr, reader.channels, min_confidence=min_confidence, legs=channels)
        for block in reader.blocks(READ_SECONDS * reader.sr):
            stream.push(block, news=False)
        return stream.finish(reader.describe(), lossy=reader.lossy)


def _score_or_record(path: str | os.PathLike[str], channels: Channels, min_confidence: float) -> CallScore:
    """Score a file; a file that cannot be read gives a record that says so."""
    try:
        return score(path, channels=channels, min_confidence=min_confidence)
    except (CallqualError, OSError) as error:
        source = Source(path=as_text(path))
        return CallScore(version=__version__, source=source, reason="unreadable", message=str(error))


def score_many(
    paths: Iterable[str | os.PathLike[str]],
    *,
    jobs: int | None = None,
    executor: Executor | None = None,
    channels: Channels = "each",
    min_confidence: float = CONFIDENT,
) -> Iterator[CallScore]:
    """Score many recordings side by side; records come in the order of `paths`, the same for any number of jobs.

    Parameters
    ----------
    paths : iterable of paths
        Recordings; read as they are needed.
    jobs : int, optional
        Processes; None = one a core, but no more than there are recordings.
    executor : concurrent.futures.Executor, optional
        Runs the work instead: a thread pool, a process pool, Dask's ``Client.get_executor()``.
    channels, min_confidence
        As in :func:`score`.

    Yields
    ------
    CallScore
        One a path; a file that fails is a record with ``reason="unreadable"`` and a ``message``.
    """
    work = iter(paths)
    first = list(islice(work, 2))
    if executor is None and (jobs == 1 or len(first) < 2 or (jobs is None and (os.cpu_count() or 1) == 1)):
        for path in chain(first, work):
            yield _score_or_record(path, channels, min_confidence)
        return
    with ExitStack() as stack:
        workers = jobs or os.cpu_count() or 1
        if executor is None:
            executor = stack.enter_context(_processes(workers))
        waiting: deque[Future[CallScore]] = deque()
        for path in chain(first, work):
            waiting.append(executor.submit(_score_or_record, path, channels, min_confidence))
            if len(waiting) > 4 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _processes(workers: int) -> Executor:
    """Return a pool of fresh processes: a fork after a kernel ran may hang or be killed."""
    import multiprocessing

    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def warm() -> None:
    """Compile every kernel and keep the machine code: run once in an image, a CI job, or before a benchmark."""
    rng = np.random.default_rng(0)
    for sr in (8000, 48000):
        score((0.1 * rng.standard_normal(3 * sr), sr))
