"""The tables of how ratings move, as Markdown."""

from __future__ import annotations

from typing import Any

from benchmarks.changes import GROWING, SAME, WORSE
from benchmarks.results import Rows, table

OURS = "callqual"


def page(rows: Rows) -> str:
    """Write the three tables."""
    peers = sorted({key.split("/")[-1] for key in rows} - {OURS})
    heads = " | ".join(peers)
    spare = f" | {heads}" if peers else ""
    return "\n\n".join(
        [
            "## What moves a rating, and what does not",
            table(
                f"change that costs nothing | tolerance | calls | {OURS}, mean | {OURS}, most | met{spare}",
                [
                    [name, row["tolerance"], row["calls"], row["mean"], row["most"], row["most"] <= row["tolerance"],
                     *_of(rows, "same", name, peers, "most")]
                    for name, row in _ours(rows, "same")
                ],
                "MOS that the change moves, the sign left out. Peers: the most of two calls at 16 kHz, undamaged and with 3 % lost; "
                "tiers of voicequal count as 1 to 4. A dash: the peer takes no such call (two channels, samples above full scale).",
            ),
            table(
                f"damage of a call of 20 s | calls | {OURS}, fall | least fall | below the interval of the undamaged call | met{spare}",
                [
                    [name, row["calls"], row["fall"], row["least"], row["below"], row["below"] == 1.0,
                     *_of(rows, "worse", name, peers, "fall")]
                    for name, row in _ours(rows, "worse")
                ],
                "By how much the damage lowers the score; negative where it raises it.",
            ),
            table(
                f"damage that grows | steps | {OURS}, share that rose | most | met{spare}",
                [
                    [name, row["steps"], row["rose"], row["most"], row["rose"] == 0.0,
                     *_of(rows, "growing", name, peers, "most")]
                    for name, row in _ours(rows, "growing")
                ],
                "Steps that raised the score, which none should, and by how much at the most; of the peers the latter.",
            ),
        ]
    )  # fmt: skip


def _ours(rows: Rows, group: str) -> list[tuple[str, dict[str, Any]]]:
    """Rows of callqual by change, in the order in which the changes are listed."""
    keys = {name: f"{group}/{name}/{OURS}" for name in (*SAME, *WORSE, *GROWING)}
    return [(name, rows[key]) for name, key in keys.items() if key in rows]


def _of(rows: Rows, group: str, name: str, peers: list[str], figure: str) -> list[float | None]:
    return [rows.get(f"{group}/{name}/{peer}", {}).get(figure) for peer in peers]
