"""What a fresh process costs before it answers: CPU time above the bare interpreter, warm cache.

    python -m benchmarks.startup --out benchmarks/RESULTS.md

Import, ``--help`` and the first result are rows of their own, because a light import that is paid for by the first call
is no gain. Rounds are interleaved; the least and the median of them are given. Thread variables are set to 1.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from resource import struct_rusage

from benchmarks.results import Rows, table, update

ROUNDS = 9
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
MARKS_MS = {"`import callqual`": 30, "`callqual --help`": 100, "first result, 60 s at 16 kHz": 900}


def commands(recording: Path) -> dict[str, list[str]]:
    """What is run, by the name of its row; the first is the bare interpreter."""
    floor = "import numpy, numba, soundfile, soxr, msgspec"
    return {
        "interpreter": ["-c", "pass"],
        "`import callqual`": ["-c", "import callqual"],
        "`callqual --help`": ["-m", "callqual", "--help"],
        "`callqual --version`": ["-m", "callqual", "--version"],
        "imports of any first result": ["-c", floor],
        "first result, 60 s at 16 kHz": ["-m", "callqual", "score", str(recording), "--field", "mos"],
    }


def run(words: list[str]) -> struct_rusage:
    """Run Python with `words` and one thread; return what it used. Bytecode is kept, as by an installation."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | THREADS
    child = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL, env=env)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(words)} failed with {child.returncode}")
    return usage


def measure() -> Rows:
    """Run every command in turn, :data:`ROUNDS` times, after one round that fills the caches."""
    from benchmarks.looped import write_call

    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "call.wav"
        write_call(recording, 16000, 60)
        runs = commands(recording)
        times: dict[str, list[float]] = {name: [] for name in runs}
        for turn in range(ROUNDS + 1):
            for name, words in runs.items():
                usage = run(words)
                if turn:
                    times[name].append(1e3 * (usage.ru_utime + usage.ru_stime))
    base = times.pop("interpreter")
    rows: Rows = {"interpreter": {"least": min(base), "median": statistics.median(base), "mark": None}}
    for name, spent in times.items():
        above = {"least": min(spent) - min(base), "median": statistics.median(spent) - statistics.median(base)}
        rows[name] = above | {"mark": MARKS_MS.get(name)}
    return rows


def page(rows: Rows) -> str:
    """Write the section."""
    lines = [
        [name, *(f"{rows[name][key]:.0f}" for key in ("least", "median")), rows[name]["mark"]]
        for name in commands(Path())
        if name in rows
    ]
    note = f"CPU ms of a fresh process above the interpreter (whose own row is absolute), {ROUNDS} rounds, one thread."
    return f"## Start-up\n\n{table('process | least | median | mark', lines, note)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, help="Markdown file whose section is rewritten")
    args = parser.parse_args()
    rows = measure()
    print(update(args.out, "startup", rows, page) if args.out else page(rows))
