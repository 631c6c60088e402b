"""What the values of G.711 say: that a receiver made sound up, from which sample to which; and where it blended one pitch cycle into the next.

A decoded packet lies on them, sample for sample; concealment, blended cycles and comfort noise do not, and neither does what a bridge mixes
in. So a leg is believed only if what is off them is short for the most part. Nothing speaks against a gap that lies on them: what was concealed
before the call was coded again does, and so do zeros and repeated packets.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.audio.rates import NARROW
from callqual.detect.candidates import DEAD_AIR_SECONDS, BySecond, Candidate
from callqual.detect.grid import ACCEPT, Grid, infer
from callqual.detect.speech import Speech
from callqual.features.facts import HOP

FEWEST, STRAY = 2000, 0.005
"""Loud samples on the law that a leg needs, and the share beside them that may be off it one by one: measured 0.1 % in calls caught up at 1.25
times the speed, 0 in others, from 0.3 % on where another talker is mixed in."""

FOREIGN, LOUD_DB = 0.3, -20.0
"""Seconds from which what is so loud (re active speech) is no concealment, which fades within 0.1 s, but another sound."""

CYCLE, LONGEST, LONGEST_FALLEN, FALLEN_DB = 0.0165, 0.152, 0.3, 12.0
"""A stretch up to the first is a pitch cycle blended (15 ms at the most), one up to the second what is played for lost packets, and up to the
third if it is so much softer than what stands before it."""

LOUDER_DB, PLAYED = 6.0, (0.02, 0.04, 0.06)
"""What is played on is never so much louder than the loudest of the frames before it, of which it goes on from one: a beep, or another talker,
is. Linphone's engine plays what it got 45 ms before: measured by the last frame alone, and by what was played, one in six of its gaps was too faint
or too loud."""

DENSE, BESIDE = 2, 0.08
"""So many cycles within that time: what lasts longer among them is two of them end to end."""

PACKET, MEASURED = 0.01, 0.001
"""Packets, or what is concealed at a time, are whole multiples of this; what a stretch lasts longer is blending. How well its length is known."""

NEAR, SNAP = 0.015, 0.025
"""Seconds beside a gap within which a short stretch is its blending, and by how much borders told in whole frames are moved."""

AFFIRMED, ALONE = 6.0, 2.0
"""What a stretch says for a gap that another detector has seen too, and what it says alone; the rest of the doubt is what else it may be."""

LIKELY, SEEN, STEEP = -2.0, 0.25, 2.0
"""Log odds from which another detector has seen a gap, the share of them that one has, or that lie on the packet grid, of those concealed like
NetEq, and nats for each factor of e that there are fewer: most of short beeps mixed into a call, every few seconds, were gaps without."""

GIVEN_UP, SILENT_DB = 3.0, -60.0
"""Seconds at most, and level re active speech, of the silence that a receiver plays when it has given up, until it blends in a packet that came."""

APART, QUIET_DB = 0.5, -25.0
"""Seconds without a cycle that end a stretch of warped time; cycles of pauses, softer than that, are not counted."""

UNBLENDED = -2.5
"""What it says of warped time that was heard in a leg of which nothing lies off the values: what is coded again since lies on them too."""

ONE, EACH, MOST = -1.5, 1.5, 8.0
"""Nats of a single cycle, of each factor of e more, and at most."""


def trusted(made: NDArray[np.void], law: NDArray[np.int64], speech: Speech) -> NDArray[np.void]:
    """Return what is ``made`` in a leg whose other samples lie on a law, with no other sound mixed in; of other legs none."""
    if not made.size or speech.active_db is None or not _lies_on(law):
        return made[:0]
    length = made["end"] - made["start"]
    foreign = (length > FOREIGN) & (speech.mean_db(made["start"], made["end"]) > LOUD_DB)
    strange = float(length[foreign].sum()) + int(law[2]) / NARROW
    return made[length <= FOREIGN] if strange <= float(length[length <= LONGEST].sum()) else made[:0]


def doubted(warped: list[Candidate], made: NDArray[np.void], law: NDArray[np.int64]) -> list[Candidate]:
    """Let a leg on a law of which nothing is `made` speak against the warped time that was heard in it."""
    if not made.size and _lies_on(law):
        for c in warped:
            c.evidence["law"] = UNBLENDED
    return warped


def _lies_on(law: NDArray[np.int64]) -> bool:
    """Tell whether the loud samples of a leg are enough and, but for strays, on a law."""
    on, stray, _ = law.tolist()
    return bool(on >= FEWEST and stray <= STRAY * on)


def packets(made: NDArray[np.void]) -> Grid | None:
    """Infer the packet grid from where that which is as long as a packet begins; its ends lie off it by the blending.

    Every start is counted twice, as if it were an end too, so the odds must be as long as for two of them.
    """
    start = made["start"][made["end"] - made["start"] > PACKET - MEASURED]
    grid = infer(start, start)
    return grid if grid is not None and grid.log_p < 2.0 * ACCEPT else None


def split(made: NDArray[np.void], grid: Grid | None) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Return what is made in place of packets, and the cycles; what could be either is a packet if it lies on the grid."""
    length = made["end"] - made["start"]
    middle = 0.5 * (made["start"] + made["end"])
    whole = length > CYCLE
    if grid is not None:
        on = grid.edge(made["start"], grid.start_phase) > 0.0
        whole |= on & (length > grid.frame - MEASURED)
    cycles = middle[~whole]
    dense = np.searchsorted(cycles, middle + BESIDE) - np.searchsorted(cycles, middle - BESIDE) >= DENSE
    return made[whole & ~dense], made[~whole]


def affirm(found: list[Candidate], whole: NDArray[np.void], speech: Speech, grid: Grid | None) -> list[Candidate]:
    """Let what was made up vouch for the gaps it lies in and move their borders, and add those that nobody else has found."""
    near = BySecond(c for c in found if c.family == "gap")
    seen = 0
    doubted: dict[int, Candidate] = {}
    added: list[Candidate] = []
    for start, end, context, on_grid in _audible(whole, speech, grid):
        touching = near.touching(start - NEAR, end + NEAR)
        best = max((c for c in touching if _same(c, start, end)), key=lambda c: c.llr, default=None)
        seen += on_grid or (best is not None and best.llr > LIKELY)
        if best is None:
            told = any(c.llr > 0.0 for c in touching)
            added += [] if told else [_gap(start, end, context)]
            continue
        _move(best, start, end)
        if best.llr > LIKELY:
            best.evidence["law"] = AFFIRMED
        else:
            doubted[id(best)] = best
    share = (seen + SEEN) / (len(whole) + 1.0)
    for c in (*doubted.values(), *added):
        c.evidence["law"] = ALONE + STEEP * min(float(np.log(share / SEEN)), 0.0) - c.llr
    return found + added


def given_up(
    found: list[Candidate], whole: NDArray[np.void], cycles: NDArray[np.void], speech: Speech
) -> list[Candidate]:
    """Let what is made up, then silent until a cycle is blended in, be one outage in place of what was found of it."""
    near = BySecond(c for c in found if c.family == "gap")
    parts: set[int] = set()
    outages = []
    for start, end, context in _silenced(whole, cycles, speech):
        parts |= {id(c) for c in near.touching(start, end) if start - SNAP < 0.5 * (c.start + c.end) < end + SNAP}
        outage = _gap(start, end, context)
        outage.kind = "dead_air" if end - start >= DEAD_AIR_SECONDS else outage.kind
        outage.evidence["law"] = AFFIRMED
        outages.append(outage)
    return [c for c in found if id(c) not in parts] + outages


def _silenced(whole: NDArray[np.void], cycles: NDArray[np.void], speech: Speech) -> list[tuple[float, float, float]]:
    """Return from where to where (s) a receiver gave up beside speech, and the context (dB re active)."""
    after = np.searchsorted(cycles["start"], whole["end"])
    known = after < cycles.size
    start, end = whole["start"][known], cycles["start"][after[known]]
    context = speech.context_db(start, end)
    first, last = whole["end"][known] + 2 * HOP, end - 2 * HOP  # frames at its ends hear more than silence
    silent = (last - first > HOP) & (last - first < GIVEN_UP)
    silent[silent] &= speech.mean_db(first[silent], last[silent]) < SILENT_DB
    told = silent & (context > LOUD_DB)
    return list(zip(start[told].tolist(), end[told].tolist(), context[told].tolist(), strict=True))


def _gap(start: float, end: float, context: float) -> Candidate:
    """Return a gap that nothing else tells of."""
    return Candidate("gap", "concealed", start, end, {}, {"context_db": round(context, 1)}, context)


def _audible(whole: NDArray[np.void], speech: Speech, grid: Grid | None) -> list[tuple[float, float, float, bool]]:
    """Return what goes on from speech, or breaks it off: start, end after whole packets (s), context (dB re active), on the grid or not."""
    start, length = whole["start"], whole["end"] - whole["start"]
    packet = PACKET if grid is None else grid.frame
    level, context = speech.mean_db(start, whole["end"]), speech.context_db(start, whole["end"])
    before = np.max([speech.mean_db(start - back, start - back + 0.02) for back in PLAYED], axis=0)
    short = length <= np.where(level < before - FALLEN_DB, LONGEST_FALLEN, LONGEST)
    told = (np.maximum(level, context) > LOUD_DB) & (level < before + LOUDER_DB) & short & ~_tonal(whole, speech)
    end = start + np.maximum(np.floor((length + MEASURED) / packet) * packet, np.minimum(length, packet))
    on_grid = np.zeros(start.size, np.bool_) if grid is None else grid.edge(start, grid.start_phase) > 0.0
    columns = start, end, context, on_grid
    return list(zip(*(column[told].tolist() for column in columns), strict=True))


def _tonal(whole: NDArray[np.void], speech: Speech) -> NDArray[np.bool_]:
    """Tell which stretches are a tone for the most part: a digit dialled, a beep, put in by an exchange as it sends its packets."""
    a, b = np.floor(whole["start"] / HOP).astype(int), np.ceil(whole["end"] / HOP).astype(int)
    return np.array(
        [2 * speech.tonal[i:j].sum() > j - i for i, j in zip(a.tolist(), b.tolist(), strict=True)], np.bool_
    )


def _same(c: Candidate, start: float, end: float) -> bool:
    """Tell whether a candidate and a stretch are about the same damage."""
    return min(c.end, end) - max(c.start, start) > 0.5 * min(c.end - c.start, end - start)


def _move(c: Candidate, start: float, end: float) -> None:
    """Give a candidate that was heard by frames exact borders: it may have been heard in part only, or together with damage beside it."""
    if "net" in c.evidence and c.kind == "concealed":
        c.start = start if start < c.start + SNAP else c.start
        c.end = end if end > c.end - SNAP else c.end


def warps(whole: NDArray[np.void], cycles: NDArray[np.void], found: list[Candidate], speech: Speech) -> list[Candidate]:
    """Return stretches of warped time: cycles blended where nothing is missing, with how many a second and how long they are together."""
    gaps = BySecond(c for c in found if c.kind != "time_warp" and c.llr > 0.0)
    for start, end in whole[["start", "end"]].tolist():
        gaps.add(Candidate("gap", "concealed", start, end, {}))
    heard = cycles[speech.mean_db(cycles["start"], cycles["end"]) > QUIET_DB]
    alone = [c for c in heard[["start", "end"]].tolist() if not gaps.touching(c[0] - NEAR, c[1] + NEAR)]
    start, end = np.array(alone, np.float64).reshape(-1, 2).T
    groups = np.split(np.arange(start.size), np.flatnonzero(start[1:] - end[:-1] > APART) + 1)
    return [_warp(start[g], end[g]) for g in groups if g.size]


def _warp(start: NDArray[np.float64], end: NDArray[np.float64]) -> Candidate:
    """Return the cycles ``start..end`` as one candidate."""
    first, last = float(start[0]), float(end[-1])
    details: dict[str, float | str] = {
        "cycles_per_second": round(start.size / max(last - first, APART), 2),
        "warped_ms": round(1000.0 * float((end - start).sum()), 1),
    }
    evidence = {"law": min(ONE + EACH * float(np.log(start.size)), MOST)}
    return Candidate("jitter", "time_warp", first, last, evidence, details)
