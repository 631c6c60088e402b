"""What callqual says of a recording: frozen, typed records, one JSON object a recording (schema ``callqual/1``).

Times are seconds from the start of the recording. ``None`` means "cannot be measured"; the record's ``reason`` says why.
``severity`` and ``confidence`` run from 0 to 1; the family scores and every MOS from 1 to 5, 5 = undamaged.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Family = Literal["gap", "jitter", "buzz"]
Path = Literal["pcm", "g711", "lossy", "unknown"]
Band = Literal["narrow", "wide", "super_wide", "full"]
Reason = Literal["unreadable", "not_finite", "too_short", "silent", "no_speech"]

KINDS: dict[str, tuple[str, ...]] = {
    "gap": ("zero_fill", "fade", "noise_fill", "repeat", "concealed", "dead_air"),
    "jitter": ("cut", "inserted_silence", "repeat_segment", "time_warp"),
    "buzz": ("hum", "tdma", "frame_rate", "stuck", "robotic", "whistle", "ring", "comb"),
}
"""The kinds of damage by family."""

CONFIDENT = 0.5
"""Events of at least this confidence count in every figure."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One damage heard in a leg.

    Attributes
    ----------
    family, kind : str
        See :data:`KINDS`.
    start, end : float
        Seconds from the start of the recording.
    severity : float
        How much a listener loses, 0..1: length, and the speech level beside it.
    confidence : float
        Probability that this is what `kind` says, 0..1.
    details : dict
        Evidence in standard units: ``hz``, ``level_db`` (re active speech), ``lag_ms``, ``frame_ms``,
        ``copy_gain_db``, ``edge_db``, ``cause`` ...
    """

    family: Family
    kind: str
    start: float
    end: float
    severity: float
    confidence: float
    details: dict[str, float | str] = {}


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of the gap family. ``loss_rate`` is the share of active speech time lost or concealed, with a 95 % interval."""

    count: int = 0
    seconds: float = 0.0
    loss_rate: float | None = None
    loss_rate_low: float | None = None
    loss_rate_high: float | None = None
    burst_ratio: float | None = None
    frame_ms: float | None = None


class Jitter(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of the jitter family."""

    count: int = 0
    per_minute: float = 0.0
    inserted_seconds: float = 0.0
    removed_seconds: float = 0.0
    drift_ppm: float | None = None


class Buzz(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of the buzz family. ``share`` is the part of the leg's duration with a buzz in it."""

    count: int = 0
    seconds: float = 0.0
    share: float = 0.0


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The MOS of one stretch of the call."""

    start: float
    end: float
    mos: float | None


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One channel of the recording: one talker as the other end heard them.

    Its MOS is on the scale of its own ``band`` (P.800.1): nothing is taken off for a band that is narrow.
    """

    channel: int | Literal["mix"]
    mos: float | None = None
    mos_low: float | None = None
    mos_high: float | None = None
    reason: Reason | None = None
    gap_score: float | None = None
    jitter_score: float | None = None
    buzz_score: float | None = None
    speech_seconds: float = 0.0
    active_level_dbov: float | None = None
    bandwidth_hz: float | None = None
    band: Band | None = None
    path: Path = "unknown"
    gap: Gap = Gap()
    jitter: Jitter = Jitter()
    buzz: Buzz = Buzz()
    events: tuple[Event, ...] = ()
    profile: tuple[Window, ...] = ()


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where the samples came from: enough to find the very same file again."""

    path: str | None = None
    sha256: str | None = None
    format: str | None = None
    subtype: str | None = None
    sr: int | None = None
    channels: int | None = None
    seconds: float | None = None


class CallScore(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="callqual/1"):
    """Everything callqual says of one recording; its MOS is that of its worst leg."""

    version: str
    source: Source
    mos: float | None = None
    mos_low: float | None = None
    mos_high: float | None = None
    reason: Reason | None = None
    message: str | None = None
    legs: tuple[Leg, ...] = ()

    @property
    def events(self) -> tuple[Event, ...]:
        """Events of all legs in order of time."""
        return tuple(sorted((e for leg in self.legs for e in leg.events), key=lambda e: (e.start, e.end, e.kind)))

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain dicts, lists, strings and numbers, as in the JSON."""
        out: dict[str, Any] = msgspec.to_builtins(self)
        return out

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        return msgspec.json.encode(self).decode()


def json_schema() -> dict[str, Any]:
    """JSON Schema of a record; the same as the file ``callqual/schema/callqual-1.json``."""
    return msgspec.json.schema(CallScore)
