"""Hand-made records for the tests of what is printed: a bad leg, a clean leg, a dead leg, an unreadable file."""

from __future__ import annotations

from typing import Any

from callqual.result import Buzz, CallScore, Event, Gap, Jitter, Leg, Source, Window


def event(
    family: Any, kind: str, start: float, end: float, severity: float, confidence: float, **details: Any
) -> Event:
    """Make an event in one line."""
    return Event(
        family=family, kind=kind, start=start, end=end, severity=severity, confidence=confidence, details=details
    )


EVENTS = (
    event("gap", "zero_fill", 3.12, 3.18, 0.4, 0.99, edge_db=-21.5),
    event("buzz", "hum", 4.0, 8.2, 0.2, 0.8, hz=50.0, level_db=-18.0),
    event("gap", "concealed", 6.5, 6.9, 0.9, 0.7, cause="late_run"),
    event("jitter", "inserted_silence", 9.0, 9.08, 0.3, 0.6),
    event("gap", "fade", 10.0, 10.02, 1.0, 0.3),  # too weak to count, however severe
)
BAD_LEG = Leg(
    channel=0,
    mos=2.31,
    mos_low=1.94,
    mos_high=2.7,
    gap_score=1.92,
    jitter_score=4.8,
    buzz_score=4.1,
    speech_seconds=9.4,
    active_level_dbov=-26.2,
    bandwidth_hz=7900.0,
    path="lossy",
    gap=Gap(
        count=2,
        seconds=0.46,
        loss_rate=0.048,
        loss_rate_low=0.039,
        loss_rate_high=0.058,
        burst_ratio=1.42,
        frame_ms=20.0,
    ),
    jitter=Jitter(count=1, per_minute=5.0, inserted_seconds=0.08, drift_ppm=-52.0),
    buzz=Buzz(count=1, seconds=4.2, share=0.35),
    events=EVENTS,
    profile=tuple(Window(start=2.0 * i, end=2.0 * i + 2, mos=mos) for i, mos in enumerate((4.4, 2.1, None, 1.3))),
)
CLEAN_LEG = Leg(
    channel=1,
    mos=4.38,
    mos_low=4.1,
    mos_high=4.6,
    gap_score=5.0,
    jitter_score=5.0,
    buzz_score=5.0,
    speech_seconds=7.7,
    path="pcm",
    gap=Gap(loss_rate=0.0, loss_rate_low=0.0, loss_rate_high=0.01),
)
DEAD_LEG = Leg(channel=1, reason="silent")

SOURCE = Source(
    path="calls/bad.wav", sha256="ab" * 32, format="WAV", subtype="PCM_16", sr=16000, channels=1, seconds=12.0
)
BAD = CallScore(version="0", source=SOURCE, mos=2.31, mos_low=1.94, mos_high=2.7, legs=(BAD_LEG,))
TWO = CallScore(version="0", source=SOURCE, mos=2.31, mos_low=1.94, mos_high=2.7, legs=(CLEAN_LEG, BAD_LEG))
DEAD = CallScore(version="0", source=SOURCE, reason="silent", legs=(DEAD_LEG,))
UNREADABLE = CallScore(
    version="0", source=Source(path="calls/notes.txt"), reason="unreadable", message="not audio, a text file"
)
