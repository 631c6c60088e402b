"""Sum of small decision trees, each padded to a complete binary tree so that a walk is plain index arithmetic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.kernels.jit import entry


def _walk_trees(
    x: NDArray[np.float64],
    feature: NDArray[np.int64],
    threshold: NDArray[np.float64],
    leaf: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Add to ``out[i]`` the leaf of every tree that row ``x[i]`` falls into: left child where ``x <= threshold``."""
    trees, inner = feature.shape
    for i in range(x.shape[0]):
        total = 0.0
        for t in range(trees):
            node = 0
            while node < inner:
                node = 2 * node + (1 if x[i, feature[t, node]] <= threshold[t, node] else 2)
            total += leaf[t, node - inner]
        out[i] += total


walk_trees = entry(_walk_trees)
