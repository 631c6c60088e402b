"""What a simulation gives: samples, reference, truth, packet log, and the JSON record of them."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from callqual.simulation.truth import TruthEvent

SCHEMA = "callqual.simulation/1"


class Simulation(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Damaged speech and all that is known of its damage.

    Attributes
    ----------
    samples : ndarray [shape=(n,), float32, full scale ±1, 16-bit steps]
        What the recorder wrote.
    sr : int
        Sampling rate, Hz: that of the speech given.
    truth : tuple of dict
        Events in order of time, as :func:`callqual.evaluate` takes them: ``family``, ``kind``, ``start``, ``end``
        (seconds of `samples`), ``cause``, ``context_db`` and ``lost_db`` (level beside and of what was lost, dB re
        active speech), ``active`` (speech stands beside it), ``details``.
    reference : ndarray [shape=(n,), float32]
        The same call at the same moments with every packet there, before tones and recorder; silent where something was
        inserted.
    packets : ndarray [shape=(packets,), structured]
        ``sent``, ``arrival`` (s, inf = never), ``lost``, ``size`` (bytes on the wire), ``fate`` (played, lost, late,
        recovered, discarded), ``played`` (s of `samples`, nan = never).
    seed : int
    options : dict
        Every option that was given.
    version : str
        Of callqual.
    """

    samples: NDArray[np.float32]
    sr: int
    truth: tuple[TruthEvent, ...]
    reference: NDArray[np.float32]
    packets: NDArray[np.void]
    seed: int
    options: dict[str, Any]
    version: str

    @property
    def seconds(self) -> float:
        """Length of the samples."""
        return len(self.samples) / self.sr

    def to_dict(self) -> dict[str, Any]:
        """Return the record, without the samples, as plain dicts, lists, strings and numbers."""
        return {
            "schema": SCHEMA,
            "version": self.version,
            "sr": self.sr,
            "seconds": self.seconds,
            "seed": self.seed,
            "options": self.options,
            "events": list(self.truth),
            "packets": [_packet(row) for row in self.packets.tolist()],
        }

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        return msgspec.json.encode(self.to_dict()).decode()


def _packet(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a packet of the log; times in ms, None = never."""
    sent, arrival, _, size, fate, played = row
    return {
        "sent_ms": round(1000 * sent, 3),
        "arrival_ms": round(1000 * arrival, 3) if math.isfinite(arrival) else None,
        "size": size,
        "fate": fate,
        "played_ms": round(1000 * played, 3) if math.isfinite(played) else None,
    }
