"""Weights of damage that nobody rated, taken from the E-model (ITU-T G.107, with the values of G.113), and the recall of the detectors.

A concealed loss is given the weight with which random loss of 20 ms packets comes nearest to the R of G.107 for G.711 with
concealment; a tone the one with which it comes nearest to what noise takes from R there that is louder by :data:`TONAL_DB`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar

from benchmarks import results
from callqual.rating import constants as c
from callqual.rating.impairment import DETECTOR, rating
from callqual.result import Event

RESULTS = Path(__file__).parent / "RESULTS.md"
NEAR_S = 0.03
"""An event so near to the start of a true loss has found it."""

G107_R = 93.2
BPL = 25.1
BPL_RANGE = (10.0, 25.1)
"""Packet-loss robustness of G.711 with concealment (appendix I); and from AMR 12.2, the least robust codec with concealment, to it."""

LOSSES = (0.01, 0.02, 0.05, 0.1, 0.2)
LEVELS_DB = (-40.0, -35.0, -30.0, -25.0, -20.0, -15.0, -10.0)
NOISE_DBM0P, SPEECH_DBM0 = -61.18, -20.0
"""G.107's default noise; -26 dBov, the nominal level of active speech (P.56), in dBm0."""


TONAL_DB, TONAL_RANGE_DB = 5.0, (3.0, 6.0)
"""How much louder a noise without tones is that annoys as much: ISO 1996-1 adds so much for prominent tones. From memory."""


def random_loss(p: float) -> float:
    """Impairment of packets of 20 ms of speech lost at random, share `p`, in units of one a second that is heard in full."""
    runs = range(1, 200)
    each = [(1 - p) ** 2 * p**k / c.REFERENCE_SECONDS * k**c.EXPONENT for k in runs]
    return c.HEARD * math.fsum(each) / (1 - p)


def equipment_r(p: float, bpl: float) -> float:
    """R of G.107 with random loss `p` of a codec with Ie = 0."""
    return G107_R - 95.0 * 100.0 * p / (100.0 * p + bpl)


def noise_r(level_db: float) -> float:
    """R of G.107 with noise `level_db` re active speech added to its own: Ro = 15 - 1.5 (SLR + No)."""
    total = 10.0 * math.log10(10.0 ** (NOISE_DBM0P / 10.0) + 10.0 ** ((SPEECH_DBM0 + level_db) / 10.0))
    return G107_R - 1.5 * (total - NOISE_DBM0P)


def _nearest(impairment: Callable[[float], Sequence[float]], wanted: Sequence[float]) -> float:
    """Return the factor whose impairments come nearest to the wanted R."""

    def error(log_factor: float) -> float:
        return sum((rating(u) - r) ** 2 for u, r in zip(impairment(math.exp(log_factor)), wanted, strict=True))

    return math.exp(minimize_scalar(error, bounds=(-5.0, 5.0), method="bounded").x)


def concealed(b: float) -> tuple[float, float]:
    """Weight of a concealed loss against a bare one, and the standard error of its logarithm: half the range of the concealers."""

    def at(bpl: float) -> float:
        return _nearest(
            lambda w: [w * random_loss(p) / b for p in LOSSES], [equipment_r(p, bpl) for p in LOSSES]
        )  # fmt: skip

    return at(BPL), abs(math.log(at(BPL_RANGE[0]) / at(BPL_RANGE[1]))) / 2


def tone() -> tuple[float, float]:
    """Weight of a tone, and the standard error of its logarithm: the largest at any level, and the range of the adjustment for tones."""
    loud = [10.0 ** (level / 20.0) for level in LEVELS_DB]
    wanted = [noise_r(level + TONAL_DB) for level in LEVELS_DB]
    gain = _nearest(lambda g: [g * x for x in loud], wanted)
    exact = [(c.R0 / r - 1.0) ** (1.0 / c.CONCAVE) / x for r, x in zip(wanted, loud, strict=True)]
    adjusted = math.log(10.0 ** ((TONAL_RANGE_DB[1] - TONAL_RANGE_DB[0]) / 20.0))
    return gain, math.hypot(max(abs(math.log(g / gain)) for g in exact), adjusted)


def recall(clips: Iterable[tuple[str, Sequence[float], Sequence[Event]]], known: dict[str, float]) -> dict[str, float]:
    """Share of the true losses found by each detector, with one hit and one miss added: of rated clips, each with its chop, true starts and events.

    Of concealed losses it is that of the real calls published last, or else the one `known`.
    """
    hits = {name: [1, 2] for name in c.LOSSES}
    for chop, starts, events in clips:
        name = {"silence": "hole", "repeat": "copy", "delete": "cut"}[chop]
        at = np.array([e.start for e in events if e.kind in DETECTOR])
        found = sum(bool(at.size and np.abs(at - start).min() < NEAR_S) for start in starts)
        hits[name][0] += found
        hits[name][1] += len(starts)
    out = {name: got / n for name, (got, n) in hits.items() if n > 2}
    return known | out | {"concealed": _published() or known["concealed"]}


def _published() -> float | None:
    return results.load(RESULTS).get("neteq", {}).get("all", {}).get("recall")
