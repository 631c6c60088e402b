"""The network between the two ends: which packets are lost and when the others arrive.

What can happen to packets is in ``losses`` (masks) and ``delays`` (times and links), recorded networks in ``traces``;
:class:`Network` puts them together.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from callqual.simulation import delays, losses
from callqual.simulation.options import choice, number
from callqual.simulation.signals import Rng
from callqual.simulation.traces import Link, read_link, read_log, read_mask

PACKET = np.dtype([("sent", "f8"), ("arrival", "f8"), ("lost", "?"), ("size", "i8")])
"""A packet: seconds from the start of the call (``arrival`` inf = never), lost in the network, bytes on the wire."""

HEADER_BYTES = 40
"""IPv4, UDP and RTP."""

Packets = NDArray[np.void]


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """A network by its options; everything off = perfect.

    Attributes
    ----------
    loss, burst_ratio : float
        Share of packets lost, 0..1, and how bursty (P.800.1): 1 = random; see :func:`losses.gilbert`.
    outages : float
        Outages a minute, of `outage_s` seconds on average: nothing arrives.
    mask : path, optional
        File of 0 and 1 (lost), repeated as long as the call lasts.
    log : path, optional
        CSV file of seq, sent_ms, arrival_ms whose delays and losses are repeated.
    jitter_ms, jitter : float, {'gamma', 'laplace'}
        Standard deviation of the delays and their distribution.
    spikes, spike_ms : float
        Stalls a minute during which everything waits, and their mean length.
    reorder : float
        Share of packets that later ones overtake, 0..1; without it packets stay in order.
    kbps, queue_ms : float
        Throttled link: kbit/s that pass, and the longest wait in its queue; ``queue_ms=0`` = a policer.
    trace : path, optional
        Link trace as Mahimahi has it, with a queue of `queue_ms`.
    drift_ppm : float
        How much the sender's clock is slower than the receiver's, parts in a million.
    """

    loss: float = 0.0
    burst_ratio: float = 1.0
    outages: float = 0.0
    outage_s: float = 1.0
    mask: str | None = None
    log: str | None = None
    jitter_ms: float = 0.0
    jitter: Literal["gamma", "laplace"] = "gamma"
    spikes: float = 0.0
    spike_ms: float = 300.0
    reorder: float = 0.0
    kbps: float | None = None
    queue_ms: float = 300.0
    trace: str | None = None
    drift_ppm: float = 0.0

    def __post_init__(self) -> None:
        for name in ("loss", "reorder"):
            number(name, getattr(self, name), 0.0, 1.0, " (a share, not percent)")
        number("burst_ratio", self.burst_ratio, 0.0, 1000.0)
        for name in ("outages", "spikes"):
            number(name, getattr(self, name), 0.0, 600.0, " a minute")
        number("outage_s", self.outage_s, 0.0, 3600.0, " s")
        for name in ("jitter_ms", "spike_ms", "queue_ms"):
            number(name, getattr(self, name), 0.0, 60_000.0, " ms")
        choice("jitter", self.jitter, ("gamma", "laplace"))
        if self.kbps is not None:
            number("kbps", self.kbps, 0.1, math.inf, " kbit/s")
        number("drift_ppm", self.drift_ppm, -50_000.0, 50_000.0, " parts in a million")

    def send(self, sizes: NDArray[np.int64], frame: float, rng: Rng) -> Packets:
        """Send packets through this network.

        Parameters
        ----------
        sizes : ndarray [shape=(n,), int]
            Bytes of each payload.
        frame : float
            Seconds between packets.
        rng : Generator

        Returns
        -------
        ndarray [shape=(n,), dtype=PACKET]
        """
        n = len(sizes)
        out = np.zeros(n, PACKET)
        out["sent"] = frame * (1 + 1e-6 * self.drift_ppm) * np.arange(n)
        out["size"] = sizes + HEADER_BYTES
        streams = _Streams(*rng.spawn(5))
        held = out["sent"] + self._delay(out["sent"], frame, streams)
        reach = np.where(self._lost(out["sent"], streams), np.inf, held)
        out["arrival"] = self._through_links(reach, out["size"])
        if self.reorder:
            out["arrival"] += delays.reorder(n, self.reorder, frame, streams.order)
        out["lost"] = np.isinf(out["arrival"])
        return out

    def _lost(self, sent: delays.Times, streams: _Streams) -> losses.Mask:
        lost = losses.gilbert(len(sent), self.loss, self.burst_ratio, streams.loss)
        lost |= losses.outages(sent, self.outages, self.outage_s, streams.outage)
        if self.mask is not None:
            lost |= losses.tile(read_mask(self.mask), len(sent))
        return lost

    def _delay(self, sent: delays.Times, frame: float, streams: _Streams) -> delays.Times:
        draw = delays.gamma if self.jitter == "gamma" else delays.laplace
        delay = draw(len(sent), self.jitter_ms / 1000, streams.jitter)
        delay = delay + delays.spikes(sent, self.spikes, self.spike_ms / 1000, streams.spike)
        return delay if self.log is None else delay + np.resize(read_log(self.log), len(sent))

    def _through_links(self, reach: delays.Times, size: NDArray[np.int64]) -> delays.Times:
        out = delays.in_order(reach) if self.log is None else reach  # a log has its own order
        if self.kbps is not None:
            policed = self.queue_ms == 0
            out = delays.police(out, size, self.kbps, 2000.0) if policed else self._queued(out, size, self.kbps)
        if self.trace is not None:
            link: Link = read_link(self.trace)
            out = delays.through_trace(out, size, *link, most=self.queue_ms / 1000)
        return out

    def _queued(self, reach: delays.Times, size: NDArray[np.int64], kbps: float) -> delays.Times:
        return delays.queue(reach, size, kbps, self.queue_ms / 1000)


class _Streams(NamedTuple):
    """A random stream for each cause, so that one more cause leaves the others as they were."""

    loss: Rng
    outage: Rng
    jitter: Rng
    spike: Rng
    order: Rng
