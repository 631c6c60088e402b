"""The command ``callqual`` and ``python -m callqual``."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; return its exit code."""
    from callqual.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
