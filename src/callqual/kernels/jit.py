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

OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": False}


def kernel(loop: F) -> F:
    """Compile `loop` when it is first called; ``kernel(loop).py_func`` stays the plain Python loop."""
    try:
        jitted: F = numba.njit(cache=True, **OPTIONS)(loop)
    except RuntimeError as error:  # neither the package folder nor the home folder can be written: compile in memory
        logging.getLogger("callqual").debug("kernel %s is not cached: %s", loop.__name__, error)
        jitted = numba.njit(**OPTIONS)(loop)
    return jitted
