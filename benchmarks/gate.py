"""No figure may fall unnoticed: ``python -m benchmarks.gate`` holds a small benchmark against ``gate.json``.

The voices are those of the split ``light`` (``python -m benchmarks.corpora --light``: 5 MB). Every figure has its noise:
two standard errors of counting, as if each event were found, or each found one right, by a coin of the row's own odds. A
row whose F1 falls, or whose error of the gap share or false alarms rise, by more fails the gate; so does a whole group,
whose noise is small. What moved by more than its noise, down or up, is printed with old and new, then one line of counts;
``--all`` prints every row. ``--write`` makes today's figures the ones to keep. As the recordings are always the same, a tree
that finds the same events moves nothing at all.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy import make_tasks
from benchmarks.calls import CALLS
from benchmarks.damage import LOSSES
from benchmarks.measure import tally_of
from benchmarks.negatives import NEGATIVES, TEST_ONLY
from benchmarks.results import table, version
from benchmarks.tasks import Outcome, Task, run_all
from callqual.evaluation import Tally
from callqual.simulation.buzz import BUZZES
from callqual.simulation.timing import TIMING

BASELINE = Path(__file__).parent / "gate.json"
COUNT = {"damage": 5, "buzz": 3, "recorder": 2, "negative": 1, "clean": 16, "coded": 5, "playout": 4, "quiet": 2}
RATES = (8000, 16000, 48000)
BUZZ_DB = 18.0
RECORDER = "aac_32k"
CODED = ("g711_zero", "g711_appendix_i", "gsm", "amr_nb_12k2", "amr_wb_12k65", "speex_wb", "g729", "opus_24k")
PLAYOUT = ("underrun", "late_opus")
NOISE = 2.0
"""Standard errors."""

ABSENT = "not here"
"""Verdict on a row that this machine cannot run."""

Counts = NDArray[np.float64]
COLUMNS = ("hit", "missed", "right", "wrong", "share_error", "shares", "lost_s", "minutes")
"""What a recording counts: events; the error of the gap share in points, and 1 where it has one; seconds inside true gaps
beside speech; its length. Those of a row are added up."""


class Figure(NamedTuple):
    """A figure of a row and its noise from the counts, and in which direction it gets worse; None where it has none."""

    of: Callable[[Counts], float | None]
    noise: Callable[[Counts], float]
    worse: int


def main(argv: list[str] | None = None) -> int:
    """Run the gate, print what moved, and say by the exit code whether all of it holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description=str(__doc__).splitlines()[0])
    parser.add_argument("--write", action="store_true", help="keep today's figures as the ones to hold")
    parser.add_argument(
        "--all", action="store_true", help="print every row, not only what moved by more than its noise"
    )
    parser.add_argument("--baseline", type=Path, default=BASELINE)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    args = parser.parse_args(argv)
    started = time.perf_counter()
    try:
        rows = figures(run_all(tasks(), args.jobs))
    except FileNotFoundError as error:
        sys.exit(str(error))
    print(f"{len(rows)} rows in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    if args.write:
        write(args.baseline, rows)
        return 0
    return verdict(json.loads(args.baseline.read_text()), rows, every=args.all)


def tasks() -> Iterator[Task]:
    """Lay out the recordings."""
    quiet = [name for name in NEGATIVES if name not in TEST_ONLY and name != "music"]  # music is a package of its own
    kinds = [*LOSSES, *TIMING, *BUZZES, *quiet, *CODED, *PLAYOUT, "recorders", "clean"]
    for sr in RATES:
        for task in make_tasks("light", sr, kinds=kinds, count=COUNT):
            if task.options.get("below_db", BUZZ_DB) == BUZZ_DB and task.recorder in (None, RECORDER):
                yield task


def figures(outcomes: Iterable[Outcome]) -> dict[str, dict[str, list[float]]]:
    """Return of every row, and of every group of rows, its figures, each with its noise."""
    rows: dict[str, Counts] = defaultdict(lambda: np.zeros(len(COLUMNS)))
    for o in outcomes:
        clean = o.options.get("clean") or (o.group == "recorder" and o.row.endswith("/clean"))
        group = f"{o.group} clean" if clean else o.group
        for key in (f"{group}/{o.row}/{o.sr}", f"{group}/all"):
            rows[key] = rows[key] + counted(o)
    return {key: dict(_figures(key, total)) for key, total in sorted(rows.items())}


def counted(o: Outcome) -> Counts:
    """Count one recording. Where nothing is to be found, buzz that is found is wrong too."""
    t, e = tally_of(o.group, o.row, o.evaluation), o.evaluation
    tones = 0 if o.group == "buzz" or o.row == "stuck" else sum(b.wrong for b in e.buzz.values())
    wrong = t.wrong + (tones if o.group in ("clean", "negative") else 0)
    shares = [abs(o.found_share - o.active_share), 1.0] if o.true_share else [0.0, 0.0]
    return np.array([t.hit, t.missed, t.right, wrong, *shares, e.true_seconds, e.seconds / 60])


def _figures(key: str, total: Counts) -> Iterator[tuple[str, list[float]]]:
    quiet = key.split("/")[0].endswith(("clean", "negative"))
    for name, figure in (QUIET if quiet else FIGURES).items():
        value = figure.of(total)
        if value is not None:
            yield name, [round(value, 4), round(NOISE * figure.noise(total), 4)]


def f1(total: Counts) -> float | None:
    """F1 of summed counts."""
    hit, missed, right, wrong = (int(n) for n in total[:4])
    return Tally(hit=hit, missed=missed, right=right, wrong=wrong).f1


def f1_noise(total: Counts) -> float:
    """Standard error of F1 from those of recall and precision."""
    hit, missed, right, wrong = total[:4]
    (recall, of_recall), (precision, of_precision) = _odds(hit, missed), _odds(right, wrong)
    slopes = 2 / (recall + precision) ** 2
    return float(slopes * np.hypot(precision**2 * of_recall, recall**2 * of_precision))


def share_mae(total: Counts) -> float | None:
    """Mean absolute error of the share of time inside gaps beside speech, points."""
    return float(total[4] / total[5]) if total[5] else None


def share_noise(total: Counts) -> float:
    """Standard error of the share if gaps of mean length come and go by the odds of being found."""
    hit, missed, lost, minutes = total[0], total[1], total[6], total[7]
    return float(100 * lost * _odds(hit, missed)[1] / (60 * minutes))


def alarms(total: Counts) -> float | None:
    """False alarms a minute."""
    return float(total[3] / total[7]) if total[7] else None


def alarms_noise(total: Counts) -> float:
    """Standard error of a rate; of none and of one, that of one."""
    return float(max(total[3], 1.0) ** 0.5 / total[7])


def _odds(good: float, bad: float) -> tuple[float, float]:
    """Share of the good ones and its standard error, by the rule of succession: never quite 0 or 1."""
    share = (good + 1) / (good + bad + 2)
    return share, float(np.sqrt(share * (1 - share) / (good + bad + 2)))


FIGURES = {"F1": Figure(f1, f1_noise, -1), "share MAE": Figure(share_mae, share_noise, 1)}
QUIET = {"FA/min": Figure(alarms, alarms_noise, 1)}


def write(path: Path, rows: dict[str, Any]) -> None:
    """Write the baseline, a row a line."""
    lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(row)}" for key, row in rows.items())
    path.write_text(f'{{\n "made_by": {json.dumps(version())},\n "rows": {{\n{lines}\n }}\n}}\n')


def verdict(kept: dict[str, Any], rows: dict[str, Any], *, every: bool = False) -> int:
    """Print old and new of what moved, or of `every` row, and the counts; return 1 if anything fell by more than its noise, or is gone."""
    lines: list[list[Any]] = []
    for key, was in kept["rows"].items():
        absent = unavailable(key)
        for name, (old, spread) in was.items():
            new = rows.get(key, {}).get(name, [None])[0]
            lines.append([key, name, old, new, spread, ABSENT if absent else judge(name, old, new, spread)])
    moved = [line for line in lines if line[-1] not in (None, ABSENT)]
    text = table("row | figure | kept | now | noise | verdict", lines if every else moved)
    counts = Counter(line[-1] or "within their noise" for line in lines)
    told = ", ".join(f"{n} {said}" for said, n in counts.most_common())
    new_rows = sorted(set(rows) - set(kept["rows"]))
    if new_rows:
        print(f"not in the baseline yet (--write): {', '.join(new_rows)}", file=sys.stderr)
    print(f"{text}\n\n" if text else "", f"{len(lines)} figures of {kept['made_by']}: {told}", sep="")
    return bool(counts["FELL"] or counts["GONE"])


def judge(name: str, old: float, new: float | None, spread: float) -> str | None:
    """Say what became of a figure; None = it is where it was, within its noise."""
    if new is None:
        return "GONE"
    worse = (FIGURES | QUIET)[name].worse * (new - old)
    return "FELL" if worse > spread + 1e-4 else "rose" if worse < -spread else None


def unavailable(key: str) -> bool:
    """Whether a row is of a codec whose library is not on this machine, or of a group with such a row."""
    group, name, *_ = key.split("/")
    calls = CALLS.get(group.removesuffix(" clean"), {})
    rows: Sequence[str] = [n for n in (*CODED, *PLAYOUT) if n in calls] if name == "all" else [name]
    return any(calls[n].missing() for n in rows if n in calls)


if __name__ == "__main__":
    sys.exit(main())
