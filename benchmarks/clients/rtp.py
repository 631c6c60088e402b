"""RTP (RFC 3550): payloads of our codecs in packets, sent over UDP at the pace of speech, the dropped ones left out."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callqual.simulation.codecs import Codec, codec

Address = tuple[str, int]

LATE_S = 0.010
"""A packet that leaves later than this may have been missed in its own right."""

_HEADER = struct.Struct("!BBHII")
_VERSION, _MARKER = 0x80, 0x80


@dataclass(frozen=True)
class Format:
    """A codec as RTP carries it (RFC 3551, RFC 7587): its payload type, the clock of its time stamps, its name in SDP."""

    name: str
    codec: str
    options: dict[str, Any] = field(default_factory=dict)
    type: int = 96
    clock: int = 8000
    channels: int = 1

    @property
    def mime(self) -> str:
        """As ``audio/opus/48000/2``."""
        return f"audio/{self.name}/{self.clock}/{self.channels}"

    def made(self) -> Codec:
        """Return the codec itself."""
        return codec(self.codec, **self.options)


def pack(payload: bytes, number: int, stamp: int, type_: int, source: int) -> bytes:
    """Return one RTP packet; the first of a talk carries the marker."""
    marker = 0 if number else _MARKER
    return _HEADER.pack(_VERSION, marker | type_, number & 0xFFFF, stamp & 0xFFFFFFFF, source) + payload


def unpack(packet: bytes) -> tuple[int, int, int] | None:
    """Return payload type, sequence number and time stamp, or None of what is no RTP packet."""
    if len(packet) < _HEADER.size or packet[0] >> 6 != 2 or 192 <= packet[1] <= 223:  # the latter: RTCP
        return None
    _, kind, number, stamp, _ = _HEADER.unpack_from(packet)
    return kind & 0x7F, number, stamp


def packets(payloads: Sequence[bytes], form: Format, frame_ms: float, source: int) -> list[bytes]:
    """Pack a call."""
    step = round(form.clock * frame_ms / 1000)
    return [pack(payload, i, i * step, form.type, source) for i, payload in enumerate(payloads)]


def send(call: Sequence[bytes], lost: NDArray[np.bool_], frame_ms: float, local: int, to: Address) -> int:
    """Send a call from port `local` in real time, without the packets `lost`; return how many left late."""
    late = 0
    hurry()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", local))
        start = time.monotonic()
        for i, packet in enumerate(call):
            due = start + i * frame_ms / 1000
            time.sleep(max(due - time.monotonic(), 0.0))
            late += time.monotonic() - due > LATE_S
            if not lost[i]:
                try:
                    line.sendto(packet, to)
                except ConnectionRefusedError:  # nobody listens there yet, or any more
                    continue
    return late


def hurry() -> None:
    """Let this thread go before others where that is allowed: a busy machine would else delay packets."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
    except (AttributeError, PermissionError):
        return
