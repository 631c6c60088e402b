"""What one damage explains of another: a buzz repeats its waveform by nature, a stuck frame buzzes by nature.

Each is told once, as what made it: copies as faint as a pulsed buzz or a hum are its own, heard in the pauses; a frame-rate buzz
over loud stuck frames is those frames; whatever breaks inside a robotic voice is the vocoder.
"""

from __future__ import annotations

from callqual.detect.candidates import BySecond, Candidate

PULSED = ("frame_rate", "tdma")
EVIDENCE = -10.0
LOUD_DB, STUCK_SHARE, ABOVE_DB = -4.0, 0.08, 3.0
"""Level (dB re active speech) from which a copy is speech and not a buzz; the share of a frame-rate buzz from which stuck
speech made it; how far above the level of a buzz its pulses reach. Stricter rules lost 5 % of the repeated packets."""

PERIODIC, HELD_DB = 0.02, 12.0
"""A copy some whole periods of a frame-rate buzz away (to so much of one) is its pulses if it is a piece of a frame, however
loud, or if it goes on like a stuck frame up to so much above the level of the buzz, which is that of the lines below 4 kHz."""

WHOLE_PACKETS = 0.02
"""How near to whole packets what repeats one is; the pulses of a buzz alone in a pause go on from word to word."""

PAUSE_PERIODS, PAUSES = 1.1, 0.02
"""Noise no longer than the period of a frame-rate buzz is the pauses between its pulses, if so many of the periods have one."""

FUZZY_SECONDS = 0.7
"""A buzz is placed by seconds of spectrum: pieces of waveform at its period just before and after it are its own."""


def explain(found: list[Candidate], buzzes: list[Candidate]) -> list[Candidate]:
    """Add the evidence that damage and buzz are against each other; return both."""
    near = BySecond(found)
    for buzz in buzzes:
        if buzz.llr <= 0.0 or buzz.kind not in (*PULSED, "hum", "robotic"):
            continue
        inside = near.touching(buzz.start, buzz.end)
        if buzz.kind == "frame_rate" and _stuck_share(buzz, inside) > STUCK_SHARE:
            buzz.evidence["stuck"] = EVIDENCE
            continue
        for c in _made_by(buzz, inside, near):
            c.evidence["buzz"] = EVIDENCE
    return found + buzzes


def _made_by(buzz: Candidate, inside: list[Candidate], near: BySecond) -> list[Candidate]:
    """Return what a `buzz` explains of the damage `inside` it and `near` it."""
    around = near.touching(buzz.start - FUZZY_SECONDS, buzz.end + FUZZY_SECONDS)
    pieces = [c for c in around if c.kind == "concealed" and _periods_off(c, buzz) < PERIODIC]
    if buzz.kind == "robotic":
        return [*inside, *pieces]
    if buzz.kind == "hum":
        return [c for c in inside if _periods_off(c, buzz) < PERIODIC and _as_faint(c, buzz)]
    pulses = [c for c in inside if _is_pulse(c, buzz)]
    if buzz.kind == "tdma":
        return pulses
    hz = float(buzz.details["hz"])
    pauses = [c for c in inside if c.kind == "noise_fill" and (c.end - c.start) * hz < PAUSE_PERIODS]
    many = len(pauses) > PAUSES * (buzz.end - buzz.start) * hz
    return [*pulses, *pieces, *(pauses if many else [])]


def _periods_off(c: Candidate, buzz: Candidate) -> float:
    """How far the lag of a copy is from whole periods of a buzz; 1 for what is no copy."""
    if "lag_ms" not in c.details:
        return 1.0
    periods = float(c.details["lag_ms"]) / 1000.0 * float(buzz.details["hz"])
    return abs(periods - round(periods)) if periods > 0.5 else 1.0


def _as_faint(c: Candidate, buzz: Candidate, above_db: float = ABOVE_DB) -> bool:
    """Tell whether a copy is no louder than the `buzz` it lies in, to so much, and no speech."""
    level = float(c.details.get("level_db", 0.0))
    return level < min(float(buzz.details["level_db"]) + above_db, LOUD_DB)


def _is_pulse(c: Candidate, buzz: Candidate) -> bool:
    """Tell whether a copy is the pulses of the `buzz` it lies in, by its level."""
    if "lag_ms" not in c.details or "level_db" not in c.details:
        return False
    packets = (c.end - c.start) * 1000.0 / float(c.details["lag_ms"])
    if c.kind == "repeat" and abs(packets - round(packets)) < WHOLE_PACKETS:
        return False
    held = c.kind == "stuck" and buzz.kind == "frame_rate" and _periods_off(c, buzz) < PERIODIC
    return _as_faint(c, buzz, HELD_DB if held else ABOVE_DB)


def _stuck_share(buzz: Candidate, inside: list[Candidate]) -> float:
    """Share of a buzz that repeated frames take which are too loud to be its own pulses."""
    own = min(float(buzz.details["level_db"]) + HELD_DB, LOUD_DB)
    again = [c for c in inside if c.kind in ("stuck", "repeat") and c.llr > 0.0 and float(c.details["level_db"]) > own]
    covered = sum(min(c.end, buzz.end) - max(c.start, buzz.start) for c in again)
    return covered / (buzz.end - buzz.start)
