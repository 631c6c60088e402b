"""The record of a leg: its figures by family, its scores, and the reason where it has none."""

from __future__ import annotations

import math

import numpy as np

from callqual.audio.legs import Label
from callqual.detect.decide import Verdict
from callqual.detect.speech import SILENT_DBOV
from callqual.features.facts import HOP, Facts
from callqual.rating.band import band
from callqual.rating.constants import Z
from callqual.rating.fitted import FITTED
from callqual.rating.impairment import DETECTOR
from callqual.rating.score import score
from callqual.rating.timeline import timeline
from callqual.result import CONFIDENT, Buzz, Event, Gap, Jitter, Leg, Path, Reason

LEAST_SECONDS, LEAST_SPEECH = 0.5, 0.3
"""Shorter recordings, and legs with less speech than this, are not judged."""

PACKET = 0.02
"""Seconds of the shortest loss that is common."""

BORDERS, BLURRED_SHARE = 0.03, 0.15
"""Standard errors of what is heard by frames: of the length of each gap (s), and of all of them together on a line where gap follows gap; with them
the intervals of 95 % of the real calls hold their true rate (``benchmarks.neteq``, known talkers)."""


def leg_record(label: Label, facts: Facts, verdict: Verdict, path: Path, bandwidth_hz: float | None) -> Leg:
    """Put together the record of one leg."""
    speech = verdict.speech
    reason = _reason(facts, verdict)
    spoken = reason not in ("silent", "no_speech")
    events = tuple(e for e in verdict.events if reason is None)
    sure = tuple(e for e in events if e.confidence >= CONFIDENT)
    scores = score(sure, timeline(speech.active, HOP, facts.seconds, sure)) if reason is None else None
    return Leg(
        channel=label,
        mos=round(scores.mos, 3) if scores else None,
        mos_low=round(scores.low, 3) if scores else None,
        mos_high=round(scores.high, 3) if scores else None,
        reason=reason,
        gap_score=round(scores.gap, 3) if scores else None,
        jitter_score=round(scores.jitter, 3) if scores else None,
        buzz_score=round(scores.buzz, 3) if scores else None,
        speech_seconds=round(speech.seconds, 2) if spoken else 0.0,
        active_level_dbov=round(speech.active_db, 1) if spoken and speech.active_db is not None else None,
        bandwidth_hz=bandwidth_hz,
        band=band(bandwidth_hz),
        path=path,
        gap=_gap(sure, verdict) if scores else Gap(),
        jitter=_jitter(sure, facts.seconds) if scores else Jitter(),
        buzz=_buzz(sure, facts.seconds) if scores else Buzz(),
        events=events,
        profile=scores.profile if scores else (),
    )


def _reason(facts: Facts, verdict: Verdict) -> Reason | None:
    if not facts.finite:
        return "not_finite"
    if facts.seconds < LEAST_SECONDS:
        return "too_short"
    if not (verdict.speech.power > np.float64(10 ** (SILENT_DBOV / 10))).any() or _still(facts):
        return "silent"
    return "no_speech" if verdict.speech.talk.sum() * HOP < LEAST_SPEECH else None


def _still(facts: Facts) -> bool:
    """Tell whether one value fills the leg: silence that lies beside zero."""
    runs = facts.runs.all()
    return bool((runs["end"] - runs["start"]).sum() > 0.99 * facts.seconds)


def _seconds(events: list[Event]) -> float:
    """Length of the union of the events, s."""
    total, reached = 0.0, -math.inf
    for e in sorted(events, key=lambda e: e.start):
        total += max(e.end - max(e.start, reached), 0.0)
        reached = max(reached, e.end)
    return total


def _gap(events: tuple[Event, ...], verdict: Verdict) -> Gap:
    gaps = [e for e in events if e.family == "gap"]
    seconds = _seconds(gaps)
    speech = verdict.speech.seconds
    if speech <= 0.0:
        return Gap(count=len(gaps), seconds=round(seconds, 4))
    lost = _seconds([e for e in gaps if e.severity > 0.0])
    total = speech + sum((e.end - e.start) for e in gaps if e.severity > 0.0 and not _overlaps_speech(e, verdict))
    rate = min(lost / total, 1.0) if total else 0.0
    frame = verdict.grid.frame if verdict.grid else None
    low, high = _rate_interval(rate, [e for e in gaps if e.severity > 0.0], total)
    return Gap(
        count=len(gaps),
        seconds=round(seconds, 4),
        loss_rate=round(rate, 5),
        loss_rate_low=round(low, 5),
        loss_rate_high=round(high, 5),
        burst_ratio=_burst_ratio(gaps, rate, frame),
        frame_ms=None if frame is None else round(frame * 1000.0, 1),
    )


def _overlaps_speech(event: Event, verdict: Verdict) -> bool:
    active = verdict.speech.active[int(event.start / HOP) : math.ceil(event.end / HOP)]
    return bool(active.size and active.mean() > 0.5)


def _rate_interval(rate: float, gaps: list[Event], total: float) -> tuple[float, float]:
    """95 % interval of the loss rate: any gap found may be none, its detector misses some, and what is heard by frames has blurred borders.

    What is found of nothing bounds what is there by the rule of three.
    """
    length = np.array([e.end - e.start for e in gaps])
    recall = np.array([FITTED.recall[DETECTOR[e.kind]] for e in gaps])
    blurred = np.array([DETECTOR[e.kind] == "concealed" for e in gaps], dtype=bool)
    borders = BORDERS**2 * float(np.count_nonzero(blurred)) + (BLURRED_SHARE * float(length[blurred].sum())) ** 2
    doubt = float((length**2 * (1.0 - np.array([e.confidence for e in gaps]))).sum())
    missed = float((length**2 * (1.0 - recall) / recall**2).sum())
    low = float(length.sum()) - Z * math.sqrt(doubt + borders)
    high = float((length / recall).sum()) + Z * math.sqrt(missed + borders) + 3.0 * PACKET / FITTED.recall["concealed"]
    return min(max(low / total, 0.0), rate), max(min(high / total, 1.0), rate)


def _burst_ratio(gaps: list[Event], rate: float, frame: float | None) -> float | None:
    """Mean run of lost packets over that of random loss (G.107): needs the packet length and some gaps."""
    if frame is None or len(gaps) < 5:
        return None
    runs = [max(round((e.end - e.start) / frame), 1) for e in gaps]
    return round(float(np.mean(runs)) * (1.0 - rate), 3)


def _jitter(events: tuple[Event, ...], seconds: float) -> Jitter:
    found = [e for e in events if e.family == "jitter"]
    inserted = sum(e.end - e.start for e in found if e.kind in ("inserted_silence", "repeat_segment"))
    removed = sum(float(e.details.get("removed_ms", 0.0)) / 1000.0 for e in found if e.kind == "cut")
    return Jitter(
        count=len(found),
        per_minute=round(60.0 * len(found) / seconds, 3) if seconds else 0.0,
        inserted_seconds=round(inserted, 4),
        removed_seconds=round(removed, 4),
    )


def _buzz(events: tuple[Event, ...], seconds: float) -> Buzz:
    found = [e for e in events if e.family == "buzz"]
    length = _seconds(found)
    return Buzz(
        count=len(found), seconds=round(length, 3), share=round(min(length / seconds, 1.0), 4) if seconds else 0.0
    )
