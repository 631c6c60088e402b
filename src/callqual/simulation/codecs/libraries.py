"""Where the codecs' libraries are found: in PyAV's wheel, else on the system. And who frees what they allocate."""

from __future__ import annotations

import ctypes
import importlib.util
import weakref
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from functools import cache
from pathlib import Path

import numpy as np

from callqual.errors import InputError

WORDS = np.ctypeslib.ndpointer(np.int16, 1, flags="C_CONTIGUOUS")
"""Argument of a library's function: 16-bit samples."""

FLOATS = np.ctypeslib.ndpointer(np.float32, 1, flags="C_CONTIGUOUS")
"""Argument of a library's function: samples of full scale +-1."""


class MissingLibrary(InputError):
    """The library of a codec is not on this machine."""


@cache
def load(stem: str, package: str) -> ctypes.CDLL:
    """Load a shared library.

    Parameters
    ----------
    stem : str
        Its name without ``lib`` and suffix.
    package : str
        The Debian package that brings it.

    Raises
    ------
    MissingLibrary
        If neither PyAV's wheel nor the system has it.
    """
    for path in (*_bundled(stem), find_library(stem)):
        if path is not None:
            try:
                return ctypes.CDLL(path)
            except OSError:  # of another architecture, or without a library of its own: the next one may do
                continue
    raise MissingLibrary(f"lib{stem} was not found; install the package {package} (apt-get install {package})")


def _bundled(stem: str) -> Iterator[str]:
    """Paths of a library that PyAV's wheel brings: beside the package on Linux and Windows, inside it on macOS."""
    spec = importlib.util.find_spec("av")
    if spec is None or spec.origin is None:
        return
    package = Path(spec.origin).parent
    for folder in (package.parent / "av.libs", package / ".dylibs"):
        yield from map(str, sorted(folder.glob(f"lib{stem}[-.]*")))


def declare(lib: ctypes.CDLL, name: str, result: type | None, *arguments: type) -> None:
    """State what a function of a library takes and returns, as its header does."""
    function = getattr(lib, name)
    function.argtypes, function.restype = arguments, result


class State:
    """Memory of a library, freed when nobody holds it any more. It is itself what the library's functions are given."""

    def __init__(self, pointer: int | None, free: Callable[[int], object]) -> None:
        if not pointer:
            raise MemoryError("the codec's library could not allocate its state")
        self._as_parameter_ = ctypes.c_void_p(pointer)
        weakref.finalize(self, free, pointer)
