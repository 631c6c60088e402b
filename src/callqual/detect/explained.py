"""What one damage explains of another: a buzz repeats its waveform by nature, a stuck frame buzzes by nature.

Each is told once, as what made it: copies as faint as a pulsed buzz are its pulses, heard in the pauses; a frame-rate buzz
over loud stuck frames is those frames; whatever breaks inside a robotic voice is the vocoder.
"""

from __future__ import annotations

from callqual.detect.candidates import BySecond, Candidate

PULSED = ("frame_rate", "tdma")
EVIDENCE = -10.0
LOUD_DB, STUCK_SHARE, ABOVE_DB = -4.0, 0.08, 3.0
"""Level (dB re active speech) from which a copy is speech and not a buzz; the share of a frame-rate buzz from which stuck
speech made it; how far above the level of a buzz its pulses reach. Stricter rules lost 5 % of the repeated packets."""


def explain(found: list[Candidate], buzzes: list[Candidate]) -> list[Candidate]:
    """Add the evidence that damage and buzz are against each other; return both."""
    near = BySecond(found)
    for buzz in buzzes:
        if buzz.llr <= 0.0 or buzz.kind not in (*PULSED, "robotic"):
            continue
        inside = near.touching(buzz.start, buzz.end)
        if buzz.kind == "frame_rate" and _stuck_share(buzz, inside) > STUCK_SHARE:
            buzz.evidence["stuck"] = EVIDENCE
            continue
        for c in inside:
            if buzz.kind == "robotic" or _is_pulse(c, buzz):
                c.evidence["buzz"] = EVIDENCE
    return found + buzzes


def _is_pulse(c: Candidate, buzz: Candidate) -> bool:
    """Tell whether a copy is the pulses of the `buzz` it lies in, by its level."""
    if "lag_ms" not in c.details or "level_db" not in c.details:
        return False
    return float(c.details["level_db"]) < min(float(buzz.details["level_db"]) + ABOVE_DB, LOUD_DB)


def _stuck_share(buzz: Candidate, inside: list[Candidate]) -> float:
    """Share of a buzz that loud stuck frames take."""
    stuck = [c for c in inside if c.kind == "stuck" and c.llr > 0.0 and float(c.details["level_db"]) > LOUD_DB]
    covered = sum(min(c.end, buzz.end) - max(c.start, buzz.start) for c in stuck)
    return covered / (buzz.end - buzz.start)
