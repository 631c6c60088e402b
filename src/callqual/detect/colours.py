"""Buzz that is no sound of its own but colours the speech: ring modulation, and the comb filter of a short echo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.audio.rates import NARROW
from callqual.detect.candidates import Candidate
from callqual.detect.tracks import link
from callqual.features.facts import LAGS

RING_SPAN, RING_WEAK_DB, RING_SURE_DB, RING_DRIFT_HZ, RING_PATIENCE = 4.0, 9.0, 14.4, 0.25, 4
RING_STEEP, RING_LASTING, RING_MOST = 1.0, 0.7, 8

BEAT_HZ, BEAT_NEAR_HZ, BEAT = 50.0, 0.25, -10.0
"""Codecs beat so: their frames of 20 ms, sub-frames of 5 ms and packets change the level 50, 200 .. times a second. Of the rings in undamaged and
concealed speech of check voices three in four lay within so much of a multiple; of ring modulators, which are at any frequency, one in a hundred."""

ECHO_SPAN = 4
PIECE = 600
ECHO_FRAMES = 8
ECHO_WEAK, ECHO_SURE, ECHO_STEEP, ECHO_LASTING = 0.2, 0.48, 18.0, 0.3
VOWEL_LAG, VOWEL = 0.0038 * NARROW, 0.14
"""Lags at which first formants ring, and what an echo must score above the others there."""

ECHO_DRIFT, ECHO_SPREAD = 0.5, 0.25
"""Samples that the lag of an echo may seem to move in a second, and spread over all: pitch and vowels wander more."""

BESIDE, SAME, STANDS, ONE, CONTRADICTED = 30, 1.0, 0.28, 0.5, 10.0
"""Seconds to either side in which other echoes contradict one: a room, or a tube, has one lag (to so many samples). Lively actors had two a
minute, at the lag of their pitch; of the seconds in which a lag stands out so much theirs had a third at the most, true ones half of them, from
which share on each factor of e less says so much against it."""

NEAR = (-9, -8, -7, -6, 6, 7, 8, 9)
FIRST, LAST = 23, 99
TAPS, OFFSETS = np.arange(-7, 8), np.linspace(-1.0, 1.0, 81)
_BETWEEN = np.sinc(OFFSETS - TAPS[:, None]) * np.cos(np.pi * (OFFSETS - TAPS[:, None]) / 17.0) ** 2
"""Weights that read a cepstrum between its lags: the sinc under a Hann window."""

CAP = 6.0


def rings(rows: NDArray[np.void], seconds: float) -> list[Candidate]:
    """Return ring modulation: one frequency stands in the spectrum of the envelope, second after second."""
    out = []
    for track in link(rows["ring"], rows["ring_hz"], RING_WEAK_DB, RING_DRIFT_HZ, RING_PATIENCE):
        n = len(track.at)
        if n < 2:  # nine of ten
            continue
        strength = track.plateau
        evidence = {
            "modulation": float(np.clip(RING_STEEP * (strength - RING_SURE_DB), -CAP, CAP)),
            "lasting": RING_LASTING * (min(n, RING_MOST) - 3.0),
        }
        if abs(track.frequency - BEAT_HZ * round(track.frequency / BEAT_HZ)) < BEAT_NEAR_HZ:
            evidence["beat"] = BEAT
        if sum(evidence.values()) < -2.0:
            continue
        share = 10.0 ** ((np.array(track.score) - strength) / 20.0)
        track.score = share.tolist()
        start, end = track.extent(RING_SPAN, seconds)
        details: dict[str, float | str] = {"hz": round(track.frequency, 3), "modulation_db": round(strength, 1)}
        out.append(Candidate("buzz", "ring", start, end, evidence, details))
    return out


def sharpness(rows: NDArray[np.void]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return, for each second, the sharpest peak of the cepstrum of the 4 s from it: score, lag (samples), height.

    Ten minutes at a time: all lags of ten hours at once would take half a gigabyte.
    """
    at = range(0, max(rows.size - ECHO_SPAN + 1, 1), PIECE)
    score, lag, height = zip(*(_sharpness(rows[a : a + PIECE + ECHO_SPAN - 1]) for a in at), strict=True)
    return np.concatenate(score), np.concatenate(lag), np.concatenate(height)


def _sharpness(rows: NDArray[np.void]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    n = rows["echo_frames"].astype(np.float64)
    total = np.concatenate((np.zeros((1, len(LAGS))), np.cumsum(rows["echo"].astype(np.float64) * n[:, None], axis=0)))
    count = np.concatenate(([0.0], np.cumsum(n)))
    windows = max(rows.size - ECHO_SPAN + 1, 0)
    frames = count[ECHO_SPAN:][:windows] - count[:windows]
    mean = (total[ECHO_SPAN:][:windows] - total[:windows]) / np.maximum(frames, 1.0)[:, None]
    k = np.arange(FIRST, LAST) - LAGS.start
    around = np.mean([mean[:, k + d] for d in NEAR], axis=0)
    sharp = (mean[:, k] - around) * np.sqrt(frames)[:, None] * (frames >= ECHO_FRAMES)[:, None]
    j = sharp.argmax(axis=1)
    i = np.arange(windows)
    fine = mean[i[:, None], k[j][:, None] + TAPS] @ _BETWEEN
    best = fine.argmax(axis=1)
    return sharp[i, j], k[j] + LAGS.start + OFFSETS[best], fine[i, best]


def _alone(score: NDArray[np.float64], lag: NDArray[np.float64], middle: float, at: list[int]) -> float:
    """What the lags that stand out near the seconds `at` say of an echo at the lag `middle`."""
    near = slice(max(at[0] - BESIDE, 0), at[-1] + 1 + BESIDE)
    stands = score[near] > STANDS
    same = stands & (np.abs(lag[near] - middle) < SAME)
    share = (np.count_nonzero(same) + 1.0) / (np.count_nonzero(stands) + 1.0)
    return CONTRADICTED * min(float(np.log(share / ONE)), 0.0)


def echoes(rows: NDArray[np.void], seconds: float) -> list[Candidate]:
    """Return comb filters: one lag stands in the mean cepstrum, second after second."""
    score, lag, height = sharpness(rows)
    out = []
    for track in link(score[:, None], lag[:, None], ECHO_WEAK, ECHO_DRIFT):
        n = len(track.at)
        strength, middle = track.plateau, track.frequency
        sure = ECHO_SURE + (VOWEL if middle < VOWEL_LAG else 0.0)
        if strength < sure - 0.15:
            continue
        top = np.array(track.score) >= np.median(track.score)
        spread = float(np.std(np.array(track.hz)[top])) if n > 3 else 0.0
        evidence = {
            "cepstrum": float(np.clip(ECHO_STEEP * (strength - sure), -CAP, CAP)),
            "lasting": ECHO_LASTING * (min(n, 8) - 2.0),
            "spread": float(np.clip(2.0 - 2.0 * spread / ECHO_SPREAD, -CAP, 0.0)),
        }
        evidence["one_lag"] = _alone(score, lag, middle, track.at)
        gain = max(float(np.median(height[np.array(track.at)[top]])), 1e-3)
        start, end = track.extent(float(ECHO_SPAN), seconds)
        details: dict[str, float | str] = {
            "hz": round(NARROW / middle, 2),
            "lag_ms": round(1000.0 * middle / NARROW, 3),
            "level_db": round(20.0 * float(np.log10(gain)), 1),
        }
        out.append(Candidate("buzz", "comb", start, end, evidence, details))
    return out
