"""Programs that are started for one call and write what they play into a file."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr

from benchmarks.clients.placing import Played
from callqual.simulation.codecs import Codec
from callqual.simulation.losses import Mask

PATIENCE_S = 5.0


@contextmanager
def running(command: Sequence[str], log: Path) -> Iterator[None]:
    """Run a program meanwhile, then interrupt it, at which such programs finish their files."""
    with log.open("w") as lines:
        program = subprocess.Popen(command, stdout=lines, stderr=lines, stdin=subprocess.DEVNULL)
        try:
            yield
        finally:
            program.send_signal(signal.SIGINT)
            try:
                program.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


def played(out: Path, payloads: list[bytes], made: Codec, lost: Mask, late: int) -> Played:
    """Read what a program played of packets sent to it, and decode what it would have played of all of them."""
    x, sr = sf.read(out, dtype="float64", always_2d=True)
    ref = made.decode(list(payloads)).astype(np.float64)
    if made.sr != sr:
        ref = np.asarray(soxr.resample(ref, made.sr, sr))
    length = made.frame_ms / 1000
    spans = [(i * length, (i + 1) * length, bool(gone)) for i, gone in enumerate(lost)]
    return Played(x[:, 0], ref, sr, spans, late)
