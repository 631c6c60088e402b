"""callqual's end of the protocol: a peer's process that is started once and asked for one recording after the other."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.peers import environments, ffmpeg
from benchmarks.startup import THREADS

WORKERS = Path(__file__).parent / "workers"


class Silent(Exception):
    """A peer that does not start or ended; the message is the last line it wrote."""


class Session:
    """A process of `python` that runs `script`; ``version`` is what it called itself."""

    def __init__(self, python: Path, script: Path, *arguments: str) -> None:
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed with the process)
        self.process = subprocess.Popen(
            [str(python), str(script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | THREADS,
        )
        try:
            self.version = str(self._reply()["version"])
        except Silent:
            self.close()
            raise

    def ask(self, how: str, path: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for one recording: ``events`` or ``scores``, or an ``error``, and ``cpu_ms``."""
        assert self.process.stdin
        try:
            self.process.stdin.write(json.dumps({"how": how, "path": path, **settings}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Silent(self._last_words()) from None
        return self._reply()

    def close(self) -> None:
        """End the process by ending its input."""
        try:
            self.process.communicate(timeout=10)
        except (subprocess.TimeoutExpired, ValueError, BrokenPipeError):
            self.process.kill()
            self.process.wait()
        self.log.close()

    def _reply(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise Silent(self._last_words())
        try:
            return dict(json.loads(line))
        except ValueError:
            raise Silent(f"says {line.strip()!r} where JSON is expected") from None

    def _last_words(self) -> str:
        self.log.seek(0)
        lines = [line.strip() for line in self.log if line.strip()]
        return lines[-1] if lines else f"ended with {self.process.returncode}"


class Lane:
    """A session of every peer that was asked so far, callqual and ffmpeg among them, in one thread of work."""

    def __init__(self, weights: str | None = None) -> None:
        self.weights = weights
        self.sessions: dict[str, Session] = {}

    def version(self, home: str) -> str:
        """Version of a peer, which is started for it."""
        if home == "callqual":
            from benchmarks.results import version

            return version().split()[1]
        return ffmpeg.version() if home == "ffmpeg" else self._session(home).version

    def ask(self, home: str, how: str, path: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Ask the peer that lives in `home`; a process that ended is an error, and started anew for the next."""
        if home == "callqual":
            return _callqual(path)
        if home == "ffmpeg":
            return ffmpeg.silences(path, **settings)
        try:
            return self._session(home).ask(how, path, settings)
        except Silent as error:
            ended = self.sessions.pop(home, None)
            if ended:
                ended.close()
            return {"error": str(error)}

    def _session(self, home: str) -> Session:
        if home not in self.sessions:
            given = [self.weights] if home == "nisqa" and self.weights else []
            self.sessions[home] = Session(environments.python(home), WORKERS / f"with_{home}.py", *given)
        return self.sessions[home]

    def __enter__(self) -> Lane:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self.sessions.values():
            session.close()
        self.sessions.clear()


def _callqual(path: str) -> dict[str, Any]:
    import callqual

    begun = time.process_time()
    record = callqual.score(path)
    spent = 1e3 * (time.process_time() - begun)
    scores = {} if record.mos is None else {"callqual MOS": record.mos}
    return {"events": record.events, "scores": scores, "cpu_ms": spent}
