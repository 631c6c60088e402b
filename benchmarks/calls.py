"""Whole calls as rows of the benchmark: real codecs that lose packets, and receivers that run dry and catch up.

Every one is ``callqual.simulate`` with some options, and its truth is that of the simulator. A row goes at one sampling
rate, that of its codec, and has recordings of two sorts: damaged ones, and the same call without network trouble, on
which the codec alone could be taken for damage.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import callqual
from callqual.simulation import codecs
from callqual.simulation.signals import Rng, Signal
from callqual.simulation.truth import Damaged

FILLERS = {
    "zero": "zero_fill",
    "zero_soft": "zero_soft",
    "fade": "fade",
    "noise": "noise_fill",
    "repeat": "repeat",
    "repeat_faded": "repeat_faded",
    "repeat_next": "repeat_next",
    "appendix_i": "appendix_i",
    "spandsp": "spandsp",
}
"""What a receiver plays where the decoder has nothing, and the damage of the benchmark that it is; ``expand``, as jitter buffers play on, is none."""


@dataclass(frozen=True)
class Call:
    """A call at the rate `sr` (Hz). `trouble` is what the network and the buffer do to it; left out in undamaged ones.

    ``own`` = its losses are concealed by the decoder itself; ``filler`` = the damage it is the same as.
    """

    sr: int
    codec: str
    coded: dict[str, Any] = field(default_factory=dict)
    concealment: str | None = None
    trouble: dict[str, Any] = field(default_factory=dict)

    @property
    def own(self) -> bool:
        """Whether the decoder conceals."""
        return self.concealment is None

    @property
    def filler(self) -> str | None:
        """The damage of the benchmark that its concealment is."""
        return FILLERS.get(self.concealment or "")

    def make(self, x: Signal, rng: Rng, *, clean: bool = False, law: str | None = None, **losses: float) -> Damaged:
        """Make one recording of it; `law` is that of G.711."""
        coded = self.coded | ({"law": law} if law else {})
        trouble = {} if clean else self.trouble | losses
        seed, plays = int(rng.integers(2**31)), self.concealment
        sim = callqual.simulate(
            x, self.sr, codec=self.codec, codec_options=coded, concealment=plays, seed=seed, **trouble
        )
        return sim.samples.astype(float), list(sim.truth)

    def missing(self) -> str | None:
        """Return what has to be installed for it, None = nothing."""
        try:
            codecs.codec(self.codec, **self.coded)
        except codecs.MissingLibrary as error:
            return str(error)
        return None


def _opus(bitrate: int = 24000, **more: Any) -> dict[str, Any]:
    return {"bitrate": bitrate, **more}


CODED: dict[str, Call] = {
    **{f"g711_{name}": Call(8000, "g711", {}, name) for name in FILLERS},
    "g722_zero": Call(16000, "g722", {}, "zero"),
    "g722_spandsp": Call(16000, "g722", {}, "spandsp"),
    "g722_same_bits": Call(16000, "g722", {"lost": "repeat"}),
    "gsm": Call(8000, "gsm"),
    "gsm_same_bits": Call(8000, "gsm", {"lost": "repeat"}),
    "amr_nb_4k75": Call(8000, "amr_nb", {"bitrate": 4750}),
    "amr_nb_12k2": Call(8000, "amr_nb", {"bitrate": 12200}),
    "amr_wb_12k65": Call(16000, "amr_wb", {"bitrate": 12650}),
    "amr_wb_23k85": Call(16000, "amr_wb", {"bitrate": 23850}),
    "speex_nb": Call(8000, "speex", {"sr": 8000}),
    "speex_wb": Call(16000, "speex", {"sr": 16000}),
    "g729": Call(8000, "g729"),
    "opus_12k": Call(48000, "opus", _opus(12000)),
    "opus_24k": Call(48000, "opus", _opus()),
    "opus_24k_fec": Call(48000, "opus", _opus(fec=True)),
    "opus_32k_60ms": Call(48000, "opus", _opus(32000, frame_ms=60)),
    "opus_48k": Call(48000, "opus", _opus(48000)),
    "opus_48k_fec": Call(48000, "opus", _opus(48000, fec=True)),
    "opus_64k_lowdelay": Call(48000, "opus", _opus(64000, application="lowdelay", frame_ms=10)),
    "g711_expand": Call(8000, "g711", {}, "expand"),
}
"""Codecs that lose packets. Options of a recording: ``loss``, ``burst_ratio``, and ``law`` of G.711."""

_STALLS = {"playout": "adaptive", "spikes": 12.0, "spike_ms": 1000.0}
_RUNS_DRY = {"playout": "adaptive", "spikes": 30.0, "spike_ms": 200.0, "catch_up": 1.0}
_THROTTLED = {"playout": "adaptive", "kbps": 32.0}

PLAYOUT: dict[str, Call] = {
    "late": Call(8000, "g711", {}, "zero", {"playout": "fixed", "jitter_ms": 60.0}),
    "late_opus": Call(48000, "opus", _opus(), None, {"playout": "fixed", "jitter_ms": 60.0}),
    "underrun": Call(8000, "g711", {}, "zero", _RUNS_DRY),
    "underrun_opus": Call(48000, "opus", _opus(), None, _RUNS_DRY),
    "catch_up": Call(8000, "g711", {}, "zero", _STALLS),
    "catch_up_opus": Call(48000, "opus", _opus(), None, _STALLS),
    "catch_up_slowly": Call(48000, "opus", _opus(), None, _STALLS | {"catch_up": 1.1}),
    "throttled": Call(48000, "opus", _opus(32000), None, _THROTTLED | {"queue_ms": 1000.0}),
    "policed": Call(48000, "opus", _opus(32000), None, _THROTTLED | {"queue_ms": 0.0}),
}
"""Receivers: packets too late, buffers that run dry, stalls caught up at 1.25 and 1.1 × speed, links too narrow."""

CALLS: dict[str, dict[str, Call]] = {"coded": CODED, "playout": PLAYOUT}
"""By group, then by row."""


def missing(group: str, names: Iterable[str], rates: Iterable[int]) -> dict[str, str]:
    """Return what has to be installed for rows of a group, by key of the row."""
    calls = {name: CALLS[group][name] for name in names if CALLS[group][name].sr in set(rates)}
    told = {f"{group}/{name}/{call.sr}": call.missing() for name, call in calls.items()}
    return {key: what for key, what in told.items() if what}
