"""Make the example recordings and their truth from two packages of free speech.

``python examples/make_examples.py`` fetches ``mcvqoe-intelligibility`` (pip, 157 MB) and ``festvox-ru`` (apt-get,
179 MB) into a folder of its own, or reads them from ``--corpora FOLDER``: the unpacked wheel in ``nist/``, the unpacked
Debian package in ``deb/``. NIST's smaller packages will not do: their clips hold digital silences of 4 to 100 ms.

The WAV files come out the same, byte for byte; AAC and Opus depend on the encoder's version.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray

Signal = NDArray[np.float64]
Event = dict[str, Any]
Example = tuple[Signal, list[Event]]

LEVEL_DBOV, FLOOR_DBOV = -22.0, -70.0
"""Active speech level of every talker, and the noise of the room behind it."""

STUCK_SECONDS = 0.1
"""One frame repeated for so long is heard as a buzz, not as a gap."""

ENGLISH = tuple(f"b{batch}_w2" for batch in (3, 12, 21, 30, 39, 48))
"""Sentences of the Modified Rhyme Test, the same of each talker."""

RUSSIAN = {"a": ("ru_0006", "ru_0003"), "b": ("ru_0018", "ru_0022"), "c": ("ru_0024", "ru_0025")}


class Corpora:
    """The speech the examples are made of."""

    def __init__(self, folder: Path) -> None:
        self._nist = folder / "nist/mcvqoe/intelligibility/audio_clips"
        self._russian = folder / "deb/usr/share/festival/voices/russian/msu_ru_nsh_clunits/wav"

    def english(self, talker: str, sr: int) -> Signal:
        """Return the sentences of one NIST talker (F1, F3, M3, M4), the noise of the room between them kept."""
        return _join([_read(self._nist / f"{talker}_{name}_orig.wav", sr) for name in ENGLISH], sr // 20)

    def russian(self, part: str, sr: int) -> Signal:
        """Return a few sentences of one talker, without the long pauses round them."""
        return _join([_trim(_read(self._russian / f"{name}.wav", sr), sr // 10) for name in RUSSIAN[part]], sr // 20)


def _read(path: Path, sr: int) -> Signal:
    x, native = sf.read(path, dtype="float64")
    return np.asarray(soxr.resample(x, native, sr), dtype=np.float64)


def _trim(x: Signal, keep: int) -> Signal:
    """Drop the silence at both ends but `keep` samples of it."""
    loud = np.flatnonzero(np.abs(x) > 0.02 * np.abs(x).max())
    return x[max(loud[0] - keep, 0) : loud[-1] + keep]


def _join(parts: list[Signal], overlap: int) -> Signal:
    """Put one part after the other, each faded into the next over `overlap` samples."""
    fade = np.sin(np.linspace(0, np.pi / 2, overlap)) ** 2
    out = parts[0]
    for part in parts[1:]:
        seam = out[-overlap:] * fade[::-1] + part[:overlap] * fade
        out = np.concatenate([out[:-overlap], seam, part[overlap:]])
    return out


def fetch(folder: Path) -> None:
    """Install the two packages by name into `folder`."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, "mcvqoe-intelligibility"], check=True)
    zipfile.ZipFile(next(folder.glob("mcvqoe_intelligibility-*.whl"))).extractall(folder / "nist")
    subprocess.run(["apt-get", "download", "festvox-ru"], check=True, cwd=folder)
    subprocess.run(["dpkg-deb", "-x", str(next(folder.glob("festvox-ru_*.deb"))), str(folder / "deb")], check=True)


class Call:
    """One leg before its damage: speech at one level over a noise floor, and the truth about what is done to it."""

    def __init__(self, speech: Signal, sr: int, seconds: float, rng: np.random.Generator) -> None:
        self.sr = sr
        x = np.resize(speech, round(seconds * sr))
        self.speech = x * 10 ** (LEVEL_DBOV / 20) / np.sqrt(active_power(x, sr))
        self.y = self.speech + 10 ** (FLOOR_DBOV / 20) * rng.standard_normal(len(x))
        self.events: list[Event] = []

    def lost(self, rng: np.random.Generator, rate: float, burst: float, frame_ms: float) -> Iterator[tuple[int, int]]:
        """Yield runs [a, b) of lost frames: Gilbert's two states, mean run of `burst` frames, any phase."""
        frame = round(frame_ms * self.sr / 1000)
        phase, last = int(rng.integers(frame)), len(self.y) // frame - 2
        at = 1
        while True:
            at += int(rng.geometric(rate / (burst * (1 - rate))))
            run = int(rng.geometric(1 / burst))
            if at + run > last:
                return
            yield phase + at * frame, phase + (at + run) * frame
            at += run

    def note(self, family: str, kind: str, a: int, b: int, **more: float | str) -> None:
        """Write down one event of the samples [a, b); ``context_db`` is the speech beside it, re active speech."""
        k = round(0.06 * self.sr)
        sides = self.speech[max(a - k, 0) : a], self.speech[b : b + k]
        beside = max(_power(side) for side in sides) or _power(self.speech[a:b])
        context = 10 * np.log10(beside + 1e-12) - LEVEL_DBOV
        event = {"family": family, "kind": kind, "start": a / self.sr, "end": b / self.sr}
        self.events.append(event | more | {"context_db": round(float(context), 1)})


def active_power(x: Signal, sr: int) -> float:
    """Return the mean power of the 20 ms frames within 25 dB of the 95th percentile frame."""
    k = sr // 50
    power = np.mean(x[: len(x) // k * k].reshape(-1, k) ** 2, axis=1)
    return float(np.mean(power[power > np.percentile(power, 95) * 10**-2.5]))


def _power(x: Signal) -> float:
    return float(np.mean(x**2)) if len(x) else 0.0


def clean(speech: Corpora, rng: np.random.Generator, sr: int) -> Example:
    """Nothing happened."""
    call = Call(speech.english("M3", sr), sr, 8.8, rng)
    return call.y, call.events


def zero_filled(speech: Corpora, rng: np.random.Generator, sr: int) -> Example:
    """8 % of the packets lost, each hole filled with zeros."""
    call = Call(speech.english("F1", sr), sr, 9.6, rng)
    for a, b in call.lost(rng, rate=0.08, burst=1.5, frame_ms=20.0):
        call.y[a:b] = 0.0
        call.note("gap", "zero_fill", a, b, cause="loss")
    return call.y, call.events


def repeated_frames(speech: Corpora, rng: np.random.Generator, sr: int) -> Example:
    """Lost packets replaced by the last good one, again and again: long runs buzz at 50 Hz."""
    call = Call(speech.russian("a", sr), sr, 10.0, rng)
    for a, b in call.lost(rng, rate=0.14, burst=4.0, frame_ms=20.0):
        call.y[a:b] = np.resize(call.y[a - sr // 50 : a], b - a)
        if b - a >= STUCK_SECONDS * sr:
            call.note("buzz", "stuck", a, b, cause="loss", hz=50.0)
        else:
            call.note("gap", "repeat", a, b, cause="loss")
    return call.y, call.events


def hum(speech: Corpora, rng: np.random.Generator, sr: int) -> Example:
    """Mains hum, 50 Hz and its odd harmonics most, 20 dB below the speech."""
    call = Call(speech.english("F3", sr), sr, 9.8, rng)
    t = np.arange(len(call.y)) / sr
    tone = np.zeros(len(t))
    for h in range(1, 16):
        tone += np.sin(2 * np.pi * 50 * h * t + h) / h ** (0.6 if h % 2 else 1.2)
    call.y += tone * 10 ** ((LEVEL_DBOV - 20) / 20) / np.sqrt(_power(tone))
    call.note("buzz", "hum", 0, len(t), cause="mains", hz=50.0)
    return call.y, call.events


def two_legs_one_dead(speech: Corpora, rng: np.random.Generator, sr: int) -> Example:
    """Leg 1 dies in mid-word and takes its noise floor with it; leg 0 goes on talking."""
    alive = Call(speech.english("M4", sr), sr, 9.8, rng)
    dies = Call(speech.russian("b", sr), sr, 9.8, rng)
    at = 4 * sr + int(np.argmax([_power(dies.speech[k : k + 160]) for k in range(4 * sr, 5 * sr, 80)])) * 80
    dies.y[at:] = 0.0
    dies.note("gap", "dead_air", at, len(dies.y), cause="outage")
    return np.stack([alive.y, dies.y], axis=1), [event | {"channel": 1} for event in dies.events]


def memo(speech: Corpora, rng: np.random.Generator, sr: int) -> Example:
    """A voice memo (AAC) held to a phone whose call lost packets and filled them with zeros."""
    call = Call(speech.russian("c", sr), sr, 10.0, rng)
    for a, b in call.lost(rng, rate=0.07, burst=2.0, frame_ms=20.0):
        call.y[a:b] = 0.0
        call.note("gap", "zero_fill", a, b, cause="loss")
    return call.y, call.events


def voip(speech: Corpora, rng: np.random.Generator, sr: int) -> Example:
    """A client that fades lost packets of 60 ms out within 5 ms, recorded by itself as Opus."""
    call = Call(speech.english("M4", sr), sr, 9.8, rng)
    ramp = np.linspace(1.0, 0.0, sr // 200)
    for a, b in call.lost(rng, rate=0.08, burst=1.3, frame_ms=60.0):
        call.y[a : a + len(ramp)] *= ramp
        call.y[a + len(ramp) : b] = 0.0
        call.note("gap", "fade", a, b, cause="loss")
    return call.y, call.events


EXAMPLES: dict[str, tuple[Callable[[Corpora, np.random.Generator, int], Example], int]] = {
    "clean.wav": (clean, 16000),
    "zero_filled.wav": (zero_filled, 16000),
    "repeated_frames.wav": (repeated_frames, 8000),
    "hum.wav": (hum, 8000),
    "two_legs_one_dead.wav": (two_legs_one_dead, 8000),
    "memo.m4a": (memo, 16000),
    "voip.opus": (voip, 16000),
}


def write(path: Path, y: Signal, sr: int) -> None:
    """Write 16-bit samples in the format that the name asks for."""
    samples = np.clip(np.rint(y * 32768), -32768, 32767).astype(np.int16)
    if path.suffix == ".wav":
        sf.write(path, samples, sr, subtype="PCM_16")
    elif path.suffix == ".opus":
        sf.write(path, samples, sr, format="OGG", subtype="OPUS")
    else:
        _write_aac(path, samples, sr)


def _write_aac(path: Path, samples: NDArray[np.int16], sr: int) -> None:
    with av.open(str(path), "w", format="ipod") as file:
        stream = file.add_stream("aac", rate=sr, layout="mono", bit_rate=32000)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = sr, 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)


def make(speech: Corpora, out: Path) -> None:
    """Write every example and ``truth.json`` into `out`."""
    truth: dict[str, Any] = {}
    for number, (name, (example, sr)) in enumerate(EXAMPLES.items()):
        y, events = example(speech, np.random.default_rng([2025, number]), sr)
        write(out / name, y, sr)
        truth[name] = {"sr": sr, "seconds": len(y) / sr, "events": events}
    (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--corpora", type=Path, help="folder with the unpacked packages; left out, they are fetched")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write to")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if args.corpora is None:
            fetch(Path(scratch))
        make(Corpora(args.corpora or Path(scratch)), args.out)


if __name__ == "__main__":
    main()
