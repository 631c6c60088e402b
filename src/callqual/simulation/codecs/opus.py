"""Opus (RFC 6716) by libopus: SILK, CELT and hybrid, in-band FEC, DTX, the decoder's own concealment.

A lost packet is ``opus_decode`` without data: repetition of the pitch that fades within 100 ms into comfort noise. With
FEC the packet behind it holds a coarse copy. Samples are float both ways, clipped to full scale.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_char_p, c_int, c_int32, c_void_p
from functools import cache

import numpy as np

from callqual.errors import InputError
from callqual.simulation.codecs.base import Codec, Decoder, Samples
from callqual.simulation.codecs.libraries import FLOATS, State, declare, load
from callqual.simulation.options import choice, flag, share, whole

RATES = (8000, 12000, 16000, 24000, 48000)
LENGTHS_MS = (2.5, 5.0, 10.0, 20.0, 40.0, 60.0)
APPLICATIONS = {"voip": 2048, "audio": 2049, "lowdelay": 2051}
BANDWIDTHS = {"narrow": 1101, "medium": 1102, "wide": 1103, "superwide": 1104, "full": 1105}

_BITRATE, _VBR, _BANDWIDTH, _COMPLEXITY, _FEC, _LOSS, _DTX = 4002, 4006, 4008, 4010, 4012, 4014, 4016
_LOOKAHEAD = 4027
_LARGEST = 4000  # bytes of a packet, as libopus advises


@cache
def _library() -> ctypes.CDLL:
    lib = load("opus", "libopus0")
    declare(lib, "opus_strerror", c_char_p, c_int)
    declare(lib, "opus_encoder_create", c_void_p, c_int32, c_int, c_int, POINTER(c_int))
    declare(lib, "opus_encoder_destroy", None, c_void_p)
    declare(lib, "opus_encoder_ctl", c_int, c_void_p, c_int)  # and one more: a request's value or place
    declare(lib, "opus_encode_float", c_int32, c_void_p, FLOATS, c_int, c_char_p, c_int32)
    declare(lib, "opus_decoder_create", c_void_p, c_int32, c_int, POINTER(c_int))
    declare(lib, "opus_decoder_destroy", None, c_void_p)
    declare(lib, "opus_decode_float", c_int, c_void_p, c_char_p, c_int32, FLOATS, c_int, c_int)
    return lib


class Opus(Codec):
    """Opus, one channel.

    Parameters
    ----------
    bitrate : int
        Bits a second, 6000..510000; with FEC the copy is paid from it.
    application : {'voip', 'audio', 'lowdelay'}
        What the encoder is tuned for; ``'lowdelay'`` is CELT alone.
    frame_ms : float
        Length of a packet: 2.5, 5, 10, 20, 40 or 60 ms; below 10 ms CELT alone.
    sr : int
        Rate of the samples: 8000, 12000, 16000, 24000 or 48000 Hz.
    bandwidth : {'narrow', 'medium', 'wide', 'superwide', 'full'}, optional
        Audio bandwidth (4, 6, 8, 12, 20 kHz); the encoder's choice by bit rate without it.
    fec : bool
        Whether packets carry a coarse copy of the one before. The encoder leaves it out of pauses and at low rates.
    expected_loss : float, optional
        Share of packets, 0..1, against which the encoder arms itself; 0.1 with FEC and 0 without where not given.
    dtx : bool
        Whether pauses are sent as packets of a byte or two.
    vbr : bool
        Whether packets differ in size.
    complexity : int
        0..10, the encoder's effort.
    """

    name = "opus"

    def __init__(
        self,
        bitrate: int = 32000,
        application: str = "voip",
        frame_ms: float = 20.0,
        sr: int = 48000,
        bandwidth: str | None = None,
        fec: bool = False,
        expected_loss: float | None = None,
        dtx: bool = False,
        vbr: bool = True,
        complexity: int = 9,
    ) -> None:
        self._application = APPLICATIONS[choice("application", application, APPLICATIONS)]
        length, rate = choice("frame_ms", frame_ms, LENGTHS_MS), choice("sr", sr, RATES)
        if flag("fec", fec) and (application == "lowdelay" or length < 10):
            raise InputError("fec=True lives in SILK: expected application 'voip' or 'audio' and frame_ms >= 10")
        loss = share("expected_loss", expected_loss) if expected_loss is not None else 0.1 * fec
        self._settings = {
            _BITRATE: whole("bitrate", bitrate, 6000, 510000, " bit/s"),
            _VBR: int(flag("vbr", vbr)),
            _COMPLEXITY: whole("complexity", complexity, 0, 10),
            _FEC: int(fec),
            _LOSS: round(100 * loss),
            _DTX: int(flag("dtx", dtx)),
        }
        if bandwidth is not None:
            self._settings[_BANDWIDTH] = BANDWIDTHS[choice("bandwidth", bandwidth, BANDWIDTHS)]
        super().__init__(rate, length, 0)
        self.delay = self._lookahead()

    def _lookahead(self) -> int:
        found = c_int32()
        _check(_library().opus_encoder_ctl(self._state(), _LOOKAHEAD, byref(found)))
        return found.value

    def _state(self) -> State:
        lib, error = _library(), c_int()
        pointer = lib.opus_encoder_create(self.sr, 1, self._application, byref(error))
        _check(error.value)
        state = State(pointer, lib.opus_encoder_destroy)
        for request, value in self._settings.items():
            _check(lib.opus_encoder_ctl(state, request, c_int32(value)))
        return state

    def _payloads(self, packets: Samples) -> list[bytes]:
        lib, state, out = _library(), self._state(), ctypes.create_string_buffer(_LARGEST)
        payloads = []
        for packet in packets:
            size = _check(lib.opus_encode_float(state, packet, packet.size, out, _LARGEST))
            payloads.append(out.raw[:size])
        return payloads

    def decoder(self) -> Decoder:
        """Return a decoder as at the start of a call."""
        return _OpusDecoder(self.sr, self.packet)


class _OpusDecoder(Decoder):
    def __init__(self, sr: int, packet: int) -> None:
        error = c_int()
        pointer = _library().opus_decoder_create(sr, 1, byref(error))
        _check(error.value)
        self._state, self._packet = State(pointer, _library().opus_decoder_destroy), packet

    def decode(self, payload: bytes | None, next_payload: bytes | None = None) -> Samples:
        out = np.empty(self._packet, np.float32)
        data, copy = (next_payload, 1) if payload is None and next_payload else (payload, 0)
        size = len(data) if data else 0  # nothing at all: conceal
        got = _library().opus_decode_float(self._state, data, size, out, out.size, copy)
        if _check(got) != out.size:
            raise InputError(f"a packet of {got} samples; expected {out.size}: was it encoded with another frame_ms?")
        return np.clip(out, -1.0, 1.0, out=out)


def _check(code: int) -> int:
    """Return what a function of libopus returned, unless it is an error."""
    if code < 0:
        raise InputError(f"libopus: {_library().opus_strerror(code).decode()}")
    return code
