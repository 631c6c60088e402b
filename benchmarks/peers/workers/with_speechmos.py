"""DNSMOS and PLCMOS of the package speechmos: 16 kHz alone, so resampled by soxr; one thread; PLCMOS's raters seeded."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
import onnxruntime
import soundfile
import soxr

SR = 16000
_Plain = onnxruntime.InferenceSession


def _one_thread(*args: Any, **options: Any) -> Any:
    alone = onnxruntime.SessionOptions()
    alone.intra_op_num_threads = alone.inter_op_num_threads = 1
    return _Plain(*args, sess_options=alone, **options)


onnxruntime.InferenceSession = _one_thread

from serve import serve  # noqa: E402
from speechmos import dnsmos as dns  # noqa: E402
from speechmos import plcmos as plc  # noqa: E402


def _read(path: str) -> Any:
    x, sr = soundfile.read(path, dtype="float32")
    return np.clip(x if sr == SR else soxr.resample(x, sr, SR), -1.0, 1.0)


def dnsmos(path: str) -> dict[str, Any]:
    """Overall score of P.835 and the score of P.808: means over windows of 9.01 s, one a second."""
    found = dns.run(_read(path), SR)
    return {"scores": {"DNSMOS overall": float(found["ovrl_mos"]), "DNSMOS P.808": float(found["p808_mos"])}}


def plcmos(path: str, seed: int) -> dict[str, Any]:
    """Mean of its fifteen random raters, the same ones for every recording."""
    np.random.seed(seed)  # noqa: NPY002  (the package draws from the global generator)
    return {"scores": {"PLCMOS": float(plc.run(_read(path), SR)["plcmos"])}}


if __name__ == "__main__":
    serve(version("speechmos"), {"dnsmos": dnsmos, "plcmos": plcmos})
