"""``callqual simulate IN -o OUT.wav``: a clean recording in, a damaged one and its truth out."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from callqual.cli import values
from callqual.cli.output import opened
from callqual.cli.verdict import FINE, UNREADABLE
from callqual.errors import AudioReadError, InputError

NAME = "simulate"
HELP = "Damage clean speech as a network, a receiver and a recorder do, and write down exactly what was done."

NETWORK = {
    "loss": ("SHARE", "share of packets lost, 0 to 1"),
    "burst-ratio": ("R", "how bursty losses are (P.800.1); 1 = random, the default"),
    "outages": ("N", "outages a minute"),
    "outage-s": ("S", "their mean length, seconds (default 1)"),
    "jitter-ms": ("MS", "standard deviation of the packets' delays"),
    "spikes": ("N", "stalls a minute, during which every packet waits"),
    "spike-ms": ("MS", "their mean length (default 300)"),
    "reorder": ("SHARE", "share of packets that later ones overtake"),
    "kbps": ("KBPS", "throttle the link to so many kbit/s"),
    "queue-ms": ("MS", "longest wait in its queue (default 300); 0 = a policer"),
    "drift-ppm": ("PPM", "how much slower the sender's clock is"),
    "buffer-ms": ("MS", "delay of the receiver's buffer, or the least one (default 60)"),
    "buffer-max-ms": ("MS", "sound in it above which the oldest is thrown away"),
    "catch-up": ("SPEED", "speed at which an adaptive buffer catches up, 1 to 1.5 (default 1.25)"),
    "frame-ms": ("MS", "length of a packet (default 20, or the codec's)"),
    "timing-rate": ("SHARE", "share of the time that --timing takes (default 0.05)"),
    "slip-ppm": ("PPM", "how much faster the receiver's clock is: single samples doubled"),
    "buzz-db": ("DB", "how far --buzz lies below the speech (default 18)"),
}
"""Options that are numbers."""

FILES = {
    "mask": "loss mask: a text of 0 and 1 (lost)",
    "log": "packet log: CSV of seq,sent_ms,arrival_ms",
    "trace": "link trace: a line for each ms at which 1500 bytes may pass (Mahimahi)",
}
"""Options that are recorded networks."""

NAMES = {
    "codec": "send through this codec, by its real decoder: opus, g711, amr_nb ...",
    "concealment": "fill losses by this, or by the codec's own 'decoder'",
    "jitter": "distribution of --jitter-ms: gamma (the default) or laplace",
    "playout": "the receiver's buffer: fixed (the default) or adaptive",
    "timing": "splices or stalls at places of their own: cut, stuck, dead_air ...",
    "buzz": "lay this tone on it: hum, tdma, robotic ...",
}
"""Options that are names."""

SETTINGS = {
    "codec-option": "an option of the codec: bitrate=16000, fec=true",
    "concealment-option": "an option of --concealment expand: fade_db=2, breath=0",
}
"""Options of options."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of ``callqual simulate``."""
    add = parser.add_argument
    add("recording", nargs="?", metavar="IN", help="clean speech of one talker, or - for stdin")
    add("-o", "--output", metavar="OUT.wav", help="where the damaged recording goes: WAV, 16 bits")
    add("--truth", metavar="OUT.json", help="write the events, the packet log and the options, for callqual evaluate")
    add("--list", action="store_true", help="list the names that options take and what is missing for them, and stop")
    add("--seed", type=values.whole, default=0, metavar="N", help="the same seed, the same bytes (default 0)")
    add("--channel", type=values.whole, metavar="N", help="the channel of IN to use, from 0, where it has several")
    for name, text in NAMES.items():
        add(f"--{name}", metavar="NAME", help=text)
    add("--recorder", action="append", metavar="NAME", help="send it through this recorder (may be repeated)")
    for name, text in SETTINGS.items():
        add(f"--{name}", action="append", type=values.setting, metavar="NAME=VALUE", help=f"{text} (may be repeated)")
    add("--buzz-first", action="store_true", help="lay the tone on before the codec")
    for name, (unit, text) in NETWORK.items():
        add(f"--{name}", type=values.number, metavar=unit, help=text)
    for name, text in FILES.items():
        add(f"--{name}", metavar="FILE", help=text)
    add("--other", metavar="FILE", help="the other talker, mixed into the recording: one channel")


def run(args: argparse.Namespace) -> int:
    """Simulate, write, and return the exit code."""
    if args.list:
        return _list()
    if args.recording is None or args.output is None:
        raise InputError("simulate takes a recording and -o OUT.wav; --list shows what can be done to it")
    _spare(args)
    from callqual.audio.write import write_wav
    from callqual.simulation.simulator import simulate

    try:
        samples, sr = _talker(args.recording, args.channel)
        done = simulate(samples, sr, **_options(args))
    except AudioReadError as error:
        print(f"callqual: {error}", file=sys.stderr)
        return UNREADABLE
    write_wav(args.output, done.samples, done.sr)
    if args.truth:
        with opened(args.truth) as sink:
            sink.write(done.to_json() + "\n")
    whole = int((done.packets["fate"] == "played").sum())
    print(
        f"callqual: {args.output}: {done.seconds:.1f} s, {len(done.truth)} events, "
        f"{whole} of {len(done.packets)} packets played",
        file=sys.stderr,
    )
    return FINE


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """The options that were given, under the names of ``callqual.simulate``."""
    words = [*NETWORK, *FILES, *NAMES, "other", "recorder", "seed", "buzz-first"]
    given = {word.replace("-", "_"): getattr(args, word.replace("-", "_")) for word in words}
    settings = {f"{word.replace('-', '_')}s": getattr(args, word.replace("-", "_")) for word in SETTINGS}
    return {k: v for k, v in given.items() if v is not None} | {k: dict(v) for k, v in settings.items() if v}


def _talker(name: str, channel: int | None) -> tuple[Any, int]:
    """Read one channel of a recording."""
    import numpy as np

    from callqual.audio.source import open_audio

    with open_audio(sys.stdin.buffer if name == "-" else name) as reader:
        if channel is None and reader.channels > 1:
            raise InputError(f"{name}: it has {reader.channels} channels; choose one talker: --channel 0")
        if (channel or 0) >= reader.channels:
            raise InputError(f"{name}: there is no channel {channel}; it has {reader.channels}, counted from 0")
        blocks = [block[:, channel or 0] for block in reader.blocks(60 * reader.sr)]
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32), reader.sr


def _spare(args: argparse.Namespace) -> None:
    """Refuse to write over what is read, or twice to one file."""
    outputs = [path for path in (args.output, args.truth) if path]
    if len(outputs) == 2 and os.path.realpath(args.output) == os.path.realpath(args.truth):
        raise InputError(f"{args.output}: -o and --truth are one file; choose another name for one")
    for path in outputs:
        inputs = [args.recording, args.other, *(getattr(args, name) for name in FILES)]
        if any(
            name and os.path.exists(path) and os.path.exists(name) and os.path.samefile(path, name) for name in inputs
        ):
            raise InputError(f"{path}: it would be written over while it is read; choose another name")


def _list() -> int:
    from callqual.simulation.catalogue import catalogue

    for entry in catalogue():
        print(f"{entry.option}\t{entry.name}\t{entry.missing or 'available'}")
    return FINE
