"""When packets arrive: delays in seconds, shape (n,), to add up, and links that hold packets back or drop them.

A link takes the times at which packets reach it and their sizes in bytes and gives the times at which they leave;
``inf`` = dropped.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from callqual.simulation.signals import Rng

Times = NDArray[np.float64]
Sizes = NDArray[np.int64]

TRACE_BYTES = 1500
"""Bytes that may pass at each moment of a link trace, as Mahimahi has it."""


def gamma(n: int, sd: float, rng: Rng) -> Times:
    """Delays of gamma shape 2 and standard deviation `sd` seconds: often short, sometimes long."""
    return rng.gamma(2.0, sd / math.sqrt(2.0), n) if sd > 0 else np.zeros(n)


def laplace(n: int, sd: float, rng: Rng) -> Times:
    """Laplace's two-sided delays of standard deviation `sd` seconds about a mean of 6 `sd`, never below 0."""
    return np.maximum(6 * sd + rng.laplace(0.0, sd / math.sqrt(2.0), n), 0.0) if sd > 0 else np.zeros(n)


def spikes(sent: Times, per_minute: float, size: float, rng: Rng) -> Times:
    """Stalls: now and then everything waits; the first packet for 0.5-1.5 `size` seconds, those behind it until then."""
    end = float(sent[-1]) if len(sent) else 0.0
    starts = rng.uniform(0.0, end, rng.poisson(per_minute * end / 60))
    lengths = size * rng.uniform(0.5, 1.5, len(starts))
    delay = np.zeros(len(sent))
    for start, length in zip(starts, lengths, strict=True):
        np.maximum(delay, np.where(sent >= start, start + length - sent, 0.0), out=delay)
    return delay


def reorder(n: int, share: float, frame: float, rng: Rng) -> Times:
    """Hold a `share` of the packets back by 1-3 packets of `frame` seconds, so that later ones overtake them."""
    held = rng.random(n) < share
    return np.where(held, frame * rng.uniform(1.0, 3.0, n), 0.0)


def in_order(arrival: Times) -> Times:
    """Let no packet overtake another: one that would waits; lost ones (inf) hold nobody up."""
    here = np.isfinite(arrival)
    out = arrival.copy()
    out[here] = np.maximum.accumulate(arrival[here])
    return out


def queue(reach: Times, size: Sizes, kbps: float, most: float) -> Times:
    """A throttled link with a queue: `kbps` pass, a packet that would wait longer than `most` seconds is dropped."""
    out, free = np.full(len(reach), np.inf), 0.0
    for k, (t, n) in enumerate(zip(reach.tolist(), size.tolist(), strict=True)):
        if math.isfinite(t) and free - t <= most:
            free = max(free, t) + n * 8 / (1000 * kbps)
            out[k] = free
    return out


def police(reach: Times, size: Sizes, kbps: float, burst: float) -> Times:
    """A policer: no queue, a bucket of `burst` bytes that fills at `kbps`; what finds it too empty is dropped."""
    out, tokens, last = np.full(len(reach), np.inf), burst, 0.0
    for k, (t, n) in enumerate(zip(reach.tolist(), size.tolist(), strict=True)):
        if not math.isfinite(t):
            continue
        tokens, last = min(burst, tokens + max(t - last, 0.0) * 125 * kbps), max(t, last)
        if tokens >= n:
            tokens -= n
            out[k] = t
    return out


def through_trace(reach: Times, size: Sizes, moments: Times, period: float, most: float) -> Times:
    """A recorded link: 1500 bytes may pass at each of `moments` (s), again every `period` s; queue as in :func:`queue`.

    Packets share a moment as long as it has room for them whole.
    """
    out, k, room = np.full(len(reach), np.inf), 0, TRACE_BYTES
    count = len(moments)

    def moment(k: int) -> float:
        return float(moments[k % count]) + period * (k // count)

    for i, (t, n) in enumerate(zip(reach.tolist(), size.tolist(), strict=True)):
        if not math.isfinite(t):
            continue
        j, left = k, room
        if left < n:
            j, left = j + 1, TRACE_BYTES
        if moment(j) < t:
            turn = max(int(t // period) - 1, 0)
            j = max(j, turn * count)
            while moment(j) < t:
                j += 1
            left = TRACE_BYTES
        if moment(j) - t <= most:
            k, room = j, left - n
            out[i] = moment(j)
    return out
