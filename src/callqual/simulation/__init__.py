"""The simulator: speech in, damaged speech and the exact truth of its damage out.

::

    simulator    simulate(): puts the parts together       record      what it gives
    network      losses, delays, traces: which packets     receive     one call, talker to listener
    codecs       real encoders and decoders                concealment, pitch   fillers for lost packets
    playout      the receiver's buffer, as steps           warp, render, account   steps made sound and truth
    timing, splices   cuts, insertions, stalls             buzz, recorder   tones, and the way into a file
    signals, truth, options   what all of them share
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callqual.simulation.record import Simulation
    from callqual.simulation.simulator import simulate

__all__ = ["Simulation", "simulate"]


def __getattr__(name: str) -> Any:
    """Load the simulator when it is asked for: its parts are of use without it."""
    if name == "simulate":
        from callqual.simulation.simulator import simulate

        return simulate
    if name == "Simulation":
        from callqual.simulation.record import Simulation

        return Simulation
    raise AttributeError(f"module 'callqual.simulation' has no attribute {name!r}")
