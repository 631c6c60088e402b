"""Learns what the border of a codec's frames looks like: ``python -m benchmarks.fit_beats FOLDER...`` writes ``features/beats.npy``.

Borders are those of Opus at five bit rates, in voices of the ``tune`` split, whose frames begin where the simulator says. Nowhere is a border
in the same voices before the codec, nor in the folders' recordings at 16 kHz (kinds ``negative`` and ``buzz`` of :mod:`benchmarks.lost_speech`).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray

import callqual
from benchmarks.corpora import plans, quantise, render
from callqual.features.beats import BANDS, CELL, PHASES, RATE, REACH, WIDTH, WINDOW, cells
from callqual.features.scanner import GATE_BELOW_LOUD

BITRATES = (12000, 16000, 24000, 32000, 48000)
CODED_RATE = 48000
BORDER = 236
"""Where the first frame begins in what the simulator plays of Opus, samples at 16 kHz: 20 ms less the encoder's look-ahead, and 1.2 ms
that the decoder takes to raise the rate."""

KEPT, KEPT_BESIDE = 0.3, 0.1
"""Share of the moments that are no borders that is learned from, in coded voices and in others."""

NOISES_DB = (None, None, -75.0, -65.0, -55.0)

Signal = NDArray[np.float64]
Clip = tuple[Signal, int | None]
"""Samples at 16 kHz and where a frame begins, None = nowhere."""

Rng = np.random.Generator


def coded(count: int, seconds: float, seed: int) -> Iterator[Clip]:
    """Yield voices before and after the codec."""
    for i, plan in enumerate(plans("tune", CODED_RATE, seconds, count, seed)):
        x = quantise(render(plan).x).astype(np.float64)
        bitrate = BITRATES[i % len(BITRATES)]
        sim = callqual.simulate(x, CODED_RATE, codec="opus", codec_options={"bitrate": bitrate}, seed=i)
        yield soxr.resample(sim.samples.astype(np.float64), CODED_RATE, RATE), BORDER
        yield soxr.resample(x, CODED_RATE, RATE), None


def others(folders: Iterable[Path]) -> Iterator[Clip]:
    """Yield recordings in which no frames begin."""
    for path in sorted(path for folder in folders for path in folder.glob("*.flac")):
        x, sr = sf.read(path)
        if sr == RATE:
            yield x, None


def varied(clip: Clip, rng: Rng) -> Clip:
    """Begin a clip at another moment, and lay noise over it."""
    x, border = clip
    start = int(rng.integers(RATE // 50))
    floor = NOISES_DB[int(rng.integers(len(NOISES_DB)))]
    y = x[start:] + (0.0 if floor is None else 10 ** (floor / 20) * rng.standard_normal(len(x) - start))
    return y, None if border is None else border - start


def rows(clip: Clip, rng: Rng) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return what is seen round moments of a clip, and which of them are borders."""
    x, border = clip
    count = (len(x) - WINDOW) // CELL
    levels, power = cells(quantise(x).astype(np.float32), count)
    frames = np.square(x[: len(x) // 160 * 160]).reshape(-1, 160).mean(axis=1)
    loud = np.convolve(power, np.ones(2 * REACH) / (2 * REACH), "valid") > GATE_BELOW_LOUD * np.percentile(frames, 95)
    at = np.arange(loud.size)[loud]
    y = np.zeros(at.size, np.bool_)
    if (
        border is not None
    ):  # cell n is centred on its window, so the border before it lies half a window less half a cell later
        y = (at + REACH) % PHASES == round((border - (WINDOW - CELL) / 2) / CELL) % PHASES
    kept = y | (rng.random(at.size) < (KEPT_BESIDE if border is None else KEPT))
    seen = np.lib.stride_tricks.sliding_window_view(levels, 2 * REACH * BANDS)[::BANDS]
    return seen[at[kept]], y[kept]


def fit(clips: Iterable[Clip], times: int, rng: Rng) -> NDArray[np.float32]:
    """Return the weights, those of the level taken out: what a border looks like does not depend on how loud it is."""
    from sklearn.neural_network import MLPClassifier

    both = [rows(varied(clip, rng), rng) for clip in clips for _ in range(times if clip[1] is not None else 1)]
    x, y = np.concatenate([r[0] for r in both]), np.concatenate([r[1] for r in both])
    del both
    x = _level(x)
    spread = x.std(axis=0)
    net = MLPClassifier((WIDTH,), batch_size=512, max_iter=25, early_stopping=True, alpha=1e-3, random_state=0)
    net.fit(x / spread, y)
    first, last = net.coefs_[0] / spread[:, None], net.coefs_[1][:, 0]
    usual = np.log(y.mean() / (1.0 - y.mean()))
    parts: list[Any] = [_level(first.T).T, net.intercepts_[0], last, net.intercepts_[1] - usual]
    return np.concatenate([np.ravel(part) for part in parts]).astype(np.float32)


def _level(x: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Take the mean of each band out of rows of cells."""
    bands = x.reshape(len(x), -1, BANDS)
    return (bands - bands.mean(axis=1, keepdims=True)).reshape(x.shape)


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--clips", type=int, default=180)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--times", type=int, default=2, help="how often each coded clip is varied")
    parser.add_argument("--out", type=Path, default=Path("src/callqual/features/beats.npy"))
    args = parser.parse_args()
    rng = np.random.default_rng(7)
    clips = chain(coded(args.clips, args.seconds, 4200), others(args.folders))
    np.save(args.out, fit(clips, args.times, rng).astype(np.float16))


if __name__ == "__main__":
    main()
