"""callqual: what the network did to a recorded call, as timed events and a MOS with its interval.

``import callqual`` is light: numpy, numba and the rest are loaded by the first name that needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callqual.api import score, score_many, warm
    from callqual.errors import AudioReadError, CallqualError, InputError, TooShortError
    from callqual.evaluation import evaluate
    from callqual.result import CallScore, Event, Leg
    from callqual.simulation import Simulation, simulate
    from callqual.stream import Stream

__version__ = "0.1.0"

_HOMES = {
    "score": "api",
    "score_many": "api",
    "warm": "api",
    "Stream": "stream",
    "evaluate": "evaluation",
    "simulate": "simulation",
    "Simulation": "simulation",
    "CallScore": "result",
    "Leg": "result",
    "Event": "result",
    "CallqualError": "errors",
    "AudioReadError": "errors",
    "InputError": "errors",
    "TooShortError": "errors",
}

__all__ = [
    "AudioReadError",
    "CallScore",
    "CallqualError",
    "Event",
    "InputError",
    "Leg",
    "Simulation",
    "Stream",
    "TooShortError",
    "__version__",
    "evaluate",
    "score",
    "score_many",
    "simulate",
    "warm",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its home when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'callqual' has no attribute {name!r}; it has {', '.join(sorted(_HOMES))}")
    return getattr(import_module(f"callqual.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
