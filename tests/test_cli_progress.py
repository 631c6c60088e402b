"""The bar: only for a person, only for long work, never in the way of the data."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import time
from contextlib import redirect_stderr, suppress
from pathlib import Path

from callqual.cli import progress
from callqual.cli.progress import Waiting


class Terminal(io.StringIO):
    def isatty(self):
        return True


def work(stream, seconds, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.05)
    with redirect_stderr(stream), Waiting(3) as waiting:
        for item in waiting.counted("abc"):
            time.sleep(seconds)
            with waiting.hidden():
                sys.stderr.write(f"<{item}>\n")
    return stream.getvalue()


def test_a_pipe_gets_no_bar(monkeypatch):
    assert work(io.StringIO(), 0.1, monkeypatch) == "<a>\n<b>\n<c>\n"


def test_short_work_gets_no_bar(monkeypatch):
    assert work(Terminal(), 0.0, monkeypatch) == "<a>\n<b>\n<c>\n"


def test_long_work_in_a_terminal_gets_a_bar_that_counts(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    shown = work(Terminal(), 0.3, monkeypatch)
    assert "scoring" in shown
    assert "3/3" in shown
    assert [shown.index(f"<{item}>") for item in "abc"] == sorted(shown.index(f"<{item}>") for item in "abc")


def test_a_bar_asked_for_too_late_does_not_stay(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with redirect_stderr(stream):
        waiting = Waiting(1)
        with waiting:
            pass
        waiting._begin()  # the timer fired while the work ended
    assert stream.getvalue() == ""


def test_a_real_terminal_gets_colour_and_blocks():
    leader, follower = pty.openpty()
    example = Path(__file__).parent.parent / "examples" / "zero_filled.wav"
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {
        "TERM": "xterm",
        "PYTHONIOENCODING": "utf-8",
    }
    command = [sys.executable, "-m", "callqual", "score", str(example)]
    with subprocess.Popen(command, stdout=follower, stderr=follower, env=environment) as running:
        os.close(follower)
        shown = b""
        with suppress(OSError):  # Linux ends a terminal without readers or writers with EIO
            while piece := os.read(leader, 4096):
                shown += piece
    os.close(leader)
    assert running.returncode == 0
    assert b"\x1b[" in shown
    assert "█" in shown.decode()
