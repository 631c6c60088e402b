"""A schedule of steps made sound: packets end to end, pitch cycles added or taken out between them.

The same steps make what is heard and its reference, what would have been heard had every packet been there; both have
the same length, so they can be compared sample by sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from callqual.simulation.playout import INSERTED, Step
from callqual.simulation.warp import Samples, blend


class Rendered(NamedTuple):
    """Sound and where each step of its schedule begins, samples."""

    samples: Samples
    starts: NDArray[np.int64]


def render(frames: Iterable[Samples], steps: Sequence[Step], frame: int) -> Rendered:
    """Join the sound of each step.

    Parameters
    ----------
    frames : iterable of ndarray [shape=(frame,), float32]
        The sound of each step.
    steps : sequence of Step
    frame : int
        Samples of a packet.

    Returns
    -------
    Rendered
    """
    room = len(steps) * frame + sum(max(step.warp, 0) for step in steps)
    out, starts, at = np.zeros(room, np.float32), np.zeros(len(steps), np.int64), 0
    for i, (step, sound) in enumerate(zip(steps, frames, strict=True)):
        q = abs(step.warp)
        if step.warp < 0:
            out[at - q : at] = blend(out[at - q : at], sound[:q])
            sound = sound[q:]
        elif step.warp > 0:
            out[at : at + q] = blend(sound[:q], out[at - q : at])
            at += q
        starts[i] = at if step.warp >= 0 else at - q
        out[at : at + len(sound)] = sound
        at += len(sound)
    return Rendered(out[:at], starts)


def reference(speech: Samples, steps: Sequence[Step]) -> Iterable[Samples]:
    """Give the sound of each step with nothing lost; inserted ones are silent."""
    silence = np.zeros(speech.shape[1], np.float32)
    return (silence if step.packet == INSERTED else speech[step.packet] for step in steps)


def decoded(
    decoder: Any, payloads: Sequence[bytes], steps: Sequence[Step], fec: bool, hole: int | None = None
) -> Iterable[Samples]:
    """Give the sound of each step as a decoder makes it.

    Missing packets are its own concealment and FEC; or, with `hole` samples of zeros for a filler, it is asked only for what
    FEC brings back.
    """
    for step in steps:
        if step.fate == "played":
            yield decoder.decode(payloads[step.packet])
        elif hole is not None and not (fec and step.recover):
            yield np.zeros(hole, np.float32)
        else:
            yield decoder.decode(None, payloads[step.packet + 1] if step.recover else None)
