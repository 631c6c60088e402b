"""Paste real output into README.md, between its markers, so that no figure in it is typed by hand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
COMMAND = ["score", "examples/zero_filled.wav"]
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def picture() -> str:
    """Run the command as a terminal of 80 columns would show it, colours left out."""
    look = {"FORCE_COLOR": "1", "COLUMNS": "80", "TERM": "xterm", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "callqual", *COMMAND]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | look, capture_output=True, encoding="utf-8", check=True)
    return f"```console\n$ callqual {' '.join(COMMAND)}\n{ANSI.sub('', done.stdout).rstrip()}\n```"


def pasted(text: str, name: str, body: str) -> str:
    """Put `body` between the markers `name` of `text`."""
    pattern = re.compile(rf"(<!-- {name}:begin[^>]*-->\n).*?(<!-- {name}:end -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"no markers {name}:begin and {name}:end in the text")
    return pattern.sub(lambda found: f"{found[1]}{body}\n{found[2]}", text)


if __name__ == "__main__":
    README.write_text(pasted(README.read_text(encoding="utf-8"), "picture", picture()), encoding="utf-8")
