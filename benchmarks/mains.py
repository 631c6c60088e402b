"""Buzz that a recording brought along, so that finding it is no false alarm: mains hum, by an independent witness.

Of the voices that stand for clean speech, many were recorded beside the mains: in `gcin-voice` a 60 Hz line stands 23 dB
out of its surroundings in the middle file, in half of the volunteers' rooms a 50 Hz line by 5-40 dB; in the NIST voices
and `festvox-ru` nothing stands out by more than 3 dB. The files are read as they are, before any clip is made of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpora import read

RATE, SECONDS = 8000, 4
LOWEST, HIGHEST = 44.0, 66.0
"""Hz; tapes that ran too slow or too fast included."""

LIKE_MAINS = ("hum", "frame_rate")
"""Mains of 50.0 Hz with many harmonics sound like packets of 20 ms."""

STANDS_DB = 6.0
SAME_HZ, NEAR_HZ, FAR_HZ = 1.5, 3.0, 12.0


@cache
def _spectrum(path: Path) -> NDArray[np.float64]:
    x = read(path, RATE)[: RATE * SECONDS]
    return np.asarray(np.abs(np.fft.rfft(x * np.hanning(len(x)), RATE * SECONDS)) ** 2)


def mains(files: Iterable[Path]) -> list[float]:
    """Frequencies (Hz) of lines between 44 and 66 Hz that stand 6 dB out of the mean spectrum of `files`."""
    power = np.mean([_spectrum(path) for path in files], axis=0)
    hz = np.arange(len(power)) / SECONDS
    out = []
    for k in np.flatnonzero((hz >= LOWEST) & (hz <= HIGHEST)):
        away = np.abs(hz - hz[k])
        beside = np.median(power[(away > NEAR_HZ) & (away < FAR_HZ)])
        if power[k] == power[away <= SAME_HZ].max() and power[k] > 10 ** (STANDS_DB / 10) * beside:
            out.append(float(hz[k]))
    return out


def without(found: list[Any], files: tuple[Path, ...]) -> list[Any]:
    """Return `found` less buzz at a mains frequency of the recordings that the clip was made of.

    The actors of `fillets-ng` speak under water, through a comb filter that moves.
    """
    if "fillets-ng" in str(files[0]):
        found = [e for e in found if e.kind != "comb"]
    if not any(e.kind in LIKE_MAINS for e in found):
        return found
    own = mains(files)
    return [e for e in found if e.kind not in LIKE_MAINS or all(abs(e.details["hz"] - f) > SAME_HZ for f in own)]
