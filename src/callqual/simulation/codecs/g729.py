"""G.729 Annex A by bcg729: 8 kbit/s in frames of 10 ms, with the standard's own concealment of erased frames."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import POINTER, byref, c_char_p, c_uint8, c_void_p
from functools import cache

import numpy as np

from callqual.simulation.codecs.base import Decoder, Pcm, check_size
from callqual.simulation.codecs.frames import FrameCodec, FrameDecoder
from callqual.simulation.codecs.libraries import WORDS, State, declare, load

_BYTES, _FRAME, _DELAY = 10, 80, 40


@cache
def _library() -> ctypes.CDLL:
    lib = load("bcg729", "libbcg729-0")
    declare(lib, "initBcg729EncoderChannel", c_void_p, c_uint8)
    declare(lib, "closeBcg729EncoderChannel", None, c_void_p)
    declare(lib, "bcg729Encoder", None, c_void_p, WORDS, c_char_p, POINTER(c_uint8))
    declare(lib, "initBcg729DecoderChannel", c_void_p)
    declare(lib, "closeBcg729DecoderChannel", None, c_void_p)
    declare(lib, "bcg729Decoder", None, c_void_p, c_char_p, c_uint8, c_uint8, c_uint8, c_uint8, WORDS)
    return lib


class G729(FrameCodec):
    """G.729A at 8 kHz.

    Parameters
    ----------
    frame_ms : int
        Length of a packet: 10, 20, 30, 40 or 60 ms.
    """

    name = "g729"

    def __init__(self, frame_ms: int = 20) -> None:
        super().__init__(8000, frame_ms, 10, _DELAY)
        _library()

    def _encoder(self) -> Callable[[Pcm], bytes]:
        lib, out, size = _library(), ctypes.create_string_buffer(_BYTES), c_uint8()
        state = State(lib.initBcg729EncoderChannel(0), lib.closeBcg729EncoderChannel)

        def encode(frame: Pcm) -> bytes:
            lib.bcg729Encoder(state, frame, out, byref(size))
            return out.raw[: size.value]

        return encode

    def decoder(self) -> Decoder:
        """Return a decoder as at the start of a call."""
        return _G729Decoder(self.count)


class _G729Decoder(FrameDecoder):
    def __init__(self, count: int) -> None:
        super().__init__(count)
        self._state = State(_library().initBcg729DecoderChannel(), _library().closeBcg729DecoderChannel)

    def _split(self, payload: bytes) -> list[bytes]:
        check_size("g729", payload, self.count * _BYTES)
        return [payload[i : i + _BYTES] for i in range(0, len(payload), _BYTES)]

    def _frame(self, bits: bytes | None) -> Pcm:
        out, lost = np.empty(_FRAME, np.int16), bits is None
        _library().bcg729Decoder(self._state, bits, 0 if lost else _BYTES, int(lost), 0, 0, out)
        return out
