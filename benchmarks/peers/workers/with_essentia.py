"""Essentia's detectors of audio problems, called frame by frame as its tutorials do, at the recording's own rate."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import essentia

essentia.log.infoActive = essentia.log.warningActive = False

import essentia.standard as es  # noqa: E402  (its log is silenced first)
import soundfile  # noqa: E402
from serve import serve  # noqa: E402


def _read(path: str) -> tuple[Any, int]:
    x, sr = soundfile.read(path, dtype="float32")
    return x, int(sr)


def _frames(x: Any, size: int) -> Any:
    return es.FrameGenerator(x, frameSize=size, hopSize=size // 2, startFromZero=True)


def gaps(path: str, **settings: Any) -> dict[str, Any]:
    """Start and end of every gap."""
    x, sr = _read(path)
    detect = es.GapsDetector(sampleRate=sr, frameSize=2048, hopSize=1024, **settings)
    found: list[list[float]] = []
    for frame in _frames(x, 2048):
        starts, ends = detect(frame)
        found += [[float(a), float(b)] for a, b in zip(starts, ends, strict=True)]
    return {"events": found}


def clicks(path: str, **settings: Any) -> dict[str, Any]:
    """Start and end of every click."""
    x, sr = _read(path)
    detect = es.ClickDetector(sampleRate=sr, frameSize=512, hopSize=256, **settings)
    found: list[list[float]] = []
    for frame in _frames(x, 512):
        starts, ends = detect(frame)
        found += [[float(a), float(b)] for a, b in zip(starts, ends, strict=True)]
    return {"events": found}


def discontinuities(path: str, **settings: Any) -> dict[str, Any]:
    """Moment of every discontinuity; the detector counts samples from the start of its frame."""
    x, sr = _read(path)
    detect = es.DiscontinuityDetector(frameSize=512, hopSize=256, **settings)
    found: list[list[float]] = []
    for i, frame in enumerate(_frames(x, 512)):
        found += [[(256 * i + float(k)) / sr] * 2 for k in detect(frame)[0]]
    return {"events": found}


def hum(path: str, **settings: Any) -> dict[str, Any]:
    """Start, end and frequency of every tone."""
    x, sr = _read(path)
    _, hz, _, starts, ends = es.HumDetector(sampleRate=sr, **settings)(x)
    return {"events": [[float(a), float(b), float(f)] for a, b, f in zip(starts, ends, hz, strict=True)]}


if __name__ == "__main__":
    serve(version("essentia"), {f.__name__: f for f in (gaps, clicks, discontinuities, hum)})
