"""One call from the talker's samples to the listener's: encoded, sent, buffered, decoded or concealed, with its truth."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from callqual.simulation import render
from callqual.simulation.account import RECOVERED, Account
from callqual.simulation.concealment import CONCEALMENTS, Concealment, conceal
from callqual.simulation.network import Network, Packets
from callqual.simulation.playout import INSERTED, Playout, Step
from callqual.simulation.signals import Rng, Signal
from callqual.simulation.truth import Levels, TruthEvent

GIVE_UP = Concealment("zero_fill", CONCEALMENTS["zero"].fill)
"""What a concealment that lasts a limited time becomes."""


class Plain:
    """No codec: packets hold the samples themselves, and a lost one leaves a hole."""

    name, delay, conceals = "none", 0, False

    def __init__(self, sr: int, frame_ms: float) -> None:
        self.sr, self.frame_ms, self.packet = sr, frame_ms, round(sr * frame_ms / 1000)

    def encode(self, x: NDArray[np.float32]) -> list[bytes]:
        """Return packets of float32 samples; their size on the wire counts 16 bits a sample."""
        whole = np.pad(x.astype(np.float32), (0, -len(x) % self.packet))
        return [part.tobytes() for part in whole.reshape(-1, self.packet)]

    def decoder(self) -> Plain:
        """Return itself: there is no state."""
        return self

    def decode(self, payload: bytes | None, next_payload: bytes | None = None) -> NDArray[np.float32]:
        """Return the samples of a packet."""
        return np.zeros(self.packet, np.float32) if payload is None else np.frombuffer(payload, np.float32).copy()


class Received(NamedTuple):
    """What the listener hears at the codec's rate, what nothing lost would have been, truth and log.

    ``places`` holds where each packet of speech begins in the output and the end of the last, samples.
    """

    samples: Signal
    reference: Signal
    events: list[TruthEvent]
    log: NDArray[np.void]
    places: NDArray[np.int64]


def receive(
    x: Signal,
    codec: Any,
    how: Concealment | None,
    network: Network,
    playout: Playout,
    rng: Rng,
    fec: bool = False,
) -> Received:
    """Send speech through a codec and a network to a receiver.

    Parameters
    ----------
    x : ndarray [shape=(n,), float64, full scale ±1]
        At the codec's rate.
    codec : Codec or Plain
    how : Concealment, optional
        Fills what is missing; None = the decoder does.
    network : Network
    playout : Playout
    rng : Generator
    fec : bool
        Whether packets may hold a copy of the one before.

    Returns
    -------
    Received
    """
    net_rng, fill_rng = rng.spawn(2)
    payloads = codec.encode(np.pad(x, (0, codec.delay)).astype(np.float32))
    sizes = np.array([len(p) // 2 if isinstance(codec, Plain) else len(p) for p in payloads], np.int64)
    packets = network.send(sizes, codec.packet / codec.sr, net_rng)
    decoder = codec.decoder()
    clean = np.stack([decoder.decode(payload) for payload in payloads])
    steps = playout.schedule(packets, clean, codec.sr)
    sound = render.decoded(codec.decoder(), payloads, steps, fec, None if how is None else codec.packet)
    heard = render.render(sound, steps, codec.packet)
    sent = render.render(render.reference(clean, steps), steps, codec.packet)
    recovered = _recovered(steps, heard, sent, codec.packet if fec else 0)
    account = Account(steps, heard.starts - codec.delay, codec.packet, codec.sr, recovered)
    places = account.places(len(payloads))
    end = _place(places, len(x) + codec.delay, codec.packet)
    y, reference = (r.samples[codec.delay : codec.delay + end].astype(np.float64) for r in (heard, sent))
    return _told(account, y, reference, how, packets, places, fill_rng)


def _place(places: NDArray[np.int64], sample: int, packet: int) -> int:
    """Return where in the output a decoded sample is heard."""
    k = min(sample // packet, len(places) - 1)
    after = int(places[k + 1]) if k + 1 < len(places) else int(places[k])
    return max(min(int(places[k]) + sample - k * packet, after), 0)


def _recovered(steps: list[Step], heard: render.Rendered, sent: render.Rendered, packet: int) -> NDArray[np.bool_]:
    """Tell the missing packets that came back whole enough from the packet behind them.

    In-band FEC gives 8.8 dB of error SNR in the median, concealment 0.2. Without FEC `packet` is 0: none.
    """
    out = np.zeros(len(steps), np.bool_)
    for i, (step, at) in enumerate(zip(steps, heard.starts.tolist(), strict=True)):
        if step.fate != "played" and step.recover and step.packet != INSERTED:
            part = slice(at, at + packet)
            error = np.sum((heard.samples[part] - sent.samples[part]) ** 2, dtype=np.float64)
            out[i] = error < RECOVERED * np.sum(sent.samples[part] ** 2, dtype=np.float64)
    return out


def _told(
    account: Account,
    y: Signal,
    reference: Signal,
    how: Concealment | None,
    packets: Packets,
    places: NDArray[np.int64],
    rng: Rng,
) -> Received:
    """Fill the gaps where the decoder did not, and say what was done."""
    gaps = [gap._replace(run=_within(gap.run, len(y))) for gap in account.gaps()]
    gaps = [gap for gap in gaps if gap.run[1] > gap.run[0]]
    whole = y.copy()
    for gap in gaps:
        whole[slice(*gap.run)] = reference[slice(*gap.run)]
    levels = Levels(reference, account.sr)
    changed = [how is None or _fill(how, y, whole, gap.run, account, levels, rng) or gap.inserted > 0 for gap in gaps]
    heard = Levels(y, account.sr)
    kind = "concealed" if how is None else how.kind
    events = [
        account.gap_event(gap, kind, heard, levels)
        for gap, event in zip(gaps, changed, strict=True)
        if event and _audible(y, gap.run, account.sr)
    ]
    events += account.warps(levels) + account.cuts(levels)
    log = account.log(packets, lambda p: max(p, 0))
    return Received(y, reference, sorted(events, key=lambda e: (e["start"], e["end"])), log, places)


def _fill(
    how: Concealment, y: Signal, whole: Signal, run: tuple[int, int], account: Account, levels: Levels, rng: Rng
) -> bool:
    """Fill a gap; what lasts a limited time gives way to silence."""
    a, b = run
    stop = min(b, a + max(int(how.longest * account.sr) // account.frame, 1) * account.frame)
    changed = conceal(how, y, whole, (a, stop), account.frame, levels, rng)
    if stop == b:
        return changed
    return conceal(GIVE_UP, y, whole, (stop, b), account.frame, levels, rng) or changed


def _audible(y: Signal, run: tuple[int, int], sr: int) -> bool:
    """Whether a gap and what stands 10 ms beside it are not all digital silence."""
    near, (a, b) = sr // 100, run
    return bool(np.any(y[max(a - near, 0) : b + near]))


def _within(run: tuple[int, int], n: int) -> tuple[int, int]:
    return max(run[0], 0), min(run[1], n)
