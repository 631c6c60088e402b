"""Gradient-boosted trees for callqual: fitted with scikit-learn, written as the JSON that :mod:`callqual.detect.trees` reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import callqual.detect.models

MODELS = Path(callqual.detect.models.__file__).parent
DEPTH = 4


def fit(
    x: NDArray[np.float64],
    y: NDArray[np.int_],
    weight: NDArray[np.float64],
    trees: int = 80,
    monotone: list[int] | None = None,
) -> Any:
    """Fit a classifier of `trees` trees of depth :data:`DEPTH`; `monotone` (-1, 0, 1 a feature) keeps it physical."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=trees, max_depth=DEPTH, learning_rate=0.12, l2_regularization=1.0, min_samples_leaf=40,
        monotonic_cst=monotone, early_stopping=False, random_state=0,
    )  # fmt: skip
    return model.fit(x, y, sample_weight=weight)


def save(
    name: str, model: Any, features: tuple[str, ...], y: NDArray[np.int_], weight: NDArray[np.float64], **made: Any
) -> Path:
    """Write `model` as ``models/name.json``: its score is the log-likelihood ratio, free of the training set's odds."""
    odds = float(np.log(weight[y == 1].sum() / weight[y == 0].sum()))
    padded = [_pad(stage[0].nodes) for stage in model._predictors]
    out = {
        "features": list(features),
        "bias": round(float(np.ravel(model._baseline_prediction)[0]) - odds, 6),
        "feature": [p[0] for p in padded],
        "threshold": [[round(v, 6) for v in p[1]] for p in padded],
        "leaf": [[round(v, 5) for v in p[2]] for p in padded],
        "made": made,
    }
    path = MODELS / f"{name}.json"
    path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
    return path


def _pad(nodes: NDArray[np.void]) -> tuple[list[int], list[float], list[float]]:
    """Complete a tree to depth :data:`DEPTH`: below an early leaf both children repeat it."""
    inner = 2**DEPTH - 1
    feature, threshold, leaf = [0] * inner, [0.0] * inner, [0.0] * (inner + 1)

    def place(at: int, node: int) -> None:
        if at >= inner:
            leaf[at - inner] = float(nodes[node]["value"])
        elif nodes[node]["is_leaf"]:
            place(2 * at + 1, node)
            place(2 * at + 2, node)
        else:
            feature[at], threshold[at] = int(nodes[node]["feature_idx"]), float(nodes[node]["num_threshold"])
            place(2 * at + 1, int(nodes[node]["left"]))
            place(2 * at + 2, int(nodes[node]["right"]))

    place(0, 0)
    return feature, threshold, leaf
