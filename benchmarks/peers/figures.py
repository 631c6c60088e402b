"""Figures of the peers, taken from what they said of each recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks.measure import auc, spearman
from benchmarks.peers.judge import Judged
from benchmarks.results import Rows
from callqual.evaluation import Evaluation, pool

CONCEALED_LEAST = 3.0
"""Real calls count as damaged from this share concealed, %."""


def measure(said: Iterable[Judged]) -> Rows:
    """Take every row: ``events/GROUP/ROW/HZ`` and ``scores/ROW/HZ`` with all peers beside each other, and ``call/PEER or SCORE``."""
    groups: dict[tuple[str, ...], list[Judged]] = defaultdict(list)
    for j in said:
        key = {"events": (j.group, j.row, str(j.sr)), "scores": (j.row, str(j.sr)), "call": (j.peer,)}[j.part]
        groups[(j.part, *key)].append(j)
        if j.part == "scores":
            groups["scores", "all", str(j.sr)].append(j)
    rows: Rows = {}
    for key, part in groups.items():
        name = "/".join(key)
        if key[0] == "events":
            by_peer = {peer: [j for j in part if j.peer == peer] for peer in dict.fromkeys(j.peer for j in part)}
            rows[name] = {"peers": {peer: _events(own, key[1], key[2]) for peer, own in by_peer.items()}}
        elif key[0] == "scores":
            rows[name] = {"peers": {score: _scores(part, score) for score in _names(part)}}
        else:
            rows |= {f"call/{score}": _call_scores(part, score) for score in _names(part)}
            if any(j.evaluation for j in part):
                rows[name] = _call_events(part)
    return rows


def beside(kept: Rows, rows: Rows) -> Rows:
    """Put the peers of `rows` beside those of the same recordings that are `kept`: some peers may be asked alone."""
    out: Rows = {}
    for key, row in rows.items():
        old = kept.get(key, {})
        same = "peers" in row and old.get("small") == row["small"]
        out[key] = row | {"peers": old["peers"] | row["peers"]} if same else row
    return out


def _names(part: Sequence[Judged]) -> list[str]:
    return list(dict.fromkeys(name for j in part for name in j.scores or ()))


def _pooled(part: Sequence[Judged]) -> Evaluation | None:
    heard = [j.evaluation for j in part if j.evaluation]
    return pool(heard) if heard else None


def _events(part: Sequence[Judged], group: str, row: str) -> dict[str, Any]:
    """Take what one peer found in the recordings of a row; what is shown of it, for there are hundreds."""
    every = _pooled(part)
    out: dict[str, Any] = _failed(part)
    if every is None:
        return out
    if group == "buzz":
        tally = every.buzz[row.split("/")[0]]
        return out | {"heard": tally.heard / (tally.hit + tally.missed)}
    if group == "damage":
        return out | {"f1": every.gap.f1}
    return out | {
        "gap_per_minute": every.false_alarms_per_minute,
        "buzz_per_minute": every.buzz_false_alarms_per_minute,
    }


def _failed(part: Sequence[Judged]) -> dict[str, int]:
    failed = sum(j.error is not None for j in part)
    return {"failed": failed} if failed else {}


def _scores(part: Sequence[Judged], name: str) -> dict[str, Any]:
    pairs = [
        (j.clean[name], j.scores[name]) for j in part if j.clean and j.scores and name in j.clean and name in j.scores
    ]
    out: dict[str, Any] = {"clips": len(pairs)} | _failed(part)
    if not pairs:
        return out
    clean, damaged = map(list, zip(*pairs, strict=True))
    drop = float(np.mean(clean) - np.mean(damaged))
    return out | {"clean": float(np.mean(clean)), "drop": drop, "auc": auc(damaged, clean)}


def _call_scores(part: Sequence[Judged], name: str) -> dict[str, Any]:
    heard = [j for j in part if j.scores and name in j.scores]
    return _call(heard, [-(j.scores or {})[name] for j in heard])


def _call_events(part: Sequence[Judged]) -> dict[str, Any]:
    heard = [j for j in part if j.evaluation]
    every = pool(j.evaluation for j in heard if j.evaluation)
    clean = _pooled([j for j in heard if j.group == "clean"])
    found = [j.evaluation.found_seconds / j.evaluation.seconds for j in heard if j.evaluation]
    return _call(heard, found) | {
        "precision": every.gap.precision,
        "recall": every.gap.recall,
        "recall_long": every.by_length[">120"].recall,
        "f1": every.gap.f1,
        "clean_per_minute": clean.false_alarms_per_minute if clean else None,
    }


def _call(heard: Sequence[Judged], damage: Sequence[float]) -> dict[str, Any]:
    """Set how bad each call is said to be against the counters."""
    pairs = list(zip(heard, damage, strict=True))
    clean = [d for j, d in pairs if j.group == "clean"]
    bad = [d for j, d in pairs if j.concealed >= CONCEALED_LEAST]
    return {
        "calls": len(heard),
        "clean": len(clean),
        "bad": len(bad),
        "auc": auc(clean, bad),
        "spearman": spearman(damage, [j.share for j in heard]),
    }
