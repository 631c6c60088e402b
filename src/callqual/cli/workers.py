"""Processes that score side by side and stop at once, without a word, when the command is stopped."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any


@contextmanager
def workers(tasks: int, jobs: int | None) -> Iterator[Executor | None]:
    """Give a pool of `jobs` processes (one a core if None) for so many `tasks`, or None when one process will do.

    Leaving by an error, Ctrl-C or a reader that went away ends what is still running.
    """
    count = min(jobs or os.cpu_count() or 1, tasks)
    if count < 2:
        yield None
        return
    pool = _Deaf(count, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield pool
    except BaseException:
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


class _Deaf(ProcessPoolExecutor):
    """A pool whose processes never see the terminal's Ctrl-C: they inherit it blocked."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if not hasattr(signal, "pthread_sigmask"):
            return super().submit(fn, *args, **kwargs)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
