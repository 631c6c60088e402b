"""A codec of a few lines, with a delay, a state and a concealment of its own, for tests without libraries."""

from __future__ import annotations

import numpy as np


class FakeCodec:
    """Float32 samples late by 37; what is lost is the packet before at half its level, and the next one is still off."""

    name, sr, frame_ms, packet, delay, conceals = "fake", 8000, 20.0, 160, 37, True

    def encode(self, x: np.ndarray) -> list[bytes]:
        late = np.pad(np.concatenate([np.zeros(self.delay), x]).astype(np.float32), (0, self.packet))
        count = -(-len(x) // self.packet)
        return [late[k * self.packet : (k + 1) * self.packet].tobytes() for k in range(count)]

    def decoder(self) -> FakeDecoder:
        return FakeDecoder()


class FakeDecoder:
    """Remembers the last packet; with FEC it is given the next one's first half as the lost one's."""

    def __init__(self) -> None:
        self.last, self.hurt = np.zeros(FakeCodec.packet, np.float32), False

    def decode(self, payload: bytes | None, next_payload: bytes | None = None) -> np.ndarray:
        if payload is None:
            self.last, self.hurt = 0.5 * self.last, True
            return self.last.copy()
        out = np.frombuffer(payload, np.float32).copy()
        if self.hurt:
            out[:40] *= np.linspace(0.5, 1.0, 40, dtype=np.float32)
        self.last, self.hurt = out, False
        return out.copy()
