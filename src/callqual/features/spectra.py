"""Seconds of spectrum: what stands still in a leg while speech moves over it. From the narrow signal, one row a second.

Three views. **Lines and combs**: spectra of 1 s, whitened and clipped so that no vowel outshouts a line. **Ring**:
the spectrum of the log envelope over 4 s, where a steady modulation is one line and speech is none. **Echo**: the mean
cepstrum of unvoiced frames, where a comb filter is one narrow peak at its lag.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callqual.audio.rates import NARROW
from callqual.features.facts import LAGS, LINES, MAINS_HZ, NOMINAL_HZ, RINGS, SECOND, TONAL_STEP_DB
from callqual.kernels.combs import comb_power, harmonic_sums, steady, strongest_peaks, whiten, widen
from callqual.kernels.echoes import mean_clipped, relative_power, weigh_band
from callqual.kernels.ripples import energy_ratios, settle
from callqual.kernels.windows import bin_power, cut_windows

ROWS = 3
BINS = NARROW // 2
_HANN = np.hanning(NARROW + 1)[:-1]
BLOCK, LOW_DB, HIGH_DB = 25, -10.0, 18.0
LO_HZ, HI_HZ = 30.0, 3800.0
LINE_DB = 8.0
STANDS_DB = 4.0
MAINS_TOP_HZ, MAINS_DRIFT = 930.0, 3e-3
PITCHES = np.geomspace(60.0, 300.0, 950)
PITCH_TOP_HZ = 2400.0
LISTED = 4.0
"""Score from which the frequency and the power of a comb are worth knowing."""

_NOMINAL = np.array(NOMINAL_HZ)
_MAINS = np.outer(MAINS_HZ, np.linspace(1.0 - MAINS_DRIFT, 1.0 + MAINS_DRIFT, 13)).ravel()
_PITCH_NEAR = np.linspace(1.0 - 0.0017, 1.0 + 0.0017, 41)
_NEAR_TOPS = np.full(_PITCH_NEAR.size, HI_HZ)

_FUNDAMENTALS = np.concatenate((_NOMINAL, _MAINS, PITCHES))
_TOPS = np.repeat((HI_HZ, MAINS_TOP_HZ, PITCH_TOP_HZ), (_NOMINAL.size, _MAINS.size, PITCHES.size))
_PARTS = (_NOMINAL.size, _NOMINAL.size + _MAINS.size)
"""Every fundamental that a second is searched for, the top of its harmonics (Hz), and where in the list the next kind begins."""

REACH = 4
_AROUND = np.array([[-1], [0], [1]])
AHEAD = 4
VOICED, TONAL_DB = 0.85, 18.0
"""Periodicity from which a frame says more of pitch than of echo; dB by which two lines outweigh the rest in a tone."""


class SpectrumReader:
    """Reads the narrow signal of a leg in order and returns a :data:`SECOND` row for each second, 3 s late."""

    def __init__(self) -> None:
        self._x: NDArray[np.float32] = np.zeros(0, np.float32)
        self._voiced: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._tonal: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._white: list[NDArray[np.float32]] = []
        self._level: list[NDArray[np.float32]] = []
        self._ripple: list[NDArray[np.float64]] = []

    def push(self, x: NDArray[np.float32], frames: NDArray[np.void], last: bool) -> NDArray[np.void]:
        """Take samples and their frame rows; return the rows of the seconds that are complete, at the `last` of all."""
        self._x = np.concatenate((self._x, x))
        self._voiced = np.concatenate((self._voiced, frames["peak"] > VOICED))
        self._tonal = np.concatenate((self._tonal, frames["lines"] > TONAL_DB / TONAL_STEP_DB))
        out = []
        while self._x.size >= AHEAD * NARROW or (last and self._x.size >= NARROW):
            out.append(self._second())
            self._x, self._voiced, self._tonal = self._x[NARROW:], self._voiced[100:], self._tonal[100:]
        return np.concatenate(out) if out else np.zeros(0, SECOND)

    def _second(self) -> NDArray[np.void]:
        row = np.zeros(1, SECOND)
        while len(self._white) < ROWS and (len(self._white) + 1) * NARROW <= self._x.size:
            self._add_row(self._x[len(self._white) * NARROW :][:NARROW])
        if len(self._white) == ROWS:
            lines_and_combs(np.array(self._white), np.array(self._level), row)
        del self._white[:1], self._level[:1]
        while len(self._ripple) < AHEAD and (len(self._ripple) + 1) * NARROW <= self._x.size:
            k = len(self._ripple)
            self._ripple.append(ripple(self._x[k * NARROW :][:NARROW], self._tonal[k * 100 :][:100]))
        if len(self._ripple) == AHEAD:
            ring(np.concatenate(self._ripple), row)
        del self._ripple[:1]
        echo(self._x[: NARROW + ECHO_WINDOW], self._voiced, self._tonal, row)
        return row

    def _add_row(self, x: NDArray[np.float32]) -> None:
        level = _levels(x * _HANN, BINS, 8.0 / NARROW**2, 1e-13)
        self._white.append(_whitened(level, BLOCK, LOW_DB, HIGH_DB))
        self._level.append(level.astype(np.float32))


def _levels(x: NDArray[np.float64], bins: int, scale: float, floor: float) -> NDArray[np.float64]:
    """Return the levels (dB) of the first `bins` of the spectrum of `x`: its power, times `scale`, plus `floor`."""
    level = np.empty(bins)
    bin_power(np.fft.rfft(x), scale, floor, level)
    np.log10(level, out=level)
    level *= 10.0
    return level


def _whitened(level: NDArray[np.float64], block: int, low: float, high: float) -> NDArray[np.float32]:
    """Return `level` (dB) above the median of its surroundings, clipped."""
    median = np.partition(level.reshape(-1, block), block // 2, axis=1)[:, block // 2]
    white = np.zeros(level.size, np.float32)
    whiten(level, median, block, low, high, white)
    return white


@dataclass
class _Steady:
    """What stands still over the rows: whitened mean and lowest, mean and second lowest of three bins, level (dB)."""

    mean: NDArray[np.float64]
    least: NDArray[np.float64]
    wide: NDArray[np.float64]
    wide_second: NDArray[np.float64]
    average: float
    level: NDArray[np.float64]

    def sums(self, hz: NDArray[np.float64], top_hz: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.empty(hz.size)
        harmonic_sums(self.wide, self.average, LO_HZ, top_hz, hz, out)
        return out

    def comb_power(self, hz: float, top_hz: float) -> float:
        return float(comb_power(self.level, self.wide_second, LO_HZ, top_hz, hz, STANDS_DB))


def _stand(white: NDArray[np.float32], level: NDArray[np.float32]) -> _Steady:
    mean, spare, least, second, wide, wide_second, lowest = np.empty((7, BINS))
    steady(level, mean, lowest, spare)
    steady(white, mean, least, second)
    average = widen(mean, int(LO_HZ), int(HI_HZ), wide)
    widen(second, int(LO_HZ), int(HI_HZ), wide_second)
    return _Steady(mean, least, wide, wide_second, average, lowest)


def lines_and_combs(white: NDArray[np.float32], level: NDArray[np.float32], row: NDArray[np.void]) -> None:
    """Fill in lines and combs from whitened spectra and their levels, shape (rows, bins of 1 Hz)."""
    still = _stand(white, level)
    nominal, mains, pitch = np.split(still.sums(_FUNDAMENTALS, _TOPS), _PARTS)
    row["comb"] = nominal
    for i in np.flatnonzero(nominal > LISTED):
        row["comb_power"][0, i] = still.comb_power(NOMINAL_HZ[i], HI_HZ)
    mains = mains.reshape(len(MAINS_HZ), -1)
    best = mains.max(axis=1)
    row["mains"] = best
    for i in np.flatnonzero(best > LISTED):
        hz = _middle(_MAINS.reshape(mains.shape)[i], mains[i])
        row["mains_hz"][0, i], row["mains_power"][0, i] = hz, still.comb_power(hz, MAINS_TOP_HZ)
    at = int(pitch.argmax())
    row["pitch"] = pitch[at]
    if pitch[at] > LISTED:
        near = PITCHES[at] * _PITCH_NEAR
        hz = _middle(near, still.sums(near, _NEAR_TOPS))
        row["pitch_hz"], row["pitch_power"] = hz, still.comb_power(hz, HI_HZ)
    _lines(still, row)


def _middle(hz: NDArray[np.float64], score: NDArray[np.float64]) -> float:
    """Return the middle of the frequencies of the highest score."""
    best = hz[score >= score.max() - 1e-9]
    return float(best.sum() / best.size)


def _lines(still: _Steady, row: NDArray[np.void]) -> None:
    at, hz = np.empty(LINES, np.int64), np.empty(LINES)
    count = strongest_peaks(still.mean, still.level, int(LO_HZ), int(HI_HZ), REACH, LINE_DB, at, hz)
    n = min(count, LINES)
    at = at[:n]
    row["lines"] = count
    row["hz"][0, :n] = hz[:n]
    row["mean"][0, :n], row["least"][0, :n] = still.mean[at], still.least[at]
    row["power"][0, :n] = (10.0 ** (0.1 * still.level[at + _AROUND])).sum(axis=0) / 1.5


MS = NARROW // 1000
RING_SMOOTH = 33
RING_DEEP, RING_HIGH, RING_RANGE = -12.0, 8.0, 10**-5.5
RING_LO, RING_HI = 28.0, 256.0
RING_BLOCK = 32
_RING_HANN = np.hanning(AHEAD * 1000)


def ripple(x: NDArray[np.float32], tonal: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the log energy (dB) of each millisecond of a second re the 33 ms round it; 0 in silence and tones."""
    around, log = np.empty(x.size // MS), np.empty(x.size // MS)
    energy_ratios(x, RING_SMOOTH, 1e-13, around, log)
    np.log10(log, out=log)
    log *= 10.0
    settle(log, around, tonal, RING_SMOOTH, RING_DEEP, RING_HIGH, RING_RANGE)
    return log


def ring(log: NDArray[np.float64], row: NDArray[np.void]) -> None:
    """Fill in the strongest lines of the spectrum of the envelope's ripple."""
    level = _levels(log * _RING_HANN, (log.size // 2 + 1) // RING_BLOCK * RING_BLOCK, 1.0, 1e-6)
    white = _whitened(level, RING_BLOCK, -99.0, 99.0)
    bin_hz = 1000.0 / log.size
    at, where = np.empty(RINGS, np.int64), np.empty(RINGS)
    lo, hi = int(RING_LO / bin_hz), int(RING_HI / bin_hz)
    n = min(strongest_peaks(white.astype(np.float64), level, lo, hi, 2, 3.0, at, where), RINGS)
    row["ring"][0, :n] = white[at[:n]]
    row["ring_hz"][0, :n] = where[:n] * bin_hz


ECHO_WINDOW, ECHO_HOP = 512, 400
ECHO_CLIP, ECHO_RANGE = 0.3, 1e-6
_ECHO_HANN = np.hanning(ECHO_WINDOW + 1)[:-1]


def _band(lo: int, hi: int, share: float) -> NDArray[np.float64]:
    """Cosine-edged weights of the spectrum's bins: the band's edges must not ring in the cepstrum."""
    u = (np.arange(ECHO_WINDOW // 2 + 1) - lo) / (hi - lo)
    edge = np.clip(np.minimum(u, 1.0 - u) / (share / 2.0), 0.0, 1.0)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * edge))


_ECHO_BAND = _band(8, 240, 0.5)
_ECHO_BAND *= ECHO_WINDOW / (2.0 * _ECHO_BAND.sum())


def echo(x: NDArray[np.float32], voiced: NDArray[np.bool_], tonal: NDArray[np.bool_], row: NDArray[np.void]) -> None:
    """Fill in the mean clipped cepstrum of the unvoiced frames of a second: an echo of gain g adds g at its lag."""
    at = np.arange(0, min(NARROW, x.size - ECHO_WINDOW + 1), ECHO_HOP)
    frame = np.minimum((at + ECHO_WINDOW // 2) // (NARROW // 100), voiced.size - 1)
    at = at[~(voiced[frame] | tonal[frame])]
    if not at.size:
        return
    windows = np.empty((at.size, ECHO_WINDOW))
    cut_windows(x, at, _ECHO_HANN, windows)
    spectrum = np.fft.rfft(windows)
    log = np.empty(spectrum.shape, np.float32)
    heard = relative_power(spectrum, 1e-9, ECHO_RANGE, log)
    if not heard:
        return
    log = np.log(log[:heard])
    lifted = np.empty(log.shape)
    weigh_band(log, _ECHO_BAND, lifted)
    echo = np.empty(len(LAGS))
    mean_clipped(np.fft.irfft(lifted), LAGS.start, 2.0, ECHO_CLIP, echo)
    row["echo"], row["echo_frames"] = echo, heard
