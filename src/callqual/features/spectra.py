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
BATCH = 7
"""Seconds read together when nobody waits for them: 3 % less than four of them take for the whole pass; twelve take no less."""
VOICED, TONAL_DB = 0.85, 18.0
"""Periodicity from which a frame says more of pitch than of echo; dB by which two lines outweigh the rest in a tone."""


class SpectrumReader:
    """Reads the narrow signal of a leg in order and returns a :data:`SECOND` row for each second, 3 s late."""

    def __init__(self) -> None:
        self._x: NDArray[np.float32] = np.zeros(0, np.float32)
        self._voiced: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._tonal: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._white: NDArray[np.float32] = np.zeros((0, BINS), np.float32)
        self._level: NDArray[np.float32] = np.zeros((0, BINS), np.float32)
        self._ripple: NDArray[np.float64] = np.zeros((0, NARROW // MS))

    def push(self, x: NDArray[np.float32], frames: NDArray[np.void], last: bool, least: int = 1) -> NDArray[np.void]:
        """Take samples and their frame rows; return the rows of the seconds that are complete, at the `last` of all.

        Seconds wait until `least` are due and are read together; a row is the same whichever it is read with.
        """
        self._x = np.concatenate((self._x, x))
        self._voiced = np.concatenate((self._voiced, frames["peak"] > VOICED))
        self._tonal = np.concatenate((self._tonal, frames["lines"] > TONAL_DB / TONAL_STEP_DB))
        whole = self._x.size // NARROW
        due = whole if last else whole - (AHEAD - 1)
        if due < (1 if last else least):
            return np.zeros(0, SECOND)
        rows = np.zeros(due, SECOND)
        self._add_rows(min(whole, due + ROWS - 1))
        self._add_ripples(min(whole, due + AHEAD - 1))
        lines_and_combs(self._white, self._level, rows[: max(len(self._white) - ROWS + 1, 0)])
        ring(self._ripple, rows[: max(len(self._ripple) - AHEAD + 1, 0)])
        echo(self._x, self._voiced, self._tonal, rows)
        self._x, self._voiced, self._tonal = (
            self._x[due * NARROW :],
            self._voiced[due * 100 :],
            self._tonal[due * 100 :],
        )
        self._white, self._level, self._ripple = self._white[due:], self._level[due:], self._ripple[due:]
        return rows

    def _add_rows(self, stop: int) -> None:
        """Take the spectra of the seconds up to `stop` that are not there yet."""
        x = self._x[len(self._white) * NARROW : stop * NARROW].reshape(-1, NARROW)
        level = _levels(x * _HANN, BINS, 8.0 / NARROW**2, 1e-13)
        self._white = np.concatenate((self._white, _whitened(level, BLOCK, LOW_DB, HIGH_DB)))
        self._level = np.concatenate((self._level, level.astype(np.float32)))

    def _add_ripples(self, stop: int) -> None:
        """Take the envelopes of the seconds up to `stop` that are not there yet."""
        there = len(self._ripple)
        x = self._x[there * NARROW : stop * NARROW].reshape(-1, NARROW)
        tonal = self._tonal[there * 100 : stop * 100].reshape(-1, 100)
        self._ripple = np.concatenate((self._ripple, ripple(x, tonal)))


def _levels(x: NDArray[np.float64], bins: int, scale: float, floor: float) -> NDArray[np.float64]:
    """Return the levels (dB) of the first `bins` of the spectra of the rows of `x`: power, times `scale`, plus `floor`."""
    level = np.empty((len(x), bins))
    bin_power(np.fft.rfft(x), scale, floor, level)
    np.log10(level, out=level)
    level *= 10.0
    return level


def _whitened(level: NDArray[np.float64], block: int, low: float, high: float) -> NDArray[np.float32]:
    """Return the rows of `level` (dB) above the median of their surroundings, clipped."""
    median = np.partition(level.reshape(-1, block), block // 2, axis=1)[:, block // 2]
    white = np.zeros(level.shape, np.float32)
    whiten(level, median.reshape(len(level), level.shape[1] // block), block, low, high, white)
    return white


@dataclass
class _Steady:
    """What stands still over the rows that begin with each second: one row a second.

    Whitened mean and lowest, mean and second lowest of three bins, level (dB); average of the mean of three.
    """

    mean: NDArray[np.float64]
    least: NDArray[np.float64]
    wide: NDArray[np.float64]
    wide_second: NDArray[np.float64]
    average: NDArray[np.float64]
    level: NDArray[np.float64]

    def sums(self, seconds: slice, hz: NDArray[np.float64], top_hz: NDArray[np.float64]) -> NDArray[np.float64]:
        wide = self.wide[seconds]
        out = np.empty((len(wide), hz.size))
        harmonic_sums(wide, self.average[seconds], LO_HZ, top_hz, hz, out)
        return out

    def comb_power(self, second: int, hz: float, top_hz: float) -> float:
        return float(comb_power(self.level[second], self.wide_second[second], LO_HZ, top_hz, hz, STANDS_DB))


def _stand(white: NDArray[np.float32], level: NDArray[np.float32], seconds: int) -> _Steady:
    mean, least, second, wide, wide_second = np.empty((5, seconds, BINS))
    average, spare = np.empty((2, seconds))
    steady(white, mean, least, second)
    widen(mean, int(LO_HZ), int(HI_HZ), wide, average)
    widen(second, int(LO_HZ), int(HI_HZ), wide_second, spare)
    lowest = np.minimum.reduce([level[i : i + seconds] for i in range(ROWS)]).astype(np.float64)
    return _Steady(mean, least, wide, wide_second, average, lowest)


def lines_and_combs(white: NDArray[np.float32], level: NDArray[np.float32], rows: NDArray[np.void]) -> None:
    """Fill in lines and combs from whitened spectra and their levels, shape (seconds + 2, bins of 1 Hz)."""
    if not rows.size:
        return
    still = _stand(white, level, rows.size)
    nominal, mains, pitch = np.split(still.sums(slice(None), _FUNDAMENTALS, _TOPS), _PARTS, axis=1)
    rows["comb"] = nominal
    for s, i in np.argwhere(nominal > LISTED):
        rows["comb_power"][s, i] = still.comb_power(s, NOMINAL_HZ[i], HI_HZ)
    mains = mains.reshape(rows.size, len(MAINS_HZ), -1)
    best = mains.max(axis=2)
    rows["mains"] = best
    for s, i in np.argwhere(best > LISTED):
        hz = _middle(_MAINS.reshape(mains.shape[1:])[i], mains[s, i])
        rows["mains_hz"][s, i], rows["mains_power"][s, i] = hz, still.comb_power(s, hz, MAINS_TOP_HZ)
    rows["pitch"] = pitch.max(axis=1)
    for s in np.flatnonzero(pitch.max(axis=1) > LISTED).tolist():
        near = PITCHES[pitch[s].argmax()] * _PITCH_NEAR
        hz = _middle(near, still.sums(slice(s, s + 1), near, _NEAR_TOPS)[0])
        rows["pitch_hz"][s], rows["pitch_power"][s] = hz, still.comb_power(s, hz, HI_HZ)
    _lines(still, rows)


def _middle(hz: NDArray[np.float64], score: NDArray[np.float64]) -> float:
    """Return the middle of the frequencies of the highest score."""
    best = hz[score >= score.max() - 1e-9]
    return float(best.sum() / best.size)


def _lines(still: _Steady, rows: NDArray[np.void]) -> None:
    at, hz, count = _highest(still.mean, still.level, int(LO_HZ), int(HI_HZ), REACH, LINE_DB, LINES)
    there = np.arange(LINES) < count[:, None]
    rows["lines"] = count
    rows["hz"] = hz
    rows["mean"] = np.where(there, np.take_along_axis(still.mean, at, axis=1), 0.0)
    rows["least"] = np.where(there, np.take_along_axis(still.least, at, axis=1), 0.0)
    second, line = np.nonzero(there)
    power = 10.0 ** (0.1 * still.level[second, at[second, line] + _AROUND])
    rows["power"][second, line] = power.sum(axis=0) / 1.5


def _highest(
    height: NDArray[np.float64], level: NDArray[np.float64], lo: int, hi: int, reach: int, least: float, most: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return the bins of the highest peaks of each row, up to `most`, where they are between the bins, and how many there are in all."""
    seconds = len(height)
    at, where, count = np.zeros((seconds, most), np.int64), np.zeros((seconds, most)), np.zeros(seconds, np.int64)
    strongest_peaks(height, level, lo, hi, reach, least, at, where, count)
    return at, where, count


MS = NARROW // 1000
RING_SMOOTH = 33
RING_DEEP, RING_HIGH, RING_RANGE = -12.0, 8.0, 10**-5.5
RING_LO, RING_HI = 28.0, 256.0
RING_BLOCK = 32
_RING_HANN = np.hanning(AHEAD * 1000)


def ripple(x: NDArray[np.float32], tonal: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the log energy (dB) of each millisecond of each second re the 33 ms round it; 0 in silence and tones."""
    around, log = np.empty((2, len(x), NARROW // MS))
    energy_ratios(x, RING_SMOOTH, 1e-13, around, log)
    np.log10(log, out=log)
    log *= 10.0
    settle(log, around, tonal, RING_SMOOTH, RING_DEEP, RING_HIGH, RING_RANGE)
    return log


def ring(log: NDArray[np.float64], rows: NDArray[np.void]) -> None:
    """Fill in the strongest lines of the spectrum of the ripple, shape (seconds + 3, ms), of the 4 s that begin with each."""
    if not rows.size:
        return
    pieces = np.concatenate([log[i : i + rows.size] for i in range(AHEAD)], axis=1)
    size = pieces.shape[1]
    level = _levels(pieces * _RING_HANN, (size // 2 + 1) // RING_BLOCK * RING_BLOCK, 1.0, 1e-6)
    white = _whitened(level, RING_BLOCK, -99.0, 99.0)
    bin_hz = 1000.0 / size
    lo, hi = int(RING_LO / bin_hz), int(RING_HI / bin_hz)
    at, where, count = _highest(white.astype(np.float64), level, lo, hi, 2, 3.0, RINGS)
    rows["ring"] = np.where(np.arange(RINGS) < count[:, None], np.take_along_axis(white, at, axis=1), 0.0)
    rows["ring_hz"] = where * bin_hz


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


def echo(x: NDArray[np.float32], voiced: NDArray[np.bool_], tonal: NDArray[np.bool_], rows: NDArray[np.void]) -> None:
    """Fill in the mean clipped cepstrum of the unvoiced frames of each second: an echo of gain g adds g at its lag."""
    at = np.arange(0, min(rows.size * NARROW, x.size - ECHO_WINDOW + 1), ECHO_HOP)
    frame = np.minimum((at + ECHO_WINDOW // 2) // (NARROW // 100), voiced.size - 1)
    at = at[~(voiced | tonal)[frame]]
    windows = np.empty((at.size, ECHO_WINDOW))
    cut_windows(x, at, _ECHO_HANN, windows)
    spectrum = np.fft.rfft(windows)
    second = at // NARROW
    power = np.empty(spectrum.shape, np.float32)
    heard = relative_power(spectrum, 1e-9, ECHO_RANGE, second, power)
    log = np.log(power[:heard])
    lifted = np.empty(log.shape)
    weigh_band(log, _ECHO_BAND, lifted)
    mean, count = np.empty((rows.size, len(LAGS))), np.empty(rows.size, np.int64)
    mean_clipped(np.fft.irfft(lifted), second[:heard], LAGS.start, 2.0, ECHO_CLIP, count, mean)
    rows["echo"], rows["echo_frames"] = mean, count
