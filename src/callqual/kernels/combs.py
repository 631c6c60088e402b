"""Narrow lines in spectra and combs of them: whitening, what stands still, harmonic sums, peaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry, kernel


def _whiten(
    levels: NDArray[np.float64],
    medians: NDArray[np.float64],
    block: int,
    low: float,
    high: float,
    out: NDArray[np.float32],
) -> None:
    """Levels (dB) of each row above their surroundings, clipped to ``low..high``.

    ``medians[i, b]`` is that of the bins ``b block .. (b + 1) block``; straight lines join the blocks' centres.
    """
    half = block // 2
    last = medians.shape[1] - 1
    for i in range(levels.shape[0]):
        level, median, white = levels[i], medians[i], out[i]
        for b in range(-1, last + 1):
            m = median[max(b, 0)]
            slope = (median[min(b + 1, last)] - m) / block
            for t in range(block):
                k = b * block + half + t
                if 0 <= k < white.size:
                    white[k] = min(max(level[k] - (m + slope * t), low), high)


def _steady(
    rows: NDArray[np.float32], mean: NDArray[np.float64], least: NDArray[np.float64], second: NDArray[np.float64]
) -> None:
    """Mean, lowest and second lowest value of each column; the second lowest stands in all rows but one.

    Row ``i`` of what is written is of as many `rows` from ``i`` on as there are more of them, and one.
    """
    n, bins = rows.shape[0] - mean.shape[0] + 1, rows.shape[1]
    for j in range(mean.shape[0]):
        total, low, next_low = mean[j], least[j], second[j]
        for k in range(bins):
            total[k], low[k], next_low[k] = 0.0, np.inf, np.inf
        for i in range(n):
            row = rows[j + i]
            for k in range(bins):
                v = np.float64(row[k])
                lowest = low[k]
                above = v if v > lowest else lowest
                total[k] += v
                next_low[k] = above if above < next_low[k] else next_low[k]
                low[k] = v if v < lowest else lowest
        for k in range(bins):
            total[k] /= n


def _widen(spectra: NDArray[np.float64], lo: int, hi: int, out: NDArray[np.float64], mean: NDArray[np.float64]) -> None:
    """Write the greatest of three neighbouring bins of each row into `out`, and its mean over ``lo..hi``."""
    for i in range(spectra.shape[0]):
        spectrum, wide = spectra[i], out[i]
        n = spectrum.size
        total = 0.0
        for k in range(n):
            v = spectrum[k]
            if k > 0:
                v = max(v, spectrum[k - 1])
            if k < n - 1:
                v = max(v, spectrum[k + 1])
            wide[k] = v
            if lo <= k < hi:
                total += v
        mean[i] = total / (hi - lo)


def _harmonic_sums(
    wide: NDArray[np.float64],
    mean: NDArray[np.float64],
    lo_hz: float,
    top_hz: NDArray[np.float64],
    hz: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """For each row and fundamental, the mean excess of its harmonics over `mean`, times the root of their number.

    Harmonics count up to the `top_hz` of their fundamental; bins are of 1 Hz.
    """
    rows = wide.shape[0]
    total = np.zeros(rows)
    for i in range(hz.size):
        f, top = hz[i], top_hz[i]
        total[:] = 0.0
        count = 0
        h = max(int(np.ceil(lo_hz / f)), 1)
        while h * f <= top:
            k = int(h * f + 0.5)
            for j in range(rows):  # the sums of the rows need not wait for each other
                total[j] += wide[j, k]
            count += 1
            h += 1
        for j in range(rows):
            out[j, i] = (total[j] / count - mean[j]) * np.sqrt(count) if count > 0 else 0.0


def _comb_power(
    level: NDArray[np.float64],
    wide: NDArray[np.float64],
    lo_hz: float,
    hi_hz: float,
    hz: float,
    least: float,
) -> float:
    """Sum the power of the harmonics of `hz` that stand out by `least` in `wide`; `level` is in dB, bins are of 1 Hz.

    A line seen through a Hann window fills three bins with one and a half times its power.
    """
    total = 0.0
    h = max(int(np.ceil(lo_hz / hz)), 1)
    while h * hz <= hi_hz:
        k = int(h * hz + 0.5)
        if wide[k] >= least and 1 <= k < level.size - 1:
            for j in range(k - 1, k + 2):
                total += 10.0 ** (0.1 * level[j]) / 1.5
        h += 1
    return total


@kernel
def _peaks(height: NDArray[np.float64], lo: int, hi: int, reach: int, least: float, at: NDArray[np.int64]) -> int:
    """Find the bins in ``lo..hi`` that exceed `least` and all within `reach` (first of equals); return how many there are.

    The highest are written into `at`, in order of height.
    """
    count = 0
    for k in range(max(lo, reach), min(hi, height.size - reach)):
        v = height[k]
        if v < least:
            continue
        top = True
        for j in range(1, reach + 1):
            if height[k - j] >= v or height[k + j] > v:
                top = False
                break
        if not top:
            continue
        i = min(count, at.size)
        while i > 0 and height[at[i - 1]] < v:
            if i < at.size:
                at[i] = at[i - 1]
            i -= 1
        if i < at.size:
            at[i] = k
        count += 1
    return count


def _strongest_peaks(
    heights: NDArray[np.float64],
    levels: NDArray[np.float64],
    lo: int,
    hi: int,
    reach: int,
    least: float,
    at: NDArray[np.int64],
    where: NDArray[np.float64],
    count: NDArray[np.int64],
) -> None:
    """Find the bins of each row that exceed `least` and all within `reach` of them in ``lo..hi``, and `count` them.

    The highest are written into `at`, in order of height, and into `where`, between the bins: within half a bin, the top of
    the parabola through three levels.
    """
    for j in range(heights.shape[0]):
        count[j] = _peaks(heights[j], lo, hi, reach, least, at[j])
        level = levels[j]
        for i in range(min(count[j], at.shape[1])):
            k = at[j, i]
            bend = min(level[k - 1] - 2.0 * level[k] + level[k + 1], -1e-9)
            where[j, i] = k + min(max(0.5 * (level[k - 1] - level[k + 1]) / bend, -0.5), 0.5)


whiten = entry(_whiten)
steady = entry(_steady)
widen = entry(_widen)
harmonic_sums = entry(_harmonic_sums)
comb_power = entry(_comb_power)
strongest_peaks = entry(_strongest_peaks)
