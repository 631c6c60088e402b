"""What the peers cost: CPU time a second of audio of the same recordings, one thread, beside callqual and the yardstick."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.looped import write_call
from benchmarks.peers.catalogue import FIXED_HZ, Peer
from benchmarks.peers.sessions import Lane
from benchmarks.speed import RATES, spent, yardstick

SECONDS, WARM_UP_SECONDS = 60, 12
COMMON_HZ = 16000
TURNS, SLOW_TURNS = 3, 1
"""The least of so many counts; rating nets take seconds a turn."""

Costs = dict[str, dict[int, float]]


def costs(peers: Sequence[Peer], lane: Lane) -> Costs:
    """Return CPU ms a second of audio by peer and sampling rate, ``yardstick`` among them, all in turns."""
    least: Costs = {}
    with TemporaryDirectory() as folder:
        for sr in RATES:
            path, short = Path(folder) / f"{sr}.wav", Path(folder) / f"short_{sr}.wav"
            write_call(path, sr, SECONDS)
            write_call(short, sr, WARM_UP_SECONDS)
            asked = [p for p in peers if sr == COMMON_HZ or p.home not in FIXED_HZ]
            for peer in asked:
                lane.ask(peer.home, peer.how, str(short), peer.settings)
            for turn in range(TURNS):
                _take(least, "yardstick", sr, spent(yardstick, path))
                for peer in asked if turn < SLOW_TURNS else [p for p in asked if p.gives != "scores"]:
                    _take(least, peer.name, sr, lane.ask(peer.home, peer.how, str(path), peer.settings).get("cpu_ms"))
    return least


def _take(least: Costs, name: str, sr: int, ms: float | None) -> None:
    if ms is not None:
        known = least.setdefault(name, {})
        known[sr] = min(ms / SECONDS, known.get(sr, float("inf")))
