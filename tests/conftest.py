"""What every test may ask for: seeded randomness, example and development recordings, the versions in the header."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
SEED = 20250813

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_report_header() -> str:
    """Name the versions a result depends on."""
    parts = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "soundfile", "soxr", "av"))
    jit = "off" if os.environ.get("NUMBA_DISABLE_JIT") == "1" else "on"
    bounds = "on" if os.environ.get("NUMBA_BOUNDSCHECK") == "1" else "off"
    return f"callqual with {parts}; jit {jit}, bounds check {bounds}"


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator of the same numbers in every run."""
    return np.random.default_rng(SEED)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of development recordings that are not shipped; the test is skipped where they are absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the development recordings are not beside this repository (shared/data)")
    return folder


@pytest.fixture
def examples() -> Path:
    """The shipped example recordings."""
    folder = ROOT / "examples"
    assert any(folder.glob("*.wav")), f"no example recordings in {folder}"
    return folder
