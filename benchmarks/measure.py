"""Figures of each row of the accuracy benchmark, taken from its recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.tasks import Outcome
from callqual.evaluation import Evaluation, pool


def measure(group: str, row: str, sr: int, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Take the figures of one row from its recordings."""
    every = pool(o.evaluation for o in outcomes)
    out: dict[str, Any] = {
        "clips": len(outcomes),
        "unscored": sum(not o.scored for o in outcomes),
        "minutes": every.seconds / 60,
        "gap_per_minute": every.false_alarms_per_minute,
        "buzz_per_minute": every.buzz_false_alarms_per_minute,
        "wrong_kinds": _wrong(every),
        "false_grids": sum(o.found_frame_ms is not None for o in outcomes) if group in ("clean", "negative") else None,
    }
    if row == "stuck" or group == "buzz":
        tally = every.buzz.get(row.split("/")[0])
        return out | (tally.to_dict() if tally else {})
    if group == "damage" or (group == "recorder" and not row.endswith("clean")):
        out |= every.gap.to_dict() | every.edge_errors() | _grid(outcomes)
        out["f1_audible"] = pool(o.audible for o in outcomes).gap.f1
        out["recall_by_length"] = {name: tally.recall for name, tally in every.by_length.items()}
        for name in ("rate", "frame_ms", "burst"):
            out[f"f1_by_{name}"] = _f1_by(name, outcomes)
    return out


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
    return {f"{v:g}": pool(o.evaluation for o in outcomes if o.options[option] == v).gap.f1 for v in values}
