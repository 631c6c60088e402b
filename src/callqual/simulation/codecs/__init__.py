"""Real speech codecs with the concealment of their own decoders, each by its name and options.

::

    opus = codec("opus", bitrate=24000, fec=True)
    packets = opus.encode(speech)              # float32 at opus.sr, one payload a packet
    packets[7] = None                          # lost
    heard = opus.decode(packets)               # late by opus.delay samples

``base`` says what a codec is, ``frames`` what those with fixed frames share, ``libraries`` where the libraries are found; every
other file wraps one library. All state is in the encoder and decoder objects: codecs may be shared between threads, decoders may not.
"""

from __future__ import annotations

import difflib
import importlib
import inspect

from callqual.errors import InputError
from callqual.simulation.codecs.base import Codec, Decoder
from callqual.simulation.codecs.libraries import MissingLibrary

__all__ = ["Codec", "Decoder", "MissingLibrary", "available", "codec", "names"]

_HOMES = {
    "opus": ("opus", "Opus"),
    "g711": ("g711", "G711"),
    "g722": ("g722", "G722"),
    "gsm": ("gsm", "Gsm"),
    "amr_nb": ("amr", "AmrNb"),
    "amr_wb": ("amr", "AmrWb"),
    "speex": ("speex", "Speex"),
    "g729": ("g729", "G729"),
}


def names() -> tuple[str, ...]:
    """Every codec's name, whether its library is here or not."""
    return tuple(_HOMES)


def codec(name: str, **options: object) -> Codec:
    """Make the codec `name`.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    **options
        As the class of the codec takes them: ``bitrate``, ``frame_ms``, ``fec`` ...

    Returns
    -------
    Codec

    Raises
    ------
    InputError
        If there is no such codec or option, or a value is out of range.
    MissingLibrary
        If the codec's library is not on this machine; the message names the Debian package that brings it.
    """
    if name not in _HOMES:
        guess = difflib.get_close_matches(str(name).lower().replace("-", "_"), _HOMES, 1, 0.5)
        hint = f"; did you mean {guess[0]!r}?" if guess else ""
        raise InputError(f"no codec {name!r}; expected one of {', '.join(_HOMES)}{hint}")
    module, kind = _HOMES[name]
    maker = getattr(importlib.import_module(f"{__name__}.{module}"), kind)
    known = list(inspect.signature(maker).parameters)
    for option in options:
        if option not in known:
            raise InputError(f"codec {name!r} has no option {option!r}; it has {', '.join(known)}")
    made: Codec = maker(**options)
    return made


def available(name: str) -> bool:
    """Tell whether the library of the codec `name` is on this machine."""
    try:
        codec(name)
    except MissingLibrary:
        return False
    return True
