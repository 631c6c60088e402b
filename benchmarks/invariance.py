"""How ratings move when nothing is lost, and when something is: ``python -m benchmarks.invariance --peers --out benchmarks/RESULTS.md``.

Calls of 20 s of the tuning voices, undamaged and with lost packets, go through the changes of :mod:`benchmarks.changes`.
Undamaged are those in which callqual finds nothing, for some voices have a hum or an echo of their own. ``--peers`` asks PLCMOS, DNSMOS
and voicequal of the first call at 16 kHz, where their environments are made (:mod:`benchmarks.peers.environments`), and NISQA with
``--nisqa-weights``.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile as sf

import callqual
from benchmarks.changes import GROWING, SAME, WORSE, Call, lost, rises
from benchmarks.corpora import Signal, plans, quantise, render
from benchmarks.invariance_tables import page
from benchmarks.peers.catalogue import PEERS
from benchmarks.peers.environments import missing
from benchmarks.peers.sessions import Lane
from benchmarks.results import Rows, update
from benchmarks.tasks import prepare

SECONDS, SEED, LOST = 20.0, 17, 0.03
RATES = (8000, 16000, 48000)
PEERS_HZ = 16000
CHOSEN = ("PLCMOS", "DNSMOS", "voicequal", "NISQA")
Said = dict[str, float]
Rater = Callable[[Call], Said]


def main(argv: list[str] | None = None) -> int:
    """Rate every call and its changes, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.invariance", description=str(__doc__).splitlines()[0])
    parser.add_argument("--clips", type=int, default=4, help="undamaged calls at each rate")
    parser.add_argument("--sr", type=int, nargs="+", choices=RATES, default=list(RATES))
    parser.add_argument("--peers", action="store_true", help="ask the peers of one call (about three minutes)")
    parser.add_argument(
        "--nisqa-weights", type=Path, metavar="FILE", help="weights of NISQA; without them it is not run"
    )
    parser.add_argument("--out", type=Path, help="Markdown file to update, with its JSON; else only print")
    args = parser.parse_args(argv)
    prepare()
    tallies = Tallies()
    for sr in args.sr:
        for x, rng in itertools.islice(undamaged(sr), args.clips):
            tallies.take(x, sr, rng, ours)
    if args.peers:
        weights = str(args.nisqa_weights) if args.nisqa_weights else None
        with Lane(weights) as lane, TemporaryDirectory() as folder:
            x, rng = next(undamaged(PEERS_HZ))
            tallies.take(x, PEERS_HZ, rng, lambda call: theirs(call, lane, Path(folder), weights is not None))
    rows = tallies.rows()
    print(update(args.out, "invariance", rows, page) if args.out else page(rows))
    return 0


def undamaged(sr: int) -> Iterator[tuple[Signal, np.random.Generator]]:
    """Yield calls of the tuning voices in which callqual finds nothing, and random numbers for each."""
    for i, plan in enumerate(plans("tune", sr, SECONDS, 60, SEED)):
        x = quantise(render(plan).x[: round(SECONDS * sr)]).astype(np.float64)
        record = callqual.score(np.float32(x), sr=sr)
        if record.mos is not None and not record.legs[0].events:
            yield x, np.random.default_rng([SEED, i])


def ours(call: Call) -> Said:
    """Score of callqual, and the lower end of its interval."""
    x, sr = call
    record = callqual.score(np.float32(x), sr=sr)
    if record.mos is None or record.mos_low is None:
        raise SystemExit(f"no MOS: {record.reason}")
    return {"callqual": record.mos, "callqual low": record.mos_low}


def theirs(call: Call, lane: Lane, folder: Path, nisqa: bool) -> Said:
    """Scores of the peers; of those that fail there is none, nor for samples above full scale, which no file of theirs holds."""
    x, sr = call
    if np.abs(x).max() > 1.0:
        return {}
    path = folder / "call.wav"
    sf.write(path, x, sr, "FLOAT")
    said: Said = {}
    for peer in PEERS:
        if peer.name in CHOSEN and missing(peer.home) is None and (peer.home != "nisqa" or nisqa):
            said |= lane.ask(peer.home, peer.how, str(path), peer.settings).get("scores", {})
    return {name: score for name, score in said.items() if not name.endswith("dB")}


class Tallies:
    """What every rater said of every change, by change."""

    def __init__(self) -> None:
        self.moved: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.fell: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.below: dict[str, list[bool]] = defaultdict(list)
        self.rose: dict[tuple[str, str], list[float]] = defaultdict(list)

    def take(self, x: Signal, sr: int, rng: np.random.Generator, rate: Rater) -> None:
        """Rate a call, undamaged and with lost packets, and all its changes."""
        whole = rate((x, sr))
        for call in (x, lost(x, sr, rng, LOST)):
            before = rate((call, sr))
            for name, change in SAME.items():
                after = _mean([rate(made) for made in change.make(call, sr, rng)])
                self._add(self.moved, name, before, after)
        for name, damage in WORSE.items():
            after = rate((damage(x, sr, rng), sr))
            self._add(self.fell, name, after, whole)
            if "callqual low" in whole:
                self.below[name].append(after["callqual"] < whole["callqual low"])
        for name, steps in GROWING.items():
            seed = int(rng.integers(2**31))
            said = [rate((step(x, sr, np.random.default_rng(seed)), sr)) for step in steps]
            for rater in _common(said):
                self.rose[name, rater] += rises([s[rater] for s in said])

    @staticmethod
    def _add(to: dict[tuple[str, str], list[float]], name: str, before: Said, after: Said) -> None:
        for rater in _common([before, after]):
            to[name, rater].append(after[rater] - before[rater])

    def rows(self) -> Rows:
        """Take the figures."""
        out: Rows = {}
        for (name, rater), moved in self.moved.items():
            far = np.abs(moved)
            out[f"same/{name}/{rater}"] = {
                "tolerance": SAME[name].tolerance, "calls": len(far), "mean": float(far.mean()), "most": float(far.max())
            }  # fmt: skip
        for (name, rater), fell in self.fell.items():
            row = {"calls": len(fell), "fall": float(np.mean(fell)), "least": float(np.min(fell))}
            below = {"below": float(np.mean(self.below[name]))} if rater == "callqual" else {}
            out[f"worse/{name}/{rater}"] = row | below
        for (name, rater), rose in self.rose.items():
            out[f"growing/{name}/{rater}"] = {
                "steps": len(rose), "rose": float(np.mean(np.array(rose) > 0.005)), "most": max(*rose, 0.0)
            }  # fmt: skip
        return out


def _mean(said: list[Said]) -> Said:
    return {rater: float(np.mean([s[rater] for s in said])) for rater in _common(said)}


def _common(said: Iterable[Said]) -> list[str]:
    """Raters that had a score for all, the ends of intervals left out."""
    first, *others = said
    return [rater for rater in first if rater != "callqual low" and all(rater in s for s in others)]


if __name__ == "__main__":
    sys.exit(main())
