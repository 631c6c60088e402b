"""What every codec is: speech at one rate to payloads, payloads or their loss back to speech, packet by packet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from callqual.errors import InputError

Samples = NDArray[np.float32]
Pcm = NDArray[np.int16]


class Decoder(ABC):
    """The receiving end of one call: it keeps the codec's state from packet to packet. The same payloads, the same samples."""

    @abstractmethod
    def decode(self, payload: bytes | None, next_payload: bytes | None = None) -> Samples:
        """Return the samples of one packet.

        Parameters
        ----------
        payload : bytes or None
            What the encoder made; None = lost: the decoder conceals.
        next_payload : bytes, optional
            The packet right behind a lost one, where it is already here: its in-band FEC is used, if it holds any.

        Returns
        -------
        ndarray [shape=(packet,), float32, full scale +-1]
        """


class Codec(ABC):
    """A codec with its options settled.

    Attributes
    ----------
    name : str
        As in :func:`callqual.simulation.codecs.codec`.
    sr : int
        Rate of the samples it takes and gives, Hz.
    frame_ms : float
        Length of a packet, ms.
    packet : int
        The same in samples.
    delay : int
        Samples by which the decoded speech is late.
    conceals : bool
        Whether its decoder fills losses by itself. Where it does not, lost packets come out as zeros for a filler of
        the receiver.
    """

    name: ClassVar[str]

    def __init__(self, sr: int, frame_ms: float, delay: int, conceals: bool = True) -> None:
        self.sr, self.frame_ms, self.delay, self.conceals = sr, frame_ms, delay, conceals
        self.packet = round(sr * frame_ms / 1000)

    def __repr__(self) -> str:
        return f"<codec {self.name}, {self.sr} Hz, {self.frame_ms:g} ms>"

    @abstractmethod
    def decoder(self) -> Decoder:
        """Return a decoder as at the start of a call."""

    @abstractmethod
    def _payloads(self, packets: Samples) -> list[bytes]:
        """Encode packets, shape (packets, packet), as from the start of a call."""

    def encode(self, x: ArrayLike) -> list[bytes]:
        """Encode a call from its start.

        Parameters
        ----------
        x : array_like [shape=(n,), float, full scale +-1]
            Mono speech at `sr`; louder samples are clipped. The last packet is filled up with silence: to hear the last
            `delay` samples of `x` too, append as many zeros.

        Returns
        -------
        list of bytes
            One payload a packet. Small or empty ones are those of a pause (discontinuous transmission).
        """
        return self._payloads(self._packets(x))

    def decode(self, payloads: Sequence[bytes | None]) -> Samples:
        """Decode a call from its start, packets at their times; None = lost, the one behind it is used where it is not."""
        decoder, after = self.decoder(), [*payloads[1:], None]
        parts = [decoder.decode(payload, later) for payload, later in zip(payloads, after, strict=False)]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def _packets(self, x: ArrayLike) -> Samples:
        """Samples as packets: shape (packets, packet)."""
        samples = np.asarray(x)
        if samples.ndim != 1 or samples.dtype.kind != "f":
            raise InputError(
                f"samples are {samples.dtype} of shape {samples.shape}; expected float within +-1, shape (n,), one channel"
            )
        if not np.isfinite(samples).all():
            raise InputError("samples hold NaN or infinite values; expected float within +-1")
        count = -(-samples.size // self.packet)
        whole = np.zeros(count * self.packet, np.float32)
        whole[: samples.size] = np.clip(samples, -1.0, 1.0)
        return whole.reshape(count, self.packet)


def check_size(name: str, payload: bytes, expected: int) -> None:
    """Refuse a payload that is not of the one length a packet of this codec has."""
    if len(payload) != expected:
        raise InputError(f"{name}: a packet of {len(payload)} bytes; expected {expected}: is it of another frame_ms?")


def to_pcm(x: Samples) -> Pcm:
    """Round full scale +-1 to 16 bits."""
    rounded: Samples = np.clip(np.rint(x * np.float32(32768.0)), -32768, 32767)
    return rounded.astype(np.int16)


def from_pcm(pcm: Pcm) -> Samples:
    """Scale 16 bits to full scale +-1."""
    return pcm.astype(np.float32) / np.float32(32768.0)
