"""Steady speed and memory: CPU time a second of audio, one thread, against a yardstick in the same run.

    python -m benchmarks.speed --out benchmarks/RESULTS.md
    python -m benchmarks.speed --hours 3 10 --out benchmarks/RESULTS.md

The yardstick reads the same file with soundfile and takes one ``scipy.signal.stft`` with 20 ms frames of it. Both are
timed in turn, after a call of each that is not counted; ratios are of the medians. Memory: the peak of a fresh process.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from scipy.signal import stft

import callqual
from benchmarks.results import Rows, table, update
from benchmarks.startup import THREADS, run

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "clean.wav"
RATES = (8000, 16000, 48000)
LONG_RATES = (8000, 16000)
SECONDS = (60, 600)
ROUNDS = 7
MARK = 2.0
MEMORY_MARK_MB = 300


@cache
def speech(sr: int) -> NDArray[np.float64]:
    """The clean example at the rate `sr`, with a pause at its end."""
    samples, own = soundfile.read(EXAMPLE)
    return np.concatenate([soxr.resample(samples, own, sr, "VHQ"), np.zeros(sr // 2)])


def write_call(path: Path, sr: int, seconds: float, seed: int = 1) -> None:
    """Write `seconds` of a damaged call as 16-bit WAV: speech over a noise floor, 3 % of its 20 ms packets zeroed."""
    rng = np.random.default_rng(seed)
    voice, packet = speech(sr), sr // 50
    with soundfile.SoundFile(path, "w", sr, 1, "PCM_16") as file:
        left = round(seconds * sr)
        while left > 0:
            block = voice + 10 ** (-65 / 20) * rng.standard_normal(voice.size)
            lost = rng.random(voice.size // packet) < 0.03
            for at in np.flatnonzero(lost) * packet:
                block[at : at + packet] = 0.0
            file.write(block[:left])
            left -= voice.size


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


def memory(folder: Path, hours: Sequence[float]) -> Rows:
    """Score long recordings in fresh processes and take their peak resident memory and CPU time.

    The first minute tells what the interpreter, the libraries and the kernels take.
    """
    rows: Rows = {}
    for sr in LONG_RATES:
        for name, seconds in (("1 min", 60.0), *((f"{h:g} h", 3600 * h) for h in hours)):
            path = folder / "long.wav"
            write_call(path, sr, seconds)
            usage = run(["-m", "callqual", "score", str(path), "--field", "mos"])
            used = {"megabytes": usage.ru_maxrss / 1024, "cpu_s": usage.ru_utime + usage.ru_stime}
            rows[f"memory {name} at {sr // 1000} kHz"] = used
    return rows


def page(rows: Rows) -> str:
    """Write the section."""
    speeds = [
        [name, row["own"], 1e3 / row["own"], row["other"], f"{row['ratio']:.2f}", f"≤ {MARK:g}"]
        for name, row in rows.items()
        if "ratio" in row
    ]
    memories = [
        [name.removeprefix("memory "), f"{row['megabytes']:.0f}", f"{row['cpu_s']:.1f}", f"≤ {MEMORY_MARK_MB}"]
        for name, row in rows.items()
        if "megabytes" in row
    ]
    head = "recording | CPU ms a second | × real time | yardstick, ms a second | ratio | mark"
    note = (
        f"Medians of {ROUNDS}, one thread; yardstick: soundfile read and `scipy.signal.stft`, 20 ms frames, same file."
    )
    long = table(
        "recording | peak MB | CPU s | mark, MB",
        memories,
        "Peak resident memory of a fresh process; 3 % of the packets of 20 ms are lost.",
    )
    return f"## Speed and memory\n\n{table(head, speeds, note)}\n\n{long}"


def main() -> None:
    """Measure and print, or write into the results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, help="Markdown file whose section is rewritten")
    parser.add_argument("--hours", type=float, nargs="*", default=(1.0,), help="long recordings (default 1)")
    parser.add_argument("--seconds", type=int, nargs="*", default=SECONDS, help="lengths to time (default 60 600)")
    args = parser.parse_args()
    if not THREADS.items() <= os.environ.items():  # they count only if set before numpy is loaded
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.speed", *sys.argv[1:]], os.environ | THREADS)
    with tempfile.TemporaryDirectory() as name:
        rows = memory(Path(name), args.hours)  # first: a child's peak counts that of its parent until it starts
        rows |= steady(Path(name), args.seconds)
    print(update(args.out, "speed", rows, page) if args.out else page(rows))


if __name__ == "__main__":
    main()
