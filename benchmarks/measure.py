"""Figures of each row of the accuracy benchmark, taken from its recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.calls import CALLS
from benchmarks.tasks import Outcome
from callqual.evaluation import BuzzTally, Evaluation, Tally, pool

STEPS = tuple(k / 10 for k in range(1, 10))
"""Confidences at which the curve of a row is kept."""

WARPED = 20.0
"""Least time taken out or added in a call that counts as warped, ms a second."""


def measure(group: str, row: str, sr: int, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Take the figures of one row from its recordings."""
    every = pool(o.evaluation for o in outcomes)
    out: dict[str, Any] = {
        "clips": len(outcomes),
        "curve": sweep(outcomes),
        "unscored": sum(not o.scored for o in outcomes),
        "minutes": every.seconds / 60,
        "gap_per_minute": every.false_alarms_per_minute,
        "buzz_per_minute": every.buzz_false_alarms_per_minute,
        "wrong_kinds": _wrong(every),
        "false_grids": sum(o.found_frame_ms is not None for o in outcomes) if group in ("clean", "negative") else None,
    }
    if group in CALLS:
        return out | call(outcomes)
    if row == "stuck" or group == "buzz":
        return out | tally_of(group, row, every).to_dict()
    if group == "damage" or (group == "recorder" and not row.endswith("clean")):
        out |= every.gap.to_dict() | every.edge_errors() | _grid(outcomes)
        out["f1_audible"] = pool(o.audible for o in outcomes).gap.f1
        out["recall_by_length"] = {name: tally.recall for name, tally in every.by_length.items()}
        out |= _share(outcomes)
        for name in ("rate", "frame_ms", "burst"):
            out[f"f1_by_{name}"] = _f1_by(name, outcomes)
    return out


def tally_of(group: str, row: str, e: Evaluation) -> Tally | BuzzTally:
    """Return the counts a row is judged by: those of its own tone, else of everything that stands for a gap."""
    return e.buzz.get(row.split("/")[0], BuzzTally()) if row == "stuck" or group == "buzz" else e.gap


def call(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Take the figures of a row of whole calls: the damaged ones, and beside them those without trouble."""
    clean = [o for o in outcomes if o.options.get("clean")]
    bad = [o for o in outcomes if not o.options.get("clean")]
    every, quiet = pool(o.evaluation for o in bad), pool(o.evaluation for o in clean)
    out: dict[str, Any] = {
        "clips": len(bad),
        "minutes": every.seconds / 60,
        "gap_per_minute": every.false_alarms_per_minute,
        "clean_clips": len(clean),
        "clean_gap_per_minute": quiet.false_alarms_per_minute,
        "clean_buzz_per_minute": quiet.buzz_false_alarms_per_minute,
        **every.gap.to_dict(),
        "recall_by_length": {name: tally.recall for name, tally in every.by_length.items()},
        "named": {kind: tally.named for kind, tally in every.by_kind.items() if tally.hit},
        **_share(bad),
        "share_auc": auc([o.found_share for o in clean], [o.found_share for o in bad]),
    }
    warped = [o.found_warp for o in bad if o.true_warp >= WARPED]
    for name in ("loss", "burst_ratio", "law"):
        out[f"f1_by_{name}"] = _f1_by(name, bad)
    return out | {"warped": len(warped), "warp_auc": auc([o.found_warp for o in clean], warped)}


def sweep(outcomes: Sequence[Outcome]) -> dict[str, list[int]]:
    """Count hit, missed, right and wrong at every confidence of :data:`STEPS`."""
    every = pool(o.curve for o in outcomes)
    tallies = {least: every.at(least).tally for least in STEPS}
    return {f"{least:g}": [t.hit, t.missed, t.right, t.wrong] for least, t in tallies.items()}


def _share(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    """Compare the shares of time inside gaps, points; nothing where no recording has any.

    ``active`` = against the true gaps beside speech; those in pauses took nothing and are not to be found.
    """
    true, active, found = (
        np.array([getattr(o, name) for o in outcomes]) for name in ("true_share", "active_share", "found_share")
    )
    if not true.any():
        return dict.fromkeys(("share_mae", "active_share_mae", "share_r"))
    errors = {"share_mae": true, "active_share_mae": active}
    return {name: float(np.mean(np.abs(found - to))) for name, to in errors.items()} | {
        "share_r": correlation(found, true)
    }


def correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    """Return Pearson's r; None of fewer than three or where one does not vary."""
    return float(np.corrcoef(a, b)[0, 1]) if len(a) > 2 and a.std() > 0 and b.std() > 0 else None


def spearman(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Correlation of ranks, equal values sharing theirs; None where one side is the same all over."""
    if len(a) < 3 or len(set(a)) == 1 or len(set(b)) == 1:
        return None
    return float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])


def _ranks(values: Sequence[float]) -> np.ndarray:
    _, where, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[where])


def auc(low: Sequence[float], high: Sequence[float]) -> float | None:
    """Chance that a draw of `high` exceeds one of `low`, ties half."""
    if not low or not high:
        return None
    difference = np.subtract.outer(np.asarray(high), np.asarray(low))
    return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


def _wrong(e: Evaluation) -> dict[str, int]:
    counts = {kind: t.wrong for kind, t in e.by_kind.items()} | {kind: t.wrong for kind, t in e.buzz.items()}
    return {kind: n for kind, n in counts.items() if n}


def _grid(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Count the packet sizes named right, wrong and not at all, of recordings with five active gaps or more."""
    pairs = [(o.true_frame_ms, o.found_frame_ms) for o in outcomes if o.true_frame_ms is not None]
    right = sum(found is not None and abs(found - true) < 0.5 for true, found in pairs)
    none = sum(found is None for _, found in pairs)
    return {"grid_right": right, "grid_none": none, "grid_wrong": len(pairs) - right - none}


def _f1_by(option: str, outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    values = sorted({o.options[option] for o in outcomes if option in o.options})
    return {_text(v): pool(o.evaluation for o in outcomes if o.options[option] == v).gap.f1 for v in values}


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
