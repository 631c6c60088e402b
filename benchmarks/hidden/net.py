"""The learned stage in PyTorch: dilated convolutions over frames of ten milliseconds, and how its weights are written.

:mod:`callqual.features.net` runs what :func:`export` writes, without PyTorch.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.hidden.rows import HEADS
from callqual.features.hidden import NAMES

WIDTH, TAPS, DILATIONS, DROPOUT = 64, 3, (1, 2, 4, 8, 16, 32, 1), 0.1


KINDS = ("dilated", "separable", "recurrent")
"""What was compared: convolutions of all channels, of each channel alone before they are mixed, and gated recurrence both ways."""


class Block(nn.Module):
    """A residual step: norm, dilated convolution, norm, dropout, mixing of the channels."""

    def __init__(self, width: int, dilation: int, separable: bool) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(width)
        pad, groups = dilation * (TAPS // 2), width if separable else 1
        self.spread = nn.Conv1d(width, width, TAPS, padding=pad, dilation=dilation, groups=groups)
        self.spread_norm = nn.BatchNorm1d(width)
        self.drop = nn.Dropout(DROPOUT)
        self.mix = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return shape (batch, width, frames) as it came."""
        y = self.spread(functional.relu(self.norm(x)))
        return x + self.mix(self.drop(functional.relu(self.spread_norm(y))))


class Recurrent(nn.Module):
    """Two layers of gated recurrent units, each over the frames forwards and backwards."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.units = nn.GRU(width, width // 2, num_layers=2, dropout=DROPOUT, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return shape (batch, width, frames) as it came."""
        return self.units(functional.relu(x).transpose(1, 2))[0].transpose(1, 2)


class Net(nn.Module):
    """Rows of a leg as they are read, shape (batch, columns, frames), to logits, shape (batch, heads, frames)."""

    def __init__(
        self,
        mean: np.ndarray,
        scale: np.ndarray,
        width: int = WIDTH,
        dilations: tuple[int, ...] = DILATIONS,
        kind: str = "dilated",
    ) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mean.astype(np.float32)))
        self.register_buffer("scale", torch.from_numpy(scale.astype(np.float32)))
        self.form = {"width": width, "dilations": dilations, "kind": kind}
        self.first = nn.Conv1d(len(NAMES), width, TAPS, padding=TAPS // 2)
        separable = kind == "separable"
        steps = [Recurrent(width)] if kind == "recurrent" else [Block(width, d, separable) for d in dilations]
        self.blocks = nn.Sequential(*steps)
        self.norm = nn.BatchNorm1d(width)
        self.heads = nn.Conv1d(width, len(HEADS), 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        x = (x - self.mean[:, None]) / self.scale[:, None]
        return self.heads(functional.relu(self.norm(self.blocks(self.first(x)))))

    @property
    def products(self) -> int:
        """Multiplications a frame."""
        return sum(p.numel() for p in self.parameters() if p.dim() > 1)


def save(net: Net, path: Path, **more: object) -> None:
    """Keep a net as it is being trained."""
    torch.save({"net": net.state_dict(), "form": net.form, **more}, path)


def load(path: Path) -> Net:
    """Return a net that was kept, ready to be asked."""
    kept = torch.load(path, weights_only=False)
    state = kept["net"]
    net = Net(state["mean"].numpy(), state["scale"].numpy(), **kept["form"])
    net.load_state_dict(state)
    return net.eval()


@torch.no_grad()
def logits(net: Net, rows: np.ndarray) -> np.ndarray:
    """Return the logits of a recording, shape (heads, frames)."""
    x = torch.from_numpy(np.ascontiguousarray(rows.T[None], dtype=np.float32))
    return np.asarray(net(x)[0].numpy())


def export(net: Net) -> dict[str, np.ndarray]:
    """Return the weights by name: norms as factor and offset, those behind a convolution folded into it."""
    out = {"mean": net.mean.numpy(), "scaling": 1.0 / net.scale.numpy(), "dilations": np.array(net.form["dilations"])}
    out |= {"first": _taps(net.first.weight), "first_offset": _array(net.first.bias)}
    for i, block in enumerate(net.blocks):
        factor, offset = _affine(block.norm)
        by, add = _affine(block.spread_norm)
        out |= {f"factor{i}": factor, f"offset{i}": offset}
        out[f"spread{i}"] = _taps(block.spread.weight) * by[:, None]
        out[f"spread_offset{i}"] = _array(block.spread.bias) * by + add
        out |= {f"mix{i}": _taps(block.mix.weight), f"mix_offset{i}": _array(block.mix.bias)}
    factor, offset = _affine(net.norm)
    return out | {
        "factor": factor,
        "offset": offset,
        "heads": _taps(net.heads.weight),
        "heads_offset": _array(net.heads.bias),
    }


def _array(x: Tensor) -> np.ndarray:
    return np.asarray(x.detach().numpy(), dtype=np.float32)


def _taps(weight: Tensor) -> np.ndarray:
    """Return the weights of a convolution as a matrix: a row an output, its inputs tap by tap."""
    return _array(weight.permute(0, 2, 1).reshape(weight.shape[0], -1))


def _affine(norm: nn.BatchNorm1d) -> tuple[np.ndarray, np.ndarray]:
    factor = _array(norm.weight / torch.sqrt(norm.running_var + norm.eps))
    return factor, _array(norm.bias) - _array(norm.running_mean) * factor
