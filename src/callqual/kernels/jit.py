"""The one decorator of all kernels, and the package's only import of numba.

``nogil`` lets threads score files side by side, ``cache`` spares every later process the compilation, ``error_model="numpy"``
divides like NumPy, and ``fastmath`` stays off: it deletes NaN checks and lets results differ from machine to machine.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import numba

F = TypeVar("F", bound=Callable[..., object])

OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": False, "no_cfunc_wrapper": True}


def _put_off_blas() -> None:
    """Load numba's array functions without the BLAS of SciPy, which no kernel here needs and whose import takes 0.1 s.

    They ask whether it is there, and are told what is so: it is, for numba needs SciPy no less than callqual does. A kernel
    that multiplies matrices, anybody's, still loads it when it is compiled.
    """
    try:
        from numba.np import linalg

        load = linalg.ensure_blas
    except (ImportError, AttributeError):  # another numba, which may load what it likes
        return
    linalg.ensure_blas = lambda: None
    try:
        from numba.np import arraymath
    finally:
        linalg.ensure_blas = load
    arraymath.ensure_blas = load


def kernel(loop: F) -> F:
    """Compile `loop` when it is first called; ``kernel(loop).py_func`` stays the plain Python loop."""
    try:
        jitted: F = numba.njit(cache=True, **OPTIONS)(loop)
    except RuntimeError as error:  # neither the package folder nor the home folder can be written: compile in memory
        logging.getLogger("callqual").debug("kernel %s is not cached: %s", loop.__name__, error)
        jitted = numba.njit(**OPTIONS)(loop)
    return jitted


_put_off_blas()
