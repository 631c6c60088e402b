"""Recorder paths: what happens to a damaged call between the ear and the file. Times stay what they were.

A path is ``(x, sr, rng) -> y`` of the same length. Lossy codecs are aligned to their input by correlation.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from callqual.simulation.signals import Rng, Signal, active_level, noise

Path = Callable[[Signal, int, Rng], Signal]


def mu_law(x: Signal, sr: int, rng: Rng) -> Signal:
    """G.711 mu-law there and back: eight bits of 14, digital silence stays digital silence."""
    magnitude = np.minimum(np.abs(x) * 8192.0 + 33.0, 8191.0)
    exponent = np.floor(np.log2(magnitude)) - 5
    step = 2.0 ** (exponent + 1)
    level = (np.floor(magnitude / step) + 0.5) * step - 33.0
    return np.asarray(np.sign(np.rint(x * 32768)) * np.where(magnitude < 34, 0.0, level) / 8192.0)


def a_law(x: Signal, sr: int, rng: Rng) -> Signal:
    """G.711 A-law there and back: its smallest value is ±8 of 32768, never 0."""
    magnitude = np.minimum(np.abs(x) * 4096.0, 4095.0)
    exponent = np.floor(np.log2(np.maximum(magnitude, 64.0)))
    step = 2.0 ** (exponent - 4)
    step = np.where(magnitude < 64.0, 2.0, step)
    return np.asarray(np.where(x < 0, -1.0, 1.0) * (np.floor(magnitude / step) + 0.5) * step / 4096.0)


def noise_floor(x: Signal, sr: int, rng: Rng) -> Signal:
    """Add white noise 45 dB below active speech."""
    return x + noise(len(x), active_level(x, sr) - 45.0, rng)


def gain(x: Signal, sr: int, rng: Rng) -> Signal:
    """Turn the level up or down by 2-8 dB, without clipping."""
    factor = 10 ** (rng.choice([-1, 1]) * rng.uniform(2.0, 8.0) / 20)
    return np.asarray(x * min(factor, 0.99 / max(float(np.abs(x).max()), 1e-9)))


def agc(x: Signal, sr: int, rng: Rng) -> Signal:
    """Hold the level as a phone does: up by 6 dB a second in quiet, down within 20 ms, 12 dB either way at the most."""
    target, k = 10 ** (-20 / 20), sr // 100
    gain, state = np.ones(-(-len(x) // k) + 1), 1.0
    for i in range(len(gain) - 1):
        peak = float(np.abs(x[i * k : (i + 1) * k]).max(initial=0.0)) / 3.0
        if peak > 1e-4:
            wanted = min(max(target / peak, 10 ** (-12 / 20)), 10 ** (12 / 20))
            state = min(wanted, state * 10 ** (0.06 / 20)) if wanted > state else state + 0.5 * (wanted - state)
        gain[i + 1] = state
    y = x * np.interp(np.arange(len(x)) / k, np.arange(len(gain)), gain)
    return np.clip(y, -1.0, 1.0)


def resampled(x: Signal, sr: int, rng: Rng) -> Signal:
    """Resample to 44.1 kHz and back with a delay of a fraction of a sample."""
    import soxr

    y = np.fft.rfft(x)
    y *= np.exp(-2j * np.pi * rng.uniform(0.2, 0.8) * np.arange(len(y)) / len(x))
    there = soxr.resample(np.fft.irfft(y, len(x)), sr, 44100)
    return _fit(soxr.resample(there, 44100, sr), len(x))


def _fit(y: Signal, n: int) -> Signal:
    return np.asarray(np.pad(y[:n], (0, max(0, n - len(y)))), dtype=np.float64)


def codec(name: str, bit_rate: int, rate: int | None = None, **options: str) -> Path:
    """Make a path through an encoder and decoder of PyAV; `rate` = the codec's sampling rate where it has but one."""

    def path(x: Signal, sr: int, rng: Rng) -> Signal:
        import soxr

        inside = rate or sr
        sent = soxr.resample(x, sr, inside) if inside != sr else x
        heard, out_rate = _there_and_back(sent, inside, name, bit_rate, options)
        y = soxr.resample(heard, out_rate, sr) if out_rate != sr else heard
        return _align(y, x, sr)

    return path


_DECODERS = {
    "libopus": "libopus",
    "aac": "aac",
    "libmp3lame": "mp3float",
    "libopencore_amrnb": "amrnb",
    "g722": "g722",
}


def _there_and_back(x: Signal, sr: int, name: str, bit_rate: int, options: dict[str, str]) -> tuple[Signal, int]:
    import av

    encoder = av.CodecContext.create(name, "w")
    encoder.sample_rate, encoder.layout = sr, "mono"
    encoder.format = "s16" if name in ("libopus", "g722", "libopencore_amrnb") else "fltp"
    encoder.bit_rate, encoder.options = bit_rate, options
    encoder.open()
    decoder = av.CodecContext.create(_DECODERS[name], "r")
    decoder.sample_rate, decoder.layout = sr, "mono"
    if encoder.extradata:
        decoder.extradata = encoder.extradata
    size = encoder.frame_size or sr // 50
    padded = np.pad(x, (0, size - len(x) % size + 4 * size))
    whole = np.clip(padded, -1.0, 1.0 - 2**-15)
    samples = np.rint(whole * 32768).astype(np.int16) if encoder.format.name == "s16" else whole.astype(np.float32)
    parts, out_rate = [], sr
    for start in [*range(0, len(samples), size), None]:
        frame = None
        if start is not None:
            block = np.ascontiguousarray(samples[start : start + size][None])
            frame = av.AudioFrame.from_ndarray(block, format=encoder.format.name, layout="mono")
            frame.sample_rate, frame.pts = sr, start
        for packet in encoder.encode(frame):
            for got in decoder.decode(packet):
                out = got.to_ndarray().reshape(-1)
                out_rate = got.sample_rate
                parts.append(out / 32768.0 if out.dtype == np.int16 else out.astype(np.float64))
    return np.concatenate(parts), out_rate


def _align(y: Signal, x: Signal, sr: int) -> Signal:
    """Shift `y` by the lag (-20..+150 ms) at which it is most like `x`, and give it x's length."""
    y = _fit(y, len(x) + sr // 5)
    size = 1 << (len(y) + len(x)).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(y, size) * np.conj(np.fft.rfft(x, size)), size)
    early, late = sr // 50, round(0.15 * sr)
    lag = int(np.argmax(np.concatenate([correlation[-early:], correlation[:late]]))) - early
    return _fit(y[lag:] if lag >= 0 else np.concatenate([np.zeros(-lag), y]), len(x))


RECORDERS: dict[str, Path] = {
    "mu_law": mu_law,
    "a_law": a_law,
    "noise": noise_floor,
    "gain": gain,
    "resampled": resampled,
    "opus_24k": codec("libopus", 24000, application="voip"),
    "aac_32k": codec("aac", 32000),
    "mp3_48k": codec("libmp3lame", 48000),
    "agc": agc,
}
"""Recorder paths by name; no path = 16-bit PCM."""
