"""Slow oracles of the kernels: what each is meant to find, said in plain NumPy, one window at a time.

Sums of whole-number samples are exact in any order, so tests on such samples may ask for equality.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def plain(kernel: Any) -> Callable[..., Any]:
    """The loop of a kernel as Python runs it."""
    loop: Callable[..., Any] = getattr(kernel, "py_func", kernel)
    return loop


def ways(kernel: Any) -> tuple[Callable[..., Any], ...]:
    """Every way to run a kernel: jitted, and as plain Python."""
    return (kernel, plain(kernel))


def specialisations(kernel: Any) -> int:
    """How many types of arguments a kernel was compiled for; 1 where the jit is off."""
    return len(getattr(kernel, "signatures", ("plain",)))


def prefix(x: NDArray[Any]) -> Floats:
    """Energy of ``x[:i]`` for every ``i``."""
    return np.concatenate(([0.0], np.cumsum(np.square(x, dtype=np.float64))))


def energy(x: NDArray[Any], a: int, b: int) -> float:
    return float(np.sum(np.square(x[a:b], dtype=np.float64)))


# Edges


def edges(
    x: NDArray[Any], w: int, lo: int, hi: int, ratio: float, gate: float, floor: float
) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    """Falls and rises: samples where one side's `w` samples hold less than `ratio` of the other's energy."""
    falls, rises = {}, {}
    for n in range(lo, hi):
        before, after = energy(x, n - w, n), energy(x, n, n + w)
        quiet, loud = min(before, after) + floor * w, max(before, after) + floor * w
        if max(before, after) > gate * w and quiet < ratio * loud:
            (falls if after < before else rises)[n] = quiet / loud
    return _steepest(falls, w, ties=False), _steepest(rises, w, ties=True)


def _steepest(found: dict[int, float], w: int, ties: bool) -> list[tuple[int, float]]:
    """From the first edge climb to a steeper one within `w` for as long as there is one; then go on behind it."""

    def climb(at: int) -> int:
        near = [n for n in left if at < n <= at + w]
        better = [n for n in near if found[n] < found[at] or (ties and found[n] == found[at])]
        return climb(better[0]) if better else at

    out, left = [], sorted(found)
    while left:
        at = climb(left[0])
        out.append((at, found[at]))
        left = [n for n in left if n > at + w]
    return out


def pairs(
    x: NDArray[Any], w: int, shortest: int, longest: int, depth: float, falls: list[int], rises: list[int]
) -> list[tuple[int, int]]:
    """Every fall with every rise that may end its hole."""
    out = []
    for s in falls:
        for e in rises:
            inside = [energy(x, a, a + w) for a in range(s + w // 2, e - w // 2 - w + 1, w // 4)]
            sides = depth * energy(x, s - w, s), depth * energy(x, e, e + w)
            if shortest <= e - s <= longest and e > s and max(inside, default=0.0) <= min(sides):
                out.append((s, e))
    return out


def runs(x: NDArray[Any], shortest: int) -> list[tuple[int, int]]:
    """Every run of at least `shortest` equal samples."""
    out, at = [], 0
    for _, run in groupby(x.tolist()):
        n = len(list(run))
        if n >= shortest:
            out.append((at, at + n))
        at += n
    return out


# Holes


def mean_square(x: NDArray[Any], a: int, b: int) -> float:
    part = x[max(a, 0) : max(b, 0)]
    return float(np.mean(np.square(part, dtype=np.float64))) if part.size else 0.0


def hole(x: NDArray[Any], s: int, e: int, ms: int) -> list[float]:
    """The eighteen measurements of a hole, `ms` whole samples to the millisecond (4 at least)."""
    mid, tiny = (s + e) // 2, 1e-30
    in_s, in_e = min(s + 3 * ms, mid), max(e - 3 * ms, mid)
    windows = [mean_square(x, a, a + 2 * ms) for a in range(s + ms, e - ms - 2 * ms + 1, 2 * ms)]
    signs = np.sign(x[s:e].astype(np.float64))
    first, last = mean_square(x, s, in_s), mean_square(x, in_e, e)
    return [
        first / (mean_square(x, s - 3 * ms, s) + tiny),
        last / (mean_square(x, e, e + 3 * ms) + tiny),
        mean_square(x, s, s + ms) / (mean_square(x, s - ms, s) + tiny),
        mean_square(x, e - ms, e) / (mean_square(x, e, e + ms) + tiny),
        mean_square(x, s - 60 * ms, s),
        mean_square(x, e, e + 60 * ms),
        mean_square(x, s - 10 * ms, s),
        mean_square(x, e, e + 10 * ms),
        mean_square(x, s + ms // 2, e - ms // 2),
        max(windows, default=0.0),
        mean_square(x, s - 30 * ms, s - 10 * ms),
        mean_square(x, e + 10 * ms, e + 30 * ms),
        float(np.count_nonzero(signs[1:] * signs[:-1] < 0)) / max(e - s, 1),
        min(windows) / (float(np.mean(windows)) + tiny / len(windows)) if windows else 0.0,
        mean_square(x, s + 3 * ms, min(s + 6 * ms, mid)) / (first + tiny) if mid > s + 3 * ms else 1.0,
        mean_square(x, max(e - 6 * ms, mid), e - 3 * ms) / (last + tiny) if mid < e - 3 * ms else 1.0,
        mean_square(x, s - 3 * ms, s),
        mean_square(x, e, e + 3 * ms),
    ]


# Copies


def correlation(u: NDArray[Any], v: NDArray[Any]) -> tuple[float, float, float]:
    """Σ uv, Σ v², Σ u²."""
    u, v = u.astype(np.float64), v.astype(np.float64)
    return float(u @ v), float(v @ v), float(u @ u)


def autocorrelation(y: Floats, a: int, w: int, shortest: int, longest: int) -> Floats:
    """Squared normalised autocorrelation of ``y[a:a+w]`` at each lag, 0 where it is negative or there is nothing."""
    out = np.zeros(longest - shortest + 1)
    for i, lag in enumerate(range(shortest, longest + 1)):
        c, q, e = correlation(y[a : a + w], y[a - lag : a - lag + w])
        out[i] = c * c / (q * e) if c > 0.0 and q > 0.0 and e > 0.0 else 0.0
    return out


def copies(y: Floats, a: int, w: int, lags: range, floor: float) -> dict[int, tuple[float, float]]:
    """Squared normalised autocorrelation of ``y[a:a+w]`` and gain at each lag, `floor` added to the mean square of the past."""
    out = {}
    for lag in lags:
        c, q, e = correlation(y[a : a + w], y[a - lag : a - lag + w])
        q += w * floor
        out[lag] = (c * c / (q * e), c / q) if c > 0.0 else (0.0, 0.0)
    return out


def lag_peaks(
    y: Floats,
    first: int,
    hop: int,
    count: int,
    w: int,
    shortest: int,
    longest: int,
    match: float,
    near: float,
    gate: float,
) -> Iterator[tuple[tuple[int, int], float]]:
    """Window starts and lags (half samples) at which the autocorrelation peaks, and by how much each passes or fails."""
    for a in range(first, first + hop * count, hop):
        if energy(y, a, a + w) <= gate * w:
            continue
        r = autocorrelation(y, a, w, shortest, longest)[::-1]
        for k in range(r.size):
            before, after = r[max(k - 1, 0)], r[min(k + 1, r.size - 1)]
            bend, lean = 2 * r[k] - before - after, after - before
            height, behind = (r[k] + lean**2 / (8 * bend), lean / (2 * bend)) if bend > 1e-12 else (r[k], 0.0)
            beyond = r[k] - after if k + 1 < r.size else 1.0
            least = max(match, r.max() - near)
            margin = min(height - least, r[k] - least + 0.1, beyond, 1e-6 + r[k] - before)
            if margin > -1e-9:
                rounding = abs(2 * behind % 1 - 0.5)
                for d in {round(2 * behind - 1e-6), round(2 * behind + 1e-6)}:
                    yield (a, 2 * (longest - k) - d), min(margin, rounding - 1e-6)


def rest(x: NDArray[Any], a: int, w: int, lag: int) -> float:
    """Share of ``x[a:a+w]`` that a copy at one gain leaves."""
    c, q, e = correlation(x[a : a + w], x[a - lag : a - lag + w])
    return 1.0 - c * c / (q * e) if c > 0.0 and q > 0.0 else 1.0


def ramp_rest(x: NDArray[Any], a: int, w: int, lag: int) -> float:
    """Share of ``x[a:a+w]`` that a copy with a linear gain leaves, by least squares; all of it if that is negative."""
    u, v = x[a : a + w].astype(np.float64), x[a - lag : a - lag + w].astype(np.float64)
    taps = np.stack((v, (np.arange(w) / w - 0.5) * v), axis=1)
    gain = np.linalg.lstsq(taps, u, rcond=None)[0]
    return float(np.sum((u - taps @ gain) ** 2) / np.sum(u * u)) if gain[0] > 0.0 else 1.0


def between_rest(x: NDArray[Any], a: int, w: int, lag: int) -> float:
    """Share of ``x[a:a+w]`` that taps at three neighbouring lags leave, by least squares."""
    u = x[a : a + w].astype(np.float64)
    taps = np.stack([x[a - d : a - d + w].astype(np.float64) for d in (lag + 1, lag, lag - 1)], axis=1)
    return float(np.sum((u - taps @ np.linalg.lstsq(taps, u, rcond=None)[0]) ** 2) / np.sum(u * u))


# Trees


def forest(x: Floats, feature: Ints, threshold: Floats, leaf: Floats) -> Floats:
    """Sum of trees for each row, by descent from the root of each."""

    def descend(row: Floats, t: int, node: int) -> float:
        if node >= feature.shape[1]:
            return float(leaf[t, node - feature.shape[1]])
        right = row[feature[t, node]] > threshold[t, node]
        return descend(row, t, 2 * node + 1 + int(right))

    return np.array([sum(descend(row, t, 0) for t in range(len(feature))) for row in x])
