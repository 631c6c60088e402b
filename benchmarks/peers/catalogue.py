"""The peers, each with its settings: what the table calls it, where it lives, what it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from callqual.result import Event

Gives = Literal["gaps", "buzz", "scores", "all"]
Settings = Mapping[str, Any]

JOIN_S = 0.12
"""Points closer than this are one event: most detectors of clicks mark both edges of a hole, and more than once."""


@dataclass(frozen=True)
class Peer:
    """A peer at one setting. `gives`: what it is asked for; `kind`: what its events are called; `says`: the settings in words."""

    name: str
    home: str
    gives: Gives
    how: str
    says: str
    settings: Settings = field(default_factory=dict)
    points: bool = False

    def events(self, reply: Mapping[str, Any]) -> list[Event]:
        """Read the events of an answer."""
        found = reply.get("events", ())
        if self.gives == "all":
            return list(found)
        if self.gives == "buzz":
            return [_event("buzz", "hum", a, b, hz=hz) for a, b, hz in found]
        if self.points:
            return [
                _event("jitter", "cut", a, b) if a == b else _event("gap", "concealed", a, b) for a, b in join(found)
            ]
        return [_event("gap", "zero_fill", a, b) for a, b in found]


def _event(family: Any, kind: str, start: float, end: float, **details: float) -> Event:
    return Event(family=family, kind=kind, start=start, end=end, severity=0.5, confidence=1.0, details={**details})


def join(spans: Iterable[Iterable[float]]) -> list[tuple[float, float]]:
    """Join spans with less than :data:`JOIN_S` between them."""
    out: list[tuple[float, float]] = []
    for a, b in sorted(map(tuple, spans)):
        if out and a - out[-1][1] < JOIN_S:
            out[-1] = (out[-1][0], max(out[-1][1], b))
        else:
            out.append((a, b))
    return out


CALLQUAL = Peer("callqual", "callqual", "all", "score", "defaults")

PEERS = (
    CALLQUAL,
    Peer("Essentia gaps", "essentia", "gaps", "gaps", "defaults: silence below -50 dB, -30 dB before and after"),
    Peer(
        "Essentia gaps, zeros",
        "essentia",
        "gaps",
        "gaps",
        "tuned for digital zero on split tune: silence below -90 dB, -50 dB before and after",
        {"silenceThreshold": -90.0, "prepowerThreshold": -50.0},
    ),
    Peer(
        "Essentia gaps, careful",
        "essentia",
        "gaps",
        "gaps",
        "set for no false alarm: silence below -55 dB, -40 dB before and after, median of 3",
        {"silenceThreshold": -55.0, "prepowerThreshold": -40.0, "kernelSize": 3},
    ),
    Peer("Essentia discontinuities", "essentia", "gaps", "discontinuities", "defaults; points joined", points=True),
    Peer("Essentia clicks", "essentia", "gaps", "clicks", "defaults; points joined", points=True),
    Peer("Essentia hum", "essentia", "buzz", "hum", "defaults: 22.5-400 Hz, 2 s or longer"),
    Peer("ffmpeg silencedetect", "ffmpeg", "gaps", "silences", "defaults: below -60 dB for 2 s"),
    Peer(
        "ffmpeg -80 dB",
        "ffmpeg",
        "gaps",
        "silences",
        "below -80 dB for 15 ms, for digital zero",
        {"noise_db": -80.0, "seconds": 0.015},
    ),
    Peer(
        "ffmpeg -47 dB",
        "ffmpeg",
        "gaps",
        "silences",
        "below -47 dB for 15 ms, an oracle's threshold for holes with soft edges and noise",
        {"noise_db": -47.0, "seconds": 0.015},
    ),
    Peer(
        "webrtcvad",
        "webrtcvad",
        "gaps",
        "pauses",
        "mode 3, 10 ms frames; 20-200 ms without speech between speech",
        {"mode": 3, "least_ms": 20, "most_ms": 200},
    ),
    Peer("PLCMOS", "speechmos", "scores", "plcmos", "v2, mean of 15 raters drawn with seed 1", {"seed": 1}),
    Peer("DNSMOS", "speechmos", "scores", "dnsmos", "P.835 and P.808, windows of 9.01 s every second"),
    Peer("voicequal", "voicequal", "scores", "tier", "file assessment; tiers as 1 (poor) to 4 (excellent)"),
    Peer("NISQA", "nisqa", "scores", "nisqa", "weights by path; 48 kHz"),
)

FIXED_HZ = {"speechmos": 16000, "voicequal": 16000, "nisqa": 48000}
"""Peers that take one sampling rate, to which other recordings are brought."""
