"""Which packets are lost: masks of bool, shape (n,), True = lost. Masks combine with ``|``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.errors import InputError
from callqual.simulation.signals import Rng

Mask = NDArray[np.bool_]


def bernoulli(n: int, loss: float, rng: Rng) -> Mask:
    """Lose each of `n` packets by itself with probability `loss`."""
    return np.asarray(rng.random(n) < loss)


def gilbert(n: int, loss: float, burst_ratio: float, rng: Rng) -> Mask:
    """Lose packets in bursts: Gilbert's two states, one of which loses everything.

    Parameters
    ----------
    n : int
        Packets.
    loss : float
        Share lost, 0..1.
    burst_ratio : float
        Mean length of a burst over that of random losses at the same rate, 1 / (1 - loss) packets (P.800.1);
        1 = random, more = burstier.
    rng : Generator

    Returns
    -------
    ndarray [shape=(n,), bool]

    Raises
    ------
    InputError
        If no two-state chain has this rate and ratio: a ratio below the greater of `loss` and 1 - `loss`.
    """
    if burst_ratio < max(loss, 1 - loss) - 1e-12:
        least = max(loss, 1 - loss)
        raise InputError(f"burst_ratio={burst_ratio!r}: at loss={loss:g} it is at least {least:g}; 1 = random losses")
    start, stay = min(loss / burst_ratio, 1.0), 1 - min((1 - loss) / burst_ratio, 1.0)
    lost = np.empty(n, np.bool_)
    bad = rng.random() < loss
    for k, u in enumerate(rng.random(n).tolist()):
        bad = u < (stay if bad else start) if k else bad
        lost[k] = bad
    return lost


def outages(sent: NDArray[np.float64], per_minute: float, seconds: float, rng: Rng) -> Mask:
    """Lose everything sent during outages of exponential length, mean `seconds`, that begin `per_minute` times a minute."""
    end = float(sent[-1]) if len(sent) else 0.0
    starts = rng.uniform(0.0, end, rng.poisson(per_minute * end / 60))
    lengths = rng.exponential(seconds, len(starts))
    return within(sent, [(float(a), float(n)) for a, n in zip(starts, lengths, strict=True)])


def within(sent: NDArray[np.float64], spans: list[tuple[float, float]]) -> Mask:
    """Lose everything sent during spans of (start, length) in seconds."""
    lost = np.zeros(len(sent), np.bool_)
    for start, length in spans:
        lost |= (sent >= start) & (sent < start + length)
    return lost


def tile(mask: Mask, n: int) -> Mask:
    """Go through a recorded mask again and again for `n` packets."""
    return np.resize(mask, n)


def runs(mask: Mask) -> NDArray[np.int64]:
    """Lengths of the bursts in a mask."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return np.asarray(edges[1::2] - edges[::2], dtype=np.int64)


def burst_ratio(mask: Mask) -> float | None:
    """Mean burst of a mask over that of random losses at its rate (P.800.1); None without losses or without packets."""
    lengths = runs(mask)
    if not len(lengths) or len(mask) == lengths.sum():
        return None
    return float(lengths.mean() * (1 - lengths.sum() / len(mask)))
