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
from callqual.features.facts import LAGS, LINES, MAINS_HZ, NOMINAL_HZ, RINGS, SECOND
from callqual.kernels.combs import comb_power, find_peaks, harmonic_sums, steady, whiten, widen

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
REACH = 4
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
        self._tonal = np.concatenate((self._tonal, frames["lines"] > TONAL_DB))
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
        spectrum = np.fft.rfft(x * _HANN)[:BINS]
        level = 10.0 * np.log10((spectrum.real**2 + spectrum.imag**2) * (8.0 / NARROW**2) + 1e-13)
        self._white.append(_whitened(level, BLOCK, LOW_DB, HIGH_DB))
        self._level.append(level.astype(np.float32))


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

    def sums(self, hz: NDArray[np.float64], top_hz: float) -> NDArray[np.float64]:
        out = np.zeros(hz.size)
        harmonic_sums(self.wide, self.average, 1.0, LO_HZ, top_hz, hz, out)
        return out

    def comb_power(self, hz: float, top_hz: float) -> float:
        return float(comb_power(self.level, self.wide_second, 1.0, LO_HZ, top_hz, hz, STANDS_DB))


def _stand(white: NDArray[np.float32], level: NDArray[np.float32]) -> _Steady:
    mean, spare, least, second, wide, wide_second, lowest = (np.zeros(BINS) for _ in range(7))
    steady(level, mean, lowest, spare)
    steady(white, mean, least, second)
    average = widen(mean, int(LO_HZ), int(HI_HZ), wide)
    widen(second, int(LO_HZ), int(HI_HZ), wide_second)
    return _Steady(mean, least, wide, wide_second, average, lowest)


def lines_and_combs(white: NDArray[np.float32], level: NDArray[np.float32], row: NDArray[np.void]) -> None:
    """Fill in lines and combs from whitened spectra and their levels, shape (rows, bins of 1 Hz)."""
    still = _stand(white, level)
    nominal = still.sums(_NOMINAL, HI_HZ)
    row["comb"] = nominal
    for i in np.flatnonzero(nominal > LISTED):
        row["comb_power"][0, i] = still.comb_power(NOMINAL_HZ[i], HI_HZ)
    mains = still.sums(_MAINS, MAINS_TOP_HZ).reshape(len(MAINS_HZ), -1)
    row["mains"] = mains.max(axis=1)
    for i in np.flatnonzero(row["mains"][0] > LISTED):
        hz = _middle(_MAINS.reshape(mains.shape)[i], mains[i])
        row["mains_hz"][0, i], row["mains_power"][0, i] = hz, still.comb_power(hz, MAINS_TOP_HZ)
    pitch = still.sums(PITCHES, PITCH_TOP_HZ)
    row["pitch"] = pitch.max()
    if pitch.max() > LISTED:
        near = PITCHES[int(np.argmax(pitch))] * _PITCH_NEAR
        hz = _middle(near, still.sums(near, HI_HZ))
        row["pitch_hz"], row["pitch_power"] = hz, still.comb_power(hz, HI_HZ)
    _lines(still, row)


def _middle(hz: NDArray[np.float64], score: NDArray[np.float64]) -> float:
    """Return the middle of the frequencies of the highest score."""
    return float(hz[score >= score.max() - 1e-9].mean())


def _lines(still: _Steady, row: NDArray[np.void]) -> None:
    at = np.zeros(512, np.int64)
    count = find_peaks(still.mean, int(LO_HZ), int(HI_HZ), REACH, LINE_DB, at)
    at = at[: min(count, at.size)]
    row["lines"] = count
    at = at[np.argsort(-still.mean[at], kind="stable")][:LINES]
    left, middle, right = (still.level[at + d] for d in (-1, 0, 1))
    n = at.size
    row["hz"][0, :n] = at + _top(left, middle, right)
    row["mean"][0, :n], row["least"][0, :n] = still.mean[at], still.least[at]
    row["power"][0, :n] = sum(10.0 ** (0.1 * part) for part in (left, middle, right)) / 1.5


def _top(left: NDArray[np.float64], middle: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where, within half a bin, the parabola through three neighbouring levels has its top."""
    bend = np.minimum(left - 2.0 * middle + right, -1e-9)
    return np.clip(0.5 * (left - right) / bend, -0.5, 0.5)


MS = NARROW // 1000
RING_SMOOTH = 33
RING_DEEP, RING_HIGH, RING_RANGE = -12.0, 8.0, 10**-5.5
RING_LO, RING_HI = 28.0, 256.0
RING_BLOCK = 32
_RING_HANN = np.hanning(AHEAD * 1000)


def ripple(x: NDArray[np.float32], tonal: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the log energy (dB) of each millisecond of a second re the 33 ms round it; 0 in silence and tones."""
    rough = np.diff(x, prepend=x[:1]).reshape(-1, MS)
    energy = np.einsum("ij,ij->i", rough, rough, dtype=np.float64)
    around = _moving_mean(energy, RING_SMOOTH)
    log = np.clip(10.0 * np.log10((energy + 1e-13) / (around + 1e-13)), RING_DEEP, RING_HIGH)
    log -= _moving_mean(log, RING_SMOOTH)
    log[(around <= around.max() * RING_RANGE) | np.repeat(tonal, 10)] = 0.0
    return np.asarray(log)


def ring(log: NDArray[np.float64], row: NDArray[np.void]) -> None:
    """Fill in the strongest lines of the spectrum of the envelope's ripple."""
    spectrum = np.fft.rfft(log * _RING_HANN)
    power = spectrum.real**2 + spectrum.imag**2
    power = power[: power.size // RING_BLOCK * RING_BLOCK]
    level = 10.0 * np.log10(power + 1e-6)
    white = _whitened(level, RING_BLOCK, -99.0, 99.0)
    bin_hz = 1000.0 / log.size
    at = np.zeros(256, np.int64)
    n = find_peaks(white.astype(np.float64), int(RING_LO / bin_hz), int(RING_HI / bin_hz), 2, 3.0, at)
    at = at[: min(n, at.size)]
    at = at[np.argsort(-white[at], kind="stable")][:RINGS]
    left, middle, right = (level[at + d] for d in (-1, 0, 1))
    row["ring"][0, : at.size] = white[at]
    row["ring_hz"][0, : at.size] = (at + _top(left, middle, right)) * bin_hz


def _moving_mean(x: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Mean of `width` (odd) neighbours, fewer at the ends."""
    total = np.concatenate(([0.0], np.cumsum(x)))
    k = np.arange(x.size)
    a, b = np.maximum(k - width // 2, 0), np.minimum(k + width // 2 + 1, x.size)
    return np.asarray((total[b] - total[a]) / (b - a))


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
    windows = np.lib.stride_tricks.sliding_window_view(x, ECHO_WINDOW)[:NARROW:ECHO_HOP]
    frame = np.minimum((np.arange(len(windows)) * ECHO_HOP + ECHO_WINDOW // 2) // (NARROW // 100), voiced.size - 1)
    windows = windows[~voiced[frame] & ~tonal[frame]]
    if not len(windows):
        return
    spectrum = np.fft.rfft(windows * _ECHO_HANN, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    mean = power.mean(axis=1)
    heard = mean > 1e-9
    if not heard.any():
        return
    log = 0.5 * np.log((power[heard] / mean[heard, None]).astype(np.float32) + np.float32(ECHO_RANGE))
    log -= (log @ _ECHO_BAND / _ECHO_BAND.sum())[:, None]
    cepstrum = np.fft.irfft(log * _ECHO_BAND, axis=1)[:, LAGS.start : LAGS.stop] * 2.0
    row["echo"] = np.clip(cepstrum, -ECHO_CLIP, ECHO_CLIP).mean(axis=0)
    row["echo_frames"] = len(cepstrum)
