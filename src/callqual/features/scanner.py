"""The one pass over a leg: fixed native blocks in, facts out. Every detector's samples are read here and nowhere else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.audio.rates import BLOCK_SECONDS, NARROW, Rates
from callqual.features.beats import BeatReader
from callqual.features.copies import CopyFinder
from callqual.features.edges import squares
from callqual.features.facts import FRAME, HOP, LAG_SECONDS, RUN, Facts, half_db, stacked
from callqual.features.frames import periodicities, tonality
from callqual.features.hidden import BATCH as TOGETHER
from callqual.features.hidden import HiddenReader
from callqual.features.holes import AHEAD, BACK, LONGEST, HoleFinder
from callqual.features.law import LawReader
from callqual.features.net import NetRunner
from callqual.features.noises import NoiseFinder
from callqual.features.rolling import Rolling
from callqual.features.runs import RunFinder
from callqual.features.spectra import BATCH, SpectrumReader
from callqual.features.splices import SpliceFinder

KEEP = 0.3
GATE_BELOW_LOUD = 10 ** (-4.5)
"""An edge needs 45 dB less than the loudest frames of the last seconds: more than the 33 dB of any audible gap's context."""


class Scanner:
    """Reads one leg block by block and keeps its :class:`~callqual.features.facts.Facts`."""

    def __init__(self, sr: int) -> None:
        self.facts = Facts(sr)
        self.block = round(BLOCK_SECONDS * sr)
        self._rates = Rates(sr)
        rate = self._rates.wide
        self._wide = Rolling(round(KEEP * rate))
        self._narrow = Rolling(round(KEEP * NARROW))
        self._runs = RunFinder(sr)
        self._law = LawReader(sr, self.facts.law)
        self._beats = BeatReader(rate)
        self._holes = HoleFinder(rate)
        self._noises = NoiseFinder(rate)
        self._copies = CopyFinder(sr)
        self._spectra = SpectrumReader()
        self._rows = HiddenReader()
        self._net = NetRunner()
        self._native = Rolling(round(KEEP * sr))
        self._splices = SpliceFinder(sr)
        self._loud = 0.0
        self._short_runs = np.zeros(0, RUN)

    def push(self, x: NDArray[np.float32], last: bool = False, prompt: bool = True) -> None:
        """Read one native block (float32); every block but the last has ``self.block`` samples.

        Unless `prompt`, the rows of spectra may come some seconds later, all of them at the `last`.
        """
        facts = self.facts
        if not np.isfinite(x).all():
            facts.finite = False
            x = np.nan_to_num(x, nan=0.0, posinf=0.0, neginf=0.0)
        facts.seconds += x.size / facts.sr
        runs = self._runs.push(x, last)
        facts.runs.add(runs)
        facts.made.add(self._law.push(x, last))
        self._short_runs = stacked([self._short_runs, runs[runs["end"] - runs["start"] <= LONGEST]], RUN)
        wide, narrow = self._rates.push(x, last)
        self._native.append(x)
        self._wide.append(wide)
        self._narrow.append(narrow)
        facts.hidden.add(self._net.push(self._rows.push(narrow, last, 0 if prompt else TOGETHER), last))
        facts.beats.add(self._beats.push(wide, self._read(last, prompt)))

    def _read(self, last: bool, prompt: bool) -> float:
        """Read what is due; return the mean square below which no sound is of interest."""
        wide, narrow = self._wide, self._narrow
        rate = self._rates.wide
        hop = round(HOP * rate)
        lo, hi = wide.due(round(AHEAD * rate), hop, last)
        frames = (hi - lo) // hop
        x = wide.view(lo, lo + frames * hop).reshape(frames, hop)
        rows = np.zeros(frames, FRAME)
        rows["level"] = np.einsum("ij,ij->i", x, x, dtype=np.float64) / hop
        if frames:
            self._loud = max(self._loud * 0.8, float(np.partition(rows["level"], -1 - frames // 20)[-1 - frames // 20]))
        gate = max(self._loud * GATE_BELOW_LOUD, 1e-11)
        self._read_levels(lo, hi, gate)
        wide.done = hi
        start = lo * NARROW // rate
        rows["peak"], lags = periodicities(narrow, start, frames)
        rows["lag"] = lags // round(NARROW * LAG_SECONDS)
        rows["lines"], rows["tone"] = (half_db(measure) for measure in tonality(narrow, start, frames))
        self.facts.frames.add(rows)
        self.facts.copies.add(self._copies.find(self._native, narrow, start, start + frames * (NARROW // 100), gate))
        heard = narrow.view(start, start + frames * (NARROW // 100))
        self.facts.spectra.add(self._spectra.push(heard, rows, last, 1 if prompt else BATCH))
        self.facts.splices.add(self._splices.find(self._native, narrow, gate, last))
        narrow.done = start + frames * (NARROW // 100)
        return gate

    def _read_levels(self, lo: int, hi: int, gate: float) -> None:
        """Find holes and noise fills in ``lo..hi`` of the wide signal; both read the same prefix sum of squares."""
        first = max(lo - round(BACK * self._rates.wide), self._wide.start)
        x = self._wide.view(first, self._wide.stop)
        p = squares(x)
        due = self._short_runs["start"] < hi / self._rates.wide
        self.facts.holes.add(self._holes.find(x, p, first, hi, gate, self._short_runs[due]))
        self.facts.edges.add(self._holes.edges.steep(p, first))
        self._short_runs = self._short_runs[~due]
        self.facts.noises.add(self._noises.find(x, p, first, lo, hi, gate))
