"""`AudioReader`: what every kind of source looks like to the rest of callqual, and the limits all of them keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from callqual.errors import InputError
from callqual.result import Source

MIN_RATE, MAX_RATE = 8_000, 192_000
"""Sample rates that can be scored, Hz."""

MAX_CHANNELS = 32
"""Legs a recording may have."""

Samples = NDArray[np.float32]

_LOSSLESS = ("PCM_", "FLOAT", "DOUBLE", "ULAW", "ALAW", "ALAC_", "DPCM_", "DWVW_")


class AudioReader:
    """One recording, read forward once, block by block; never the whole of it at once.

    Attributes
    ----------
    sr : int
        Sample rate, Hz.
    channels : int
        Number of channels, each one leg of the call.
    name : str
        What error messages call the source.
    """

    def __init__(self, name: str, source: Source, digest: Callable[[], str] | None = None) -> None:
        self.name = name
        self.sr = check_rate(source.sr, name)
        self.channels = check_channels(source.channels, name)
        self._source = source
        self._digest = digest
        self._done = 0
        self._to_close = ExitStack()

    @property
    def lossy(self) -> bool:
        """Whether the file's own coding changed the waveform (MP3, AAC, Opus, AMR, GSM ...): no copy in it is exact."""
        subtype = self._source.subtype
        return subtype is not None and not subtype.startswith(_LOSSLESS)

    def blocks(self, frames: int) -> Iterator[Samples]:
        """Yield the samples in blocks of `frames`, the last one shorter.

        Parameters
        ----------
        frames : int
            Length of a block in samples per channel.

        Yields
        ------
        ndarray [shape=(k, channels), float32, full scale +-1, C-contiguous]
            ``k`` is `frames` except in the last block. Integer samples of up to 24 bits are exact.
        """
        while len(block := self._read(frames)):
            self._done += len(block)
            yield block

    def describe(self) -> Source:
        """Return where the samples came from; ``seconds`` counts what :meth:`blocks` has yielded so far."""
        digest = self._digest() if self._digest is not None else None
        return msgspec.structs.replace(self._source, seconds=self._done / self.sr, sha256=digest)

    def on_close(self, callback: Callable[[], None]) -> None:
        """Have :meth:`close` call `callback`, the last one given first."""
        self._to_close.callback(callback)

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        self._to_close.close()

    def _read(self, frames: int) -> Samples:
        """Return the next `frames` samples, fewer at the end, none after it."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def check_rate(sr: object, name: str) -> int:
    """Return `sr` as whole Hz, or say what is wrong with it."""
    if isinstance(sr, bool) or not isinstance(sr, int | float | np.integer | np.floating) or sr != sr // 1:
        raise InputError(f"{name}: the sample rate is {sr!r}; expected whole Hz, as in sr=16000")
    if not MIN_RATE <= sr <= MAX_RATE:
        raise InputError(
            f"{name}: the sample rate is {sr:.9g} Hz; expected {MIN_RATE} to {MAX_RATE} Hz: "
            "resample it, or correct the rate its header states"
        )
    return int(sr)


def check_channels(channels: int | None, name: str) -> int:
    """Return `channels`, or say how many there may be."""
    if channels is None or not 1 <= channels <= MAX_CHANNELS:
        raise InputError(
            f"{name}: it has {channels} channels; expected 1 to {MAX_CHANNELS}, one for each leg of the call: split it"
        )
    return channels
