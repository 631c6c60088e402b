"""The tables of the accuracy benchmark: its rows and the marks they are held against, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from benchmarks import call_tables
from benchmarks.negatives import TONAL
from benchmarks.results import Rows, table

Cells = list[Any]

F1_MARKS = {
    "zero_fill": 0.98,
    "zero_soft": 0.98,
    "inserted_silence": 0.98,
    "repeat": 0.99,
    "repeat_faded": 0.99,
    "repeat_next": 0.99,
    "stuck": 0.99,
    "fade": 0.93,
    "noise_fill": 0.93,
    "appendix_i": 0.85,
    "spandsp": 0.85,
    "cut": 0.70,
}
EDGE_MARKS_MS = {"zero_fill": 1.0, "zero_soft": 1.0, "inserted_silence": 1.0}
CLEAN_MARK = 0.2
NEGATIVE_MARK = 0.5
GRID_ROWS = ("zero_fill", "zero_soft", "fade", "noise_fill", "repeat", "repeat_faded", "repeat_next")
GRID_MARK = 0.95
BUZZ_MARKS = {"tdma": 0.98, "frame_rate": 0.98, "robotic": 0.98, "hum": 0.95, "whistle": 0.95, "ring": 0.8, "comb": 0.8}
HZ_MARK = 0.5
LEVELS = ("1", "6", "12", "18", "24", "30")


def page(split: str, rows: Rows) -> str:
    """Write all tables of a split."""
    ordered = {key: rows[key] for key in sorted(rows, key=_order)}
    texts = {title: write(ordered) for title, write in _TABLES.items()}
    sections = [f"### {title}\n\n{text}" for title, text in texts.items() if text]
    small = ["Some rows come from a `--small` run."] if any(row["small"] for row in rows.values()) else []
    return "\n\n".join([f"## Accuracy on made damage, split `{split}`", *small, *sections])


def _order(key: str) -> tuple[str, str, float, int]:
    group, name, *more = key.split("/")
    return group, name, float(more[0]) if group == "buzz" else 0.0, int(more[-1]) if more and more[-1].isdigit() else 0


def _of(rows: Rows, group: str) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Pick the rows of a group with their names: damage, level or path, sampling rate."""
    return ((key.split("/")[1:], row) for key, row in rows.items() if key.startswith(group + "/"))


def _damage(rows: Rows) -> str:
    lines = []
    for (name, sr), r in _of(rows, "damage"):
        start, end = (_pair(r, f"{side}_median_ms", f"{side}_p95_ms") for side in ("start", "end"))
        figures = [r[key] for key in ("precision", "recall", "f1")] + [r.get("f1_audible")]
        share = _pair(r, "share_mae", "active_share_mae")
        false = [r["gap_per_minute"], r["buzz_per_minute"]]
        verdict = [F1_MARKS.get(name), _met(name, sr, r, rows)]
        lines.append([name, sr, r["hit"] + r["missed"], *figures, *false, start, end, share, *verdict])
    return table(
        "damage | Hz | true | P | R | F1 | F1 audible | FA/min | buzz FA/min | start ms | end ms | share MAE | "
        "mark F1 | met",
        lines,
        "Edge errors: median / 95th percentile. Share MAE: time inside gaps against that of all true ones / of those "
        "beside speech, points of the length. F1 audible: gaps whose lost content lay more than 25 dB below active "
        "speech are don't-care. A mark is met at no more than 0.2 false alarms a minute on clean speech, with edges "
        "(95th percentile) within 1 ms where the mark says so. For `stuck`, a found `repeat` counts too.",
    )


def _met(name: str, sr: str, r: dict[str, Any], rows: Rows) -> bool | None:
    if name not in F1_MARKS or r["f1"] is None:
        return None
    clean = rows.get(f"clean/clean/{sr}")
    edges = [r.get("start_p95_ms"), r.get("end_p95_ms")] if name in EDGE_MARKS_MS else []
    exact = all(e is not None and e <= EDGE_MARKS_MS[name] for e in edges)
    return bool(r["f1"] >= F1_MARKS[name] and exact and (clean is None or clean["gap_per_minute"] <= CLEAN_MARK))


def _pair(row: dict[str, Any], a: str, b: str) -> str | None:
    return None if row.get(a) is None else f"{row[a]:.2f} / {row[b]:.2f}"


def _options(rows: Rows) -> str:
    lines = []
    for (name, sr), r in _of(rows, "damage"):
        if r.get("f1_by_rate"):
            parts = [r["f1_by_rate"], r["f1_by_frame_ms"], r["f1_by_burst"], r["recall_by_length"]]
            lines.append([name, sr, *map(_listed, parts)])
    return table("damage | Hz | F1 by loss rate | F1 by frame ms | F1 by mean burst | recall by length ms", lines)


def _listed(part: dict[str, float | None]) -> str:
    return ", ".join(f"{key}: {'–' if value is None else f'{value:.2f}'}" for key, value in part.items())


def _grids(rows: Rows) -> str:
    lines: list[Cells] = []
    for (name, sr), r in _of(rows, "damage"):
        counts = [r.get(f"grid_{word}", 0) for word in ("right", "none", "wrong")]
        if name in GRID_ROWS and sum(counts):
            share = counts[0] / sum(counts)
            lines.append([name, sr, sum(counts), *counts, share, GRID_MARK, share >= GRID_MARK])
    for (_, sr), r in _of(rows, "clean"):
        n, false = r["clips"], r["false_grids"]
        lines.append([f"clean, {r['minutes']:.0f} min", sr, n, None, n - false, false, None, 0, false == 0])
    return table("recordings of | Hz | n | right | none | wrong | share right | mark | met", lines)


def _by_rate(rows: Rows, group: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Bring the sampling rates of a group's rows side by side: name, then rate."""
    out: dict[str, dict[str, dict[str, Any]]] = {}
    for (*names, sr), r in _of(rows, group):
        out.setdefault("/".join(names), {})[sr] = r
    return out


def _rates(rows: Rows, group: str) -> list[str]:
    return sorted({names[-1] for names, _ in _of(rows, group)}, key=int)


def _buzz(rows: Rows) -> str:
    found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for (name, level, sr), r in _of(rows, "buzz"):
        found.setdefault((name, sr), {})[level] = r
    lines = []
    for (name, sr), levels in found.items():
        recalls = [levels[level]["recall"] if level in levels else None for level in LEVELS]
        r = levels.get("18", {})
        error, mark = r.get("hz_error_p95"), BUZZ_MARKS[name]
        met = r["recall"] >= mark and error is not None and error <= HZ_MARK if r else None
        heard = r["heard"] / (r["hit"] + r["missed"]) if r else None
        hz = _pair(r, "hz_error_median", "hz_error_p95")
        lines.append([name, sr, *recalls, heard, r.get("precision"), hz, r.get("gap_per_minute"), mark, met])
    head = " | ".join(f"R {level} dB" for level in LEVELS)
    return table(
        f"buzz | Hz | {head} | heard as any | P | freq. err % | gap FA/min | mark | met",
        lines,
        "R n dB: recall by kind, the buzz n dB below active speech; of ring and comb the dB are those of sidebands "
        "and echo, the robotic voice has no level. All else is at 18 dB. Frequency errors: median / 95th percentile of "
        "the hit ones; the mark asks for 0.5 % at the 95th.",
    )


def _negatives(rows: Rows) -> str:
    lines, rates = [], _rates(rows, "negative")
    for name, by in _by_rate(rows, "negative").items():
        mark = 0.0 if name in TONAL else NEGATIVE_MARK
        rate = [
            f"{by[sr]['gap_per_minute']:.1f} / {by[sr]['buzz_per_minute']:.1f}" if sr in by else None for sr in rates
        ]
        met = all(_quiet(r, mark) for r in by.values())
        lines.append([name, sum(r["minutes"] for r in by.values()), *rate, _kinds(*by.values()), mark, met])
    head = " | ".join(f"{sr} Hz" for sr in rates)
    return table(f"negative | minutes | {head} | found | mark | met", lines, "Gap-like / buzz events a minute.")


def _clean(rows: Rows) -> str:
    lines = []
    for (_, sr), r in _of(rows, "clean"):
        figures = [r["minutes"], r["gap_per_minute"], r["buzz_per_minute"], _kinds(r), r["unscored"]]
        lines.append([sr, *figures, CLEAN_MARK, _quiet(r, CLEAN_MARK)])
    return table(
        "clean, Hz | minutes | gap/min | buzz/min | found | clips not scored | mark | met",
        lines,
        "Hum that stands in the recordings themselves (`benchmarks.mains`) is not counted.",
    )


def _kinds(*parts: dict[str, Any]) -> str | None:
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part["wrong_kinds"])
    return ", ".join(f"{kind} {n}" for kind, n in counts.most_common(5)) or None


def _quiet(r: dict[str, Any], mark: float) -> bool:
    return bool(max(r["gap_per_minute"], r["buzz_per_minute"]) <= mark)


def _recorders(rows: Rows) -> str:
    rates = _rates(rows, "recorder")
    lines = []
    for name, by in _by_rate(rows, "recorder").items():
        path, damage = name.split("/")
        f1 = [by[sr].get("f1") if sr in by else None for sr in rates]
        false = [f"{by[sr]['gap_per_minute']:.1f}" if sr in by else None for sr in rates]
        share = [by[sr].get("active_share_mae") if sr in by else None for sr in rates]
        lines.append([path, damage, *f1, *false, *share])
    head = " | ".join(f"{name} {sr} Hz" for name in ("F1", "FA/min", "share MAE") for sr in rates)
    return table(f"recorder | damage | {head}", lines, "Share MAE: of the time inside gaps beside speech, points.")


_TABLES = {
    "Gaps and timing": _damage,
    "By loss rate, frame size, burst and length": _options,
    "Packet grid": _grids,
    "Buzz": _buzz,
    "Undamaged speech": _clean,
    "Hard negatives": _negatives,
    "Recorder paths": _recorders,
    "Real codecs": call_tables.coded,
    "Real codecs by loss rate, burst and law": call_tables.options,
    "Receivers": call_tables.playout,
    "By confidence": call_tables.curves,
    "What a confidence is worth": call_tables.reliability,
}
