"""Figures of each row of the accuracy benchmark, taken from its recordings: those that its tables show, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.calls import CALLS
from benchmarks.results import Rows
from benchmarks.tasks import Outcome
from callqual.evaluation import BuzzTally, Evaluation, Tally, pool

STEPS = tuple(k / 10 for k in range(1, 10))
"""Confidences at which the curve of a group is kept."""

CURVED = ("damage", "recorder", "coded", "playout", "clean")

WARPED = 20.0
"""Least time taken out or added in a call that counts as warped, ms a second."""


def measure(group: str, row: str, sr: int, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Take the figures of one row from its recordings."""
    every = pool(o.evaluation for o in outcomes)
    out: dict[str, Any] = {
        "clips": len(outcomes),
        "minutes": every.seconds / 60,
        "gap_per_minute": every.false_alarms_per_minute,
        "buzz_per_minute": every.buzz_false_alarms_per_minute,
    }
    if group in CALLS:
        return call(outcomes)
    if row == "stuck" or group == "buzz":
        return out | tally_of(group, row, every).to_dict()
    if group == "recorder":
        return out if row.endswith("clean") else out | _recorder(outcomes, every)
    if group == "damage":
        return out | _damage(outcomes, every)
    out["wrong_kinds"] = _wrong(every)
    if group == "clean":
        out["unscored"] = sum(not o.scored for o in outcomes)
        out["false_grids"] = sum(o.found_frame_ms is not None for o in outcomes)
    return out


def _recorder(outcomes: Sequence[Outcome], every: Evaluation) -> dict[str, Any]:
    """Take the few figures of a damage behind a recorder path: these rows are the most."""
    gap = every.gap
    out = {"hit": gap.hit, "missed": gap.missed, "right": gap.right, "wrong": gap.wrong}
    return out | {
        "precision": gap.precision,
        "recall": gap.recall,
        "f1": gap.f1,
        "active_share_mae": _share(outcomes)["active_share_mae"],
    }


def _damage(outcomes: Sequence[Outcome], every: Evaluation) -> dict[str, Any]:
    """Take the figures of gaps whose edges, packets and losses are known."""
    out: dict[str, Any] = every.gap.to_dict() | every.edge_errors() | _grid(outcomes)
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


def curves(groups: Mapping[tuple[str, str, int], Sequence[Outcome]], known: Iterable[str] = ()) -> Rows:
    """Return the curve of every group of which `groups` has all the `known` rows: part of a group has none of its own."""
    have = {f"{group}/{row}/{sr}" for group, row, sr in groups}
    rows: Rows = {}
    for name in CURVED:
        outcomes = [o for (group, *_), part in groups.items() if group == name for o in part]
        if outcomes and have.issuperset(key for key in known if key.startswith(f"{name}/")):
            rows[f"curve/{name}"] = sweep(outcomes)
            paths = sorted({o.recorder for o in outcomes if o.recorder})
            rows |= {f"curve/{name}/{path}": sweep([o for o in outcomes if o.recorder == path]) for path in paths}
    return rows


def sweep(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Count hit, missed, right and wrong at every confidence of :data:`STEPS`."""
    every = pool(o.curve for o in outcomes)
    tallies = {least: every.at(least).tally for least in STEPS}
    counts = {f"{least:g}": [t.hit, t.missed, t.right, t.wrong] for least, t in tallies.items()}
    return {"minutes": pool(o.evaluation for o in outcomes).seconds / 60, "counts": counts}


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
