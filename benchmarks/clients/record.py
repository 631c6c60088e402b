"""Record calls with truth: ``python -m benchmarks.clients.record mediastreamer --out DIR --split check --calls 24``.

DIR gets FLAC files of what the program played and ``truth.jsonl`` of the form that :mod:`benchmarks.neteq` reads. A quarter of the
calls lose nothing; the others lose 1-15 % of their packets, alone or in bursts, or everything during outages. Calls that
cannot be aligned with what was sent are left out and counted.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import soundfile as sf

from benchmarks.clients.placing import Played, Unaligned, place
from benchmarks.clients.rtp import Format
from benchmarks.corpora import Clip, Signal, Split, plans, quantise, render
from callqual.simulation.losses import Mask
from callqual.simulation.network import Network

CLIENTS = ("mediastreamer", "telegram", "baresip")
PORTS, STEP = 17000, 10
KINDS = ("loss", "clean", "burst", "out")


UNHEARD = ("nist_F1", "nist_M3")
"""Tuning voices that are kept for tests of real calls."""


class Take(NamedTuple):
    """A call before it is placed: its speech, codec, the packets it loses, and the kind of loss."""

    clip: Clip
    form: Format
    lost: Mask
    kind: str


class Client(Protocol):
    """What the module of a program holds."""

    NAME: str
    FORMATS: tuple[Format, ...]

    def missing(self) -> str | None:
        """Tell what has to be installed, if anything."""

    def call(self, x: Signal, form: Format, lost: Mask, port: int, work: Path) -> Played:
        """Place a call of the speech `x` and return it."""


def main(argv: list[str] | None = None) -> int:
    """Record the calls."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.clients.record", description=str(__doc__).splitlines()[0]
    )
    parser.add_argument("client", choices=CLIENTS)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", choices=("tune", "check", "test"), default="check")
    parser.add_argument("--without", nargs="*", default=list(UNHEARD), help="voices that nothing is recorded of")
    parser.add_argument("--calls", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--parallel", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    client = cast("Client", importlib.import_module(f"benchmarks.clients.{args.client}"))
    if problem := client.missing():
        sys.exit(problem)
    if (args.out / "truth.jsonl").exists():
        sys.exit(f"{args.out} holds calls already: name another folder")
    args.out.mkdir(parents=True, exist_ok=True)
    left_out = 0
    for first in range(0, args.calls, args.parallel):
        turns = list(range(first, min(first + args.parallel, args.calls)))
        takes = [draw(client, i, args.split, args.seconds, args.seed, tuple(args.without)) for i in turns]
        names = [f"{client.NAME}{args.seed}{args.split}{i:04d}" for i in turns]
        left_out += record(client, takes, names, args.out)
    print(f"{args.calls - left_out} calls in {args.out}; {left_out} could not be aligned and were left out")
    return 0


def record(client: Client, takes: list[Take], names: list[str], folder: Path) -> int:
    """Place some calls at once, write them and their truth; return how many could not be aligned."""
    left_out = 0
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(len(takes)) as threads:
        calls = [
            threads.submit(
                client.call,
                quantise(take.clip.x).astype(np.float64),
                take.form,
                take.lost,
                PORTS + STEP * k,
                Path(work) / f"call{k}",
            )
            for k, take in enumerate(takes)
        ]
        for (clip, form, lost, kind), start, call in zip(takes, names, calls, strict=True):
            name = f"{start}_{kind}_{form.name}.flac"
            try:
                row = write(call.result(), folder / name)
            except Unaligned as reason:
                print(f"{name}: {reason}", flush=True)
                left_out += 1
                continue
            about = {
                "client": client.NAME,
                "codec": f"audio/{form.name}",
                "options": form.options,
                "speaker": clip.speaker,
            }
            with (folder / "truth.jsonl").open("a") as truth:
                truth.write(json.dumps({"file": name, **about, "loss": float(np.mean(lost)), **row}) + "\n")
    return left_out


def draw(client: Client, i: int, split: Split, seconds: float, seed: int, without: tuple[str, ...] = UNHEARD) -> Take:
    """Draw the `i`-th call, of a voice that is not one `without`."""
    form = client.FORMATS[i % len(client.FORMATS)]
    kind = KINDS[(i // len(client.FORMATS) + i % len(client.FORMATS)) % len(KINDS)]
    made, rng = form.made(), np.random.default_rng([seed, i])
    chosen = (p for p in plans(split, made.sr, seconds, 2 * i + 9, seed) if not p.speaker.startswith(without))
    clip = render(next(islice(chosen, i, None)))
    sizes = np.full(-(-len(clip.x) // made.packet), 100)
    lost = network(kind, rng).send(sizes, made.frame_ms / 1000, rng)["lost"]
    return Take(clip, form, np.asarray(lost), kind)


def network(kind: str, rng: np.random.Generator) -> Network:
    """Draw a network that loses packets in a way."""
    share = float(np.exp(rng.uniform(np.log(0.01), np.log(0.15))))
    if kind == "burst":
        return Network(loss=share, burst_ratio=float(rng.uniform(1.3, 3.0)))
    if kind == "out":
        return Network(loss=0.005, outages=float(rng.uniform(8.0, 25.0)), outage_s=float(rng.uniform(0.08, 0.5)))
    return Network(loss=share if kind == "loss" else 0.0)


def write(call: Played, path: Path) -> dict[str, Any]:
    """Write what was played; return what is known of it."""
    gaps = place(call)
    lost = [g for g in gaps if g[2] == "loss"]
    sf.write(path, quantise(call.rec), call.sr, subtype="PCM_16")
    return {
        "sr": call.sr, "seconds": len(call.rec) / call.sr, "clean": not any(gone for _, _, gone in call.packets),
        "concealed_s": sum(g[1] - g[0] for g in lost), "late": call.late, "gaps": gaps,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
