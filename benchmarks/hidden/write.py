"""Write a trained net into the package: ``python -m benchmarks.hidden.write runs/net.pt`` (needs PyTorch).

The weights are kept in half precision; :mod:`callqual.features.net` reads them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

import callqual.features
from benchmarks.hidden.net import export, load

PLACE = Path(callqual.features.__file__).with_name("net.npz")


def main(argv: list[str] | None = None) -> int:
    """Write the weights."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hidden.write", description=str(__doc__).splitlines()[0])
    parser.add_argument("net", type=Path, help="file written by benchmarks.hidden.fit")
    args = parser.parse_args(argv)
    weights = export(load(args.net))
    np.savez_compressed(PLACE, **{name: np.asarray(w, np.float16) for name, w in weights.items()})
    print(f"{PLACE.name}: {PLACE.stat().st_size / 1000:.0f} kB, {sum(w.size for w in weights.values())} numbers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
