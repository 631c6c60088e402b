"""The tables of the peers, written from their rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.peers.catalogue import FIXED_HZ, PEERS
from benchmarks.peers.judge import STRETCH_S
from benchmarks.results import Rows, show, table

Row = dict[str, Any]

GAP_PEERS = [p.name for p in PEERS if p.gives in ("all", "gaps")]
BUZZ_PEERS = [p.name for p in PEERS if p.gives in ("all", "buzz")]


def page(split: str, rows: Rows) -> str:
    """Write the section of a split."""
    small = ["Some rows come from a `--small` run."] if any(r.get("small") for r in rows.values()) else []
    parts = {
        "Who they are": _peers(rows),
        "Gaps and timing: F1": _gaps(rows),
        "False gaps a minute": _false(rows),
        "Buzz": _buzz(rows),
        "Ratings: what the damage costs": _scores(rows),
        "Real WebRTC calls": _calls(rows),
    }
    sections = [f"### {title}\n\n{text}" for title, text in parts.items() if text]
    return "\n\n".join([f"## Peers side by side, split `{split}`", *small, *sections])


def _of(rows: Rows, *head: str) -> dict[tuple[str, ...], Row]:
    """Pick the rows whose key starts so, by the rest of it and the peer they are of."""
    start = "/".join(head) + "/"
    found = {tuple(k.removeprefix(start).split("/")): r for k, r in rows.items() if k.startswith(start)}
    return {(*k, *of): r for k, row in found.items() for of, r in _by_peer(row)}


def _by_peer(row: Row) -> list[tuple[tuple[str, ...], Row]]:
    return [((name,), r) for name, r in row["peers"].items()] if "peers" in row else [((), row)]


def _place(name: str) -> tuple[int, str]:
    """Order peers, and scores by the first word of their names, as the catalogue has them."""
    names = [p.name for p in PEERS]
    places = [i for i, peer in enumerate(names) if peer == name] or [
        i for i, peer in enumerate(names) if peer.split()[0] == name.split()[0]
    ]
    return (places or [len(names)])[0], name


def _peers(rows: Rows) -> str:
    known = {name: r for (name,), r in _of(rows, "peer").items()}
    base = known.get("yardstick", {})
    lines = []
    for peer in PEERS:
        r = known.get(peer.name, {})
        cost = [r.get(f"cpu_ms_{sr}") for sr in (8000, 16000, 48000)]
        times = cost[1] / base["cpu_ms_16000"] if cost[1] and base.get("cpu_ms_16000") else None
        version = r.get("version") or f"not run: {r.get('reason', 'not asked')}"
        lines.append([peer.name, version, peer.says, *cost, None if times is None else f"{times:.1f}"])
    fixed = ", ".join(f"{name} {hz}" for name, hz in FIXED_HZ.items())
    return table(
        "peer | version | settings | CPU ms a second at 8 kHz | 16 kHz | 48 kHz | × yardstick, 16 kHz",
        lines,
        "CPU time of one thread for 60 s of damaged speech, least of several (of rating nets: one), start and loading "
        "left out; yardstick: soundfile read and `scipy.signal.stft`, 20 ms frames, same file, same run. The "
        f"detectors of Essentia are separate runs, whose times add up. Brought to their one rate, Hz: {fixed}; the rest take "
        "each recording as it is.",
    )


def _side_by_side(rows: Rows, group: str, value: str, peers: list[str]) -> tuple[list[str], list[list[Any]]]:
    """Bring peers to columns: names that have rows, and lines of row, Hz and values."""
    found = _of(rows, "events", group)
    names = [p for p in peers if any(key[-1] == p for key in found)]
    heads = dict.fromkeys(key[:-1] for key in sorted(found, key=lambda k: (k[0], int(k[-2]))))
    return names, [["/".join(h[:-1]), h[-1], *(_cell(found.get((*h, p)), value) for p in names)] for h in heads]


def _cell(row: Row | None, value: str) -> Any:
    if row is None:
        return None
    text = show(row.get(value))
    return f"{text} ({row['failed']} failed)" if row.get("failed") else text


def _best(lines: Iterable[list[Any]]) -> list[list[Any]]:
    """Print the best of each line of figures bold."""
    out = []
    for head in lines:
        values = [float(c) if _is_number(c) else -1.0 for c in head[2:]]
        top = max(values, default=-1.0)
        out.append([*head[:2], *(f"**{c}**" if v == top > 0 else c for c, v in zip(head[2:], values, strict=True))])
    return out


def _is_number(cell: Any) -> bool:
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True


def _gaps(rows: Rows) -> str:
    names, lines = _side_by_side(rows, "damage", "f1", GAP_PEERS)
    return table(
        f"damage | Hz | {' | '.join(names)}",
        _best(lines),
        "By `callqual.evaluation`, for all alike: a gap counts when speech stands beside it, whatever the finder calls "
        "it. Points (clicks, discontinuities) less than 120 ms apart are one event. F1 says nothing of false alarms on "
        "undamaged speech: read it with the next table.",
    )


def _false(rows: Rows) -> str:
    lines: list[list[Any]] = []
    names: list[str] = []
    for group in ("clean", "negative"):
        names, part = _side_by_side(rows, group, "gap_per_minute", GAP_PEERS)
        lines += part
    return table(
        f"undamaged | Hz | {' | '.join(names)}",
        lines,
        "`clean`: speech, from digital silence to a noise floor of -50 dBFS between the sentences; the rest are hard "
        "negatives of `benchmarks.negatives`.",
    )


def _buzz(rows: Rows) -> str:
    names, lines = _side_by_side(rows, "buzz", "heard", BUZZ_PEERS)
    for group in ("clean", "negative"):
        lines += [
            [f"{a}: buzz/min", *rest] for a, *rest in _side_by_side(rows, group, "buzz_per_minute", BUZZ_PEERS)[1]
        ]
    return table(
        f"buzz / dB below speech | Hz | {' | '.join(names)}",
        lines,
        "Share of the buzzes that are found at all, by whatever name; below it false buzzes a minute.",
    )


def _scores(rows: Rows) -> str:
    found = _of(rows, "scores")
    names = sorted({key[-1] for key in found}, key=_place)
    heads = dict.fromkeys(key[:-1] for key in sorted(found, key=lambda k: (k[0] == "all", k[0], int(k[-2]))))
    lines = []
    for head in heads:
        parts = [found.get((*head, name)) for name in names]
        lines.append(["/".join(head[:-1]), head[-1], max(p["clips"] for p in parts if p), *map(_drop, parts)])
    return table(
        f"damage | Hz | clips | {' | '.join(names)}",
        lines,
        f"Mean score of the clean clip minus that of the same {STRETCH_S} s damaged, and in brackets the AUC: the chance that "
        "a clean clip scores higher than a damaged one, ties half. Only scores on one scale compare by the drop: voicequal "
        "has tiers of 1 to 4 and decibels.",
    )


def _drop(row: Row | None) -> str | None:
    if row is None or row.get("drop") is None:
        return None
    failed = f", {row['failed']} failed" if row.get("failed") else ""
    return f"{row['drop']:.2f} ({row['auc']:.2f}{failed})"


def _calls(rows: Rows) -> str:
    found = {name: r for (name,), r in _of(rows, "call").items()}
    lines = []
    for name in sorted(found, key=_place):
        r = found[name]
        figures = [r.get(k) for k in ("precision", "recall", "recall_long", "f1", "clean_per_minute")]
        lines.append([name, r["calls"], *figures, r["auc"], r["spearman"]])
    counts = next(iter(found.values()), {})
    return table(
        "peer or score | calls | P | R | R > 120 ms | F1 | FA/min, clean calls | AUC | Spearman",
        lines,
        f"AUC: {counts.get('clean')} clean calls against {counts.get('bad')} with 3 % or more concealed, by the share found "
        "or by the score. Spearman: rank correlation with the concealed share beside speech, over all calls; a perfect "
        "rating would come to 1.",
    )
