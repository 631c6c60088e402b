"""Candidates of copies: waveform that repeats itself exactly a frame, a pitch period or a segment later.

Where a copy may lie is read cheaply: at the lags of frames at 8 kHz, whatever the phase of the packets, at all others at 4 kHz.
What passes there is looked at sample by sample at the native rate, where the lag of a true copy is whole, and only there it is exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from callqual.audio.rates import NARROW
from callqual.features.facts import COPY
from callqual.features.frames import COARSE, halved
from callqual.features.rolling import Rolling
from callqual.kernels.copies import grow_copies, refine_copies
from callqual.kernels.frames import scan_frames
from callqual.kernels.joins import seam_jumps
from callqual.kernels.lags import scan_lags

FRAME_LAGS = np.arange(10, 101, 10) * COARSE // 1000
"""Lags (samples at 4 kHz) at which packets and jitter-buffer frames repeat."""


class Scan(NamedTuple):
    """A search at 4 kHz.

    Its shortest and longest lag; samples of a block, blocks of a window, blocks from window to window; the least squared
    correlation, read between the samples, and how far it may lie below the best of its window.
    """

    shortest: int
    longest: int
    block: int
    blocks: int
    step: int
    match: float
    near: float


SCANS = (
    Scan(COARSE // 400, COARSE // 50, 8, 3, 1, 0.70, 0.12),
    Scan(COARSE // 50, COARSE // 25, 8, 4, 6, 0.50, 0.15),
    Scan(COARSE // 25, COARSE // 10, 8, 4, 16, 0.50, 0.15),
)
"""Pitch cycles in windows of 6 ms every 2 ms; segments of 20 and of 40 ms and more in windows of 8 ms, so that one lies inside."""

FRAME_BLOCK, FRAME_BLOCKS, FRAME_MATCH_DB = COARSE // 500, 3, 20.0
"""Frames are read in windows of 6 ms every 2 ms: the shortest, 10 ms, holds one whatever its phase."""

MATCH_DB = 30.0
"""Copy gain from which 3 ms are a candidate; 99.9 % of active speech stays below, best lag and all."""

COARSE_DB = 19.0
"""Copy gain at 8 kHz, where a lag may lie half a sample off, from which the native rate is asked."""

HOPELESS, HOPELESS_BETWEEN = 0.05, 0.3
"""What a steady gain may leave of a copy that fades, at its lag and half a sample off it."""

HOPS, SEED_HOPS = 6, 3
"""A copy is refined in the 6 ms from its coarse place on: the best 3 ms of them, read every millisecond."""

SIDE_SECONDS = 1 / 16000
"""How far off its lag a copy must be worse: a sample of wide speech; of smooth sound one at 48 kHz changes little."""

GROW_DB, EDGE_DB = 26.0, 20.0
SHORTEST_MS = 4.0
BACK, AHEAD = 0.13, 0.35
AUDIBLE = 10.0
"""Lags are searched in windows within 35 dB of the loudest frames: the quiet ones stand beside no audible gap."""

SEAM_SECONDS, SEAM_NEAR, SEAM_ORDER = 0.024, 0.0005, 10
SHARP_DB = 16.0
"""Copies whose neighbouring lags are almost as good are no damage, whatever their seams: 9 of 10 in clean speech."""


CLIPPED_SHARE = 0.2
"""Of the samples at the peak of a stretch from which it is clipped; a sine has 0.03 of them. Flat tops are each other's copies."""


def _clipped(x: NDArray[np.float32]) -> bool:
    size = np.abs(x)
    return bool(np.count_nonzero(size >= np.float32(0.999) * size.max()) > CLIPPED_SHARE * x.size)


class CopyFinder:
    """Finds the copies whose first window starts in the stretch that is due."""

    def __init__(self, sr: int) -> None:
        self._sr = sr
        self._hop = sr // 1000
        self._between = sr % NARROW != 0
        self._reach = 0 if sr == NARROW else -(-sr // NARROW) // 2 + 1
        self._side = max(round(sr * SIDE_SECONDS), 1)
        self._window = np.hanning(round(SEAM_SECONDS * sr / 2) * 2 + 2)[1:-1]
        self._at, self._lag = np.zeros(8192, np.int64), np.zeros(8192, np.int64)

    def find(self, native: Rolling, narrow: Rolling, lo: int, hi: int, gate: float) -> NDArray[np.void]:
        """Return the :data:`COPY` rows of the narrow samples ``lo..hi``; one that crosses the border of a block comes twice."""
        at, lag = self._coarse(narrow, lo, hi, gate)
        first = max(lo * self._sr // NARROW - round(BACK * self._sr), native.start)
        x = native.view(first, hi * self._sr // NARROW + round(AHEAD * self._sr))
        if self._sr != NARROW:
            # windows that overlap have met in one place: three of ten are the same copy again
            _, once = np.unique(at * COARSE + lag, return_index=True)
            once.sort()
            at, lag = (np.round(v[once] * (self._sr / NARROW)).astype(np.int64) for v in (at, lag))
        return self._rows(x, at - first, lag, first)

    def _coarse(self, narrow: Rolling, lo: int, hi: int, gate: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return places (narrow samples) and lags at which copies may start."""
        origin = lo - 2 * (COARSE // 10 + 4)
        head = max(narrow.start - origin, 0)
        x = np.concatenate((np.zeros(head, np.float32), narrow.view(origin, hi + NARROW // 25)))
        y = halved(x)
        lo, hi = (lo - origin) // 2, (hi - origin) // 2
        found = [self._at_frame_lag(y, lo, hi, gate)]
        at, lag = self._at_any_lag(y, lo, hi, gate)
        rest, beside = np.ones(at.size), np.ones(at.size)
        between = self._sr != NARROW
        hopeless = HOPELESS_BETWEEN if between else HOPELESS
        refine_copies(x, at, lag, 1, NARROW // 1000, SEED_HOPS, HOPS, between, hopeless, 0.0, 1, rest, beside)
        least = COARSE_DB if between else MATCH_DB
        kept = rest < 10 ** (-least / 10)
        found.append((at[kept], lag[kept]))
        at, lag = (np.concatenate(part) for part in zip(*found, strict=True))
        return at + origin, lag

    def _at_frame_lag(
        self, y: NDArray[np.float64], lo: int, hi: int, gate: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        count = min(-(-(hi - lo) // FRAME_BLOCK), (y.size - lo) // FRAME_BLOCK - FRAME_BLOCKS + 1)
        match = 1.0 - 10 ** (-FRAME_MATCH_DB / 10)
        n = scan_frames(
            y, lo, FRAME_BLOCK, FRAME_BLOCKS, max(count, 0), FRAME_LAGS, match, gate * 1e-3, self._at, self._lag
        )
        return 2 * self._at[:n], 2 * self._lag[:n]

    def _at_any_lag(
        self, y: NDArray[np.float64], lo: int, hi: int, gate: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        n = 0
        for s in SCANS:
            hop = s.step * s.block
            count = min(-(-(hi - lo) // hop), (y.size - lo - s.blocks * s.block) // hop + 1)
            n += scan_lags(
                y, lo, s.block, s.blocks, s.step, max(count, 0), s.shortest, s.longest, s.match, s.near, AUDIBLE * gate,
                self._at[n:], self._lag[n:],
            )  # fmt: skip
        return 2 * self._at[:n], self._lag[:n].copy()

    def _rows(
        self, x: NDArray[np.float32], at: NDArray[np.int64], lag: NDArray[np.int64], first: int
    ) -> NDArray[np.void]:
        """Refine what may be copies at the native rate and measure those that are."""
        rest, beside = np.ones(at.size), np.ones(at.size)
        least = 10 ** (-MATCH_DB / 10)
        refine_copies(
            x,
            at,
            lag,
            self._reach,
            self._hop,
            SEED_HOPS,
            SEED_HOPS,
            self._between,
            HOPELESS,
            least,
            self._side,
            rest,
            beside,
        )
        kept = rest < least
        start, lag, rest, beside = at[kept], lag[kept], rest[kept], beside[kept]
        end, level = start + SEED_HOPS * self._hop, np.zeros(start.size)
        grow_copies(x, self._hop, 1.0 - 10 ** (-GROW_DB / 10), 10 ** (-EDGE_DB / 10), start, end, lag, level)
        kept = (level >= 0.0) & (end - start >= round(SHORTEST_MS / 1000 * self._sr))
        kept[kept] = [not _clipped(x[a:b]) for a, b in zip(start[kept].tolist(), end[kept].tolist(), strict=True)]
        start, end, lag = start[kept], end[kept], lag[kept]
        rows = np.zeros(start.size, COPY)
        if not start.size:
            return rows
        rows["start"], rows["end"], rows["lag"] = (first + start) / self._sr, (first + end) / self._sr, lag / self._sr
        rows["gain_db"], rows["beside_db"] = (-10.0 * np.log10(np.maximum(v, 1e-9)) for v in (rest[kept], beside[kept]))
        rows["level"] = level[kept]
        sharp = np.flatnonzero(rows["gain_db"] - rows["beside_db"] > SHARP_DB)
        jump = np.zeros(3 * sharp.size)
        near = max(round(SEAM_NEAR * self._sr), 2)
        seams = np.concatenate([(start - lag)[sharp], start[sharp], end[sharp]])
        seam_jumps(x, seams, self._window, near, SEAM_ORDER, jump)
        for name, jumps in zip(("seam_start", "seam_middle", "seam_end"), jump.reshape(3, -1), strict=True):
            rows[name][sharp] = jumps
        return rows
