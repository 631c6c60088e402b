"""ffmpeg's silencedetect: the command, and its log read as events."""

from __future__ import annotations

import re
import subprocess
from typing import Any

_LINE = re.compile(r"silence_(start|end): (-?[\d.e+-]+)")
_BENCH = re.compile(r"bench: utime=([\d.]+)s stime=([\d.]+)s")


def version() -> str:
    """Version of the ffmpeg on the path."""
    words = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout.split()
    return words[2]


def silences(path: str, *, noise_db: float | None = None, seconds: float | None = None) -> dict[str, Any]:
    """Start and end of every silence; the CPU time is ffmpeg's own account, without its start."""
    options = [f"noise={noise_db}dB"] * (noise_db is not None) + [f"duration={seconds}"] * (seconds is not None)
    words = ["ffmpeg", "-hide_banner", "-nostats", "-nostdin", "-threads", "1", "-benchmark", "-i", path]
    words += ["-af", "silencedetect" + ("=" + ":".join(options) if options else ""), "-f", "null", "-"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"error": done.stderr.strip().rsplit("\n", 1)[-1]}
    return {"events": parse(done.stderr), "cpu_ms": cpu_ms(done.stderr)}


def parse(log: str) -> list[list[float]]:
    """Read the silences out of a log; one that lasts to the end of the recording without a word of its end is left out."""
    found: list[list[float]] = []
    start: float | None = None
    for side, time in _LINE.findall(log):
        if side == "start":
            start = max(float(time), 0.0)
        elif start is not None:
            found.append([start, max(float(time), start)])
            start = None
    return found


def cpu_ms(log: str) -> float | None:
    """User and system time of the conversion, ms."""
    found = _BENCH.search(log)
    return 1e3 * sum(map(float, found.groups())) if found else None
