"""The tables of whole calls: codecs that lose packets, receivers that run dry and catch up; and the curves of all rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from benchmarks.calls import CALLS, Call
from benchmarks.measure import CURVED, STEPS
from benchmarks.results import Rows, table
from callqual.evaluation import LENGTHS, Tally

RECALL_MARKS = {">120": 0.9, "60-120": 0.75, "30-60": 0.55, "<=30": 0.25}
PRECISION_MARK, OWN_CLEAN_MARK = 0.9, 1.0
"""Of decoders' own concealment, with the false alarms a minute on coded speech that lost nothing."""

FILLER_MARKS = {
    "zero_fill": 0.98,
    "repeat": 0.99,
    "fade": 0.93,
    "noise_fill": 0.93,
    "appendix_i": 0.85,
    "spandsp": 0.85,
}
FILLER_CLEAN_MARK = 0.2
WARP_MARK = 0.95
COUNTS = ("hit", "missed", "right", "wrong")
BANDS = (0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
FEWEST = 10

Row = dict[str, Any]


def calls(rows: Rows, group: str) -> Iterator[tuple[str, str, Call, Row]]:
    """Pick the rows of a group of calls that this version knows, with name and rate."""
    for key, row in rows.items():
        of, name, *sr = key.split("/")
        if of == group and name in CALLS[group]:
            yield name, sr[-1], CALLS[group][name], row


def coded(rows: Rows) -> str:
    """Write the table of codecs."""
    lines = []
    for name, sr, call, r in calls(rows, "coded"):
        if "missing" in r:
            lines.append([name, sr, *[None] * 12, r["missing"], None])
            continue
        recalls = [r["recall_by_length"][length] for length in LENGTHS]
        figures = [r["precision"], r["recall"], r["f1"], r["gap_per_minute"], r["clean_gap_per_minute"]]
        share = [pair(r["share_mae"], r["active_share_mae"]), r["share_r"], r["share_auc"]]
        lines.append([name, sr, r["hit"] + r["missed"], *recalls, *figures, *share, *_verdict(call, r)])
    own = " / ".join(f"{mark:g}" for mark in RECALL_MARKS.values())
    heads = " | ".join(f"R {length}" for length in LENGTHS)
    return table(
        f"codec | Hz | true | {heads} | P | R | F1 | FA/min | coded clean, FA/min | share MAE | share r | AUC | mark | met",
        lines,
        f"Mark `own`: decoders' own concealment, recall {own} at {', '.join(RECALL_MARKS)} ms, precision "
        f"{PRECISION_MARK:g}, at no more than {OWN_CLEAN_MARK:g} false alarm a minute on the same codec without loss "
        f"(coded clean). Other marks are F1 of what the receiver fills in, at {FILLER_CLEAN_MARK:g}. Share MAE: time "
        "inside gaps against that of all true ones / of those beside speech, points of the length; AUC: of recordings "
        "with and without loss by that share. Loss 1-15 %, bursts of 1-2.5 (`benchmarks.calls`).",
    )


def pair(a: float | None, b: float | None) -> str | None:
    """Write two figures in one cell."""
    return None if a is None or b is None else f"{a:.2f} / {b:.2f}"


def _verdict(call: Call, r: Row) -> tuple[Any, bool | None]:
    """Return the mark of a codec's row and whether it is met."""
    if call.own:
        recalls = [(r["recall_by_length"][length], mark) for length, mark in RECALL_MARKS.items()]
        reached = all(recall is None or recall >= mark for recall, mark in recalls)
        precise = r["precision"] is not None and r["precision"] >= PRECISION_MARK
        return "own", bool(reached and precise and r["clean_gap_per_minute"] <= OWN_CLEAN_MARK)
    mark = FILLER_MARKS.get(call.filler or "")
    if mark is None or call.codec != "g711":
        return None, None
    return f"F1 {mark:g}", bool((r["f1"] or 0.0) >= mark and r["clean_gap_per_minute"] <= FILLER_CLEAN_MARK)


def options(rows: Rows) -> str:
    """Write what a codec's figures are by loss, burst and law."""
    lines = []
    for name, sr, _, r in calls(rows, "coded"):
        if "missing" not in r:
            lines.append([name, sr, *(_listed(r[f"f1_by_{by}"]) for by in ("loss", "burst_ratio", "law"))])
    return table("codec | Hz | F1 by loss | F1 by burst ratio | F1 by law", lines)


def _listed(part: dict[str, float | None]) -> str | None:
    return ", ".join(f"{key}: {'–' if value is None else f'{value:.2f}'}" for key, value in part.items()) or None


def playout(rows: Rows) -> str:
    """Write the table of receivers."""
    lines = []
    for name, sr, _, r in calls(rows, "playout"):
        if "missing" in r:
            lines.append([name, sr, *[None] * 10, r["missing"], None])
            continue
        figures = [r["precision"], r["recall"], r["f1"], r["gap_per_minute"], r["clean_gap_per_minute"]]
        named = ", ".join(f"{kind} {n}" for kind, n in r["named"].items()) or None
        mark, met = (None, None) if r["warp_auc"] is None else (WARP_MARK, r["warp_auc"] >= WARP_MARK)
        warp = [r["warped"], r["warp_auc"], mark, met]
        lines.append(
            [name, sr, r["hit"] + r["missed"], *figures, named, pair(r["share_mae"], r["active_share_mae"]), *warp]
        )
    return table(
        "receiver | Hz | true | P | R | F1 | FA/min | no trouble, FA/min | named right | share MAE | warped calls | "
        "warp AUC | mark | met",
        lines,
        "Warped: time taken out or added at 20 ms a second or more of the call; the AUC is that of the found `time_warp`, "
        "seconds by confidence, against the same calls without trouble: 0.5 = nothing is found.",
    )


def curves(rows: Rows) -> str:
    """Write F1 of every group and the false alarms on clean speech over the confidence asked for."""
    kept = {group: rows[f"curve/{group}"] for group in CURVED if f"curve/{group}" in rows}
    if not kept:
        return ""
    lines = [
        [least, *(_point(kept.get(group), group, least) for group in CURVED)] for least in map("{:g}".format, STEPS)
    ]
    heads = " | ".join("clean, FA/min" if group == "clean" else f"F1 {group}" for group in CURVED)
    return table(
        f"least confidence | {heads}",
        lines,
        "All rows of a group together, as they were last run together; 0.5 is the default.",
    )


def reliability(rows: Rows) -> str:
    """Write the share of found events that are right, by their confidence: what a confidence is worth."""
    kept = {key.removeprefix("curve/"): row for key, row in rows.items() if key.startswith("curve/")}
    kept.pop("clean", None)
    if not kept:
        return ""
    lines = [
        [group.replace("/", ", "), *(_right(row, *band) for band in pairwise(BANDS))] for group, row in kept.items()
    ]
    heads = " | ".join(f"{low:g}-{high:g}" for low, high in pairwise(BANDS))
    return table(
        f"events in | {heads}",
        lines,
        "Share of the found events of a confidence that lie in a true gap, where ten or more were found. A gap that shows itself in a pause, or "
        "too softly to be counted, is neither right nor wrong.",
    )


def _right(curve: Row, low: float, high: float) -> float | None:
    """Return the share of events that are right, of confidences from `low` up to below `high`."""
    counts = [dict(zip(COUNTS, curve["counts"].get(f"{least:g}", [0] * 4), strict=True)) for least in (low, high)]
    right, wrong = (counts[0][name] - counts[1][name] for name in ("right", "wrong"))
    return right / (right + wrong) if right + wrong >= FEWEST else None


def _point(curve: Row | None, group: str, least: str) -> float | None:
    """Return F1, or of clean speech the false alarms a minute, at one confidence."""
    if curve is None:
        return None
    tally = Tally(**dict(zip(COUNTS, curve["counts"][least], strict=True)))
    return tally.wrong / curve["minutes"] if group == "clean" else tally.f1
