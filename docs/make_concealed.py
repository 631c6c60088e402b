"""Write the tables and pictures of docs/concealed-loss.md from RESULTS.json and the real calls: ``python docs/make_concealed.py FOLDER``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from make_readme import ROOT, pasted

sys.path.insert(0, str(ROOT))

from benchmarks import neteq
from benchmarks.fit_evidence import scan
from benchmarks.results import load, table

import callqual
from callqual.evaluation import LENGTHS
from callqual.evaluation.events import ACTIVE_DB
from callqual.features.facts import HIDDEN_STEP, HOP

PAGE = ROOT / "docs" / "concealed-loss.md"
AROUND = 0.8
"""Seconds about a moment that its picture shows."""

Moment = tuple[str, dict[str, Any], float, float]


def main() -> None:
    """Rewrite the page and its pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=neteq.FOLDER)
    calls = neteq.read_calls(parser.parse_args().folder)
    results = load(ROOT / "benchmarks" / "RESULTS.md")
    text = PAGE.read_text(encoding="utf-8")
    text = pasted(text, "calls", calls_table(results["neteq"]))
    text = pasted(text, "paths", paths_table(results["call paths"]))
    text = pasted(text, "clients", clients_table(results["clients"]))
    text = pasted(text, "nets", nets_table(results["nets"]))
    text = pasted(text, "taught", taught_table(results["nets"]))
    moments = list(moments_of(calls))
    text = pasted(text, "misses", misses(moments))
    PAGE.write_text(text, encoding="utf-8")
    for name in ("found", "missed", "wrong"):
        _, call, start, end = max((m for m in moments if m[0] == name), key=lambda m: abs(m[3] - m[2]))
        draw(call, start, end, PAGE.with_name(f"concealed-{name}.png"))


def calls_table(rows: dict[str, Any]) -> str:
    """Write what is found of the real calls, all of them and by codec."""
    names = ["all", *sorted(name for name in rows if name.startswith("codec/"))]
    head = f"calls | {' | '.join(f'{name} ms' for name in LENGTHS)} | precision | clean calls, false alarms a minute"
    body = [
        [
            name.removeprefix("codec/"),
            *(rows[name][f"recall {length} ms"] for length in LENGTHS),
            rows[name]["precision"],
            rows[name]["false alarms a minute, clean calls"],
        ]
        for name in names
    ]
    return table(head, body, "Share of the gaps beside speech that are found, by their length.")


def paths_table(rows: dict[str, Any]) -> str:
    """Write what is found of real calls by what recorded them."""
    columns = [*neteq.FOUND, "false alarms a minute, clean calls"]
    body = [[name, *(row[column] for column in columns)] for name, row in rows.items()]
    head = f"recorder | {' | '.join(f'{name} ms' for name in LENGTHS)} | precision | F1 | clean calls, false alarms a minute"
    return table(head, body, "Calls of talkers that nothing was fitted to.")


def clients_table(rows: dict[str, Any]) -> str:
    """Write what is found in the calls of programs that are in no training."""
    body = [[name, row["calls"], row["true"], *(row[column] for column in neteq.FOUND)] for name, row in rows.items()]
    head = f"program, codec | calls | gaps | {' | '.join(f'{name} ms' for name in LENGTHS)} | precision | F1"
    return table(head, body, "Test voices; packets dropped by chance or in outages on their way to the real program.")


def nets_table(rows: dict[str, Any]) -> str:
    """Write how the nets compare on the real calls of voices none of them heard."""
    lossy = ("opus", "opus_celt", "amr_nb", "amr_wb", "g729", "gsm", "speex")
    head = f"net | products a frame | F1, real calls | {' | '.join(lossy)}"
    body = [
        [name, row["products"], row["calls"]["f1"], *(row.get(f"codec {codec}", {}).get("f1") for codec in lossy)]
        for name, row in rows.items()
    ]
    return table(
        head,
        body,
        "The nets alone, at half a false alarm a minute of undamaged speech; F1 by the decoder that concealed.",
    )


def taught_table(rows: dict[str, Any]) -> str:
    """Write how nets that were taught calls of a program compare with nets that were not, on check voices."""
    programs = sorted({key for row in rows.values() for key in row if key.startswith("client ")})
    head = f"net | {' | '.join(name.removeprefix('client ') for name in programs)} | WebRTC calls"
    body = [
        [name, *(row[program]["f1"] for program in programs), row["calls"]["f1"]]
        for name, row in rows.items()
        if row.keys() & set(programs)
    ]
    return table(
        head,
        body,
        "The nets alone, as above; F1 of calls received by a program, without the exact cues of G.711 and of repeats.",
    )


def moments_of(calls: list[dict[str, Any]]) -> Iterator[Moment]:
    """Yield the gaps beside speech that are found and missed, and the false alarms: what, call, start, end."""
    for call in calls:
        events = [e for e in callqual.score(call["path"]).events if e.family == "gap"]
        true = [t for t in neteq.events(call) if t["context_db"] >= ACTIVE_DB and t["end"] > t["start"]]
        for t in true:
            over = sum(max(min(e.end, t["end"]) - max(e.start, t["start"]), 0.0) for e in events)
            yield "found" if over >= (t["end"] - t["start"]) / 2 else "missed", call, t["start"], t["end"]
        for e in events:
            if not any(g["start"] - 0.1 < e.end and e.start < g["end"] + 0.1 for g in neteq.events(call)):
                yield "wrong", call, e.start, e.end


def misses(moments: list[Moment]) -> str:
    """Say what the misses have in common: their share by length, and by codec."""
    rows = []
    for codec in sorted({m[1]["codec"] for m in moments}):
        mine = [m for m in moments if m[1]["codec"] == codec and m[0] != "wrong"]
        short = [m for m in mine if m[3] - m[2] <= 0.03]
        lost = [m for m in mine if m[0] == "missed"]
        lost_short = [m for m in short if m[0] == "missed"]
        rows.append([codec, len(mine), len(lost), len(short), len(lost_short)])
    return table("codec | gaps beside speech | missed | up to 30 ms | missed of these", rows)


def draw(call: dict[str, Any], start: float, end: float, path: Path) -> None:
    """Draw the spectrogram about a moment, with what the net says below it."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    x, sr = sf.read(call["path"], dtype="float32")
    odds = scan(x, sr).hidden.all()["inside"] * HIDDEN_STEP
    lo, hi = max(start - AROUND, 0.0), min(end + AROUND, x.size / sr)
    figure, (above, below) = pyplot.subplots(
        2, 1, sharex=True, figsize=(8, 4), height_ratios=(2, 1), layout="constrained"
    )
    above.specgram(x + 1e-6, NFFT=round(0.02 * sr), Fs=sr, noverlap=round(0.015 * sr), vmin=-120, cmap="magma")
    above.set(ylim=(0, 4000), ylabel="Hz")
    below.plot((np.arange(odds.size) + 0.5) * HOP, odds, color="tab:blue")
    below.axhline(0.0, color="0.7", linewidth=0.8)
    for t in neteq.events(call):
        below.axvspan(t["start"], t["end"], color="0.8")
    below.set(xlim=(lo, hi), ylim=(-10, 10), xlabel="s", ylabel="log odds")
    figure.savefig(path, dpi=80)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
