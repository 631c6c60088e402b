"""Music, song and cries against speech: eight seconds of the frame table tell them apart.

Speech is restless: it falls 30 dB and rises again several times a second, and voiced sounds take turns with unvoiced
ones and pauses. Held notes keep their level and their pitch.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from callqual.detect.levels import to_db
from callqual.detect.trees import llr
from callqual.features.facts import HOP, lags

Scalar = TypeVar("Scalar", bound=np.generic)

FEATURES = ("range", "unvoiced", "held", "restless", "jump", "low", "tonal", "peak10", "peak50")
WINDOW = 8.0
STEP_FRAMES = 400
LEAST = 2.0
SILENT_DB = -80.0
RANGE_DB, LOUD_DB = 40.0, 30.0
VOICED, UNVOICED, SAME_LAG, HELD_FRAMES = 0.8, 0.6, 0.02, 5


def describe(
    frames: NDArray[np.void], level_db: NDArray[np.float64], tonal: NDArray[np.bool_]
) -> NDArray[np.float64] | None:
    """Return the :data:`FEATURES` of a stretch of frames, free of its level; None where it is silent."""
    low, top = quantiles(level_db, 0.1, 0.95)
    loud = level_db > top - LOUD_DB
    if top < SILENT_DB or not loud.any():
        return None
    peak, lag = frames["peak"], np.maximum(lags(frames).astype(np.float64), 1e-4)
    k = HELD_FRAMES
    voiced = (peak[k:] > VOICED) & (peak[:-k] > VOICED)
    held = voiced & (np.abs(lag[k:] / lag[:-k] - 1.0) < SAME_LAG)
    usable = level_db[: level_db.size // k * k]
    steps = np.abs(np.diff(np.maximum(usable.reshape(-1, k).max(axis=1), top - RANGE_DB)))
    power = frames["level"].astype(np.float64)
    return np.array([
        min(top - low, RANGE_DB), (loud & (peak < UNVOICED)).sum() / loud.sum(),
        held.mean() / max(float((peak > VOICED).mean()), 0.02), steps.mean(), *quantiles(steps, 0.9),
        (power < 0.5 * power.mean()).mean(), tonal.mean(), *quantiles(peak[loud], 0.1, 0.5),
    ])  # fmt: skip


def quantiles(x: NDArray[np.floating], *shares: float) -> list[float]:
    """Return the quantiles of `x`, between neighbours by straight lines: :func:`numpy.percentile` takes 40 us a call."""
    y = np.sort(x)
    at = [share * (y.size - 1) for share in shares]
    around = [(float(y[int(i)]), float(y[min(int(i) + 1, y.size - 1)]), i - int(i)) for i in at]
    return [a + (b - a) * t if t < 0.5 else b - (b - a) * (1.0 - t) for a, b, t in around]


def windows(frames: int) -> list[tuple[int, int]]:
    """Return the stretches of frames that are judged: 8 s every 4 s, the whole of a shorter leg."""
    width = round(WINDOW / HOP)
    if frames < round(LEAST / HOP):
        return []
    return [(a, a + width) for a in range(0, frames - width + 1, STEP_FRAMES)] or [(0, frames)]


def by_frame(steps: NDArray[Scalar], frames: int) -> NDArray[Scalar]:
    """Return, for each frame, the entry of its 4 s."""
    return np.repeat(steps, STEP_FRAMES)[:frames]


def against(
    steps: NDArray[np.float64], frame: NDArray[np.int64], steep: float, sure: float, cap: float
) -> NDArray[np.float64]:
    """Return the evidence against damage at each `frame`: `steep` for each nat of music above `sure`, to `cap`.

    Held notes die away and stop on one pitch by nature.
    """
    return np.asarray(np.clip(-steep * (steps[frame // STEP_FRAMES] - sure), -cap, 0.0))


def likelihood(frames: NDArray[np.void], tonal: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return, for each 4 s, the log-likelihood ratio (nats) of music against speech; 0 where nothing can be told.

    They have the mean of the windows that hold them.
    """
    spans = windows(frames.size)
    known = [describe(frames[a:b], to_db(frames["level"][a:b]), tonal[a:b]) for a, b in spans]
    spans = [span for span, phi in zip(spans, known, strict=True) if phi is not None]
    steps = -(-frames.size // STEP_FRAMES)
    total, count = np.zeros(steps + 1), np.zeros(steps + 1)
    if spans:
        score = llr("music", FEATURES, np.stack([phi for phi in known if phi is not None]))
        for (a, b), value in zip(spans, score, strict=True):
            first, last = a // STEP_FRAMES, -(-b // STEP_FRAMES)
            total[first] += value
            total[last] -= value
            count[first] += 1.0
            count[last] -= 1.0
    held = np.cumsum(count)[:-1]
    mean = np.cumsum(total)[:-1] / np.maximum(held, 1.0)
    tail = np.flatnonzero(held > 0.0)
    if tail.size:  # the last seconds fill no window of their own
        mean[tail[-1] + 1 :] = mean[tail[-1]]
    return mean
