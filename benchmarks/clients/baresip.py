"""baresip as the receiver, of the Debian package baresip-core, called by SIP.

What it plays goes through its own bridge (``aubridge``) into its microphone, before whose encoder it writes it into a file: that is
what a sound card would have got, underruns and all.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from benchmarks.clients.placing import Played
from benchmarks.clients.programs import played, running
from benchmarks.clients.rtp import Format, packets, send
from benchmarks.clients.sip import HOST, called
from benchmarks.corpora import Signal
from callqual.simulation.losses import Mask

NAME = "baresip"
PROGRAM = "baresip"
FORMATS = (
    Format("pcmu", "g711", {"law": "mu"}, 0),
    Format("opus", "opus", {"bitrate": 32000}, 111, 48000, 2),
    Format("pcma", "g711", {"law": "a"}, 8),
    Format("gsm", "gsm", {}, 3),
)
WARM_UP_S, DRAIN_S = 1.5, 0.5

MODULES = ("account", "sndfile", "aubridge", "g711", "gsm", "opus", "menu")
CONFIG = """\
poll_method epoll
sip_listen {host}:{port}
audio_player aubridge,loop
audio_source aubridge,loop
audio_alert aubridge,alert
audio_buffer 20-160
jitter_buffer_delay 5-10
rtp_ports {first}-{last}
module_path /usr/lib/baresip/modules
snd_path {folder}
call_local_timeout 120
call_max_calls 4
"""


def missing() -> str | None:
    """Tell what has to be installed, if anything."""
    return None if shutil.which(PROGRAM) else f"{PROGRAM} is missing: apt-get install baresip-core"


def call(x: Signal, form: Format, lost: Mask, port: int, work: Path) -> Played:
    """Place a call of the speech `x`; ports `port` to `port` + 7 and files beside `work` are used."""
    made = form.made()
    payloads = made.encode(x)
    configure(work, port)
    with running([PROGRAM, "-4", "-f", str(work)], work.with_suffix(".log")):
        time.sleep(WARM_UP_S)
        with called(port, port + 1, port + 2, form, made.frame_ms) as there:
            sent = packets(payloads, form, made.frame_ms, port)
            late = send(sent, lost, made.frame_ms, port + 2, (HOST, there))
            time.sleep(DRAIN_S)
        time.sleep(DRAIN_S)
    return played(next(work.glob("*-enc.wav")), payloads, made, lost, late)


def configure(folder: Path, port: int) -> None:
    """Write its configuration into `folder`."""
    folder.mkdir()
    modules = "".join(f"module {name}.so\n" for name in MODULES)
    config = CONFIG.format(host=HOST, port=port, first=port + 4, last=port + 8, folder=folder)
    (folder / "config").write_text(config + modules)
    (folder / "accounts").write_text(f"<sip:callee@{HOST}:{port}>;regint=0;answermode=auto\n")
    (folder / "contacts").write_text("")
