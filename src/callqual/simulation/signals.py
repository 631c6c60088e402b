"""What every part of the simulator knows of a signal: its active level, noise of a level, the sixteen bits of a recorder."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]
"""Samples of one leg, shape (n,), full scale ±1."""

Rng = np.random.Generator


def active_level(x: Signal, sr: int) -> float:
    """Active speech level: mean power of the 20 ms frames within 25 dB of the 95th percentile frame.

    Parameters
    ----------
    x : ndarray [shape=(n,), float64, full scale ±1]
    sr : int
        Sampling rate, Hz.

    Returns
    -------
    float
        dBFS, -120 for digital silence.
    """
    k = sr // 50
    power = np.mean(x[: len(x) // k * k].reshape(-1, k) ** 2, axis=1)
    high = np.percentile(power, 95)
    if not high > 0:
        return -120.0
    return float(10 * np.log10(np.mean(power[power > high * 10**-2.5])))


def noise(n: int, level_db: float, rng: Rng, pink: bool = False) -> Signal:
    """White or pink noise of `n` samples at `level_db` dBFS."""
    x = rng.standard_normal(n)
    if pink:
        spectrum = np.fft.rfft(x)
        x = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), n)
    return np.asarray(x * (10 ** (level_db / 20) / np.sqrt(np.mean(x**2))))


def prediction(x: Signal, order: int) -> tuple[Signal, float]:
    """Linear prediction of a windowed piece that is not silent, by its autocorrelation.

    Parameters
    ----------
    x : ndarray [shape=(n,), float64]
    order : int

    Returns
    -------
    ndarray [shape=(order,)]
        Coefficients of the last samples, the latest first.
    float
        Energy of what they do not predict.
    """
    from scipy.linalg import solve_toeplitz

    corr = np.correlate(x, x, "full")[len(x) - 1 :][: order + 1]
    corr[0] *= 1.0001
    predictor = np.asarray(solve_toeplitz(corr[:-1], corr[1:]))
    return predictor, max(float(corr[0] - predictor @ corr[1:]), 0.0)


def quantise(x: Signal) -> NDArray[np.float32]:
    """Round to 16 bits and back: what a recorder writes."""
    return (np.clip(np.rint(x * 32768.0), -32768, 32767) / 32768.0).astype(np.float32)
