"""Paste real output into docs/benchmark.md, between its markers. Needs the light voices of ``benchmarks.corpora``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from make_readme import ROOT, pasted

PAGE = ROOT / "docs" / "benchmark.md"
COMMANDS = {
    "row": ["benchmarks.accuracy", "--split", "light", "--small", "--sr", "8000", "--kinds", "appendix_i"],
    "misses": ["benchmarks.misses", "appendix_i", "--split", "light", "--sr", "8000", "--out", "heard"],
}
"""The commands of the page by the marker of their output."""

LONGEST = 8
"""Lines of the misses that are shown."""


def shown(name: str, folder: Path) -> str:
    """Run a command of the page, in a folder of its own, and write it with the part of its output that the page tells of."""
    words = COMMANDS[name]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", *words]
    out = subprocess.run(command, cwd=folder, env=env, capture_output=True, encoding="utf-8", check=True).stdout
    typed = f"python -m {' '.join(words)}"
    if name == "row":
        section = re.search(r"### Gaps and timing\n\n(.*?)\n\n", out, re.DOTALL)
        if section is None:
            raise SystemExit(f"{typed}: no table of gaps in its output")
        return f"```sh\n{typed}\n```\n\n{section[1]}"
    lines = out.splitlines()
    more = [f"... ({len(lines) - LONGEST} more lines)"] if len(lines) > LONGEST else []
    return "\n".join(["```console", f"$ {typed}", *lines[:LONGEST], *more, "```"])


def main() -> None:
    """Rewrite the page."""
    import tempfile

    text = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for name in COMMANDS:
            text = pasted(text, name, shown(name, Path(folder)))
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
