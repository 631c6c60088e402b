"""Linphone's engine, mediastreamer2, as the receiver: ``mediastream`` of the Debian package libmediastreamer-tools.

It decodes, conceals and plays into a WAV file; nothing of a sound card or a SIP stack is needed.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from benchmarks.clients.placing import Played
from benchmarks.clients.programs import played, running
from benchmarks.clients.rtp import Format, packets, send
from benchmarks.corpora import Signal
from callqual.simulation.losses import Mask

NAME = "mediastreamer"
PROGRAM = "mediastream"
CUSTOM = 114
"""The number it gives a payload type that is told by its name."""

FORMATS = (
    Format("pcmu", "g711", {"law": "mu"}, 0),
    Format("opus", "opus", {"bitrate": 32000}, CUSTOM, 48000, 2),
    Format("pcma", "g711", {"law": "a"}, 8),
    Format("opus", "opus", {"bitrate": 20000, "frame_ms": 60}, CUSTOM, 48000, 2),
    Format("gsm", "gsm", {}, 3),
    Format("speex", "speex", {"sr": 16000}, CUSTOM, 16000),
)
WARM_UP_S, DRAIN_S = 0.8, 0.7


def missing() -> str | None:
    """Tell what has to be installed, if anything."""
    return None if shutil.which(PROGRAM) else f"{PROGRAM} is missing: apt-get install libmediastreamer-tools"


def call(x: Signal, form: Format, lost: Mask, port: int, work: Path) -> Played:
    """Place a call of the speech `x`; ports `port` to `port` + 3 and files beside `work` are used."""
    made, out = form.made(), work.with_suffix(".wav")
    payloads = made.encode(x)
    command = [PROGRAM, "--local", str(port), "--remote", f"127.0.0.1:{port + 2}", "--payload", payload(form)]
    command += ["--infile", "/dev/null", "--outfile", str(out), "--bitrate", "64000"]
    with running(command, work.with_suffix(".log")):
        time.sleep(WARM_UP_S)
        late = send(packets(payloads, form, made.frame_ms, port), lost, made.frame_ms, port + 2, ("127.0.0.1", port))
        time.sleep(DRAIN_S)
    return played(out, payloads, made, lost, late)


def payload(form: Format) -> str:
    """Name the payload as the program wants it: a static type by its number."""
    return form.mime if form.type == CUSTOM else str(form.type)
