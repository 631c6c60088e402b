"""Clipped speech: flat tops are each other's copies, to the last bit, and no packets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.features.scanner import Scanner

SR = 8000


def copies(x: NDArray[np.float64]) -> NDArray[np.void]:
    """Return the copies that a scan of the samples finds."""
    scanner, y = Scanner(SR), x.astype(np.float32)
    for i in range(0, y.size, scanner.block):
        scanner.push(y[i : i + scanner.block], i + scanner.block >= y.size)
    return np.asarray(scanner.facts.copies.all())


def voice(rng: np.random.Generator) -> NDArray[np.float64]:
    """Two seconds of noise of 300 Hz, so smooth that its peaks are wide."""
    spectrum = np.fft.rfft(rng.standard_normal(2 * SR))
    spectrum[600:] = 0.0
    x = np.fft.irfft(spectrum)
    return np.asarray(x / np.abs(x).max())


def test_flat_tops_are_no_copies(rng: np.random.Generator) -> None:
    assert copies(np.clip(40.0 * voice(rng), -1.0, 1.0)).size == 0


def test_a_repeated_packet_is_one(rng: np.random.Generator) -> None:
    x = voice(rng)
    x[8160:8320] = x[8000:8160]
    assert (np.abs(copies(x)["lag"] - 0.02) < 1e-6).any()
