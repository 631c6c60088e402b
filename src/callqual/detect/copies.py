"""Copies as evidence: sound that was heard a moment before, or is heard again a moment after, in place of what was sent.

What is heard: a stutter or, at one lag for a tenth of a second and more, a buzz at 1/lag. What it is told from: vowels and
tones, which repeat themselves less exactly (or, pure tones, at any lag).
Kinds: ``repeat`` (a packet again), ``concealed`` (a pitch cycle again), ``repeat_segment`` (time inserted), ``stuck`` (buzz).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callqual.detect.candidates import Candidate
from callqual.detect.speech import Speech, to_db
from callqual.detect.trees import llr
from callqual.features.facts import COPY, HOP

FEATURES = ("gain", "length", "lag", "on_frame", "level", "context", "seam_start", "seam_middle", "seam_end", "level_step")

PRIOR = -2.0
LEAST_CONTEXT_DB = -25.0
STUCK_SECONDS = 0.1
JOIN = 0.004
TONE_EVIDENCE = -12.0


def joined(copies: NDArray[np.void]) -> NDArray[np.void]:
    """Join rows of one lag that overlap or touch: a copy is found again in every block it reaches into."""
    rows = copies[np.lexsort((copies["start"], np.round(copies["lag"] * 4000.0)))]
    if rows.size < 2:
        return rows
    lag = np.round(rows["lag"] * 4000.0)
    out: list[np.void] = []
    for i in range(rows.size):
        row = rows[i].copy()
        if out and abs(row["lag"] - out[-1]["lag"]) < 3e-4 and lag[i] - lag[i - 1] <= 1 and row["start"] <= out[-1]["end"] + 1e-3:
            last = out[-1]
            if row["end"] > last["end"]:
                last["end"], last["seam_end"] = row["end"], row["seam_end"]
            last["gain_db"] = max(last["gain_db"], row["gain_db"])
        else:
            out.append(row)
    return np.array(out, COPY)


def _levels(speech: Speech, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean level (dB re active speech) of the frames from each start to its end."""
    power = np.concatenate(([0.0], np.cumsum(10.0 ** (speech.level_db / 10.0))))
    a = np.clip(np.round(start / HOP).astype(int), 0, speech.level_db.size)
    b = np.clip(np.round(end / HOP).astype(int), a, speech.level_db.size)
    mean = (power[b] - power[a]) / np.maximum(b - a, 1)
    return to_db(mean) - (speech.active_db or 0.0)


def describe(copies: NDArray[np.void], speech: Speech) -> NDArray[np.float64]:
    """Return the :data:`FEATURES` of each copy, shape (copies, features)."""
    start, end, lag = (copies[k].astype(np.float64) for k in ("start", "end", "lag"))
    before = _levels(speech, start - lag - 0.06, start - lag)
    after = _levels(speech, end, end + 0.06)
    level = np.clip(to_db(copies["level"]) - (speech.active_db or 0.0), -60.0, 10.0)
    frame = np.abs(lag / HOP - np.round(lag / HOP)) < 0.02
    seams = [np.minimum(copies[f"seam_{k}"].astype(np.float64), 20.0) for k in ("start", "middle", "end")]
    return np.stack([
        np.minimum(copies["gain_db"].astype(np.float64), 60.0), np.log((end - start) / 0.02), lag * 1000.0,
        frame.astype(np.float64), level, np.clip(np.maximum(np.maximum(before, after), level), -60.0, 10.0), *seams,
        np.clip(after - level, -30.0, 30.0),
    ], axis=1)  # fmt: skip


def find(copies: NDArray[np.void], speech: Speech) -> list[Candidate]:
    """Return the damage among `copies` with its evidence; of overlapping ones the surest and longest stands."""
    if not copies.size or speech.active_db is None:
        return []
    rows = joined(copies)
    phi = describe(rows, speech)
    keep = phi[:, FEATURES.index("context")] > LEAST_CONTEXT_DB
    rows, phi = rows[keep], phi[keep]
    shape = llr("copies", FEATURES, phi)
    tone = np.where(_near_tone(rows, speech), TONE_EVIDENCE, 0.0)
    score = shape + tone + PRIOR
    return [_candidate(rows[i], phi[i], shape[i], tone[i]) for i in _apart(rows, score)]


def _near_tone(rows: NDArray[np.void], speech: Speech) -> NDArray[np.bool_]:
    counts = np.concatenate(([0], np.cumsum(speech.tonal)))
    a = np.clip(((rows["start"] - rows["lag"]) / HOP).astype(int), 0, speech.tonal.size)
    b = np.clip((rows["end"] / HOP).astype(int) + 1, 0, speech.tonal.size)
    return np.asarray(counts[b] - counts[a] >= 2)


def _apart(rows: NDArray[np.void], score: NDArray[np.float64]) -> list[int]:
    """Of copies that overlap, keep the one that explains most: its score a millisecond counts, then the shorter lag."""
    worth = np.minimum(score, 6.0) + 20.0 * (rows["end"] - rows["start"]) - 5.0 * rows["lag"]
    taken: list[int] = []
    for i in np.argsort(-worth, kind="stable"):
        if score[i] > -3.0 and all(rows["end"][i] <= rows["start"][j] or rows["start"][i] >= rows["end"][j] for j in taken):
            taken.append(int(i))
    return sorted(taken, key=lambda i: float(rows["start"][i]))


def _candidate(row: np.void, phi: NDArray[np.float64], shape: float, tone: float) -> Candidate:
    start, end, lag = float(row["start"]), float(row["end"]), float(row["lag"])
    named = dict(zip(FEATURES, phi.tolist(), strict=True))
    kind = _kind(named, end - start, lag)
    if kind == "repeat" and named["seam_start"] > 1.5 * named["seam_end"]:
        start, end = start - lag, end - lag
    evidence = {"prior": PRIOR, "copy": float(shape)}
    if tone:
        evidence["tone"] = float(tone)
    details: dict[str, float | str] = {
        "lag_ms": round(lag * 1000.0, 2),
        "copy_gain_db": round(named["gain"], 1),
        "context_db": round(named["context"], 1),
    }
    if kind == "stuck":
        details |= {"hz": round(1.0 / lag, 2), "level_db": round(named["level"], 1)}
        start -= lag
    family = {"stuck": "buzz", "repeat_segment": "jitter"}.get(kind, "gap")
    return Candidate(family, kind, start, end, evidence, details, named["context"])  # type: ignore[arg-type]


def _kind(named: dict[str, float], length: float, lag: float) -> str:
    if length >= max(STUCK_SECONDS, 1.5 * lag):
        return "stuck"
    if abs(length - lag) < 0.002 and lag > 0.018 and max(named["seam_start"], named["seam_end"]) < 3.0 < named["seam_middle"]:
        return "repeat_segment"
    return "repeat" if named["on_frame"] or lag > 0.02 else "concealed"
