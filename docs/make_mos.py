"""Write the tables of docs/mos.md, between its markers, from the constants of the rating and its formulas."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from make_readme import ROOT, pasted

from callqual.rating import constants, fitted
from callqual.rating.impairment import event_impairment, mos, rating
from callqual.result import Event

PAGE = ROOT / "docs" / "mos.md"
SPEECH = 0.5
"""Share of speech in the windows of the table of costs."""

RATES, LENGTHS_MS = (0.2, 0.5, 1.0, 2.0, 5.0), (20, 60, 200)
LEVELS_DB = (-40, -30, -20, -10)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def explained(source: str) -> Iterator[tuple[str, Any, str]]:
    """Yield name, value and description of every constant that has a description below it."""
    body = ast.parse(source).body
    for here, below in zip(body, [*body[1:], None], strict=True):
        if isinstance(here, ast.Assign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            (target,) = here.targets
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = ast.literal_eval(here.value)
            words = " ".join(str(below.value.value).split())
            shown = [n.id for n in names if isinstance(n, ast.Name)]
            yield ", ".join(shown), values, words


def shown(value: Any) -> str:
    """Write a value for a cell."""
    if isinstance(value, dict):
        return "; ".join(f"{key}: {shown(part)}" for key, part in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(shown, value))
    return value if isinstance(value, str) else f"{value:g}"


def chosen() -> str:
    """Write the constants that were chosen."""
    rows = [[f"`{name}`", shown(value), words] for name, value, words in explained(inspect.getsource(constants))]
    return table(["constant", "value", "what it is and where it comes from"], rows)


def found() -> str:
    """Write the constants that were fitted."""
    told = re.findall(r"^(\w+) : [^\n]+\n    ([^\n]+)", inspect.cleandoc(str(fitted.Fitted.__doc__)), re.MULTILINE)
    words = dict(told)
    rows = [[f"`{name}`", shown(value), words[name]] for name, value in vars(fitted.FITTED).items()]
    return table(["constant", "value", "what it is and where it comes from"], rows)


def costs() -> str:
    """Write what damage costs by the formulas, in one window."""
    kinds = [("bare", "zero_fill", ms) for ms in LENGTHS_MS] + [("concealed", "concealed", ms) for ms in LENGTHS_MS]
    rows = [
        [f"{word} losses of {ms} ms", *(f"{mos(rating(rate * _loss(kind, ms))):.2f}" for rate in RATES)]
        for word, kind, ms in kinds
    ]
    losses = table(["MOS by losses a second of speech", *(f"{rate:g}" for rate in RATES)], rows)
    buzz = table(
        ["MOS by level re active speech", *(f"{level} dB" for level in LEVELS_DB)],
        [[f"{kind}, all the time", *(f"{mos(rating(_buzz(kind, level))):.2f}" for level in LEVELS_DB)]
         for kind in ("hum", "comb")],
    )  # fmt: skip
    return f"{losses}\n\n{buzz}"


def _loss(kind: str, ms: int) -> float:
    seconds = constants.LEAST_SPOKEN / SPEECH
    event = Event(family="gap", kind=kind, start=0.0, end=ms / 1000, severity=1.0, confidence=1.0)
    return event_impairment(event, constants.LEAST_SPOKEN, seconds) * constants.LEAST_SPOKEN


def _buzz(kind: str, level: int) -> float:
    details: dict[str, float | str] = {"level_db": float(level)}
    event = Event(family="buzz", kind=kind, start=0.0, end=8.0, severity=1.0, confidence=1.0, details=details)
    return event_impairment(event, 4.0, 8.0)


def page(text: str) -> str:
    """Renew the tables in the text of the page."""
    for name, body in {"costs": costs(), "constants": chosen(), "fitted": found()}.items():
        text = pasted(text, name, body)
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
