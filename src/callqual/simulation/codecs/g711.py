"""G.711, A-law and mu-law, by two tables: no state, and no concealment of its own."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from callqual.simulation.codecs.base import Codec, Decoder, Pcm, Samples, check_size, from_pcm, to_pcm
from callqual.simulation.codecs.frames import packet_ms
from callqual.simulation.options import choice

LAWS = ("a", "mu")


class G711(Codec):
    """G.711 at 8 kHz, 64 kbit/s.

    Parameters
    ----------
    law : {'a', 'mu'}
        Europe's A-law or North America's and Japan's mu-law.
    frame_ms : int
        Length of a packet: 10, 20, 30, 40 or 60 ms.
    """

    name = "g711"

    def __init__(self, law: str = "a", frame_ms: int = 20) -> None:
        self._law = choice("law", law, LAWS)
        super().__init__(8000, packet_ms(frame_ms), 0, conceals=False)

    def _payloads(self, packets: Samples) -> list[bytes]:
        codes = _codes(self._law)[to_pcm(packets).astype(np.int32) + 32768]
        return [packet.tobytes() for packet in codes]

    def decoder(self) -> Decoder:
        """Return a decoder."""
        return _G711Decoder(self._law, self.packet)


class _G711Decoder(Decoder):
    def __init__(self, law: str, packet: int) -> None:
        self._levels, self._packet = _levels(law), packet

    def decode(self, payload: bytes | None, next_payload: bytes | None = None) -> Samples:
        if payload is None:
            return np.zeros(self._packet, np.float32)
        check_size("g711", payload, self._packet)
        return from_pcm(self._levels[np.frombuffer(payload, np.uint8)])


@cache
def _levels(law: str) -> Pcm:
    """The 16-bit value of each of the 256 codes (G.711 tables 1 and 2)."""
    code = np.arange(256) ^ (0x55 if law == "a" else 0xFF)
    segment, step = (code >> 4) & 7, code & 15
    if law == "a":
        size = np.where(segment == 0, 16 * step + 8, (16 * step + 264) << np.maximum(segment - 1, 0))
        return np.where(code & 0x80, size, -size).astype(np.int16)
    size = ((8 * step + 132) << segment) - 132
    return np.where(code & 0x80, -size, size).astype(np.int16)


@cache
def _codes(law: str) -> NDArray[np.uint8]:
    """The code of each 16-bit value, counted from -32768: the one whose level is nearest, the smaller of two."""
    levels = _levels(law).astype(np.int32)
    order = np.argsort(levels, kind="stable")
    middles = (levels[order][1:] + levels[order][:-1]) / 2
    return order[np.searchsorted(middles, np.arange(-32768, 32768))].astype(np.uint8)
