"""What is kept of a leg once its samples are gone: ten-millisecond frames, seconds of spectrum, and candidates of damage.

All times are seconds. A frame takes 11 bytes, a second 650, a hole or a noise 112 to 160: an hour of a bad line comes to 9 MB.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

HOP = 0.01
"""Seconds from one frame to the next."""

ORDERLY = 5.0
"""Seconds by which a candidate may come after one that begins later: the scanner's block and the longest hole."""

HOLE = np.dtype([
    ("start", "f8"), ("end", "f8"), ("m", "f4", (18,)), ("zero", "f4"), ("value", "f4"), ("join", "f4", (5,)),
])  # fmt: skip
"""A hole between two abrupt edges: its measurements (:data:`callqual.kernels.holes.COLUMNS`), its share of identical samples and the value
of the longest run of them, and, of holes with two steep edges, how well its ends fit each other
(:data:`callqual.kernels.joins.COLUMNS`; else zeros)."""

NOISE = np.dtype([("start", "f8"), ("end", "f8"), ("m", "f4", (18,)), ("d", "f4", (18,))])
"""A stretch of even noise: the measurements of a hole on the signal and on its second difference."""

SPLICE = np.dtype([("at", "f8"), ("m", "f4", (14,)), ("join", "f4", (3,))])
"""A moment that what stands before it does not foretell: its measurements (:data:`callqual.kernels.splices.COLUMNS`), and how well its two
sides fit each other (the first three of :data:`callqual.kernels.joins.COLUMNS`)."""

EDGE = np.dtype([("at", "f8"), ("before", "f4"), ("after", "f4")])
"""A steep edge of the level: mean square of the 3 ms before and after it."""

RUN = np.dtype([("start", "f8"), ("end", "f8"), ("value", "f4")])
"""A run of identical samples."""

MADE = np.dtype([("start", "f8"), ("end", "f8"), ("evidence", "f4")])
"""A stretch of samples that no code of the leg's G.711 law decodes to, and its log-likelihood ratio of sound made up by the receiver."""

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


LEAST_ROWS, ROOM = 64, 16
"""Rows made room for at first, and the share of those there are (one in so many) that room is made for when it is used up."""


class Grown:
    """A structured array that grows where it stands: ten hours are never in memory twice, and the newest rows are read alone."""

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self._rows = np.empty(0, dtype)
        self._used = 0
        self._lent = False

    def add(self, rows: NDArray[np.void]) -> None:
        """Append rows, as bytes: field by field takes NumPy five times as long."""
        if not rows.size:
            return
        need = self._used + rows.size
        if need > self._rows.size:
            self._resize(max(need + need // ROOM, LEAST_ROWS))
        raw = np.dtype((np.void, self._rows.itemsize))
        self._rows.view(raw)[self._used : need] = rows.view(raw)
        self._used = need

    def all(self) -> NDArray[np.void]:
        """Return every row."""
        if self._used < self._rows.size:
            self._resize(self._used)
        self._lent = True
        return self._rows

    def take(self) -> NDArray[np.void]:
        """Return every row and keep none."""
        rows = self.all()
        self._rows, self._used, self._lent = np.empty(0, rows.dtype), 0, False
        return rows

    def newest(self, n: int) -> NDArray[np.void]:
        """Return a copy of the last `n` rows."""
        return self._rows[max(self._used - n, 0) : self._used].copy()

    def since(self, second: float) -> NDArray[np.void]:
        """Return a copy of the rows at `second` or later, by their first field; rows come in order of time to a few seconds."""
        n, time = LEAST_ROWS, str(self._rows.dtype.names[0]) if self._rows.dtype.names else ""
        while n < self._used and self._rows[time][self._used - n] >= second - ORDERLY:
            n *= 2
        late = self._rows[max(self._used - n, 0) : self._used]
        return late[late[time] >= second]

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self._used

    def _resize(self, n: int) -> None:
        """Make room for `n` rows where they stand, or elsewhere if somebody reads them there."""
        if self._lent:
            self._rows, self._lent = self._rows.copy(), False
        self._rows.resize(n, refcheck=False)


FRAME = np.dtype([("level", "f4"), ("peak", "f4"), ("lag", "u1"), ("lines", "u1"), ("tone", "u1")])
"""A frame of 10 ms: mean square, best normalised autocorrelation and its lag (quarters of a millisecond), how far below the whole
(halves of a dB, rounded up) lie what its two strongest spectral lines leave of 64 ms and what a prediction from four samples leaves
of 15 ms. What is counted here in small whole numbers is known no finer, or is only ever compared with whole dB."""

LAG_SECONDS, TONAL_STEP_DB = 0.00025, 0.5


def lags(frames: NDArray[np.void]) -> NDArray[np.float32]:
    """Return the lags (s) of frames."""
    return np.asarray(frames["lag"] * np.float64(LAG_SECONDS), np.float32)


def half_db(level_db: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return levels (dB) as the frame table holds them: a whole dB is passed by the count if it is by the level."""
    return np.asarray(np.clip(np.ceil(level_db / TONAL_STEP_DB), 0.0, 255.0), np.uint8)


HIDDEN = np.dtype([("inside", "i1"), ("onset", "i1"), ("back", "i1"), ("warp", "i1")])
"""What the learned stage says of a frame: that it lies in a gap, is the first of one, the first after one, holds a pitch cycle put in or
taken out. Log odds in eighths."""

HIDDEN_STEP = 0.125

BEAT = np.dtype([("llr", "i1", (10,))])
"""Log-likelihood ratios, in sixteenths, that frames of 20 ms begin at each of ten phases, told ten times a second."""

BEAT_STEP, BEATS_A_SECOND = 0.0625, 10

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
    """Everything the detectors may know of one leg.

    ``law`` counts samples: loud ones on the values of a G.711 law, off them though not in what is ``made``, and those of blocks with another sound.
    """

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
    made: Grown = field(default_factory=lambda: Grown(MADE))
    law: NDArray[np.int64] = field(default_factory=lambda: np.zeros(3, np.int64))
    hidden: Grown = field(default_factory=lambda: Grown(HIDDEN))
    beats: Grown = field(default_factory=lambda: Grown(BEAT))
    spectra: Grown = field(default_factory=lambda: Grown(SECOND))

    def since(self, second: int) -> Facts:
        """Return the facts from a whole `second` on, as if the leg began there."""
        late = Facts(self.sr, self.seconds - second, self.finite, law=self.law)
        late.frames.add(self.frames.newest(len(self.frames) - round(second / HOP)))
        late.hidden.add(self.hidden.newest(max(len(self.hidden) - round(second / HOP), 0)))
        late.beats.add(self.beats.newest(max(len(self.beats) - BEATS_A_SECOND * second, 0)))
        late.spectra.add(self.spectra.newest(len(self.spectra) - second))
        for name in ("holes", "noises", "runs", "copies", "made"):
            rows = getattr(self, name).since(second)
            rows["start"] -= second
            rows["end"] -= second
            getattr(late, name).add(rows)
        edges = self.edges.since(second)
        edges["at"] -= second
        late.edges.add(edges)
        return late
