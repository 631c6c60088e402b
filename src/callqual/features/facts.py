"""What is kept of a leg once its samples are gone: ten-millisecond frames, seconds of spectrum, and candidates of damage.

All times are seconds. A frame takes 20 bytes, a second 550, a hole or a noise 80 to 150: an hour of a bad line comes to 12 MB.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

HOP = 0.01
"""Seconds from one frame to the next."""

HOLE = np.dtype([("start", "f8"), ("end", "f8"), ("m", "f4", (18,)), ("zero", "f4"), ("join", "f4", (5,))])
"""A hole between two abrupt edges: its measurements (:data:`callqual.kernels.holes.COLUMNS`), its share of identical samples, and, of
holes with two steep edges, how well its ends fit each other (:data:`callqual.kernels.joins.COLUMNS`; else zeros)."""

NOISE = np.dtype([("start", "f8"), ("end", "f8"), ("m", "f4", (18,)), ("d", "f4", (18,))])
"""A stretch of even noise: the measurements of a hole on the signal and on its second difference."""

SPLICE = np.dtype([("at", "f8"), ("m", "f4", (14,))])
"""A moment that what stands before it does not foretell: its measurements (:data:`callqual.kernels.splices.COLUMNS`)."""

EDGE = np.dtype([("at", "f8"), ("before", "f4"), ("after", "f4")])
"""A steep edge of the level: mean square of the 3 ms before and after it."""

RUN = np.dtype([("start", "f8"), ("end", "f8"), ("value", "f4")])
"""A run of identical samples."""

COPY = np.dtype([
    ("start", "f8"), ("end", "f8"), ("lag", "f4"), ("gain_db", "f4"), ("beside_db", "f4"), ("level", "f4"),
    ("seam_start", "f4"), ("seam_middle", "f4"), ("seam_end", "f4"),
])  # fmt: skip
"""A stretch that repeats what was heard `lag` seconds before it; the seams are jumps of the waveform re its surroundings."""


def stacked(pieces: list[NDArray[np.void]], dtype: np.dtype[np.void]) -> NDArray[np.void]:
    """Join structured arrays of one type, most of which are empty, as bytes: NumPy takes 15 us to promote the fields of each."""
    pieces = [piece for piece in pieces if piece.size]
    if len(pieces) == 1:
        return pieces[0]
    raw = np.dtype((np.void, dtype.itemsize))
    return np.concatenate([piece.view(raw) for piece in pieces]).view(dtype) if pieces else np.zeros(0, dtype)


@dataclass
class Grown:
    """A structured array that grows by pieces."""

    dtype: np.dtype[np.void]
    pieces: list[NDArray[np.void]] = field(default_factory=list)

    def add(self, rows: NDArray[np.void]) -> None:
        """Append rows."""
        if rows.size:
            self.pieces.append(rows)

    def all(self) -> NDArray[np.void]:
        """Return every row as one array."""
        self.pieces = [stacked(self.pieces, self.dtype)]
        return self.pieces[0]


FRAME = np.dtype([("level", "f4"), ("peak", "f4"), ("lag", "f4"), ("lines", "f4"), ("tone", "f4")])
"""A frame of 10 ms: mean square, best normalised autocorrelation and its lag (s), how far below the whole (dB) lie what its
two strongest spectral lines leave of 64 ms and what a prediction from four samples leaves of 15 ms."""


LINES, RINGS = 16, 3
LAGS = range(16, 112)
"""Quefrencies of the echo cepstrum, narrow samples."""

TDMA_HZ = 26 / 0.12
NOMINAL_HZ = (50 / 3, 100 / 3, 50.0, 100.0, TDMA_HZ)
"""Rates at which packets, codec frames and GSM bursts repeat."""

MAINS_HZ = (50.0, 60.0)

SECOND = np.dtype([
    ("comb", "f4", (len(NOMINAL_HZ),)), ("comb_power", "f4", (len(NOMINAL_HZ),)),
    ("mains", "f4", (2,)), ("mains_hz", "f4", (2,)), ("mains_power", "f4", (2,)),
    ("pitch", "f4"), ("pitch_hz", "f4"), ("pitch_power", "f4"),
    ("lines", "u2"), ("hz", "f4", (LINES,)), ("mean", "f4", (LINES,)), ("least", "f4", (LINES,)), ("power", "f4", (LINES,)),
    ("ring", "f4", (RINGS,)), ("ring_hz", "f4", (RINGS,)),
    ("echo", "f2", (len(LAGS),)), ("echo_frames", "u1"),
])  # fmt: skip
"""What is kept of a second. Scores of combs, lines (`mean` and `least` excess, dB; power) and ring (dB) are of the 3 (ring: 4) s
that begin with it; `lines` counts the peaks of the 3 s; `echo` is the mean cepstrum of the second's `echo_frames` unvoiced frames."""


@dataclass
class Facts:
    """Everything the detectors may know of one leg."""

    sr: int
    seconds: float = 0.0
    finite: bool = True
    frames: Grown = field(default_factory=lambda: Grown(FRAME))
    holes: Grown = field(default_factory=lambda: Grown(HOLE))
    noises: Grown = field(default_factory=lambda: Grown(NOISE))
    splices: Grown = field(default_factory=lambda: Grown(SPLICE))
    edges: Grown = field(default_factory=lambda: Grown(EDGE))
    runs: Grown = field(default_factory=lambda: Grown(RUN))
    copies: Grown = field(default_factory=lambda: Grown(COPY))
    spectra: Grown = field(default_factory=lambda: Grown(SECOND))

    def since(self, second: int) -> Facts:
        """Return the facts from a whole `second` on, as if the leg began there."""
        late = Facts(self.sr, self.seconds - second, self.finite)
        late.frames.add(self.frames.all()[round(second / HOP) :])
        late.spectra.add(self.spectra.all()[second:])
        for name in ("holes", "noises", "runs", "copies"):
            rows = getattr(self, name).all()
            rows = rows[rows["start"] >= second].copy()
            rows["start"] -= second
            rows["end"] -= second
            getattr(late, name).add(rows)
        edges = self.edges.all()
        edges = edges[edges["at"] >= second].copy()
        edges["at"] -= second
        late.edges.add(edges)
        return late
