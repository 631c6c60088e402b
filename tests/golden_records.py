"""Golden records: what callqual says of the example recordings, kept to see every change that moves a number.

``python tests/golden_records.py`` writes them anew; review the difference before it is committed.

Tolerances, for machines whose logarithms and Fourier transforms differ in the last bit: words, counts and the number of
events are exact; seconds within 2 ms; MOS and the 1..5 scores within 0.02; confidence and severity within 0.02; what
else is a number within 2 %.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import callqual

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"
GOLDEN = HERE / "golden"
NAMES = tuple(sorted(path.name for path in EXAMPLES.iterdir() if path.suffix in (".wav", ".m4a", ".opus")))

SECONDS = {"start", "end", "seconds", "speech_seconds", "inserted_seconds", "removed_seconds"}
SCORES = {"mos", "mos_low", "mos_high", "gap_score", "jitter_score", "buzz_score", "confidence", "severity"}


def record(name: str) -> dict[str, Any]:
    """Return the record of one example, without what changes from place to place and from release to release."""
    found = callqual.score(EXAMPLES / name).to_dict()
    found["source"]["path"] = name
    del found["version"]
    return found


def differences(old: Any, new: Any, where: str = "record") -> Iterator[str]:
    """Yield what differs by more than its tolerance, a line each."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from differences(old.get(key, "absent"), new.get(key, "absent"), f"{where}.{key}")
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
        if len(old) != len(new):
            yield f"{where}: {len(old)} entries became {len(new)}"
        for number, pair in enumerate(zip(old, new, strict=False)):
            yield from differences(*pair, f"{where}[{number}]")
    elif isinstance(old, float) and isinstance(new, float | int):
        if abs(old - new) > tolerance(where.rpartition(".")[2], old):
            yield f"{where}: {old} became {new}"
    elif old != new:
        yield f"{where}: {old!r} became {new!r}"


def tolerance(key: str, value: float) -> float:
    """Return by how much the number called `key` may differ."""
    if key in SECONDS:
        return 0.002
    return 0.02 if key in SCORES else 0.02 * abs(value) + 1e-9


def load(name: str) -> dict[str, Any]:
    """Return the golden record of one example."""
    found: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return found


def main() -> None:
    """Write all golden records anew."""
    GOLDEN.mkdir(exist_ok=True)
    for name in NAMES:
        text = json.dumps(record(name), indent=1, ensure_ascii=False)
        (GOLDEN / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
