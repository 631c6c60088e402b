"""What the steps of a receiver are to a listener: events in the time of the output, and a log of the packets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from callqual.simulation.network import PACKET, Packets
from callqual.simulation.playout import INSERTED, Step
from callqual.simulation.truth import Levels, TruthEvent, event

PACKET_LOG = np.dtype([*((name, PACKET[name]) for name in PACKET.names or ()), ("fate", "U10"), ("played", "f8")])
"""A packet and what became of it: played, lost, late, recovered (by FEC) or discarded; when it, or its concealment, is
heard (s, output time; nan = never)."""

DEAD_SECONDS, DEAD_DB = 1.0, -40.0
"""A gap so long, its second half so far below active speech, is dead air."""

RECOVERED = 0.5
"""Power of the error, re that of the speech, below which a packet counts as recovered from the one behind it."""

JOINED_SECONDS = 0.5
"""Pitch cycles taken out (or added) nearer than this are one event."""


class Gap(NamedTuple):
    """A run of samples in which no packet is heard, how many packets it took, of them late, and frames it added."""

    run: tuple[int, int]
    packets: int
    late: int
    inserted: int


class Account:
    """The steps of a receiver and where each begins in the output (samples at `sr`)."""

    def __init__(
        self, steps: Sequence[Step], starts: NDArray[np.int64], frame: int, sr: int, recovered: NDArray[np.bool_]
    ) -> None:
        self.steps, self.starts, self.frame, self.sr = steps, starts, frame, sr
        self.recovered = recovered
        self.missing = np.array([step.fate != "played" for step in steps], np.bool_) & ~recovered
        self.frame_ms = 1000 * frame / sr

    def gaps(self) -> Iterator[Gap]:
        """Yield runs of steps whose packet is not heard."""
        edges = np.flatnonzero(np.diff([0, *self.missing, 0]))
        for i, j in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            inserted = sum(step.packet == INSERTED for step in self.steps[i:j])
            cut = sum(step.cut for step in self.steps[i : j + 1])
            late = sum(step.fate == "late" for step in self.steps[i:j])
            run = (int(self.starts[i]), int(self.starts[j - 1]) + self.frame)
            yield Gap(run, j - i - inserted + cut, late + cut, inserted)

    def gap_event(self, gap: Gap, kind: str, heard: Levels, sent: Levels) -> TruthEvent:
        """Describe a gap. One in which no packet is missing is an underrun: silence of which is inserted silence."""
        more = {"inserted_ms": gap.inserted * self.frame_ms} if gap.inserted else {}
        if not gap.packets and kind == "zero_fill":
            found = event("jitter", "inserted_silence", gap.run, sent, cause="underrun")
            return self._at(found | {"details": more}, gap.run, sent)
        cause = "underrun" if not gap.packets else "late" if 2 * gap.late > gap.packets else "loss"
        a, b = gap.run
        dead = b - a >= DEAD_SECONDS * self.sr and heard.db((a + b) // 2, b) < DEAD_DB
        details = {"frame_ms": self.frame_ms, "packets": float(gap.packets)} | more
        found = event("gap", "dead_air" if dead else kind, gap.run, sent, cause=cause) | {"details": details}
        return found if gap.packets else self._at(found, gap.run, sent)

    def _at(self, found: TruthEvent, run: tuple[int, int], sent: Levels) -> TruthEvent:
        """Give an event that took nothing the level of the speech about it."""
        near, (a, b) = self.sr // 100, run
        return found | {"lost_db": round(max(sent.db(a - near, a), sent.db(b, b + near)), 1)}

    def warps(self, sent: Levels) -> list[TruthEvent]:
        """Describe pitch cycles added and taken out, near ones together."""
        spans = [
            (int(p), int(p) - s.warp, s.warp) if s.warp < 0 else (int(p) - s.warp, int(p), s.warp)
            for s, p in zip(self.steps, self.starts, strict=True)
            if s.warp
        ]
        spans = [
            span for span in spans if span[0] >= 0 and span[1] <= sent.n
        ]  # not in what the end of the call cuts off
        groups: list[list[tuple[int, int, int]]] = [spans[:1]] if spans else []
        for last, next_ in pairwise(spans):
            near = next_[0] - last[1] < JOINED_SECONDS * self.sr and (next_[2] > 0) == (last[2] > 0)
            groups[-1].append(next_) if near else groups.append([next_])
        found = []
        for group in groups:
            net = sum(warp for _, _, warp in group)
            details = {"net_ms": 1000 * net / self.sr, "cycles": float(len(group))}
            cause = "refill" if net > 0 else "catch_up"
            span = event("jitter", "time_warp", (group[0][0], group[-1][1]), sent, cause=cause)
            found.append(span | {"details": details})
        return found

    def cuts(self, sent: Levels) -> list[TruthEvent]:
        """Describe packets thrown away by a buffer too full, where no gap tells of them: events without length."""
        told = self.missing | np.concatenate([[False], self.missing[:-1]])
        return [
            self._at(
                event("jitter", "cut", (p, p), sent, cause="discard", removed_ms=s.cut * self.frame_ms), (p, p), sent
            )
            for s, p, gap in zip(self.steps, self.starts.tolist(), told.tolist(), strict=True)
            if s.cut and not gap and 0 <= p <= sent.n
        ]

    def log(self, packets: Packets, moved: Callable[[int], int]) -> NDArray[np.void]:
        """Say of every packet what became of it; `moved` = sample of the output for one of the receiver's."""
        out = np.zeros(len(packets), PACKET_LOG)
        for name in PACKET.names or ():
            out[name] = packets[name]
        out["fate"], out["played"] = "discarded", np.nan
        for step, start, recovered in zip(self.steps, self.starts.tolist(), self.recovered.tolist(), strict=True):
            if step.packet != INSERTED:
                out["fate"][step.packet] = "recovered" if recovered else step.fate
                out["played"][step.packet] = moved(start) / self.sr
        return out

    def places(self, packets: int) -> NDArray[np.int64]:
        """Return where each packet begins in the output, and the end; one thrown away begins where the next one does."""
        at = np.full(packets + 1, -1, np.int64)
        at[packets] = self.starts[-1] + self.frame
        for step, start in zip(self.steps, self.starts, strict=True):
            if step.packet != INSERTED:
                at[step.packet] = start
        for k in range(packets - 1, -1, -1):
            at[k] = at[k + 1] if at[k] < 0 else at[k]
        return at
