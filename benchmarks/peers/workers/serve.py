"""A peer's end of the protocol: a line of JSON with a path and settings in, a line of JSON with the answer out.

Runs in the peer's own environment, so it knows the standard library only. The first line out names the version; whatever
the peer prints goes to the standard error.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

Answer = Callable[..., dict[str, Any]]


def serve(version: str, answers: dict[str, Answer]) -> None:
    """Answer requests ``{"how": ..., "path": ..., **settings}`` until the input ends."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps({"version": version}), file=out, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        begun = time.process_time()
        try:
            reply = answers[request.pop("how")](**request)
        except Exception as error:  # a peer may fail on a recording in any way; the table counts it
            reply = {"error": f"{type(error).__name__}: {error}"}
        reply["cpu_ms"] = 1e3 * (time.process_time() - begun)
        print(json.dumps(reply), file=out, flush=True)
