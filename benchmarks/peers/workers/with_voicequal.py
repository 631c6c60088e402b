"""voicequal (no relation of callqual): its tier and the signal-to-noise ratio the tier is read from, resampled by itself."""

from __future__ import annotations

from typing import Any

import voicequal
from serve import serve

TIERS = {"excellent": 4.0, "good": 3.0, "fair": 2.0, "poor": 1.0}


def tier(path: str) -> dict[str, Any]:
    """The tier as a number from 1 (poor) to 4 (excellent), and the ratio in dB."""
    found = voicequal.assess(path)
    return {"scores": {"voicequal tier": TIERS[found.quality], "voicequal SNR, dB": float(found.snr_estimate)}}


if __name__ == "__main__":
    serve(voicequal.__version__, {"tier": tier})
