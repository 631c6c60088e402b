"""Work side by side: answers in the order asked, from processes that may die without taking the others' work with them."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 4
"""Items asked for, a worker, before the first answer is awaited."""


def spread(
    work: Callable[[T], R], items: Iterable[T], workers: int, lost: Callable[[T], R], executor: Executor | None = None
) -> Iterator[R]:
    """Yield ``work(item)`` for each of `items`, in their order.

    Processes start fresh: a fork after a kernel ran may hang. When one dies (killed for want of memory, crashed), the items
    without an answer are done again, each alone in a process of its own; for one that ends this one too, the answer is
    ``lost(item)``. Leaving early, by an error or Ctrl-C, ends what is still running.

    Parameters
    ----------
    workers : int
        Processes.
    executor : concurrent.futures.Executor, optional
        Does the work instead, until it breaks.
    """
    own: _Processes | None = None
    waiting: deque[tuple[T, Future[R]]] = deque()
    try:
        for item in items:
            pool = executor or own or (own := _Processes(workers))
            try:
                waiting.append((item, pool.submit(work, item)))
            except BrokenExecutor:
                executor, own = None, _Processes(workers)
                waiting.append((item, own.submit(work, item)))
            if len(waiting) > AHEAD * workers:
                yield _answer(work, *waiting.popleft(), lost)
        while waiting:
            yield _answer(work, *waiting.popleft(), lost)
    except BaseException:
        for _, future in waiting:
            future.cancel()
        if own:
            own.terminate()
        raise
    finally:
        if own:
            own.shutdown(cancel_futures=True)


def _answer(work: Callable[[T], R], item: T, future: Future[R], lost: Callable[[T], R]) -> R:
    try:
        return future.result()
    except BrokenExecutor:
        with _Processes(1) as alone:
            try:
                again: Future[R] = alone.submit(work, item)
                return again.result()
            except BrokenExecutor:
                return lost(item)
            except BaseException:
                alone.terminate()
                raise


class _Processes(ProcessPoolExecutor):
    """Fresh processes that never see the terminal's Ctrl-C: they inherit it blocked, and are ended by their parent."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers, mp_context=multiprocessing.get_context("spawn"))
        self._own: set[BaseProcess] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Submit, starting a process if none is free."""
        others = set(multiprocessing.active_children())
        if not hasattr(signal, "pthread_sigmask"):
            future = super().submit(fn, *args, **kwargs)
        else:
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                future = super().submit(fn, *args, **kwargs)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._own |= set(multiprocessing.active_children()) - others
        return future

    def terminate(self) -> None:
        """End the processes at once, whatever they do."""
        for process in self._own:
            process.terminate()
