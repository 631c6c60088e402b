"""Speex by libspeex: narrow, wide and ultra-wide band, with the decoder's own concealment (a frame decoded from nothing)."""

from __future__ import annotations

import ctypes
import weakref
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_void_p
from functools import cache

import numpy as np

from callqual.errors import InputError
from callqual.simulation.codecs.base import Codec, Decoder, Pcm, Samples, from_pcm, to_pcm
from callqual.simulation.codecs.frames import packet_ms
from callqual.simulation.codecs.libraries import WORDS, State, declare, load
from callqual.simulation.options import choice, whole

RATES = {8000: 0, 16000: 1, 32000: 2}  # libspeex's number of the mode

_SET_QUALITY = 4
_LARGEST = 2000  # bytes of a packet
_DELAYS = {8000: 80, 16000: 223, 32000: 509}  # samples: look-ahead of encoder and decoder (SPEEX_GET_LOOKAHEAD)


class _Bits(Structure):
    """``SpeexBits``: libspeex's reader and writer of bits, whose memory is the caller's."""

    _fields_ = (
        ("chars", c_void_p),
        ("nb_bits", c_int),
        ("char_at", c_int),
        ("bit_at", c_int),
        ("owner", c_int),
        ("overflow", c_int),
        ("size", c_int),
        ("reserved", c_int),
        ("reserved_too", c_void_p),
    )


@cache
def _library() -> ctypes.CDLL:
    lib = load("speex", "libspeex1")
    declare(lib, "speex_lib_get_mode", c_void_p, c_int)
    declare(lib, "speex_bits_init", None, POINTER(_Bits))
    declare(lib, "speex_bits_destroy", None, POINTER(_Bits))
    declare(lib, "speex_bits_reset", None, POINTER(_Bits))
    declare(lib, "speex_bits_write", c_int, POINTER(_Bits), c_char_p, c_int)
    declare(lib, "speex_bits_read_from", None, POINTER(_Bits), c_char_p, c_int)
    for end in ("encoder", "decoder"):
        declare(lib, f"speex_{end}_init", c_void_p, c_void_p)
        declare(lib, f"speex_{end}_destroy", None, c_void_p)
    declare(lib, "speex_encoder_ctl", c_int, c_void_p, c_int, c_void_p)
    declare(lib, "speex_encode_int", c_int, c_void_p, WORDS, POINTER(_Bits))
    declare(lib, "speex_decode_int", c_int, c_void_p, POINTER(_Bits), WORDS)
    return lib


class _End:
    """An encoder or decoder of libspeex with its bits; all its memory is freed with it."""

    def __init__(self, end: str, sr: int) -> None:
        lib = _library()
        make, free = getattr(lib, f"speex_{end}_init"), getattr(lib, f"speex_{end}_destroy")
        self.state, self.bits = State(make(lib.speex_lib_get_mode(RATES[sr])), free), _Bits()
        lib.speex_bits_init(byref(self.bits))
        weakref.finalize(self, lib.speex_bits_destroy, self.bits)


class Speex(Codec):
    """Speex at a constant bit rate.

    Parameters
    ----------
    sr : int
        8000 (narrow), 16000 (wide) or 32000 Hz (ultra-wide band).
    quality : int
        0..10; 8 is 15 kbit/s narrow, 27.8 wide, 29.6 ultra-wide.
    frame_ms : int
        Length of a packet: 20, 40 or 60 ms.
    """

    name = "speex"

    def __init__(self, sr: int = 16000, quality: int = 8, frame_ms: int = 20) -> None:
        rate = choice("sr", sr, RATES)
        self._quality = whole("quality", quality, 0, 10)
        super().__init__(rate, packet_ms(frame_ms, 20), _DELAYS[rate])
        _library()
        self._count = self.packet // (rate // 50)

    def _payloads(self, packets: Samples) -> list[bytes]:
        lib, end, quality = _library(), _End("encoder", self.sr), c_int(self._quality)
        lib.speex_encoder_ctl(end.state, _SET_QUALITY, byref(quality))
        out = ctypes.create_string_buffer(_LARGEST)
        payloads = []
        for packet in packets:
            lib.speex_bits_reset(byref(end.bits))
            for frame in np.split(to_pcm(packet), self._count):
                lib.speex_encode_int(end.state, frame.copy(), byref(end.bits))  # it writes into its input
            size = lib.speex_bits_write(byref(end.bits), out, _LARGEST)
            payloads.append(out.raw[:size])
        return payloads

    def decoder(self) -> Decoder:
        """Return a decoder as at the start of a call."""
        return _SpeexDecoder(self.sr, self._count)


class _SpeexDecoder(Decoder):
    def __init__(self, sr: int, count: int) -> None:
        self._end, self._count, self._frame = _End("decoder", sr), count, sr // 50

    def decode(self, payload: bytes | None, next_payload: bytes | None = None) -> Samples:
        bits = None
        if payload is not None:
            bits = byref(self._end.bits)
            _library().speex_bits_read_from(bits, payload, len(payload))
        return from_pcm(np.concatenate([self._one(bits) for _ in range(self._count)]))

    def _one(self, bits: object) -> Pcm:
        out = np.empty(self._frame, np.int16)
        if _library().speex_decode_int(self._end.state, bits, out) != 0:
            raise InputError(f"libspeex: the bytes are not a packet of {20 * self._count} ms")
        return out
