"""Write a trained net into the package: ``python -m benchmarks.hidden.write runs/net.pt`` (needs PyTorch).

The weights are kept in half precision, in one record: :mod:`callqual.features.net` reads it in a quarter of the time of an archive.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

import callqual.features
from benchmarks.hidden.net import export, load
from callqual.features.net import WIDTH

PLACE = Path(callqual.features.__file__).with_name("net.npy")


def packed(weights: dict[str, np.ndarray]) -> np.ndarray:
    """Return the record: the small ones as they are, and what :func:`callqual.kernels.layers.run_net` reads in its order.

    All that is 64 wide stands row upon row, matrices input by input; the last one is widened by zeros.
    """
    w = weights | {name: widened(weights[name]) for name in ("heads", "heads_offset")}
    order = ["first_offset", "first"]
    for i in range(w["dilations"].size):
        order += [f"{name}{i}" for name in ("factor", "offset", "spread_offset", "mix_offset", "spread", "mix")]
    order += ["factor", "offset", "heads_offset", "heads"]
    fields = {name: w[name] for name in ("mean", "scaling", "dilations")}
    fields["layers"] = np.concatenate([np.atleast_2d(w[name].T) for name in order])
    record = np.zeros((), [(name, np.float16, array.shape) for name, array in fields.items()])
    for name, array in fields.items():
        record[name] = array
    return record


def widened(head: np.ndarray) -> np.ndarray:
    """Return the weights or the offset of the heads with zeros for the outputs that the net does not have."""
    out = np.zeros((WIDTH, *head.shape[1:]), head.dtype)
    out[: len(head)] = head
    return out


def main(argv: list[str] | None = None) -> int:
    """Write the weights."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hidden.write", description=str(__doc__).splitlines()[0])
    parser.add_argument("net", type=Path, help="file written by benchmarks.hidden.fit")
    args = parser.parse_args(argv)
    weights = export(load(args.net))
    np.save(PLACE, packed(weights))
    print(f"{PLACE.name}: {PLACE.stat().st_size / 1000:.0f} kB, {sum(w.size for w in weights.values())} numbers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
