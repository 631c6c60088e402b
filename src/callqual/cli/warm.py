"""``callqual warm``: compile every kernel once, for images, CI and benchmarks."""

from __future__ import annotations

import argparse
import time

from callqual.cli.output import say

NAME = "warm"
HELP = "Compile the kernels once and keep them, so that the next run starts at once."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take no arguments."""


def run(args: argparse.Namespace) -> int:
    """Compile and say how long it took."""
    from callqual.api import warm

    begun = time.perf_counter()
    warm()
    say(f"kernels ready after {time.perf_counter() - begun:.1f} s")
    return 0
