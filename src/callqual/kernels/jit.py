"""The decorator of all kernels, what makes some of them entries from Python, and the package's only import of numba.

``nogil`` lets threads score files side by side, ``cache`` spares every later process the compilation of an entry, ``error_model="numpy"``
divides like NumPy, and ``fastmath`` stays off: it deletes NaN checks and lets results differ from machine to machine.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import numba
from llvmlite import binding as llvm

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
    """Compile `loop` together with the entry that calls it; it is kept as a part of that."""
    jitted: F = numba.njit(**OPTIONS)(loop)
    return jitted


def entry(loop: F) -> F:
    """Make `loop` a kernel that Python calls and no other kernel does; ``entry(loop).py_func`` stays the plain Python loop.

    It is compiled when it is first called, and kept. What numba keeps beside the machine code, the code as it was before, is for
    kernels that would take this one in; reading it takes three quarters of the time to load a kernel, 0.12 s of a first result.
    """
    try:
        jitted: F = numba.njit(cache=True, **OPTIONS)(loop)
    except RuntimeError as error:  # neither the package folder nor the home folder can be written: compile in memory
        logging.getLogger("callqual").debug("kernel %s is not cached: %s", loop.__name__, error)
        return kernel(loop)
    keeper = getattr(getattr(jitted, "_cache", None), "_impl", None)
    if keeper is not None:
        whole = keeper.reduce
        keeper.reduce = lambda compiled: _machine_code(whole(compiled))
    return jitted


def _machine_code(kept: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what numba keeps of a kernel, with no more than names in place of the code that it was made from."""
    try:
        (name, kind, (machine, bitcode)), *rest = kept
        module = llvm.parse_bitcode(bitcode)
        names = [function.name for function in module.functions if not function.is_declaration]
        empty = "".join(f'define void @"{name}"() {{ ret void }}\n' for name in names)
        bitcode = llvm.parse_assembly(f'target triple = "{module.triple}"\n{empty}').as_bitcode()
    except (TypeError, ValueError, RuntimeError) as error:  # another numba, which keeps something else
        logging.getLogger("callqual").debug("a kernel is kept as it is: %s", error)
        return kept
    return (name, kind, (machine, bitcode)), *rest


_put_off_blas()
