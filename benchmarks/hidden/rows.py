"""What the learned stage sees of recordings with truth, frame by frame: ``python -m benchmarks.hidden.rows FOLDER... --out CACHE``.

A folder is one that :mod:`benchmarks.rig_calls` or :mod:`benchmarks.lost_speech` made; ``FOLDER:1`` reads it through drawn recorder
paths. The rows come from :func:`callqual.features.hidden.columns`, as in a stream.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray

from callqual.features.facts import HOP
from callqual.features.hidden import columns
from callqual.simulation.recorder import RECORDERS
from callqual.simulation.signals import active_level, noise

HEADS = ("inside", "onset", "back", "warp")
"""What is learned of a frame: it lies in a gap, is the first of one, the first after one, holds a pitch cycle put in or taken out."""

BEFORE, AFTER = 0.015, 0.035
"""Seconds about a gap in which the truth is not known to the frame (NetEq's counters, cross-fades)."""

BLURRED = 2
"""Counts so: little, or the gaps of a bad line would grow together."""

DONT_CARE_DB = -20.0
"""Gaps with less speech beside them took nothing that could be heard."""

WARP_SECONDS, DENSE = 0.03, 0.3
"""A cycle put in or taken out is heard for so long; a span of several does not tell where they are, unless they fill so much of it."""

LABELS = (*HEADS, "inside_counts", "warp_counts")
PATHS = ("noise", "noise", "opus_24k", "opus_24k", "aac_32k", "mp3_48k", "mu_law", "a_law", "agc", "resampled")
LAWS = ("mu_law", "a_law")

Truth = dict[str, Any]


class Recording(NamedTuple):
    """Rows and labels of a recording, and its truth."""

    rows: np.ndarray
    labels: np.ndarray
    truth: dict[str, Any]


def main(argv: list[str] | None = None) -> int:
    """Read every folder that is not in the cache."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hidden.rows", description=str(__doc__).splitlines()[0])
    parser.add_argument("folders", nargs="+", help="FOLDER, or FOLDER:1 through drawn recorder paths")
    parser.add_argument("--out", type=Path, required=True, help="folder of the cache")
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.folders:
        folder, _, turn = name.partition(":")
        path = args.out / f"{Path(folder).name}.{turn or 0}.npz"
        if not path.exists():
            keep(Path(folder), int(turn or 0), path)
            print(path.name, flush=True)
    return 0


def keep(folder: Path, turn: int, path: Path) -> None:
    """Read the recordings of a folder and write their rows, labels and truth."""
    truths = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
    rows, labels = [], []
    for i, truth in enumerate(truths):
        x, sr = sf.read(folder / Path(truth["file"]).name, dtype="float64")
        if turn:
            x, truth["recorder"] = recorded(x, sr, np.random.default_rng([turn, i, len(truths)]))
        rows.append(columns(x, sr).astype(np.float16))
        labels.append(label(truth, len(rows[-1])))
    ends = np.cumsum([len(part) for part in rows])
    part = path.with_name("part-" + path.name)
    np.savez(
        part,
        rows=np.concatenate(rows),
        labels=np.concatenate(labels, axis=1),
        ends=ends,
        truths=[json.dumps(t) for t in truths],
    )
    part.rename(path)


def recordings(path: Path) -> list[Recording]:
    """Return the recordings of a file of the cache."""
    with np.load(path) as kept:
        rows, labels, ends, truths = (kept[name] for name in ("rows", "labels", "ends", "truths"))
    starts = [0, *ends[:-1].tolist()]
    spans = [slice(a, b) for a, b in zip(starts, ends.tolist(), strict=True)]
    return [Recording(rows[s], labels[:, s], json.loads(t)) for s, t in zip(spans, truths.tolist(), strict=True)]


def recorded(x: NDArray[np.float64], sr: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], str]:
    """Return a recording through a drawn path, and its name."""
    name = str(rng.choice(PATHS))
    if name == "noise":
        level = active_level(x, sr) - rng.uniform(25.0, 55.0)
        return x + noise(len(x), level, rng, pink=bool(rng.integers(2))), name
    if name in LAWS:
        low = np.asarray(soxr.resample(x, sr, 8000), dtype=np.float64)
        return np.asarray(soxr.resample(RECORDERS[name](low, 8000, rng), 8000, sr)), name
    return RECORDERS[name](x, sr, rng), name


def label(truth: Truth, frames: int) -> NDArray[np.int8]:
    """Return the :data:`LABELS` of every frame of a recording, shape (labels, frames): 0, 1 or :data:`BLURRED`."""
    out = np.zeros((len(LABELS), frames), np.int8)
    inside, onset, back, warp, counts, warp_counts = out
    counts[:], warp_counts[:] = 1, 1
    gaps = sorted(truth["gaps"])
    for start, end, _, context_db, *_ in sorted(gaps, key=lambda gap: -gap[3]):
        counts[_frames(start - BEFORE, end + AFTER, frames)] = BLURRED if context_db >= DONT_CARE_DB else 0
    for start, end, _, context_db, *_ in gaps:
        held = _held(start, end, frames)
        if context_db >= DONT_CARE_DB and end > start and held.size:
            inside[held] = counts[held] = onset[held[0]] = back[min(held[-1] + 1, frames - 1)] = 1
    for start, end, cycles in _warps(truth):
        known = cycles * WARP_SECONDS >= DENSE * (end - start)
        (warp if known else warp_counts)[_frames(start, max(end, start + WARP_SECONDS), frames)] = int(known)
    return out


def _frames(start: float, end: float, frames: int) -> slice:
    return slice(max(int(np.floor(start / HOP)), 0), max(min(int(np.ceil(end / HOP)), frames), 0))


def _held(start: float, end: float, frames: int) -> NDArray[np.int64]:
    """Return the frames that a gap takes more than half of, else the one it takes most of."""
    i = np.arange(*_frames(start, end, frames).indices(frames))
    covered = np.minimum((i + 1) * HOP, end) - np.maximum(i * HOP, start)
    return i[covered > HOP / 2] if (covered > HOP / 2).any() else i[covered == covered.max(initial=0.0)]


def _warps(truth: Truth) -> list[tuple[float, float, float]]:
    """Return where pitch cycles were put in or taken out, and how many: NetEq's operations by frame, or the spans of the simulator."""
    operations = [(at, at + HOP, 1.0) for name in ("inserted", "removed") for at, _ in truth.get(name, [])]
    return [*operations, *((start, end, cycles) for start, end, cycles in truth.get("warps", []))]


if __name__ == "__main__":
    sys.exit(main())
