"""Steady speed: CPU time a second of audio, one thread, against a yardstick in the same run.

    python -m benchmarks.speed --out benchmarks/RESULTS.md

The yardstick reads the same file with soundfile and takes one ``scipy.signal.stft`` with 20 ms frames of it. Both are
timed in turn, after a call of each that is not counted; ratios are of the medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import soundfile
from scipy.signal import stft

import callqual
from benchmarks.looped import write_call
from benchmarks.results import Rows, table, update
from benchmarks.startup import THREADS

RATES = (8000, 16000, 48000)
SECONDS = (60, 600)
ROUNDS = 7
MARK = 2.0


def yardstick(path: Path) -> None:
    """Read the file and take one short-time Fourier transform of it."""
    samples, sr = soundfile.read(path, dtype="float32")
    stft(samples, fs=sr, nperseg=sr // 50)


def spent(work: Callable[[Path], object], path: Path) -> float:
    """CPU time of one call, ms."""
    begun = time.process_time()
    work(path)
    return 1e3 * (time.process_time() - begun)


def steady(folder: Path, lengths: Sequence[int]) -> Rows:
    """Time both at every rate, on recordings of `lengths` seconds."""
    rows: Rows = {}
    for seconds in lengths:
        for sr in RATES:
            path = folder / f"{sr}-{seconds}.wav"
            write_call(path, sr, seconds)
            callqual.score(path), yardstick(path)
            pairs = [(spent(callqual.score, path), spent(yardstick, path)) for _ in range(ROUNDS)]
            own, other = (statistics.median(column) / seconds for column in zip(*pairs, strict=True))
            rows[f"{seconds} s at {sr // 1000} kHz"] = {"own": own, "other": other, "ratio": own / other}
    return rows


def page(rows: Rows) -> str:
    """Write the section."""
    speeds = [
        [name, row["own"], 1e3 / row["own"], row["other"], f"{row['ratio']:.2f}", f"≤ {MARK:g}"]
        for name, row in rows.items()
        if "ratio" in row
    ]
    head = "recording | CPU ms a second | × real time | yardstick, ms a second | ratio | mark"
    note = (
        f"Medians of {ROUNDS}, one thread; yardstick: soundfile read and `scipy.signal.stft`, 20 ms frames, same file."
    )
    return f"## Speed\n\n{table(head, speeds, note)}"


def main() -> None:
    """Measure and print, or write into the results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, help="Markdown file whose section is rewritten")
    parser.add_argument("--seconds", type=int, nargs="*", default=SECONDS, help="lengths to time (default 60 600)")
    args = parser.parse_args()
    if not THREADS.items() <= os.environ.items():  # they count only if set before numpy is loaded
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.speed", *sys.argv[1:]], os.environ | THREADS)
    with tempfile.TemporaryDirectory() as name:
        rows = steady(Path(name), args.seconds)
    print(update(args.out, "speed", rows, page) if args.out else page(rows))


if __name__ == "__main__":
    main()
