"""Samples to a file: WAV of 16 bits, whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress

import numpy as np
import soundfile
from numpy.typing import NDArray

from callqual.errors import InputError


def write_wav(path: str, samples: NDArray[np.float32], sr: int) -> None:
    """Write one channel as WAV, 16 bits, beside its place first and renamed when all went well.

    Parameters
    ----------
    path : str
        Its folder must be there; a file of this name is replaced.
    samples : ndarray [shape=(n,), float32, full scale ±1]
        Rounded to 16 bits; louder ones are clipped.
    sr : int
        Hz.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    pcm = np.clip(np.rint(samples.astype(np.float64) * 32768.0), -32768, 32767).astype(np.int16)
    draft = f"{path}.{os.getpid()}.part"
    try:
        soundfile.write(draft, pcm, sr, subtype="PCM_16", format="WAV")
        os.replace(draft, path)
    except (OSError, soundfile.SoundFileError) as error:
        with suppress(OSError):
            os.remove(draft)
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be written ({reason}); choose another file") from None
