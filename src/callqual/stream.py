"""The one engine: any blocks in, events as soon as they can be told, the whole score at the end.

Whatever the caller pushes is cut into the same internal blocks, so a result does not depend on how the samples came.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from callqual import __version__
from callqual.audio.arrays import as_block, check_samples
from callqual.audio.bandwidth import Bandwidth
from callqual.audio.legs import Channels, Label, choose_legs, split_legs
from callqual.audio.path import PathProfiler
from callqual.audio.reader import check_channels, check_rate
from callqual.detect.decide import Verdict, decide
from callqual.errors import InputError
from callqual.features.facts import Facts
from callqual.features.scanner import Scanner
from callqual.rating.leg import leg_record
from callqual.result import CONFIDENT, CallScore, Event, Leg, Reason, Source

NEWS_SECONDS = 60
LOOK_AHEAD = 3.0
"""Seconds that :meth:`Stream.push` may be behind the newest sample."""


class _LegReader:
    """One leg: its samples in fixed blocks into the scanner and the profiles."""

    def __init__(self, label: Label, sr: int) -> None:
        self.label = label
        self.scanner = Scanner(sr)
        self.path = PathProfiler(sr)
        self.bandwidth = Bandwidth(sr)

    def read(self, x: NDArray[np.float32], last: bool, prompt: bool) -> None:
        """Read one block, the `last` of which may be shorter than the others; `prompt` if its facts are wanted at once."""
        self.path.push(x)
        self.bandwidth.push(x)
        self.scanner.push(x, last, prompt)


class Stream:
    """Scores a call while it is running.

    Parameters
    ----------
    sr : int
        Sampling rate, Hz, 8000 to 192000.
    channels : int
        Channels of the blocks to come; each is a leg.
    min_confidence : float
        Events below this confidence are left out, 0..1. Weaker ones than 0.5 are listed only, and count in no figure.

    Notes
    -----
    Memory holds 3 s of samples (10 s at 8 kHz where no news are asked for) and, for each second of call, about 3 kB of frames,
    spectra and candidates.
    """

    def __init__(
        self, sr: int, channels: int = 1, *, min_confidence: float = CONFIDENT, legs: Channels = "each"
    ) -> None:
        if not 0.0 <= min_confidence <= 1.0:
            raise InputError(f"min_confidence={min_confidence}; expected 0 to 1")
        self.sr = check_rate(sr, "the stream")
        self.channels = check_channels(channels, "the stream")
        self._labels = choose_legs(legs, channels)
        self._legs = [_LegReader(label, self.sr) for label in self._labels]
        self._block = self._legs[0].scanner.block
        self._pending: list[NDArray[np.float32]] = []
        self._held = 0
        self._read = 0
        self._told = 0.0
        self._min_confidence = min_confidence
        self._finished = False

    def push(self, block: ArrayLike, *, news: bool = True) -> list[Event]:
        """Take samples, shape (n,) or (n, channels), and return the events that have become sure enough to tell.

        They lie more than the look-ahead of 3 s behind the newest sample and are provisional, decided by the last minute alone:
        :meth:`finish` decides every candidate again with the facts of the whole call. With ``news=False`` nothing is decided yet.
        """
        if self._finished:
            raise InputError("push() after finish(): make a new Stream for the next call")
        x = as_block(check_samples(block))
        if x.shape[1] != self.channels:
            raise InputError(
                f"a block of shape {np.shape(block)}; expected (n, {self.channels}): Stream(channels={x.shape[1]})?"
            )
        self._pending.append(x)
        self._held += len(x)
        before = self._read
        while self._held >= self._block:
            self._take(self._block, last=False, prompt=news)
        return self._news() if news and self._read > before else []

    def _take(self, n: int, last: bool, prompt: bool) -> None:
        joined = np.concatenate(self._pending) if len(self._pending) != 1 else self._pending[0]
        self._pending, self._held = [joined[n:]], len(joined) - n
        self._read += n
        for leg, x in zip(self._legs, split_legs(joined[:n], self._labels), strict=True):
            leg.read(x, last, prompt)

    def _news(self) -> list[Event]:
        until = self._read / self.sr - LOOK_AHEAD
        origin = max(int(until - NEWS_SECONDS), 0)
        recent = [leg.scanner.facts.since(origin) for leg in self._legs]
        found = [_later(e, origin) for i in range(len(recent)) for e in self._decide(recent, i).events]
        news = sorted((e for e in found if self._told < e.end <= until), key=lambda e: (e.end, e.start, e.kind))
        self._told = max(self._told, until)
        return news

    def finish(self, source: Source | None = None, *, lossy: bool = False) -> CallScore:
        """End the call and return its score.

        Parameters
        ----------
        source : Source, optional
            Where the samples came from; goes into the record as it is.
        lossy : bool
            The samples were decoded from a lossy recording: exact cues are dead in it.
        """
        if self._finished:
            raise InputError("finish() twice: make a new Stream for the next call")
        self._finished = True
        if not self._pending:
            self._pending = [np.zeros((0, self.channels), np.float32)]
        self._take(self._held, last=True, prompt=True)
        legs = tuple(self._record(i, lossy) for i in range(len(self._legs)))
        if source is None:
            source = Source(sr=self.sr, channels=self.channels, seconds=round(self._read / self.sr, 6))
        return _call(source, legs)

    def _decide(self, facts: list[Facts], leg: int) -> Verdict:
        return decide(facts[leg], self._min_confidence, facts[:leg] + facts[leg + 1 :])

    def _record(self, leg: int, lossy: bool) -> Leg:
        facts = [reader.scanner.facts for reader in self._legs]
        reader, verdict = self._legs[leg], self._decide(facts, leg)
        return leg_record(reader.label, facts[leg], verdict, reader.path.path(lossy), reader.bandwidth.hz())


def _later(event: Event, seconds: float) -> Event:
    return msgspec.structs.replace(event, start=round(event.start + seconds, 6), end=round(event.end + seconds, 6))


def _call(source: Source, legs: tuple[Leg, ...]) -> CallScore:
    """Join the legs: the call is as good as its worst leg that could be judged."""
    rated = [leg for leg in legs if leg.mos is not None]
    worst = min(rated, key=lambda leg: leg.mos or 0.0) if rated else None
    reason: Reason | None = None if worst else legs[0].reason
    return CallScore(
        version=__version__,
        source=source,
        mos=worst.mos if worst else None,
        mos_low=worst.mos_low if worst else None,
        mos_high=worst.mos_high if worst else None,
        reason=reason,
        legs=legs,
    )
