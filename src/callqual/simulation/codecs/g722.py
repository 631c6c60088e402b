"""G.722 at 64 kbit/s by PyAV (FFmpeg): two bands of ADPCM, whose state goes astray with every loss and comes back slowly.

The standard's first edition has no concealment; what receivers do instead is an option.
"""

from __future__ import annotations

import numpy as np

from callqual.simulation.codecs.base import Codec, Decoder, Samples, check_size, from_pcm, to_pcm
from callqual.simulation.codecs.frames import packet_ms
from callqual.simulation.options import choice

LOST = ("zero", "repeat")

_DELAY = 22  # samples: the two quadrature mirror filters of 24 taps


class G722(Codec):
    """G.722 at 16 kHz, 64 kbit/s.

    Parameters
    ----------
    frame_ms : int
        Length of a packet: 10, 20, 30, 40 or 60 ms.
    lost : {'zero', 'repeat'}
        What a lost packet gives: zeros, the state untouched (and a filler of the receiver's choice may follow), or the
        bits of the last packet once more.
    """

    name = "g722"

    def __init__(self, frame_ms: int = 20, lost: str = "zero") -> None:
        self._lost = choice("lost", lost, LOST)
        super().__init__(16000, packet_ms(frame_ms), _DELAY, conceals=lost != "zero")

    def _payloads(self, packets: Samples) -> list[bytes]:
        import av

        if not packets.size:
            return []
        context = av.CodecContext.create("g722", "w")
        context.sample_rate, context.layout, context.format = self.sr, "mono", "s16"
        frame = av.AudioFrame.from_ndarray(to_pcm(packets).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self.sr
        coded = b"".join(bytes(packet) for block in (frame, None) for packet in context.encode(block))
        size = self.packet // 2  # a byte holds two samples, and may be the first of a packet
        return [coded[i : i + size] for i in range(0, size * len(packets), size)]

    def decoder(self) -> Decoder:
        """Return a decoder as at the start of a call."""
        return _G722Decoder(self.packet, self._lost == "repeat")


class _G722Decoder(Decoder):
    def __init__(self, packet: int, repeat: bool) -> None:
        import av

        self._context = av.CodecContext.create("g722", "r")
        self._context.sample_rate, self._context.layout = 16000, "mono"
        self._packet, self._repeat, self._last = packet, repeat, b""

    def decode(self, payload: bytes | None, next_payload: bytes | None = None) -> Samples:
        import av

        if payload is None and not (self._repeat and self._last):
            return np.zeros(self._packet, np.float32)
        if payload is not None:
            check_size("g722", payload, self._packet // 2)
            self._last = payload
        frames = self._context.decode(av.Packet(self._last))
        return from_pcm(np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]))
