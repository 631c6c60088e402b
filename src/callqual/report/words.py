"""Codes said in words: kinds, reasons, paths, grades, and how times and shares are written."""

from __future__ import annotations

import math

KIND_WORDS: dict[str, str] = {
    "zero_fill": "exact zeros in place of packets",
    "fade": "voice faded out over lost packets",
    "noise_fill": "lost packets filled with noise",
    "repeat": "the last packet played again",
    "concealed": "lost packets made up by the decoder",
    "dead_air": "dead air",
    "cut": "a piece of the voice cut out",
    "inserted_silence": "silence put in, nothing lost",
    "repeat_segment": "a stretch played twice",
    "time_warp": "voice stretched or hurried",
    "hum": "mains hum",
    "tdma": "mobile radio buzz (TDMA)",
    "frame_rate": "buzz at the packet rate",
    "stuck": "one frame stuck in a loop",
    "robotic": "robotic, metallic voice",
    "whistle": "whistle",
    "ring": "ring modulation",
    "comb": "metallic colour (comb)",
}
"""What a listener hears, by kind."""

REASON_WORDS: dict[str, str] = {
    "unreadable": "the file could not be read",
    "not_finite": "its samples hold NaN or infinity",
    "too_short": "too short to measure",
    "silent": "nothing but silence",
    "no_speech": "no speech in it",
}
"""Why there is no MOS, by reason."""

PATH_WORDS: dict[str, str] = {
    "pcm": "uncompressed (PCM)",
    "g711": "G.711 telephone coding",
    "lossy": "lossy coding",
    "unknown": "unknown coding",
}
"""What the samples went through, by path."""

_GRADES = {5: "excellent", 4: "good", 3: "fair", 2: "poor", 1: "bad"}


def grade(mos: float) -> str:
    """The word of the five-grade listening scale (ITU-T P.800) nearest to `mos`."""
    return _GRADES[min(5, max(1, math.floor(mos + 0.5)))]


def clock(seconds: float) -> str:
    """Time in a recording as ``m:ss.mmm``, with hours before it when there are any."""
    millis = round(seconds * 1000)
    minutes, millis = divmod(millis, 60_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{millis / 1000:06.3f}"
    return f"{hours}:{minutes:02}:{tail}" if hours else f"{minutes}:{tail}"


def length(seconds: float) -> str:
    """A duration for reading: milliseconds below a second, then seconds, then minutes."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    return f"{clock(round(seconds))[:-4]} min" if seconds < 3600 else f"{clock(round(seconds))[:-4]} h"


def share(part: float) -> str:
    """A part of one as a percentage with the digits that matter."""
    percent = 100 * part
    return f"{percent:.0f} %" if percent >= 9.95 or percent == 0 else f"{percent:.1f} %"


def hertz(hz: float) -> str:
    """A frequency in Hz or kHz with the digits that matter."""
    return f"{hz / 1000:.3g} kHz" if hz >= 1000 else f"{hz:.3g} Hz"


def count(number: int, word: str) -> str:
    """``1 gap``, ``2 gaps``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
