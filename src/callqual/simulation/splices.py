"""Where time was added or taken out, and where that moves everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from callqual.simulation.signals import Signal
from callqual.simulation.truth import TruthEvent


class Splice(NamedTuple):
    """At sample `at` of the signal before it, `inserted` samples are added and the next `removed` left out."""

    at: int
    inserted: int = 0
    removed: int = 0


def slips(n: int, ppm: float) -> list[Splice]:
    """Splices of a receiver whose clock runs `ppm` fast (it runs dry: samples doubled) or slow (left out), one at a time."""
    if not ppm:
        return []
    step = 1e6 / abs(ppm)
    places = (step * np.arange(1, int(n / step) + 1)).astype(int).tolist()
    return [Splice(p, inserted=1) if ppm > 0 else Splice(p, removed=1) for p in places if p < n]


def of_events(events: Iterable[TruthEvent], sr: int) -> list[Splice]:
    """The splices that a damage to time made, from its events in order of time."""
    found, shift = [], 0
    for e in events:
        a, b = round(e["start"] * sr), round(e["end"] * sr)
        if e["kind"] in ("inserted_silence", "repeat_segment"):
            found.append(Splice(a - shift, inserted=b - a))
            shift += b - a
        elif e["kind"] == "cut":
            k = round(e["details"]["removed_ms"] * sr / 1000)
            found.append(Splice(a - shift, removed=k))
            shift -= k
    return found


def splice(x: Signal, splices: Iterable[Splice], hold: bool = False) -> Signal:
    """Insert silence (or, with `hold`, the sample before) and leave samples out."""
    parts, last = [], 0
    for at, inserted, removed in splices:
        filling = x[at - 1] if hold and at else 0.0
        parts += [x[last:at], np.full(inserted, filling)]
        last = at + removed
    return np.concatenate([*parts, x[last:]])


def mover(splices: Iterable[Splice]) -> Callable[[int], int]:
    """Return the function from a sample before the splices to the same one behind them; one left out goes to the joint."""
    known = list(splices)
    places = np.array([s.at for s in known], np.int64)
    gains = np.concatenate([[0], np.cumsum([s.inserted - s.removed for s in known])])

    def moved(p: int) -> int:
        i = int(np.searchsorted(places, p, side="left"))  # splices before p
        if i and p < known[i - 1].at + known[i - 1].removed:
            return int(known[i - 1].at + known[i - 1].inserted + gains[i - 1])
        return int(p + gains[i])

    return moved


def move(events: Iterable[TruthEvent], moved: Callable[[int], int], sr: int) -> list[TruthEvent]:
    """Give events the times of the signal behind the splices; one that lay in what was left out is gone."""

    def seconds(time: Any) -> float:
        return moved(round(time * sr)) / sr

    new = ((e, e | {"start": seconds(e["start"]), "end": seconds(e["end"])}) for e in events)
    return [after for before, after in new if after["start"] < after["end"] or before["start"] == before["end"]]
