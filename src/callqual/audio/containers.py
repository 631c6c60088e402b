"""Files that FFmpeg decodes through PyAV: what phones and browsers record (M4A, AMR, 3GP, MP4, MOV, WebM, MP3 ...).

The first audio stream is read. Encoder delay is trimmed where the file states it (MP4 edit lists, LAME's tag in MP3,
Opus pre-skip); raw AAC (ADTS) and MP3 without that tag keep the 10-60 ms their encoder added: times are late by that.
Packets that cannot be decoded are passed over. Names are libsndfile's where it has one: ``MP3``/``MPEG_LAYER_III``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from callqual.audio.arrays import scale_integers
from callqual.audio.reader import AudioReader, Samples
from callqual.errors import AudioReadError, InputError
from callqual.result import Source

_DEMUXERS = "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,eac3,flac,flv,gsm,matroska,mov,mp3,mpeg,mpegts,nut,ogg,tta,voc,w64,wav,wv"
"""Demuxers a recording may use: none that opens further files or addresses (playlists, concat, HLS)."""

_GSM_MAGIC = 0xD  # the upper half of each frame's first byte

_PLANES = 7
"""Most channels of a coded frame: PyAV reads past the end of its list of planes from eight on, and crashes."""

_BRANDS = {"M4A": "M4A", "M4B": "M4A", "qt": "MOV", "3gp": "3GP", "3g2": "3GP"}
_FORMATS = {"matroska": "MKV", "asf": "WMA"}
_SUBTYPES = {
    "mp3float": "MPEG_LAYER_III", "mp3": "MPEG_LAYER_III", "mp2float": "MPEG_LAYER_II", "mp2": "MPEG_LAYER_II",
    "amrnb": "AMR_NB", "libopencore_amrnb": "AMR_NB", "amrwb": "AMR_WB", "libopencore_amrwb": "AMR_WB",
    "pcm_s16le": "PCM_16", "pcm_s16be": "PCM_16", "pcm_s24le": "PCM_24", "pcm_s24be": "PCM_24", "pcm_s32le": "PCM_32",
    "pcm_s32be": "PCM_32", "pcm_u8": "PCM_U8", "pcm_s8": "PCM_S8", "pcm_f32le": "FLOAT", "pcm_f32be": "FLOAT",
    "pcm_f64le": "DOUBLE", "pcm_f64be": "DOUBLE", "pcm_mulaw": "ULAW", "pcm_alaw": "ALAW", "alac": "ALAC_16",
    "flac": "PCM_16", "gsm": "GSM610", "gsm_ms": "GSM610", "libopus": "OPUS",
}  # fmt: skip


class ContainerReader(AudioReader):
    """A file read through FFmpeg."""

    def __init__(self, file: str, head: bytes, name: str, path: str | None, digest: Callable[[], str]) -> None:
        self._container = _open(file, head, name)
        try:
            self._blocks = self._decode(name)
            self._rest = next(self._blocks, None)
            if self._rest is None:
                raise AudioReadError(f"{name}: nothing in it could be decoded; record or export it again")
            super().__init__(name, self._describe(path, head), digest)
        except BaseException:
            self._container.close()
            raise
        self.on_close(self._container.close)

    def _describe(self, path: str | None, head: bytes) -> Source:
        assert self._rest is not None
        codec = self._container.streams.audio[0].codec_context.name
        return Source(
            path=path,
            format=_format(self._container, head),
            subtype=_SUBTYPES.get(codec, codec.upper()),
            sr=self._rate,
            channels=self._rest.shape[1],
        )

    def _decode(self, name: str) -> Iterator[Samples]:
        """Decode frame by frame; the first one, not the header, tells rate and channels (HE-AAC doubles the rate)."""
        kind = None
        for frame in _frames(self._container):
            found = frame.sample_rate, frame.layout.nb_channels
            if kind is None:
                kind = found
                self._rate = frame.sample_rate
                if frame.format.is_planar and found[1] > _PLANES:
                    raise InputError(f"{name}: it has {found[1]} coded channels; expected 1 to {_PLANES}: split it")
            if kind != found:
                raise AudioReadError(
                    f"{name}: it changes from {kind[0]} Hz, {kind[1]} channels to {found[0]} Hz, {found[1]} channels; "
                    "expected one of each: convert it to WAV first"
                )
            if frame.samples:
                yield _samples(frame)

    def _read(self, frames: int) -> Samples:
        out = np.empty((frames, self.channels), np.float32)
        have = 0
        while have < frames:
            if self._rest is None or not len(self._rest):
                self._rest = next(self._blocks, None)
                if self._rest is None:
                    break
            take = self._rest[: frames - have]
            out[have : have + len(take)] = take
            have += len(take)
            self._rest = self._rest[len(take) :]
        return out[:have]


def _open(file: str, head: bytes, name: str) -> Any:
    """Open a container that has an audio stream, or say that this is not audio.

    FFmpeg would take what stands before a colon of a bare name, ``12:30.m4a``, for a protocol.
    """
    import av

    refused = AudioReadError(
        f"{name}: not a sound file, or one cut off before its sound starts; "
        "expected WAV, FLAC, Ogg, MP3, M4A, AMR, 3GP, MP4 or WebM: convert headerless samples to WAV first"
    )
    try:
        container = av.open(f"file:{file}", options={"format_whitelist": _DEMUXERS}, metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError):
        raise refused from None
    if container.format.name == "gsm" and head[0] >> 4 != _GSM_MAGIC:  # FFmpeg went by the file's name alone
        container.close()
        raise refused
    if not container.streams.audio or container.streams.audio[0].codec_context is None:
        container.close()
        raise AudioReadError(f"{name}: it has no sound in it that can be decoded; expected a file with an audio stream")
    return container


def _frames(container: Any) -> Iterator[Any]:
    """Yield the frames of the first audio stream, passing over packets that cannot be decoded."""
    import av

    stream = container.streams.audio[0]
    stream.codec_context.thread_count = 1
    packets = container.demux(stream)
    while True:
        try:
            frames = next(packets).decode()
        except av.error.InvalidDataError:
            continue
        except (StopIteration, av.error.FFmpegError):  # its end, or damage that nothing follows
            return
        yield from frames


def _samples(frame: Any) -> Samples:
    """Return a decoded frame as a block of shape ``(k, channels)``, full scale +-1."""
    x = frame.to_ndarray()
    x = x.T if frame.format.is_planar else x.reshape(-1, frame.layout.nb_channels)
    return np.ascontiguousarray(x, np.float32) if x.dtype.kind == "f" else scale_integers(x)


def _format(container: Any, head: bytes) -> str:
    """Name the container as a file browser would; `head` is the start of the file."""
    if b"webm" in head:
        return "WEBM"
    brand = container.metadata.get("major_brand", "").strip()
    for start, name in _BRANDS.items():
        if brand.startswith(start):
            return name
    if "mp4" in container.format.name:
        return "MP4"
    first = str(container.format.name).split(",")[0]
    return _FORMATS.get(first, first.upper())
