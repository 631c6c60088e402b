"""Hard negatives: sounds of undamaged calls that look like damage. Nothing may be found in them.

``NEGATIVES[name](clip, split, rng)`` makes one from a clip of the split's voices; the clip should have no noise floor
(``floors_db=(None,)``), for most classes bring their own. In classes of :data:`TONAL` no event at all is allowed,
elsewhere half a false alarm a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.signal import istft, lfilter, stft

from benchmarks import sources
from benchmarks.corpora import Clip, Signal, Split, active_level, home, noise, read
from callqual.simulation.recorder import codec

Rng = np.random.Generator
Negative = Callable[[Clip, Split, Rng], Signal]


def _made(make: Callable[[Clip, Rng], Signal]) -> Negative:
    return lambda clip, split, rng: make(clip, rng)


def _cadence(*hz: float, on: float, off: float) -> Negative:
    return lambda clip, split, rng: sources.cadence(clip, rng, hz, on, off)


def _files(split: Split, sr: int, kind: str) -> list[Path]:
    share = home() / "deb/usr/share"
    if kind == "gsm":
        return sorted([*share.glob("asterisk/sounds/fr/*.gsm"), *share.glob("asterisk/sounds/es/*.gsm")])
    if split == "test":
        return sorted(share.glob(f"asterisk/moh/*.{'wav' if sr <= 8000 else 'g722'}"))
    return sorted([*share.glob("games/hedgewars/Data/Music/*.ogg"), *share.glob("sounds/lomiri/ringtones/*.ogg")])


def music(clip: Clip, split: Split, rng: Rng) -> Signal:
    """Music on hold, from a random moment of a random track."""
    files, n = _files(split, clip.sr, "music"), len(clip.x)
    x = read(files[int(rng.integers(len(files)))], clip.sr)
    start = int(rng.integers(max(len(x) - n, 0) + 1))
    x = np.resize(x[start : start + n], n)
    gain = min(10 ** ((clip.level_db - active_level(x, clip.sr)) / 20), 0.99 / max(float(np.abs(x).max()), 1e-6))
    return np.asarray(x * gain)


def gsm_prompts(clip: Clip, split: Split, rng: Rng) -> Signal:
    """Voices that went through GSM 06.10 without loss (of the test split's package only)."""
    files, parts, length = _files(split, clip.sr, "gsm"), [], 0
    while length < len(clip.x):
        path = files[int(rng.integers(len(files)))]
        if not any(word in path.stem for word in ("beep", "tone", "silence", "monkeys")):
            parts += [read(path, clip.sr), np.zeros(round(rng.uniform(0.2, 0.8) * clip.sr))]
            length += len(parts[-1]) + len(parts[-2])
    return np.concatenate(parts)[: len(clip.x)]


def _pauses(clip: Clip, below_db: float = -30.0, least: float = 0.08) -> list[tuple[int, int]]:
    """Stretches [a, b) of at least `least` seconds whose 5 ms frames lie `below_db` under active speech."""
    k = clip.sr // 200
    frames = clip.x[: len(clip.x) // k * k].reshape(-1, k)
    quiet = np.sqrt(np.mean(frames**2, axis=1)) < 10 ** ((active_level(clip.x, clip.sr) + below_db) / 20)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(int), [0]])))
    return [(a * k, b * k) for a, b in zip(edges[::2], edges[1::2], strict=True) if (b - a) * k >= least * clip.sr]


def noise_gate(clip: Clip, split: Split, rng: Rng) -> Signal:
    """Gate the room out: nothing below -35..-22 dB re speech; 1-20 ms to open and to close, held for 10-100 ms."""
    sr = clip.sr
    x = clip.x + noise(len(clip.x), clip.level_db - 40.0, rng)
    power = lfilter([1.0], [1.0, -np.exp(-1 / (0.002 * sr))], x**2) * (1 - np.exp(-1 / (0.002 * sr)))
    over = power > 10 ** ((clip.level_db + rng.uniform(-35.0, -22.0)) / 10)
    hold = round(rng.uniform(0.01, 0.1) * sr)
    last = np.maximum.accumulate(np.where(over, np.arange(len(x)), -hold - 1))
    target = (np.arange(len(x)) - last <= hold).astype(float)
    up, down = (1 / (rng.uniform(0.001, 0.02) * sr) for _ in range(2))
    gain, g = np.empty(len(x)), 0.0
    for i, t in enumerate(target.tolist()):
        g = min(g + up, 1.0) if t else max(g - down, 0.0)
        gain[i] = g
    return x * gain


def muted(clip: Clip, split: Split, rng: Rng) -> Signal:
    """Mute the leg from one pause to a later one, so that no word is cut: exact zeros in place of room and speech."""
    y, pauses, k = clip.x.copy(), _pauses(clip, least=0.15), 0
    y += noise(len(y), clip.level_db - 38.0, rng)
    while k + 1 < len(pauses):
        step = int(rng.integers(1, 4))
        if k + step < len(pauses):
            y[sum(pauses[k]) // 2 : sum(pauses[k + step]) // 2] = 0.0
        k += step + int(rng.integers(1, 4))
    return y


def edited_prompts(clip: Clip, split: Split, rng: Rng) -> Signal:
    """Cut every pause of a noisy studio to digital silence, hard, 0-40 ms away from the words."""
    y = clip.x + noise(len(clip.x), clip.level_db - 42.0, rng)
    for a, b in _pauses(clip):
        y[a + round(rng.uniform(0.0, 0.04) * clip.sr) : b - round(rng.uniform(0.0, 0.04) * clip.sr)] = 0.0
    return y


def comfort_noise(clip: Clip, split: Split, rng: Rng) -> Signal:
    """Send nothing in pauses after a hangover of 60-200 ms; the listener hears noise of another colour and level."""
    y = clip.x + noise(len(clip.x), clip.level_db - 38.0, rng, pink=True)
    fill = noise(len(y), clip.level_db - 38.0 + rng.uniform(-6.0, 3.0), rng)
    for a, b in _pauses(clip, least=0.3):
        a += round(rng.uniform(0.06, 0.2) * clip.sr)
        y[a:b] = fill[a:b]
    return y


def opus_dtx(clip: Clip, split: Split, rng: Rng) -> Signal:
    """Send speech in a quiet room through Opus with discontinuous transmission."""
    x = clip.x + noise(len(clip.x), clip.level_db - 45.0, rng)
    return codec("libopus", 16000, application="voip", dtx="1", vbr="on")(x, clip.sr, rng)


def codec_speech(clip: Clip, split: Split, rng: Rng) -> Signal:
    """Send speech through a codec without loss: Opus 8-24 kbit/s, AMR-NB, G.722, MP3."""
    paths = [codec("libopus", rate, application="voip") for rate in (8000, 12000, 24000)]
    paths += [codec("libopencore_amrnb", rate, 8000) for rate in (4750, 7400, 12200)]
    paths += [codec("g722", 64000, 16000), codec("libmp3lame", 24000)]
    return paths[int(rng.integers(len(paths)))](clip.x, clip.sr, rng)


def clipped(clip: Clip, split: Split, rng: Rng) -> Signal:
    """Drive the recorder 6-18 dB into its limits."""
    gain = 10 ** ((-clip.level_db - 12.0 + rng.uniform(6.0, 18.0)) / 20)
    return np.clip(clip.x * gain, -1.0, 1.0)


def breath(clip: Clip, split: Split, rng: Rng) -> Signal:
    """Breathe into every pause and pop on the microphone: noise of 0.1-0.4 s and thumps of 20-60 ms."""
    y, sr = clip.x.copy(), clip.sr
    for a, b in _pauses(clip, least=0.15):
        n = min(b - a, round(rng.uniform(0.1, 0.4) * sr))
        y[a : a + n] += noise(n, clip.level_db - rng.uniform(8.0, 20.0), rng, pink=True) * np.hanning(n)
        m = min(round(rng.uniform(0.02, 0.06) * sr), b - a)
        thump = np.sin(2 * np.pi * rng.uniform(40.0, 120.0) * np.arange(m) / sr) * np.exp(-np.arange(m) / (0.015 * sr))
        y[b - m : b] += thump * 10 ** ((clip.level_db + rng.uniform(-6.0, 6.0)) / 20)
    return y


def noise_suppression(clip: Clip, split: Split, rng: Rng) -> Signal:
    """Take the room away as a phone or a studio does: a Wiener gain in every band, 12-60 dB deep, 5-60 ms to close."""
    n = clip.sr // 50
    x = clip.x + noise(len(clip.x), clip.level_db - rng.uniform(30.0, 55.0), rng, pink=bool(rng.integers(2)))
    z = stft(x, nperseg=2 * n, noverlap=n + n // 2)[2]
    power = lfilter([1.0], [1.0, -0.5], np.abs(z) ** 2, axis=1)
    floor = rng.uniform(2.0, 8.0) * np.percentile(power, 20, axis=1, keepdims=True)
    gain = np.maximum(1.0 - floor / np.maximum(power, 1e-20), 10 ** (-rng.uniform(12.0, 60.0) / 20))
    keep = np.exp(-0.01 / rng.uniform(0.005, 0.06))
    for k in range(1, gain.shape[1]):
        gain[:, k] = np.maximum(gain[:, k], keep * gain[:, k - 1])
    return np.asarray(istft(z * gain, nperseg=2 * n, noverlap=n + n // 2)[1])[: len(clip.x)]


def crackle(clip: Clip, split: Split, rng: Rng) -> Signal:
    """Crackle: ticks of a bad contact at random, or of a dimmer at whole shares of the mains, 0.05-0.5 ms each, no speech lost."""
    sr, n = clip.sr, len(clip.x)
    rate = np.exp(rng.uniform(np.log(1.0), np.log(50.0)))
    count = max(round(rate * n / sr), 1)
    at = rng.integers(n, size=count) if rng.integers(2) else (np.arange(count) * sr / rate).astype(int)
    kept = at[rng.random(count) < rng.uniform(0.3, 1.0)]
    y = clip.x + noise(n, clip.level_db - rng.uniform(40.0, 60.0), rng, pink=bool(rng.integers(2)))
    for ringing, decay in zip(
        rng.uniform(0.1, 0.45, 3), np.exp(rng.uniform(np.log(5e-5), np.log(5e-4), 3)), strict=True
    ):
        ticks = np.zeros(n)
        mine = kept[rng.random(kept.size) < 0.5]
        ticks[mine] = 10 ** ((clip.level_db + rng.normal(rng.uniform(-15.0, 5.0), 5.0, mine.size)) / 20)
        ticks[mine] *= rng.choice((-1.0, 1.0), mine.size)
        r = np.exp(-1.0 / (decay * sr))
        y += lfilter([1.0], [1.0, -2.0 * r * np.cos(2.0 * np.pi * ringing), r * r], ticks)
    return np.clip(y, -1.0, 1.0)


NEGATIVES: dict[str, Negative] = {
    "dtmf": _made(sources.dtmf),
    "ringback_425": _cadence(425.0, on=1.0, off=4.0),
    "ringback_us": _cadence(440.0, 480.0, on=2.0, off=4.0),
    "busy": _cadence(480.0, 620.0, on=0.5, off=0.5),
    "dial_tone": _cadence(350.0, 440.0, on=60.0, off=0.0),
    "fax_cng": _cadence(1100.0, on=0.5, off=3.0),
    "fax_ced": _made(sources.answer_tone),
    "beeps": _made(sources.beeps),
    "music": music,
    "whistling": _made(sources.whistling),
    "singing": _made(sources.singing),
    "humming": _made(sources.humming),
    "baby_cry": _made(sources.baby_cry),
    "creaky": _made(sources.creaky),
    "noise_gate": noise_gate,
    "muted": muted,
    "edited_prompts": edited_prompts,
    "comfort_noise": comfort_noise,
    "opus_dtx": opus_dtx,
    "codec_speech": codec_speech,
    "gsm_prompts": gsm_prompts,
    "clipped": clipped,
    "breath": breath,
    "noise_suppression": noise_suppression,
    "crackle": crackle,
}
"""Makers of hard negatives by class."""

TONAL = frozenset(list(NEGATIVES)[:13])
"""Tones, music and singing: not one event is allowed."""

TEST_ONLY = frozenset({"gsm_prompts"})
"""Classes whose voices belong to the test split."""


def negative(name: str, clip: Clip, split: Split, seed: int | tuple[int, ...]) -> Signal:
    """Make a hard negative of class `name` from an undamaged clip."""
    return NEGATIVES[name](clip, split, np.random.default_rng(seed))
