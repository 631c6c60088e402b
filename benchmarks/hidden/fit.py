"""Train the learned stage: ``python -m benchmarks.hidden.fit CACHE --out runs/net.pt`` (needs PyTorch; one thread, an hour).

Every batch mixes damaged moments of real calls, of speech lost off line, and undamaged sound; every crop is coloured, levelled,
band-limited and given a noise floor by chance. The voices and calls of ``benchmarks.neteq`` have no part in it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.hidden.net import DILATIONS, KINDS, WIDTH, Net, load, save
from benchmarks.hidden.rows import BLURRED, HEADS, Recording, recordings
from callqual.features.bands import FLOOR, HIGH, LONG, SHORT, STEP_DB
from callqual.features.hidden import NAMES

BATCH, CROP, RATE, DECAY = 20, 360, 3e-3, 0.02
UNDAMAGED, REAL = 0.4, 0.5
"""Share of crops of undamaged recordings, and of the others those of real calls."""

DAMAGED_MOMENT = 0.5
UNSEEN = 1e9
"""Scale of a column that the net may not see."""

EDGE_WEIGHT, WARP_WEIGHT, BLURRED_WEIGHT = 0.3, 0.4, 0.25
HARD = {
    "g729": 2.0,
    "amr_nb": 2.5,
    "speex": 2.0,
    "opus": 2.0,
    "opus_celt": 2.0,
    "amr_wb": 1.5,
    "gsm": 2.0,
    "gsm_repeat": 2.0,
    "noise_gate": 2.0,
    "music": 2.0,
}
"""How many times more often a codec is drawn whose concealment is hard to hear, and undamaged sound that is taken for it."""

LEVELS = 2 * SHORT.first.size + LONG.first.size
"""Columns that are levels of bands, the first ones."""

Rng = np.random.Generator


def main(argv: list[str] | None = None) -> int:
    """Train and keep a net."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hidden.fit", description=str(__doc__).splitlines()[0])
    parser.add_argument("cache", type=Path, help="folder written by benchmarks.hidden.rows")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--width", type=int, default=WIDTH)
    parser.add_argument("--dilations", type=int, nargs="+", default=DILATIONS)
    parser.add_argument("--rate", type=float, default=RATE, help="greatest step of the cycle")
    parser.add_argument("--go-on", type=Path, help="a net to go on from, with its form and scales")
    parser.add_argument("--kind", choices=KINDS, default=KINDS[0])
    parser.add_argument("--blind", nargs="*", default=[], help="columns, by how their names begin, that it may not see")
    parser.add_argument(
        "--without", nargs="*", default=[], help="codecs, clients, or `calls`, that damage nothing it learns from"
    )
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    pools = read_pools(args.cache, set(args.without))
    print(*(f"{name} {sum(len(r.rows) for r in pool) / 6000:.0f} min" for name, pool in pools.items()), flush=True)
    net = load(args.go_on) if args.go_on else fresh(args, pools)
    train(net.train(), Batches(pools, np.random.default_rng(args.seed)), args.steps, args.rate, args.out)
    return 0


def fresh(args: argparse.Namespace, pools: dict[str, list[Recording]]) -> Net:
    """Return an untrained net that scales its columns by those of the pools."""
    rows = np.concatenate([r.rows[::7] for pool in pools.values() for r in pool]).astype(np.float32)
    scale = rows.std(axis=0) + 0.05
    scale[[bool(args.blind) and name.startswith(tuple(args.blind)) for name in NAMES]] = UNSEEN
    return Net(rows.mean(axis=0), scale, args.width, tuple(args.dilations), args.kind)


def read_pools(cache: Path, without: set[str]) -> dict[str, list[Recording]]:
    """Read the cached recordings of the tuning voices: damaged real calls, damaged off line, undamaged."""
    pools: dict[str, list[Recording]] = {"real": [], "offline": [], "undamaged": []}
    for path in sorted(cache.glob("tune*.npz")):
        for r in recordings(path):
            kind = "undamaged" if not r.truth["gaps"] else "real" if "kind" not in r.truth else "offline"
            names = {codec_of(r.truth), *(("calls", client_of(r.truth)) if kind == "real" else ())}
            if kind == "undamaged" or not names & without:
                pools[kind].append(r)
    return {kind: pool for kind, pool in pools.items() if pool}


def codec_of(truth: dict[str, Any]) -> str:
    """Name the codec of a recording, of a real call as well."""
    return str(truth["codec"]).removeprefix("audio/").lower()


def client_of(truth: dict[str, Any]) -> str:
    """Name the program that received a real call: the browser, unless the truth names another."""
    return str(truth.get("client", "chromium"))


class Batches:
    """Draws batches of crops."""

    def __init__(self, pools: dict[str, list[Recording]], rng: Rng) -> None:
        self._pools, self._rng = pools, rng
        self._chance = {name: _chances(pool) for name, pool in pools.items()}
        octave = np.concatenate((np.linspace(0, 1, LONG.first.size), *(2 * [np.linspace(0, 1, SHORT.first.size)])))
        self._height = torch.from_numpy(octave.astype(np.float32))

    def draw(self) -> tuple[Tensor, Tensor]:
        """Return rows, shape (batch, columns, frames), and labels."""
        kinds = self._rng.random((BATCH, 2)) < (UNDAMAGED, REAL)
        other = "real" if "real" in self._pools else "offline"
        names = ["undamaged" if none else other if real else "offline" for none, real in kinds.tolist()]
        crops = [self._crop(self._pools[n][self._rng.choice(len(self._pools[n]), p=self._chance[n])]) for n in names]
        rows, labels = (torch.from_numpy(np.stack(part).astype(np.float32)) for part in zip(*crops, strict=True))
        rows = rows.transpose(1, 2)
        return torch.cat([self._disguise(rows[:, :LEVELS]), rows[:, LEVELS:]], dim=1), labels

    def _crop(self, r: Recording) -> tuple[np.ndarray, np.ndarray]:
        room = max(len(r.rows) - CROP, 0)
        start = int(self._rng.integers(room + 1))
        damaged = np.flatnonzero(r.labels[0])
        if damaged.size and self._rng.random() < DAMAGED_MOMENT:
            start = int(np.clip(self._rng.choice(damaged) - self._rng.integers(CROP), 0, room))
        rows, labels = r.rows[start : start + CROP], r.labels[:, start : start + CROP]
        short = CROP - len(rows)
        return np.pad(rows, ((0, short), (0, 0))), np.pad(labels, ((0, 0), (0, short)))

    def _disguise(self, levels: Tensor) -> Tensor:
        """Colour the spectrum, change the level, add a noise floor, cut off the top, each in some of the crops."""
        n, db = len(levels), levels * STEP_DB
        knots = torch.randn(n, 5) * 3.0 * (torch.rand(n, 1) < 0.6)
        at = (self._height * 4).clamp(max=3.999)
        share, knot = at - at.floor(), at.long()
        db = db + (knots[:, knot] * (1 - share) + knots[:, knot + 1] * share)[:, :, None] + torch.randn(n, 1, 1) * 1.5
        floor = torch.where(
            torch.rand(n, 1, 1) < 0.35, -20.0 - 40.0 * torch.rand(n, 1, 1), torch.full((n, 1, 1), -150.0)
        )
        grain = 0.6 - 0.4 * torch.log(torch.rand(db.shape).clamp(min=1e-4))
        db = 10.0 * torch.log10(10 ** (db / 10) + 10 ** (floor / 10) * grain)
        cut = (torch.rand(n, 1) < 0.2) * torch.rand(n, 1) * 0.5
        db = torch.where((self._height[None] > 1 - cut)[:, :, None], torch.full_like(db, -80.0), db)
        return (db / STEP_DB).clamp(0.5 * float(np.log10(FLOOR)), HIGH)


def _chances(pool: list[Recording]) -> np.ndarray:
    weight = np.array([len(r.rows) * HARD.get(codec_of(r.truth), 1.0) for r in pool])
    return weight / weight.sum()


def loss_of(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of the heads, each where its truth is known."""
    truth, counts, warp_counts = labels[:, : len(HEADS)], labels[:, len(HEADS)], labels[:, len(HEADS) + 1]
    blurred = (counts == BLURRED).float()
    counts = (counts == 1).float()
    each = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    edges = [torch.clamp(counts + truth[:, i], max=1) for i in (1, 2)]
    weight = torch.stack([counts + BLURRED_WEIGHT * blurred, *edges, warp_counts * counts], dim=1)
    inside, onset, back, warp = (each * weight).sum(dim=(0, 2)) / weight.sum(dim=(0, 2))
    return inside + EDGE_WEIGHT * (onset + back) + WARP_WEIGHT * warp


def train(net: Net, batches: Batches, steps: int, rate: float, out: Path) -> None:
    """One cycle of AdamW."""
    out.parent.mkdir(parents=True, exist_ok=True)
    adam = torch.optim.AdamW(net.parameters(), rate, weight_decay=DECAY)
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, rate, total_steps=steps, pct_start=0.15)
    losses: list[float] = []
    begun = time.process_time()
    for step in range(1, steps + 1):
        rows, labels = batches.draw()
        loss = loss_of(net(rows), labels)
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        cycle.step()
        losses.append(loss.item())
        if step % 200 == 0 or step == steps:
            print(f"{step} loss {np.mean(losses[-200:]):.4f}, {time.process_time() - begun:.0f} s", flush=True)
            save(net, out, step=step, loss=losses)


if __name__ == "__main__":
    sys.exit(main())
