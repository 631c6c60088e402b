"""Codecs of frames of one length, in 16 bits: a packet is one frame or several one behind the other."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

import numpy as np

from callqual.simulation.codecs.base import Codec, Decoder, Pcm, Samples, from_pcm, to_pcm
from callqual.simulation.options import choice

PACKETS_MS = (10, 20, 30, 40, 60)
"""Lengths of packets that telephones use, ms."""


def packet_ms(value: object, frame_ms: int = 10) -> int:
    """Return the option `frame_ms` of a codec whose frames are of `frame_ms`."""
    return choice("frame_ms", value, [ms for ms in PACKETS_MS if ms % frame_ms == 0])


class FrameCodec(Codec):
    """A codec of frames.

    Attributes
    ----------
    frame : int
        Samples of a frame.
    count : int
        Frames of a packet.
    """

    def __init__(self, sr: int, frame_ms: object, base_ms: int, delay: int, conceals: bool = True) -> None:
        super().__init__(sr, packet_ms(frame_ms, base_ms), delay, conceals)
        self.frame = sr * base_ms // 1000
        self.count = self.packet // self.frame

    @abstractmethod
    def _encoder(self) -> Callable[[Pcm], bytes]:
        """Return an encoder as at the start of a call: from the samples of one frame to its bytes."""

    def _payloads(self, packets: Samples) -> list[bytes]:
        encode = self._encoder()
        return [b"".join(map(encode, np.split(to_pcm(packet), self.count))) for packet in packets]


class FrameDecoder(Decoder):
    """A decoder that takes a packet apart and conceals frame by frame."""

    def __init__(self, count: int) -> None:
        self.count = count

    @abstractmethod
    def _split(self, payload: bytes) -> Sequence[bytes]:
        """Return the frames of a payload."""

    @abstractmethod
    def _frame(self, bits: bytes | None) -> Pcm:
        """Return the samples of one frame; None = lost."""

    def decode(self, payload: bytes | None, next_payload: bytes | None = None) -> Samples:
        """Return the samples of one packet, frame by frame; see :class:`Decoder`."""
        bits: Sequence[bytes | None] = [None] * self.count if payload is None else self._split(payload)
        return from_pcm(np.concatenate([self._frame(frame) for frame in bits]))
