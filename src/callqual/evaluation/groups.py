"""Evaluations of many recordings by what the truth says of each: its codec, its recorder path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from callqual.evaluation.tallies import Evaluation, pool

LABELS = ("codec", "recorder")


def labels(truth: Any) -> dict[str, str]:
    """Return what the truth of a recording says of it.

    Parameters
    ----------
    truth : dict or anything
        ``codec`` and ``recorder`` are read from it or from its ``options``, as the record of a simulation has them; a
        recorder may be a list of paths. Anything but a dict says nothing.

    Returns
    -------
    dict of str to str
        The labels of :data:`LABELS` that it names; ``none`` where it names none of the sort.
    """
    if not isinstance(truth, Mapping):
        return {}
    options = truth.get("options")
    said = {**(options if isinstance(options, Mapping) else {}), **truth}
    return {label: _name(said[label]) for label in LABELS if label in said}


def _name(value: Any) -> str:
    parts = value if isinstance(value, (list, tuple)) else [value]
    return "+".join(str(part) for part in parts if part) or "none"


def pool_by(parts: Iterable[tuple[Any, Evaluation]]) -> dict[str, dict[str, Evaluation]]:
    """Add up the evaluations of recordings by each label of their truths.

    Parameters
    ----------
    parts : iterable of (truth, Evaluation)

    Returns
    -------
    dict of str to dict of str to Evaluation
        By label, then by its values in order.
    """
    groups: dict[str, dict[str, list[Evaluation]]] = {}
    for truth, evaluation in parts:
        for label, value in labels(truth).items():
            groups.setdefault(label, {}).setdefault(value, []).append(evaluation)
    return {label: {value: pool(every) for value, every in sorted(values.items())} for label, values in groups.items()}
