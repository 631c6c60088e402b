"""One environment a peer, among the corpora: ``python -m benchmarks.peers.environments [NAME ...]`` makes them with pip.

Nothing of them is a dependency of callqual, and nothing is imported from them: Essentia is AGPL-3, others want an older
numpy. NISQA is made only when named: its torch takes gigabytes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.corpora import home

PACKAGES = {
    "essentia": ("essentia==2.1b6.dev1389", "numpy", "soundfile"),
    "webrtcvad": ("webrtcvad-wheels==2.0.14.post1", "numpy", "soundfile"),
    "voicequal": ("voicequal==0.4.0", "numpy<2"),
    "speechmos": ("speechmos==0.0.1.1", "numpy<2.4", "onnxruntime", "librosa", "requests", "tqdm", "soundfile", "soxr"),
    "nisqa": ("torch", "librosa", "pandas<3", "scipy", "matplotlib", "pyyaml", "tqdm", "soundfile", "soxr"),
}
"""What pip is asked for. `webrtcvad-wheels` is webrtcvad that needs no compiler; PLCMOS breaks on numpy 2.4."""

BARE = {"nisqa": "nisqa==2.0.post2"}
"""Installed without what it asks for: its pins leave no wheels for this Python, or bring a torch of their own."""

LARGE = ("nisqa",)


def folder(name: str) -> Path:
    """Where the environment called `name` is."""
    return home() / "peers" / name


def python(name: str) -> Path:
    """Its interpreter, made or not."""
    return folder(name) / "bin" / "python"


def missing(name: str) -> str | None:
    """Say why a peer cannot run, or nothing if it can."""
    if name == "ffmpeg":
        return None if shutil.which("ffmpeg") else "not on the path (Debian: `apt-get install ffmpeg`)"
    made = name == "callqual" or (folder(name) / "complete").exists()
    return None if made else f"no environment (`python -m benchmarks.peers.environments {name}`)"


def make(name: str) -> None:
    """Make an environment, from nothing if one is there that pip did not finish."""
    if missing(name) is None:
        return
    venv.create(folder(name), with_pip=True, clear=True)
    pip = [str(python(name)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *PACKAGES[name]], check=True)
    if name in BARE:
        subprocess.run([*pip, "--no-deps", BARE[name]], check=True)
    (folder(name) / "complete").touch()


def main(argv: list[str]) -> int:
    """Make the environments named, or all but the large ones; go on when one fails."""
    failed = []
    for name in argv or [n for n in PACKAGES if n not in LARGE]:
        if name not in PACKAGES:
            sys.exit(f"{name}: no such peer; there are {' '.join(PACKAGES)}")
        try:
            make(name)
        except subprocess.CalledProcessError:
            failed.append(name)
        print(f"{name}: {'failed' if name in failed else folder(name)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
