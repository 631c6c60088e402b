"""The one place that decides: facts of a leg in, events out, each with the evidence that made it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callqual.detect import (
    audible,
    beats,
    brinks,
    buzz,
    concealment,
    copies,
    cuts,
    gaps,
    hidden,
    law,
    metallic,
    outages,
    warps,
)
from callqual.detect.candidates import Candidate, apart
from callqual.detect.explained import explain
from callqual.detect.grid import Grid, infer
from callqual.detect.heap import Shared, give_back
from callqual.detect.pieces import alike, join, silenced, union
from callqual.detect.speech import Speech, speech
from callqual.detect.weighed import SURE, Weighed, weigh
from callqual.features.facts import Facts
from callqual.result import Event

CHAIN_SECONDS, PIECES_SECONDS, CHAINED = 0.008, 0.018, 4.0
"""Concealment goes on over its own cross-fades: two and a half milliseconds to half a pitch cycle between it and the silence it
fades into, which is then worth `CHAINED`; up to a sub-frame of ten milliseconds more between cycles at two lags."""


CUT_SECONDS = 0.03
"""What a cut takes cannot be seen in the recording: as much as two late packets."""


@dataclass(frozen=True)
class Verdict:
    """What was found in a leg."""

    speech: Speech
    events: tuple[Event, ...]
    grid: Grid | None


def decide(facts: Facts, min_confidence: float, others: Sequence[Facts] = ()) -> Verdict:
    """Weigh every candidate of a leg against all that is known of it and return the events in order of time.

    `others` are the other legs of the call: whether they go on talking tells a dead leg from a silent one. The facts are used up:
    of `facts` only runs are left, and frames if there are `others`, whose deciding asks for them.
    """
    heard = speech(facts.frames.all())
    found, grid = _candidates(facts, heard, others)
    give_back(facts.seconds)
    found.sort(key=lambda c: (c.start, c.end, c.kind), reverse=True)
    events: list[Event] = []
    shared = Shared()
    while found:  # each is let go once it is told: ten hours of a bad line have 60,000
        c = found.pop()
        if c.confidence >= min_confidence:
            events.append(_event(c, heard, shared))
    return Verdict(heard, tuple(events), grid)


def _candidates(facts: Facts, heard: Speech, others: Sequence[Facts]) -> tuple[list[Candidate], Grid | None]:
    buzzes = buzz.find(facts, heard)
    splices = cuts.weigh(facts.splices.take(), heard, facts.sr)
    edges, learned = facts.edges.take(), facts.hidden.take()
    fades = concealment.find(facts.frames.all(), facts.runs.all(), edges, learned, heard)
    if not others:
        facts.frames.take()
    exact, grid = _exact(facts, edges, heard)
    del edges
    missing = silenced(hidden.find(learned, heard), facts.runs.all(), facts.seconds)
    missing = alike(missing, exact, facts.seconds)
    beat = beats.follow(facts.beats.take(), heard)
    warped = surest([*warps.find(learned, heard, beat.kept), *beat.lost])
    del learned
    give_back(facts.seconds)
    found = join(exact, union(missing, fades))
    del exact, fades, missing
    found = _by_law(found, warped, facts, heard, grid)
    found += outages.find(heard, (speech(other.frames.all()).active for other in others))
    found += cuts.find(splices, heard, facts.sr, found, grid)
    found = explain(found, buzzes)
    return found + metallic.find(found, heard), grid


def _by_law(
    found: list[Candidate], warped: list[Candidate], facts: Facts, heard: Speech, grid: Grid | None
) -> list[Candidate]:
    """Let the values of G.711 vouch for gaps and tell of warped time, in place of what was heard of it, where a leg has them."""
    every = facts.made.take()
    made = law.trusted(every, facts.law, heard)
    if not made.size:
        return found + law.doubted(warped, every, facts.law)
    packets = grid or law.packets(made)
    whole, cycles = law.split(made, packets)
    found = law.given_up(law.affirm(found, whole, heard, packets), whole, cycles, heard)
    return found + law.warps(whole, cycles, found, heard)


def _exact(facts: Facts, edges: NDArray[np.void], heard: Speech) -> tuple[list[Candidate], Grid | None]:
    """Return what is known to the sample, and the packet grid it draws."""
    zeros = brinks.likely(facts.holes.all(), heard)
    holes = weigh(facts.holes.take(), facts.noises.take(), heard)
    copied = copies.find(facts.copies.take(), heard)
    grid = _grid(holes, copied)
    ends = brinks.find(zeros, edges, heard, grid, holes)
    del zeros
    give_back(facts.seconds)
    gap = gaps.find(holes, grid)
    del holes
    give_back(facts.seconds)
    return chained(surest([*gap, *ends, *copied])), grid


def _grid(holes: Weighed, copied: list[Candidate]) -> Grid | None:
    """Infer the packet grid from the edges of all that is sure to stand in place of packets."""
    again = [c for c in copied if c.kind == "repeat" and c.llr > SURE]
    start, end = (
        np.concatenate((getattr(holes, edge)[holes.sure], [getattr(c, edge) for c in again]))
        for edge in ("start", "end")
    )
    return infer(start, end)


def surest(found: list[Candidate]) -> list[Candidate]:
    """Of candidates that overlap keep the surer: the same damage may be seen as a hole and as a copy, as cycles and as a beat that is lost."""
    order = sorted(range(len(found)), key=lambda i: (-found[i].llr, found[i].start))
    return [found[i] for i in apart([c.start for c in found], [c.end for c in found], order)]


def chained(found: list[Candidate]) -> list[Candidate]:
    """Join pitch cycles to what goes on from them: the next cycles of the same concealment, or the silence it fades into."""
    out: list[Candidate] = []
    for c in sorted(found, key=lambda c: c.start):
        last = out[-1] if out else None
        if last is None or last.kind != "concealed" or c.family != "gap" or last.llr <= 0.0:
            out.append(c)
            continue
        cycles = c.kind == "concealed"
        after = c.start - last.end < (PIECES_SECONDS if cycles else CHAIN_SECONDS)
        if after and c.llr + (0.0 if cycles else CHAINED) > 0.0:
            last.end = max(last.end, c.end)
            last.context_db = max(last.context_db, c.context_db)
        else:
            out.append(c)
    return out


def _event(c: Candidate, heard: Speech, shared: Shared) -> Event:
    details = {name: value if isinstance(value, str) else shared(float(value)) for name, value in c.details.items()}
    if c.kind in audible.TAKING:
        details["lost_db"] = shared(round(audible.lost_db(c.start, c.end, heard), 1))
    return Event(
        family=c.family,
        kind=c.kind,
        start=round(float(c.start), 6),
        end=round(float(c.end), 6),
        severity=shared(round(severity(c, float(details.get("lost_db", 0.0))), 3)),
        confidence=shared(round(c.confidence, 3)),
        details=details | {f"llr_{name}": shared(round(float(value), 2)) for name, value in c.evidence.items()},
    )


def severity(c: Candidate, lost_db: float) -> float:
    """Severity of a candidate: how well it is heard by the level of what it took, times how much of a syllable (80 ms) it takes."""
    seconds = CUT_SECONDS if c.kind == "cut" else c.end - c.start
    return audible.audibility(lost_db) * (1.0 - math.exp2(-seconds / 0.04))
