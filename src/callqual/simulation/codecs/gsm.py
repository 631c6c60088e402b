"""GSM full rate (GSM 06.10) by libgsm: 13 kbit/s. Losses as in GSM 06.11, or as receivers do that leave it out.

06.11 (clause 6): the last good frame once more, then with its amplitudes falling by 4 of 63 steps a frame on a random
grid, and when they have reached nothing, after 320 ms at the latest, the frame of silence.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import c_char_p, c_int, c_void_p
from functools import cache

import numpy as np

from callqual.errors import InputError
from callqual.simulation.codecs.base import Decoder, Pcm, check_size
from callqual.simulation.codecs.frames import FrameCodec, FrameDecoder
from callqual.simulation.codecs.libraries import WORDS, State, declare, load
from callqual.simulation.options import choice

LOST = ("fade", "repeat", "silence", "zero")

_BYTES, _FRAME, _DELAY = 33, 160, 0
_SILENCE = (42, 39, 21, 10, 9, 4, 3, 2, *(40, 0, 1, 0, 3, 4, 3, 4, 4, 3, 3, 3, 3, 4, 4, 3, 3) * 4)  # 06.11 table 1
_GRIDS, _AMPLITUDES = np.arange(8 + 2, 76, 17), np.arange(8 + 3, 76, 17)  # their places, one a subframe
_STEP = 4  # of amplitude a lost frame


@cache
def _library() -> ctypes.CDLL:
    lib = load("gsm", "libgsm1")
    declare(lib, "gsm_create", c_void_p)
    declare(lib, "gsm_destroy", None, c_void_p)
    declare(lib, "gsm_encode", None, c_void_p, WORDS, c_char_p)
    declare(lib, "gsm_decode", c_int, c_void_p, c_char_p, WORDS)
    declare(lib, "gsm_explode", c_int, c_void_p, c_char_p, WORDS)
    declare(lib, "gsm_implode", None, c_void_p, WORDS, c_char_p)
    return lib


def _state() -> State:
    return State(_library().gsm_create(), _library().gsm_destroy)


class Gsm(FrameCodec):
    """GSM full rate at 8 kHz.

    Parameters
    ----------
    frame_ms : int
        Length of a packet: 20, 40 or 60 ms.
    lost : {'fade', 'repeat', 'silence', 'zero'}
        What a lost frame gives: GSM 06.11; the same bits again; the frame of silence; zeros, the state untouched (and a
        filler of the receiver's choice may follow).
    """

    name = "gsm"

    def __init__(self, frame_ms: int = 20, lost: str = "fade") -> None:
        self._lost = choice("lost", lost, LOST)
        super().__init__(8000, frame_ms, 20, _DELAY, conceals=lost != "zero")
        _library()

    def _encoder(self) -> Callable[[Pcm], bytes]:
        lib, state, out = _library(), _state(), ctypes.create_string_buffer(_BYTES)

        def encode(frame: Pcm) -> bytes:
            lib.gsm_encode(state, frame, out)
            return out.raw

        return encode

    def decoder(self) -> Decoder:
        """Return a decoder as at the start of a call."""
        return _GsmDecoder(self.count, self._lost)


class _GsmDecoder(FrameDecoder):
    def __init__(self, count: int, lost: str) -> None:
        super().__init__(count)
        self._state, self._lost = _state(), lost
        self._silence = self._pack(np.array(_SILENCE, np.int16))
        self._bits, self._run = self._silence, 0
        self._random = np.random.default_rng(0)

    def _split(self, payload: bytes) -> list[bytes]:
        check_size("gsm", payload, self.count * _BYTES)
        return [payload[i : i + _BYTES] for i in range(0, len(payload), _BYTES)]

    def _frame(self, bits: bytes | None) -> Pcm:
        self._run = 0 if bits else self._run + 1
        if self._run and self._lost == "zero":
            return np.zeros(_FRAME, np.int16)
        self._bits = bits or self._substitute()
        out = np.empty(_FRAME, np.int16)
        if _library().gsm_decode(self._state, self._bits, out) != 0:
            raise InputError("libgsm: the bytes are not a GSM 06.10 frame")
        return out

    def _substitute(self) -> bytes:
        """Return the bits played in place of a lost frame, the `_run`-th in a row, by those of the frame before."""
        if self._lost == "silence":
            return self._silence
        if self._lost == "repeat" or self._run == 1:
            return self._bits
        words = np.empty(76, np.int16)
        _library().gsm_explode(self._state, self._bits, words)
        if not words[_AMPLITUDES].any():
            return self._silence
        words[_AMPLITUDES] = np.maximum(words[_AMPLITUDES] - _STEP, 0)
        words[_GRIDS] = self._random.integers(0, 4, 4)
        return self._pack(words)

    def _pack(self, words: Pcm) -> bytes:
        out = ctypes.create_string_buffer(_BYTES)
        _library().gsm_implode(self._state, words, out)
        return out.raw
