"""Telegram's call stack as sender and receiver: the package ntgcalls, two ends of a call that never sees a server.

Each end runs in a network namespace of its own; all they have to reach one another is a pair of TUN devices, between which this
process carries every packet (needs root and ``ip``), and drops those media packets it is told to. The sender encodes itself:
48 kHz Opus in packets of 60 ms. Which of the speech's packets went first is told by their sizes: those of our own encoder follow
them by 0.92-0.97, at every other phase of the packets by less (the first starts with the file). What our own decoder makes of
them follows what is heard by 0.98, the speech itself by 0.87-0.95 only.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import select
import shutil
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.clients import telegram_end
from benchmarks.clients.placing import Played, Unaligned
from benchmarks.clients.rtp import Format, hurry, unpack
from benchmarks.corpora import Signal
from callqual.simulation.losses import Mask

NAME = "telegram"
SR = 48000
FORMATS = (Format("opus", "opus", {"frame_ms": 60.0}, 111, SR, 2),)
SILENCE_S = 2.0
"""What is appended to the speech: the sender lags."""

MOST_SHIFT, LEAST_LIKENESS = 60, 0.5

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_UDP, _IP_HEADER, _UDP_HEADER = 17, 20, 8


def missing() -> str | None:
    """Tell what has to be installed, if anything."""
    if importlib.util.find_spec("ntgcalls") is None:
        return "ntgcalls is missing: pip install ntgcalls"
    if shutil.which("ip") is None or not os.path.exists("/dev/net/tun") or os.geteuid() != 0:
        return "two network namespaces are needed: run as root, with iproute2 and /dev/net/tun"
    return None


def call(x: Signal, form: Format, lost: Mask, port: int, work: Path) -> Played:
    """Place a call of the speech `x`; namespaces are named after `port`, files stand beside `work`."""
    said, heard = work.with_suffix(".said"), work.with_suffix(".heard")
    whole = np.concatenate([x, np.zeros(round(SILENCE_S * SR))])
    (np.clip(whole, -1, 1) * 32767).astype("<i2").tofile(said)
    with _wire(port, lost) as wire:
        seconds = len(x) / SR + 1.0
        _talk(wire.names, said, heard, seconds, work)
    rec = np.fromfile(heard, "<i2").astype(np.float64) / 32768.0
    if not wire.stamps:
        raise Unaligned("no media went over the wire")
    made = form.made()
    payloads = made.encode(x)
    return Played(rec, made.decode(list(payloads)).astype(np.float64), SR, spans(wire, payloads, made.packet))


def _talk(names: tuple[str, str], said: Path, heard: Path, seconds: float, work: Path) -> None:
    """Run both ends and hand each one's signalling to the other."""
    ends = []
    with work.with_suffix(".log").open("w") as log:
        for name, role, path in zip(names, ("talker", "listener"), (said, heard), strict=True):
            command = [
                "ip",
                "netns",
                "exec",
                name,
                sys.executable,
                telegram_end.__file__,
                role,
                str(path),
                str(seconds),
            ]
            ends.append(
                subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1
                )
            )
        carriers = [threading.Thread(target=_carry, args=pair, daemon=True) for pair in (ends, ends[::-1])]
        for carrier in carriers:
            carrier.start()
        try:
            for end in ends:
                end.wait(seconds + 30)
        finally:
            for end in ends:
                end.kill()
                end.wait()


def _carry(source: subprocess.Popen[str], target: subprocess.Popen[str]) -> None:
    assert source.stdout is not None
    assert target.stdin is not None
    with contextlib.suppress(BrokenPipeError, ValueError):
        for line in source.stdout:
            target.stdin.write(line)
            target.stdin.flush()


@dataclass
class Wire:
    """The two ends' namespaces, and of every media packet of the talker its time stamp and whether it was dropped."""

    names: tuple[str, str]
    lost: Mask
    stamps: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    dropped: list[bool] = field(default_factory=list)

    def passes(self, datagram: bytes) -> bool:
        """Tell whether the talker's datagram goes through, and keep account of media."""
        head = unpack(datagram)
        if head is None or head[0] != FORMATS[0].type:  # signalling, and video packets that try the bandwidth
            return True
        turn = len(self.stamps)
        self.stamps.append(head[2])
        self.sizes.append(len(datagram))
        self.dropped.append(bool(turn < len(self.lost) and self.lost[turn]))
        return not self.dropped[-1]


@contextlib.contextmanager
def _wire(port: int, lost: Mask) -> Iterator[Wire]:
    """Set up the namespaces and carry packets between them meanwhile."""
    names = (f"cq{port}a", f"cq{port}b")
    with contextlib.ExitStack() as stack:
        tuns = [stack.enter_context(_namespace(name, f"10.77.0.{i + 1}")) for i, name in enumerate(names)]
        wire, done = Wire(names, lost), threading.Event()
        relay = threading.Thread(target=_relay, args=(tuns, wire, done))
        relay.start()
        try:
            yield wire
        finally:
            done.set()
            relay.join()


@contextlib.contextmanager
def _namespace(name: str, address: str) -> Iterator[int]:
    """Make a network namespace whose one way out is a TUN device; yield the end of it that this process holds."""

    def ip(*words: str, check: bool = True) -> None:
        subprocess.run(["ip", *words], check=check, capture_output=True)

    ip("netns", "del", name, check=False)
    tun = os.open("/dev/net/tun", os.O_RDWR)
    try:
        fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
        ip("netns", "add", name)
        ip("link", "set", name, "netns", name)
        ip("-n", name, "addr", "add", f"{address}/24", "dev", name)
        ip("-n", name, "link", "set", name, "up")
        ip("-n", name, "route", "add", "default", "dev", name)
        yield tun
    finally:
        os.close(tun)
        ip("netns", "del", name, check=False)


def _relay(tuns: list[int], wire: Wire, done: threading.Event) -> None:
    """Carry every packet to the other end, but the talker's media only where it passes."""
    hurry()
    talker, listener = tuns
    while not done.is_set():
        for tun in select.select(tuns, [], [], 0.1)[0]:
            packet = os.read(tun, 2048)
            udp = packet[0] >> 4 == 4 and packet[9] == _UDP
            if tun == listener or not udp or wire.passes(packet[_IP_HEADER + _UDP_HEADER :]):
                with contextlib.suppress(OSError):
                    os.write(talker if tun == listener else listener, packet)


def spans(wire: Wire, payloads: list[bytes], packet: int) -> list[tuple[float, float, bool]]:
    """Say which seconds of what our own codec makes of the speech each packet held."""
    stamps = np.array(wire.stamps, np.int64)
    turns = ((stamps - stamps[0]) % (1 << 32)) // packet
    first = _shift(np.array(wire.sizes, np.float64), np.array([len(payload) for payload in payloads], np.float64))
    starts, length = (turns + first) * packet / SR, packet / SR
    return [(t, t + length, lost) for t, lost in zip(starts.tolist(), wire.dropped, strict=True)]


def _shift(sizes: NDArray[np.float64], expected: NDArray[np.float64]) -> int:
    """Return which packet of the speech went over the wire first: loud packets are large, also where nobody can read them."""

    def likeness(shift: int) -> float:
        n = min(len(sizes), len(expected) - shift)
        return float(np.corrcoef(sizes[:n], expected[shift : shift + n])[0, 1])

    likely = [likeness(shift) for shift in range(MOST_SHIFT)]
    best = int(np.argmax(likely))
    if likely[best] < LEAST_LIKENESS:
        raise Unaligned(f"the packets' sizes follow the speech by {likely[best]:.2f} only")
    return best
