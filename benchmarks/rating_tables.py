"""The tables of the rating against listeners, as Markdown."""

from __future__ import annotations

from benchmarks.results import Rows, table

MARKS = {"r, clips": 0.93, "RMSE, clips": 0.35, "r, conditions": 0.96, "RMSE, conditions": 0.27}
NOTE = (
    "Detected events only. Rated clips: TCD-VoIP, chop (Harte, Gillen, Hines, QoMEX 2015), 24 votes a clip, whose own 95 % interval is "
    "±0.30. Left out: fitted without the condition. MNRU is noise, which is not rated here. The 95 % interval is to hold 93-97 % of the clips, "
    "of which one is 2.5 points."
)


def page(rows: Rows) -> str:
    """Write the tables."""
    peers = {name.removeprefix("peer/"): row for name, row in rows.items() if name.startswith("peer/")}
    heads = ["figure", "condition left out", "all fitted", "mark", "met", *peers]
    left, fitted = rows["left out"], rows["all fitted"]
    lines = []
    for name, mark in MARKS.items():
        met = left[name] >= mark if name.startswith("r") else left[name] <= mark
        lines.append([name, left[name], fitted[name], mark, met, *(row[name] for row in peers.values())])
    blank = [None] * len(peers)
    covered = [f"{100 * row['covered']:.1f} % of {row['clips']}" for row in (left, fitted)]
    lines.append(["clips inside the 95 % interval", *covered, "93-97 %", 0.93 <= left["covered"] <= 0.97, *blank])
    for name in ("width", "width of the undamaged"):
        lines.append([f"its {name}, mean", left[name], fitted[name], None, None, *blank])
    conditions = [
        [name.split()[1], row["mode"], row["clips"], row["votes"], row["mos"]]
        for name, row in sorted(rows.items(), key=lambda item: (len(item[0]), item[0]))
        if name.startswith("condition")
    ]
    of = rows["fitted"]
    recall = ", ".join(f"{name.split()[1]} {value:.2f}" for name, value in of.items() if name.startswith("recall, "))
    return "\n\n".join(
        [
            "## MOS of chopped speech, against listeners",
            table(" | ".join(heads), lines, NOTE),
            table("condition | chop | clips | listeners | callqual", conditions),
            f"Fitted: R halves at {of['b']:.2f} losses of 20 ms a second of speech (log ±{of['log_sigma_b']:.2f}); a cut weighs "
            f"{of['cut']:.2f} (log ±{of['log_sigma_cut']:.2f}), a concealed loss "
            f"{of['concealed']:.2f} (log ±{of['log_sigma_concealed']:.2f}), a tone {of['tone']:.1f} "
            f"(log ±{of['log_sigma_tone']:.2f}). Standard errors: clip {of['clip']:.2f}, model {of['model']:.2f}. Recall: {recall}.",
        ]
    )
