"""Files that libsndfile decodes: WAV, FLAC, Ogg Vorbis and Opus, AIFF, AU, CAF, W64 and more, with its names for them.

MP3 and CAF are left to FFmpeg: libsndfile prints what its decoders of these complain of.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import soundfile

from callqual.audio.reader import AudioReader, Samples
from callqual.errors import AudioReadError, InputError
from callqual.result import Source


class NotForLibsndfile(Exception):
    """Another decoder should try this file; the message is libsndfile's."""


class SoundFileReader(AudioReader):
    """A file read through libsndfile; ``frames`` is how many samples its header promises."""

    def __init__(self, file: str, name: str, path: str | None, digest: Callable[[], str]) -> None:
        self._file = _open(file)
        source = Source(
            path=path,
            format="WAV" if self._file.format == "WAVEX" else self._file.format,
            subtype=self._file.subtype,
            sr=self._file.samplerate,
            channels=self._file.channels,
        )
        try:
            super().__init__(name, source, digest)
        except InputError:
            self._file.close()
            raise
        self._broken = False
        self.frames = int(self._file.frames)
        self.on_close(self._file.close)

    def _read(self, frames: int) -> Samples:
        out = np.empty((0 if self._broken else frames, self.channels), np.float32)
        try:
            return self._file.read(dtype="float32", out=out)  # type: ignore[no-any-return]
        except soundfile.SoundFileError as error:  # what was decoded before the damage counts
            self._broken = True
            decoded = 0
            with suppress(soundfile.SoundFileError):
                decoded = self._file.tell() - self._done
            if not self._done + decoded:
                raise AudioReadError(f"{self.name}: nothing in it could be decoded ({error})") from None
            return out[:decoded]


def _open(file: str) -> soundfile.SoundFile:
    """Open `file` by its content: from a name libsndfile would guess headerless samples, or MP3, and print what it finds.

    On Windows it must have the name: its library has numbers of its own for open files.
    """
    try:
        opened = soundfile.SoundFile(file if os.name == "nt" else os.open(file, os.O_RDONLY))
    except (soundfile.SoundFileError, TypeError, OSError) as error:
        raise NotForLibsndfile(str(error)) from None
    if opened.format == "RAW" or opened.subtype.startswith("MPEG"):
        opened.close()
        raise NotForLibsndfile("headerless samples")
    return opened
