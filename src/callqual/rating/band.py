"""The band whose scale a MOS is on: P.800.1 names narrow, wide, super-wide and full band by what a listener is used to in each."""

from __future__ import annotations

from callqual.result import Band

UPPER_HZ: dict[Band, float] = {"narrow": 3400.0, "wide": 7000.0, "super_wide": 14000.0, "full": 20000.0}
"""Upper edge of each band."""


def band(bandwidth_hz: float | None) -> Band | None:
    """Band with the nearest upper edge, by ratio: a recording is judged as one of its own band, never for being narrow."""
    if bandwidth_hz is None or bandwidth_hz <= 0.0:
        return None
    return min(UPPER_HZ, key=lambda name: max(UPPER_HZ[name] / bandwidth_hz, bandwidth_hz / UPPER_HZ[name]))
