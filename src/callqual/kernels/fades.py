"""Fades that end in a return: where concealed sound dies away and new sound takes its place, on a table of frames.

A fade is a stretch of frames ``[start, end)``: the level does not rise inside it, and steps up, or the period breaks,
at its end. Levels are dB; every distance is a number of frames.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry, kernel

COLUMNS = (
    "before", "after", "near", "last", "rise", "step", "fall", "slope", "bend", "bump", "lag_held", "lag_exact",
    "lag_breaks", "peak", "peak_least", "peak_before", "peak_after", "peak_return", "zero", "bottom",
)  # fmt: skip


@kernel
def _mean(x: NDArray[np.float64], a: int, b: int) -> float:
    """Return the mean of ``x[a:b]``, clipped to what there is; 0 where there is nothing."""
    a, b = max(a, 0), min(b, x.size)
    total = 0.0
    for i in range(a, b):
        total += x[i]
    return total / (b - a) if b > a else 0.0


@kernel
def _highest(x: NDArray[np.float64], a: int, b: int, none: float) -> float:
    """Return the maximum of ``x[a:b]``, `none` where there is nothing."""
    best = none
    for i in range(max(a, 0), min(b, x.size)):
        best = max(best, x[i])
    return best


@kernel
def _lowest(x: NDArray[np.float64], a: int, b: int, none: float) -> float:
    """Return the minimum of ``x[a:b]``, `none` where there is nothing."""
    best = none
    for i in range(max(a, 0), min(b, x.size)):
        best = min(best, x[i])
    return best


@kernel
def _same_lag(a: float, b: float) -> bool:
    """Tell whether two lags are equal to 4 %, or one a multiple of the other."""
    low, high = min(a, b), max(a, b)
    if low <= 0.0:
        return False
    ratio = round(high / low)
    return abs(high - ratio * low) <= 0.04 * high


@kernel
def _line(level: NDArray[np.float64], a: int, b: int) -> tuple[float, float]:
    """Slope of the straight line through ``level[a:b]`` and the root mean square distance from it."""
    m = max(b - a, 1)
    sx = sy = sxx = sxy = syy = 0.0
    for k in range(a, b):
        t = np.float64(k - a)
        sx += t
        sy += level[k]
        sxx += t * t
        sxy += t * level[k]
        syy += level[k] * level[k]
    det = m * sxx - sx * sx
    slope = (m * sxy - sx * sy) / det if det > 0.0 else 0.0
    rest = syy - sy * sy / m - slope * (sxy - sx * sy / m)
    return slope, np.sqrt(max(rest / m, 0.0))


@kernel
def _held(lag: NDArray[np.float64], a: int, b: int) -> tuple[float, float]:
    """Share of the steps inside ``lag[a:b]`` that keep the period or a multiple of it, and that keep it exactly."""
    held = exact = 0
    for k in range(a + 1, b):
        held += 1 if _same_lag(lag[k], lag[k - 1]) else 0
        exact += 1 if lag[k] == lag[k - 1] else 0
    steps = max(b - a - 1, 1)
    return held / steps, exact / steps


def _find_fades(
    level: NDArray[np.float64],
    peak: NDArray[np.float64],
    lag: NDArray[np.float64],
    rise: float,
    frozen: float,
    shortest: int,
    longest: int,
    bump: float,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
) -> int:
    """Propose fades: every return, traced back to several starts.

    A return is a step up of `rise` within three frames, or the break of a period held for `shortest` frames at a
    periodicity of `frozen`. A trace goes back until the level has once stood `bump` lower; starts are the loudest
    frame, the last ones within 2 and 6 dB of it, and the frame from which the lag holds.
    """
    n = level.size
    count = 0
    held = 0  # frames up to i - 1 of one lag
    last = -shortest
    for i in range(shortest, n):
        same = _same_lag(lag[i], lag[i - 1]) and peak[i] > frozen and peak[i - 1] > frozen
        breaks = held >= shortest and not same
        run = held
        held = held + 1 if same else 0
        low = min(level[i - 1], level[i - 2])
        up = _highest(level, i, i + 3, low) - low
        now, earlier = level[i] - level[i - 1], level[i - 1] - level[i - 2]
        steps = up >= rise and now > 0.3 * rise and now >= earlier
        if not (steps or breaks) or (breaks and not steps and i - last < 3):
            continue
        last = i
        top, at, k = level[i - 1], i - 1, i - 1
        while k > 0 and i - k < longest and level[k - 1] >= top - bump:
            k -= 1
            if level[k] >= top:
                top, at = level[k], k
        near2 = near6 = at
        for j in range(at, i):
            if level[j] >= top - 2.0:
                near2 = j
            if level[j] >= top - 6.0:
                near6 = j
        starts = (at, near2, near6, i - run, k)
        for a in range(5):
            s = starts[a]
            fresh = i - s >= shortest and i - s <= longest
            for b in range(a):
                fresh = fresh and starts[b] != s
            if fresh and count < start.size:
                start[count], end[count] = s, i
                count += 1
    return count


def _measure_fades(
    level: NDArray[np.float64],
    peak: NDArray[np.float64],
    lag: NDArray[np.float64],
    zero: NDArray[np.float64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    bottom: float,
    out: NDArray[np.float64],
) -> None:
    """Write the :data:`COLUMNS` of each fade; frames at or below the level `bottom` are its dead part."""
    for i in range(start.size):
        s, e = start[i], end[i]
        f = s
        while f < e and level[f] > bottom:
            f += 1
        out[i, 0] = _highest(level, s - 6, s, bottom)
        out[i, 1] = _highest(level, e, e + 6, bottom)
        out[i, 2] = _highest(level, s - 2, s, bottom)
        out[i, 3] = _lowest(level, e - 2, e, 0.0)
        out[i, 4] = _highest(level, e, e + 3, bottom) - out[i, 3]
        step, fall, bump = 0.0, 0.0, 0.0
        for k in range(max(e - 1, 1), min(e + 3, level.size)):
            step = max(step, level[k] - level[k - 1])
        for k in range(max(s - 1, 1), min(s + 3, e)):
            fall = max(fall, level[k - 1] - level[k])
        for k in range(s + 1, e - 1):
            bump = max(bump, level[k] - level[k - 1])
        out[i, 5], out[i, 6], out[i, 9] = step, fall, bump
        out[i, 7], out[i, 8] = _line(level, s, f)
        out[i, 10], out[i, 11] = _held(lag, s, f)
        inner = min(f, e - 1)
        out[i, 12] = 0.0 if e + 2 < lag.size and _same_lag(lag[max(inner - 1, 0)], lag[e + 2]) else 1.0
        out[i, 13] = _mean(peak, s, inner)
        out[i, 14] = _lowest(peak, s + 1, inner, 1.0)
        out[i, 15] = _mean(peak, s - 5, s - 1)
        out[i, 16] = _mean(peak, e + 2, e + 6)
        out[i, 17] = _lowest(peak, e - 1, e + 2, 1.0)
        out[i, 18] = _mean(zero, s, e)
        out[i, 19] = e - f


find_fades = entry(_find_fades)
measure_fades = entry(_measure_fades)
