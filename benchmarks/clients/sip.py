"""The least of SIP (RFC 3261) that places a call to a program on this machine: INVITE, its answer, ACK, BYE over UDP."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.clients.rtp import Format

HOST = "127.0.0.1"


class Refused(Exception):
    """The program did not take the call."""


@contextmanager
def called(port: int, local: int, media: int, form: Format, frame_ms: float) -> Iterator[int]:
    """Call the program at `port` from port `local`, offering one format to be heard at `media`; yield its port for media."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind((HOST, local))
        line.settimeout(5.0)
        text = _request("INVITE", 1, port, local, "", offer(media, form, frame_ms))
        line.sendto(text.encode(), (HOST, port))
        answer = _final(line)
        tag = re.search(r"^To:.*;tag=([^\s;]+)", answer, re.MULTILINE | re.IGNORECASE)
        there = re.search(r"^m=audio (\d+)", answer, re.MULTILINE)
        if tag is None or there is None:
            raise Refused(answer.split("\r\n", 1)[0])
        line.sendto(_request("ACK", 1, port, local, tag[1]).encode(), (HOST, port))
        try:
            yield int(there[1])
        finally:
            line.sendto(_request("BYE", 2, port, local, tag[1]).encode(), (HOST, port))


def offer(media: int, form: Format, frame_ms: float) -> str:
    """Describe the session: one audio stream of one format (RFC 4566)."""
    channels = f"/{form.channels}" if form.channels > 1 else ""
    lines = ("v=0", f"o=- 1 1 IN IP4 {HOST}", "s=-", f"c=IN IP4 {HOST}", "t=0 0", f"m=audio {media} RTP/AVP {form.type}",
             f"a=rtpmap:{form.type} {form.name.upper()}/{form.clock}{channels}", f"a=ptime:{frame_ms:g}", "a=sendrecv")  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines)


def _request(method: str, number: int, port: int, local: int, tag: str, body: str = "") -> str:
    to = f";tag={tag}" if tag else ""
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return (
        f"{method} sip:callee@{HOST}:{port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {HOST}:{local};branch=z9hG4bK{method}{local}\r\n"
        f"From: <sip:caller@{HOST}:{local}>;tag=caller{local}\r\n"
        f"To: <sip:callee@{HOST}:{port}>{to}\r\n"
        f"Call-ID: call{local}@{HOST}\r\n"
        f"CSeq: {number} {method}\r\n"
        f"Contact: <sip:caller@{HOST}:{local}>\r\n"
        "Max-Forwards: 70\r\n"
        f"{kind}Content-Length: {len(body)}\r\n\r\n{body}"
    )


def _final(line: socket.socket) -> str:
    """Wait for an answer that is not provisional."""
    while True:
        try:
            answer = line.recv(65536).decode()
        except TimeoutError as error:
            raise Refused("no answer") from error
        status = re.match(r"SIP/2.0 (\d)", answer)
        if status is not None and status[1] != "1":
            return answer
