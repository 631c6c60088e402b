"""Speech to learn damage from, made off line: ``python -m benchmarks.lost_speech --out DIR --split tune``.

Eight kinds, each a folder of FLAC files with a ``truth.jsonl`` of the form that :mod:`benchmarks.neteq` reads: ``plc``
(packets lost through real codecs and receivers), ``coded`` (the same without loss), ``clean`` speech, ``negative``
(:mod:`benchmarks.negatives`), ``buzz`` (tones, and voices of one pitch, in which nothing is lost), ``made`` (numbers read
by espeak-ng, as machines read them in calls: every cycle of such a voice repeats the last), ``client`` (jitter buffers that
play the last cycles on, no two alike) and ``warped`` (receivers that stall and catch up). A third goes through a recorder path.
What exists is left alone: run it again to go on.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
import soxr

from benchmarks.corpora import Clip, Plan, Split, plans, quantise, render
from benchmarks.negatives import NEGATIVES, TEST_ONLY
from benchmarks.rig_calls import SPED_SHARE, SPEEDS, room

SECONDS = 30.0
CLIPS = {
    "plc": 420,
    "coded": 100,
    "clean": 160,
    "negative": 200,
    "buzz": 120,
    "made": 240,
    "client": 240,
    "warped": 160,
}
RECORDED_SHARE = 0.35
RECEIVERS = 400
"""Turns in which every receiver has come."""

OPUS_RATES = (8000, 12000, 16000, 20000, 24000, 32000, 40000)

Rng = np.random.Generator
Row = dict[str, Any]
Receiver = tuple[str, dict[str, Any]]
"""Its name, and the options of ``callqual.simulate`` that it is."""


def main(argv: list[str] | None = None) -> int:
    """Make every clip that is not there yet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lost_speech", description=str(__doc__).splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", choices=("tune", "check"), default="tune")
    parser.add_argument("--without", nargs="*", default=["nist_F1", "nist_M3"], help="voices kept for tests")
    parser.add_argument("--share", type=float, default=1.0, help="of the clips of each kind")
    parser.add_argument("--kinds", nargs="+", choices=CLIPS, default=list(CLIPS))
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help="of these codecs, or classes of negatives, and no other"
    )
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    only = frozenset(args.only or ())
    known = {receiver(i, 8000, np.random.default_rng(i))[0] for i in range(RECEIVERS)} | NEGATIVES.keys() - TEST_ONLY
    if only - known:
        parser.error(
            f"--only {' '.join(sorted(only - known))}: no such codec or class; there are {' '.join(sorted(known))}"
        )
    for kind in args.kinds:
        count = CLIPS[kind]
        folder = args.out / f"{args.split}{args.seed}_{kind}"
        folder.mkdir(parents=True, exist_ok=True)
        done = len((folder / "truth.jsonl").read_text().splitlines()) if (folder / "truth.jsonl").exists() else 0
        chosen = wanted(args.split, args.seed, tuple(args.without), kind)
        with (folder / "truth.jsonl").open("a") as truth:
            for i, plan in enumerate(islice(chosen, round(count * args.share))):
                if i >= done:
                    row = make(kind, i, plan, args.split, folder, only)
                    truth.write(json.dumps(row) + "\n")
                    truth.flush()
    return 0


def wanted(split: Split, seed: int, without: tuple[str, ...], kind: str) -> Iterator[Plan]:
    """Yield plans of the split's voices, but none of those left out, alternately at 8 and 16 kHz."""
    code = list(CLIPS).index(kind)
    floors = (None,) if kind == "negative" else (None, None, -75.0, -70.0, -65.0, -60.0, -50.0)
    both = [
        (p for p in plans(split, sr, SECONDS * SPEEDS[1] + 1.0, 3000, 10 * seed + code, floors_db=floors))
        for sr in (8000, 16000)
    ]
    for pair in zip(*both, strict=True):
        yield from (p for p in pair if not p.speaker.startswith(without))


def make(kind: str, i: int, plan: Plan, split: Split, folder: Path, only: frozenset[str] = frozenset()) -> Row:
    """Make one clip, write it, and return its truth; `only` = of these codecs or classes, if any is named."""
    rng = np.random.default_rng([*plan.seed, i])
    clip = varied(render(plan), rng)
    gaps: list[list[Any]] = []
    warps: list[list[float]] = []
    x, codec = clip.x, ""
    if kind == "negative":
        names = sorted((NEGATIVES.keys() & only or NEGATIVES.keys()) - TEST_ONLY)
        codec = names[i % len(names)]
        x = NEGATIVES[codec](clip, split, rng)
    elif kind == "buzz":
        x, codec = buzzing(clip, i, rng)
    elif kind == "made":
        clip = replace(clip, x=read_aloud(len(clip.x), clip.sr, rng))
        x, codec = clip.x, "made"
        if i % 3:
            x, codec, gaps, warps = through(
                clip, receiver(i, clip.sr, rng, only), rng, network(rng) if i % 3 == 2 else None
            )
    elif kind in ("client", "warped"):
        made = client(i, clip.sr, rng) if kind == "client" or i % 2 else receiver(i, clip.sr, rng, only)
        x, codec, gaps, warps = through(clip, made, rng, network(rng) if kind == "client" else stalls(rng))
    elif kind != "clean":
        x, codec, gaps, warps = through(
            clip, receiver(i, clip.sr, rng, only), rng, network(rng) if kind == "plc" else None
        )
    path = recorder(rng)
    if path:
        from callqual.simulation.recorder import RECORDERS

        x = RECORDERS[path](quantise(x).astype(np.float64), clip.sr, rng)
    name = f"{folder.name}_{i:04d}.flac"
    sf.write(folder / name, quantise(x), clip.sr, subtype="PCM_16")
    concealed = sum(g[1] - g[0] for g in gaps)
    return {
        "file": name, "sr": clip.sr, "seconds": len(x) / clip.sr, "speaker": plan.speaker, "codec": codec, "kind": kind,
        "recorder": path, "clean": not gaps, "concealed_s": concealed, "gaps": gaps, "warps": warps,
    }  # fmt: skip


def varied(clip: Clip, rng: Rng) -> Clip:
    """Return the clip at another speed, and in a room, as drawn."""
    x = clip.x
    if rng.random() < SPED_SHARE:
        x = np.asarray(soxr.resample(x, clip.sr, clip.sr / rng.uniform(*SPEEDS)), dtype=np.float64)
    if rng.random() < 0.2:
        x = room(x, clip.sr, rng)
    x = x[: round(SECONDS * clip.sr)]
    return replace(clip, x=x * min(1.0, 0.95 / float(np.abs(x).max())))


def recorder(rng: Rng) -> str | None:
    """Draw a recorder path, or none."""
    from callqual.simulation.recorder import RECORDERS

    return str(rng.choice(list(RECORDERS))) if rng.random() < RECORDED_SHARE else None


def through(
    clip: Clip, made: Receiver, rng: Rng, trouble: dict[str, Any] | None
) -> tuple[np.ndarray, str, list[list[Any]], list[list[float]]]:
    """Send the clip through a receiver, with `trouble` in the network or without any."""
    import callqual

    name, options = made
    options = options | (trouble or {})
    if trouble is None:
        for option in ("concealment", "concealment_options"):
            options.pop(option, None)
    sim = callqual.simulate(quantise(clip.x), clip.sr, seed=int(rng.integers(1 << 30)), **options)
    gaps, warps = [], []
    for e in sim.truth:
        if e["kind"] == "time_warp":
            warps.append([e["start"], e["end"], e["details"]["cycles"]])
        elif e["family"] == "gap" or e["kind"] in ("inserted_silence", "cut", "repeat_segment"):
            near = e["context_db"] if e["lost_db"] >= -25.0 else -100.0
            gaps.append([e["start"], e["end"], e["cause"], near, 0.0, e["kind"]])
    return np.asarray(sim.samples, dtype=np.float64), name, gaps, warps


def buzzing(clip: Clip, i: int, rng: Rng) -> tuple[np.ndarray, str]:
    """Lay the `i`-th of the buzzes on the clip; a robotic voice has three of the turns."""
    import callqual

    names = ("hum", "robotic", "tdma", "frame_rate", "robotic", "whistle", "ring", "robotic", "comb")
    name, below = names[i % len(names)], float(rng.uniform(6.0, 30.0))
    made = callqual.simulate(quantise(clip.x), clip.sr, buzz=name, buzz_db=below, seed=int(rng.integers(1 << 30)))
    return np.asarray(made.samples, dtype=np.float64), name


LANGUAGES = ("en", "en-us", "de", "fr", "es", "it", "pt", "ru", "pl", "nl", "sv", "cs", "tr", "hi", "cmn", "fi")
VARIANTS = ("", "+m1", "+m3", "+m5", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5", "+croak")


def read_aloud(n: int, sr: int, rng: Rng) -> np.ndarray:
    """Let espeak-ng read numbers in a drawn voice until there are `n` samples, over a drawn noise floor."""
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < n:
        voice = str(rng.choice(LANGUAGES)) + str(rng.choice(VARIANTS))
        text = ", ".join(str(int(10 ** rng.uniform(0, 4))) for _ in range(12))
        pitch, speed = str(int(rng.integers(20, 80))), str(int(rng.integers(120, 220)))
        command = ["espeak-ng", "-v", voice, "-p", pitch, "-s", speed, "--stdout", text]
        spoken = subprocess.run(command, capture_output=True, check=True).stdout
        y, rate = sf.read(io.BytesIO(spoken))
        parts.append(np.asarray(soxr.resample(y, rate, sr)))
    x = np.concatenate(parts)[:n]
    floor = 10 ** (rng.uniform(-80.0, -50.0) / 20)
    return x * rng.uniform(0.1, 0.9) / np.abs(x).max() + floor * rng.standard_normal(n)


def receiver(i: int, sr: int, rng: Rng, only: frozenset[str] = frozenset()) -> Receiver:
    """Return the name and the options of a codec with its receiver; Opus has a fourth of the turns."""

    def one(*values: Any) -> Any:
        return values[int(rng.integers(len(values)))]

    frame = one(20, 20, 20, 40, 60)
    bitrate = int(one(*OPUS_RATES))
    opus = {
        "codec": "opus",
        "codec_options": {"bitrate": bitrate, "dtx": one(True, False, False, False)},
        "frame_ms": frame,
    }
    audio = {"codec": "opus", "codec_options": {"bitrate": int(one(24000, 32000, 48000)), "application": "lowdelay"}}
    pitch = one("appendix_i", "spandsp")
    receivers: list[Receiver] = [
        ("opus", opus),
        ("amr_nb", {"codec": "amr_nb", "codec_options": {"bitrate": one(4750, 5900, 7400, 12200)}}),
        ("opus", opus),
        ("amr_wb", {"codec": "amr_wb", "codec_options": {"bitrate": one(8850, 12650, 19850)}}),
        ("speex", {"codec": "speex", "codec_options": {"sr": min(sr, 16000), "quality": one(4, 6, 8)}}),
        ("opus", opus),
        ("g729", {"codec": "g729", "frame_ms": one(20, 20, 40)}),
        ("gsm", {"codec": "gsm", "concealment": one("decoder", "decoder", "spandsp", "appendix_i")}),
        ("opus_celt", audio | {"frame_ms": one(10, 20)}),
        ("g711", {"codec": "g711", "codec_options": {"law": one("a", "mu")}, "concealment": pitch, "frame_ms": one(10, 20, 30)}),
        ("g722", {"codec": "g722", "concealment": pitch, "frame_ms": one(20, 20, 40)}),
        ("gsm_repeat", {"codec": "gsm", "codec_options": {"lost": "repeat"}}),
        ("g722_repeat", {"codec": "g722", "codec_options": {"lost": "repeat"}}),
        ("plain", {"concealment": one("zero", "fade", "noise", "repeat", "repeat_faded", "zero_soft"), "frame_ms": frame}),
        ("opus", opus),
        ("g729", {"codec": "g729"}),
        ("amr_nb", {"codec": "amr_nb", "codec_options": {"bitrate": one(4750, 6700, 7950, 12200)}, "frame_ms": one(20, 40)}),
        ("opus_celt", audio | {"frame_ms": one(5, 10, 20)}),
        ("pitch", {"concealment": pitch, "frame_ms": frame}),
    ]  # fmt: skip
    receivers = [r for r in receivers if r[0] in only] or receivers
    return receivers[(i + i // len(receivers)) % len(receivers)]


def client(i: int, sr: int, rng: Rng) -> Receiver:
    """Return the `i`-th of the codecs with a jitter buffer that plays on as none of the others does."""
    plays = {
        "cycles": int(rng.integers(1, 4)),
        "wander": float(rng.choice((0.0, 0.0, 0.0, rng.uniform(0.0, 0.06)))),
        "voicing": float(rng.uniform(0.35, 1.1)),
        "breath": float(rng.uniform(0.0, 1.0)),
        "blend": float(rng.uniform(1.0, 2.0)),
        "hold_ms": float(rng.uniform(0.0, 30.0)),
        "fade_db": float(np.exp(rng.uniform(np.log(0.8), np.log(8.0)))),
        "seam_ms": float(rng.uniform(0.2, 5.0)),
        "merge_ms": float(rng.uniform(4.0, 20.0)),
        "rise_ms": float(rng.uniform(0.0, 20.0)),
    }
    opus: dict[str, Any] = {
        "codec": "opus",
        "codec_options": {
            "bitrate": int(rng.choice(OPUS_RATES)),
            "fec": bool(rng.random() < 0.4),
            "dtx": bool(rng.random() < 0.15),
        },
    }
    others: tuple[dict[str, Any], ...] = (
        {"codec": "g711", "codec_options": {"law": "a"}},
        {"codec": "g722"},
        {"codec": "g711", "codec_options": {"law": "mu"}},
        {},
    )
    coded = opus if i % 4 in (1, 2) else others[i // 4 % len(others)]
    frame = int(rng.choice((10, 20, 20, 20, 40, 60)))
    return "client", coded | {"frame_ms": frame, "concealment": "expand", "concealment_options": plays}


def network(rng: Rng) -> dict[str, Any]:
    """Draw a network: loss of 1-15 %, bursts, a line that loses up to half, outages, or jitter into an adaptive buffer."""
    kind = rng.random()
    if kind < 0.63:
        return {
            "loss": float(np.exp(rng.uniform(np.log(0.01), np.log(0.15)))),
            "burst_ratio": float(rng.uniform(1.0, 3.0)),
        }
    if kind < 0.75:
        return {"loss": float(rng.uniform(0.15, 0.5)), "burst_ratio": float(rng.uniform(1.0, 1.6))}
    if kind < 0.87:
        return {"loss": 0.01, "outages": float(rng.uniform(6.0, 25.0)), "outage_s": float(rng.uniform(0.08, 0.5))}
    jitter = {"jitter_ms": float(rng.uniform(20.0, 80.0)), "spikes": float(rng.uniform(0.0, 10.0))}
    return jitter | {"playout": "adaptive", "loss": float(rng.uniform(0.0, 0.03))}


def stalls(rng: Rng) -> dict[str, Any]:
    """Draw a network that holds packets back, into a buffer that then plays what came too late a tenth to a half faster."""
    return {
        "playout": "adaptive",
        "spikes": float(rng.uniform(4.0, 14.0)),
        "spike_ms": float(rng.uniform(300.0, 1500.0)),
        "jitter_ms": float(rng.choice((0.0, 10.0, 30.0))),
        "catch_up": float(rng.uniform(1.08, 1.5)),
    }


if __name__ == "__main__":
    sys.exit(main())
