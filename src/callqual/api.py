"""``score()`` and ``score_many()``: a recording, or many, in; records out. Thin: all work is the stream's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from callqual import __version__
from callqual.audio.legs import Channels
from callqual.audio.source import AudioSource, open_audio
from callqual.errors import CallqualError, InputError
from callqual.names import as_text, printable
from callqual.result import CONFIDENT, CallScore, Source
from callqual.stream import Stream

if TYPE_CHECKING:
    from concurrent.futures import Executor

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
    except CallqualError as error:
        return unread(path, str(error))


def _lost(path: str | os.PathLike[str]) -> CallScore:
    """Return the record of a file whose process died, twice."""
    return unread(
        path, f"{printable(os.fspath(path))}: the process that scored it died; is there enough memory for it?"
    )


def unread(path: str | os.PathLike[str], message: str) -> CallScore:
    """Return the record of a recording that could not be read."""
    return CallScore(version=__version__, source=Source(path=as_text(path)), reason="unreadable", message=message)


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
        Runs the work instead: a thread pool, a process pool, Dask's ``Client.get_executor()``. Should it break, fresh
        processes of our own go on.
    channels, min_confidence
        As in :func:`score`.

    Yields
    ------
    CallScore
        One a path; a file that cannot be read, or that ends the process that reads it, is a record with
        ``reason="unreadable"`` and a ``message``.
    """
    one = partial(_score_or_record, channels=channels, min_confidence=min_confidence)
    given = iter(paths)
    first = list(islice(given, 2))
    every = chain(first, given)
    if jobs is not None and jobs < 1:
        raise InputError(f"jobs={jobs}; expected 1 or more processes, or None for one a core")
    workers = jobs or os.cpu_count() or 1
    if executor is None and (workers == 1 or len(first) < 2):
        yield from map(one, every)
    else:
        from callqual.workers import spread  # with the pool of processes, 15 ms

        yield from spread(one, every, workers, _lost, executor)


def warm() -> None:
    """Compile every kernel and keep the machine code: run once in an image, a CI job, or before a benchmark."""
    rng = np.random.default_rng(0)
    for sr in (8000, 48000):
        score((0.1 * rng.standard_normal(3 * sr), sr))
