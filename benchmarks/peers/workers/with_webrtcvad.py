"""The voice activity detector of WebRTC as a finder of pauses: stretches without speech between speech."""

from __future__ import annotations

from importlib.metadata import version
from itertools import groupby
from typing import Any

import soundfile
import webrtcvad
from serve import serve

FRAME_MS = 10


def pauses(path: str, mode: int, least_ms: int, most_ms: int) -> dict[str, Any]:
    """Start and end of every stretch of `least_ms` to `most_ms` without speech, speech on both sides."""
    x, sr = soundfile.read(path, dtype="int16")
    vad, size = webrtcvad.Vad(mode), sr * FRAME_MS // 1000
    speech = [vad.is_speech(x[k : k + size].tobytes(), sr) for k in range(0, len(x) - size + 1, size)]
    found, at = [], 0
    for heard, group in groupby(speech):
        end = at + len(list(group))
        inner = at > 0 and end < len(speech)
        if not heard and inner and least_ms <= (end - at) * FRAME_MS <= most_ms:
            found.append([at * FRAME_MS / 1000, end * FRAME_MS / 1000])
        at = end
    return {"events": found}


if __name__ == "__main__":
    serve(version("webrtcvad-wheels"), {"pauses": pauses})
