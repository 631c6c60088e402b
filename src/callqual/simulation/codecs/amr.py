"""AMR narrow and wide band by opencore-amr (decoders, narrow-band encoder) and vo-amrwbenc (wide-band encoder).

Frames are those of RFC 4867's storage format: a byte with the type, then the bits. A lost frame is given to the decoder
as NO_DATA, which it conceals by the standard's state machine (TS 26.091, 26.191); SPEECH_LOST sounds the same.
With DTX a pause is a SID frame of 5 or 6 bytes every 160 ms and NO_DATA between them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import c_char_p, c_int, c_void_p
from functools import cache

import numpy as np

from callqual.errors import InputError
from callqual.simulation.codecs.base import Decoder, Pcm
from callqual.simulation.codecs.frames import FrameCodec, FrameDecoder
from callqual.simulation.codecs.libraries import WORDS, State, declare, load
from callqual.simulation.options import choice, flag

NARROW_BITRATES = (4750, 5150, 5900, 6700, 7400, 7950, 10200, 12200)
WIDE_BITRATES = (6600, 8850, 12650, 14250, 15850, 18250, 19850, 23050, 23850)

_NARROW_SIZES = (12, 13, 15, 17, 19, 20, 26, 31, 5)  # bytes behind the type's, by type; the last is SID
_WIDE_SIZES = (17, 23, 32, 36, 40, 46, 50, 58, 60, 5)
_NO_DATA = bytes([15 << 3 | 4])
_LARGEST = 64  # bytes of a frame
_NARROW_DELAY, _WIDE_DELAY = 40, 95  # 5 ms of look-ahead, and wide band's resampling to 12.8 kHz; measured


@cache
def _narrow() -> ctypes.CDLL:
    lib = load("opencore-amrnb", "libopencore-amrnb0")
    declare(lib, "Encoder_Interface_init", c_void_p, c_int)
    declare(lib, "Encoder_Interface_exit", None, c_void_p)
    declare(lib, "Encoder_Interface_Encode", c_int, c_void_p, c_int, WORDS, c_char_p, c_int)
    declare(lib, "Decoder_Interface_init", c_void_p)
    declare(lib, "Decoder_Interface_exit", None, c_void_p)
    declare(lib, "Decoder_Interface_Decode", None, c_void_p, c_char_p, WORDS, c_int)
    return lib


@cache
def _wide_encoder() -> ctypes.CDLL:
    lib = load("vo-amrwbenc", "libvo-amrwbenc0")
    declare(lib, "E_IF_init", c_void_p)
    declare(lib, "E_IF_exit", None, c_void_p)
    declare(lib, "E_IF_encode", c_int, c_void_p, c_int, WORDS, c_char_p, c_int)
    return lib


@cache
def _wide_decoder() -> ctypes.CDLL:
    lib = load("opencore-amrwb", "libopencore-amrwb0")
    declare(lib, "D_IF_init", c_void_p)
    declare(lib, "D_IF_exit", None, c_void_p)
    declare(lib, "D_IF_decode", None, c_void_p, c_char_p, WORDS, c_int)
    return lib


class AmrNb(FrameCodec):
    """AMR narrow band at 8 kHz.

    Parameters
    ----------
    bitrate : int
        4750, 5150, 5900, 6700, 7400, 7950, 10200 or 12200 bit/s.
    dtx : bool
        Whether pauses are sent as silence descriptors.
    frame_ms : int
        Length of a packet: 20, 40 or 60 ms.
    """

    name = "amr_nb"

    def __init__(self, bitrate: int = 12200, dtx: bool = False, frame_ms: int = 20) -> None:
        self._mode = NARROW_BITRATES.index(choice("bitrate", bitrate, NARROW_BITRATES))
        self._dtx = flag("dtx", dtx)
        super().__init__(8000, frame_ms, 20, _NARROW_DELAY)
        _narrow()

    def _encoder(self) -> Callable[[Pcm], bytes]:
        lib, out = _narrow(), ctypes.create_string_buffer(_LARGEST)
        state = State(lib.Encoder_Interface_init(int(self._dtx)), lib.Encoder_Interface_exit)

        def encode(frame: Pcm) -> bytes:
            size = lib.Encoder_Interface_Encode(state, self._mode, frame, out, 0)
            return out.raw[:size]

        return encode

    def decoder(self) -> Decoder:
        """Return a decoder as at the start of a call."""
        state = State(_narrow().Decoder_Interface_init(), _narrow().Decoder_Interface_exit)
        return _AmrDecoder(self, state, _narrow().Decoder_Interface_Decode, _NARROW_SIZES)


class AmrWb(FrameCodec):
    """AMR wide band at 16 kHz.

    Parameters
    ----------
    bitrate : int
        6600, 8850, 12650, 14250, 15850, 18250, 19850, 23050 or 23850 bit/s.
    dtx : bool
        Whether pauses are sent as silence descriptors.
    frame_ms : int
        Length of a packet: 20, 40 or 60 ms.
    """

    name = "amr_wb"

    def __init__(self, bitrate: int = 12650, dtx: bool = False, frame_ms: int = 20) -> None:
        self._mode = WIDE_BITRATES.index(choice("bitrate", bitrate, WIDE_BITRATES))
        self._dtx = flag("dtx", dtx)
        super().__init__(16000, frame_ms, 20, _WIDE_DELAY)
        _wide_encoder()
        _wide_decoder()

    def _encoder(self) -> Callable[[Pcm], bytes]:
        lib, out = _wide_encoder(), ctypes.create_string_buffer(_LARGEST)
        state = State(lib.E_IF_init(), lib.E_IF_exit)

        def encode(frame: Pcm) -> bytes:
            size = lib.E_IF_encode(state, self._mode, frame, out, int(self._dtx))
            return out.raw[:size]

        return encode

    def decoder(self) -> Decoder:
        """Return a decoder as at the start of a call."""
        state = State(_wide_decoder().D_IF_init(), _wide_decoder().D_IF_exit)
        return _AmrDecoder(self, state, _wide_decoder().D_IF_decode, _WIDE_SIZES)


class _AmrDecoder(FrameDecoder):
    def __init__(self, codec: FrameCodec, state: State, decode: Callable[..., object], sizes: tuple[int, ...]) -> None:
        super().__init__(codec.count)
        self._name, self._samples = codec.name, codec.frame
        self._state, self._decode, self._sizes = state, decode, sizes

    def _split(self, payload: bytes) -> list[bytes]:
        frames, at = [], 0
        while at < len(payload):
            kind = payload[at] >> 3 & 15
            if kind >= len(self._sizes) and kind != _NO_DATA[0] >> 3:
                break
            end = at + 1 + (self._sizes[kind] if kind < len(self._sizes) else 0)
            frames.append(payload[at:end])
            at = end
        if at != len(payload) or len(frames) != self.count:
            raise InputError(f"{self._name}: {len(payload)} bytes are not a packet of {20 * self.count} ms")
        return frames

    def _frame(self, bits: bytes | None) -> Pcm:
        out = np.empty(self._samples, np.int16)
        self._decode(self._state, _NO_DATA if bits is None else bits, out, 0)
        return out
