"""NISQA with the weights given by path (they are not in the package and not free for every use); resampled to 48 kHz by soxr."""

from __future__ import annotations

import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] = "1"  # the file holds settings beside the weights

import numpy as np
import soundfile
import soxr
import torch
from nisqa import NISQA_lib
from nisqa.NISQA_model import nisqaModel
from serve import serve

SR, LONGEST_S = 48000, 50
"""Its weights were made at 48 kHz, and it refuses more than 52 s."""

OPTIONS = {
    "mode": "predict_file",
    "output_dir": None,
    "ms_channel": None,
    "tr_device": "cpu",
    "tr_parallel": False,
    "tr_bs_val": 1,
    "tr_num_workers": 0,
}


class Nisqa:
    """The model, loaded with the first recording."""

    def __init__(self, weights: str) -> None:
        self.weights = os.path.abspath(weights)
        self.folder = tempfile.TemporaryDirectory()
        self.model: Any = None

    def mos(self, path: str) -> dict[str, Any]:
        """Overall score and the score of discontinuity, both higher for better: means of pieces of 50 s or less."""
        x, sr = soundfile.read(path, dtype="float32")
        x = x if sr == SR else soxr.resample(x, sr, SR)
        every = [self._piece(piece) for piece in np.array_split(x, -(-len(x) // (LONGEST_S * SR)))]
        return {"scores": {name: float(np.mean([found[name] for found in every])) for name in every[0]}}

    def _piece(self, x: Any) -> dict[str, float]:
        copy = Path(self.folder.name) / "piece.wav"
        soundfile.write(copy, x, SR, "FLOAT")
        if self.model is None:
            torch.set_num_threads(1)
            self.model = nisqaModel(OPTIONS | {"pretrained_model": self.weights, "deg": str(copy)})
        m = self.model
        predict = NISQA_lib.predict_dim if m.args["dim"] else NISQA_lib.predict_mos
        predict(m.model, m.ds_val, 1, m.dev, num_workers=0)
        row = m.ds_val.df.iloc[0]
        names = {"NISQA": "mos_pred"} | ({"NISQA discontinuity": "dis_pred"} if m.args["dim"] else {})
        return {name: float(row[column]) for name, column in names.items()}


if __name__ == "__main__":
    if not os.path.isfile(sys.argv[1]):
        sys.exit(f"{sys.argv[1]}: no such file of weights")
    serve(version("nisqa"), {"nisqa": Nisqa(sys.argv[1]).mos})
