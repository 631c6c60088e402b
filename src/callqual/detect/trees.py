"""A fitted sum of decision trees: features of a candidate in, log-likelihood ratio out."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec
import numpy as np
from numpy.typing import NDArray

from callqual.kernels.trees import walk_trees


class Trees(msgspec.Struct, frozen=True, kw_only=True):
    """Trees as flat lists; `bias` holds the score of no tree less the log odds of the training set."""

    features: tuple[str, ...]
    bias: float
    feature: list[list[int]]
    threshold: list[list[float]]
    leaf: list[list[float]]
    made: dict[str, float | str | int]


@cache
def _arrays(name: str) -> tuple[tuple[str, ...], float, NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    text = resources.files("callqual.detect.models").joinpath(f"{name}.json").read_bytes()
    trees = msgspec.json.decode(text, type=Trees)
    return trees.features, trees.bias, np.array(trees.feature), np.array(trees.threshold), np.array(trees.leaf)


def llr(name: str, features: tuple[str, ...], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log-likelihood ratio (nats) of each row of `x`, whose columns are `features`, by the model `name`."""
    known, bias, feature, threshold, leaf = _arrays(name)
    if known != features:
        raise AssertionError(f"model {name} was fitted on {known}, not on {features}: run its benchmarks/fit script")
    out = np.full(x.shape[0], bias)
    walk_trees(np.ascontiguousarray(x), feature, threshold, leaf, out)
    return out
