"""One damage told once: what is found by frames, heard or as a fade, takes in its pieces that were found to the sample, or yields to them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect import hidden
from callqual.detect.candidates import BySecond, Candidate
from callqual.features.facts import HOP

YIELD_SHARE, COPIED_SHARE, BLUR = 0.6, 0.35, 0.04
"""A fade is left out where so much of it is known from exact evidence, any of the two where so much is and copies are surer than it, and what is
heard where no part of more than so many seconds is unknown."""

COPIES = ("repeat", "repeat_segment", "stuck")

SAME = 0.02
"""Borders of what is heard, in whole frames, lie no farther from those of a hole that it is."""

WORD = 0.03
"""Seconds of a word that stand before the hole with which it begins."""

STUCK_DROP_DB, STUCK_LEAST_DB, STUCK_SHARE = 9.0, -30.0, 0.5
HEARD_SHARE = 0.5
SURELY_ABRUPT = 4.0
HOLES = ("zero_fill", "inserted_silence", "fade", "noise_fill")
ABRUPT = (*HOLES, "stuck")
"""Holes with edges that concealment never leaves: where they are surer than a fade, it was the speech that fell."""


def silenced(heard: list[Candidate], runs: NDArray[np.void], seconds: float) -> list[Candidate]:
    """Take from what is heard what digital silence explains in a leg of so many `seconds`, and name what is nothing but that.

    Digital silence is how a recording begins and ends: nothing went before that could be concealed, and whether a leg died another one
    tells. Zeros from the first to the last are no concealment.
    """
    if not runs.size or not heard:
        return heard
    first, last = (np.array([getattr(c, edge) for c in heard]) for edge in ("start", "end"))
    i = np.maximum(np.searchsorted(runs["start"], first + SAME, "right") - 1, 0)
    start, end = runs["start"][i], runs["end"][i]
    never = (first > start - SAME) & ((end > seconds - HOP) | (start < HOP) & (last < end + HOP))
    filled = (np.abs(first - start) < SAME) & (np.abs(last - end) < SAME) & [c.kind == "concealed" for c in heard]
    for k in np.flatnonzero(filled).tolist():
        heard[k].kind, heard[k].start, heard[k].end = "zero_fill", float(start[k]), float(end[k])
    return [c for c, out in zip(heard, never.tolist(), strict=True) if not out]


def alike(heard: list[Candidate], exact: list[Candidate], seconds: float) -> list[Candidate]:
    """Let only each other be company of what is heard where no hole is: a receiver that plays nothing, or noise, for a loss conceals no other.

    The losses heard in the holes of a leg, sure or doubtful, are company of one another as they are.
    """
    holes = BySecond(c for c in exact if c.kind in HOLES)
    free = [c for c in heard if not holes.touching(c.start, c.end)]
    alone = np.array([c.llr - c.evidence.get("company", 0.0) for c in free])
    company = hidden.COMPANY.evidence(alone, np.flatnonzero(alone > hidden.SURE), seconds)
    for c, others in zip(free, company.tolist(), strict=True):
        if "company" in c.evidence:
            c.evidence["company"] = min(others, c.evidence["company"])
    return heard


def union(heard: list[Candidate], fades: list[Candidate]) -> list[Candidate]:
    """Join what the learned stage hears with fades: a fade that is mostly heard is told as heard, another takes in what is."""
    sure = BySecond(c for c in heard if c.llr > 0.0)
    kept = []
    for fade in fades:
        inside = sure.touching(fade.start, fade.end)
        known = sum(min(c.end, fade.end) - max(c.start, fade.start) for c in inside)
        if known > HEARD_SHARE * (fade.end - fade.start) or (fade.llr <= 0.0 and inside):
            continue
        for c in inside:
            sure.drop(c)
            fade.start, fade.end = min(fade.start, c.start), max(fade.end, c.end)
        kept.append(fade)
    doubtful = [c for c in heard if c.llr <= 0.0]
    return [*kept, *sure.all(), *doubtful]


def join(exact: list[Candidate], fades: list[Candidate]) -> list[Candidate]:
    """Join what was found to the sample with what was found by frames: this takes in its pieces, and yields to what is most of it.

    A fade found to last goes through pitch cycles and zeros that others have found piece by piece. A frame that is stuck
    keeps its level; what loses some is concealment.
    """
    kept = BySecond(exact)
    joined: set[int] = set()
    for fade in sorted(fades, key=lambda c: (-c.llr, c.start)):
        beside = kept.touching(fade.start, fade.end)
        _affirm(fade, beside)
        sure = [c for c in beside if c.llr > 0.0 and (c.kind != "stuck" or _keeps_level(c, fade))]
        if (
            _told(fade, sure)
            or _breaks_off(fade, kept)
            or (fade.llr <= 0.0 and beside)
            or any(id(c) in joined for c in beside)
        ):
            continue
        for c in beside:
            kept.drop(c)
            if c.llr > 0.0:
                fade.start, fade.end = min(fade.start, c.start), max(fade.end, c.end)
        kept.add(fade)
        joined.add(id(fade))
    return kept.all()


def _breaks_off(fade: Candidate, kept: BySecond) -> bool:
    """Tell whether a lost packet made a fade of a pause: a word that begins with a hole begins abruptly."""
    after = kept.touching(fade.end, fade.end + WORD)
    return "net" not in fade.evidence and any(c.kind in HOLES and c.llr > 0.0 and c.start >= fade.end for c in after)


def _affirm(fade: Candidate, beside: list[Candidate]) -> None:
    """Let what is heard vouch for a doubtful hole that it has about the borders of: it tells that something is missing, the hole what is there."""
    for c in beside:
        rest = max(c.start - fade.start, fade.end - c.end)
        if c.kind in HOLES and c.llr <= 0.0 < fade.llr and "net" in fade.evidence and rest <= SAME:
            c.evidence["heard"] = fade.llr - c.llr


def _keeps_level(stuck: Candidate, fade: Candidate) -> bool:
    """Tell whether a stuck frame is one: what loses level is concealment, and what repeats itself quietly is what a decoder puts for silence.

    The level of a fade that lasts much longer is not its own.
    """
    loud = float(stuck.details.get("level_db", 0.0)) > STUCK_LEAST_DB
    part = "net" not in fade.evidence and stuck.end - stuck.start < STUCK_SHARE * (fade.end - fade.start)
    return loud and (part or float(fade.details.get("drop_db", 0.0)) < STUCK_DROP_DB)


def _told(fade: Candidate, sure: list[Candidate]) -> bool:
    """Tell whether what is `sure` says already what is found by frames: for what is heard, all but the blur of its borders."""
    length = fade.end - fade.start
    known = sum(min(c.end, fade.end) - max(c.start, fade.start) for c in sure)
    if known > COPIED_SHARE * length and any(c.kind in COPIES and c.llr > fade.llr for c in sure):
        return True
    if "net" in fade.evidence:
        return bool(sure) and _longest_rest(fade, sure) <= BLUR
    abrupt = any(c.kind in ABRUPT and c.llr > min(fade.llr, SURELY_ABRUPT) for c in sure)
    return abrupt or known > YIELD_SHARE * length


def _longest_rest(fade: Candidate, sure: list[Candidate]) -> float:
    """Length of the longest part of a candidate that nothing `sure` covers, s."""
    reached, rest = fade.start, 0.0
    for c in sorted(sure, key=lambda c: c.start):
        rest = max(rest, c.start - reached)
        reached = max(reached, c.end)
    return max(rest, fade.end - reached)
