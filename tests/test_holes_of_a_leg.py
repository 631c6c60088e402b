"""What the holes of a leg tell of each other: gates and pauses put in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import callqual
from callqual.detect import gates, joins
from talker import talk

SR = 16000
Scores = NDArray[np.float64]


def gate(gated: int, losses: int) -> float:
    score: Scores = np.array([-3.0] * gated + [6.0] * losses)
    return gates.evidence(np.ones(score.size), score)


def test_gated_pauses_speak_against_the_holes_of_a_leg_and_sure_losses_for_them() -> None:
    assert gate(0, 0) == gate(0, 9) == 0.0
    assert gates.MOST < gate(20, 0) < gate(6, 0) < gate(6, 2) < gate(6, 9) < 0.0


def test_holes_that_are_no_digital_silence_are_no_gate() -> None:
    assert gates.evidence(np.full(20, 0.5), np.full(20, -3.0)) == 0.0


def test_pauses_of_one_leg_have_one_cause() -> None:
    alone = np.array([2.0, 2.5, -0.2, 3.0, 1.5])
    assert (joins.pauses(alone, [0, 1, 2, 3, 4]) > 0.0).all()
    assert (joins.pauses(-alone, [0, 1, 2, 3, 4]) < 0.0).all()
    assert joins.pauses(np.array([0.3]), [0])[0] < 0.0


def places(x: NDArray[np.float64], apart: float, level: float = 0.3) -> list[int]:
    """Samples in the midst of loud sound."""
    rms = np.sqrt(np.mean(x[: x.size // 160 * 160].reshape(-1, 160) ** 2, axis=1))
    out: list[int] = []
    for k in range(40, rms.size - 40):
        if rms[k - 4 : k + 8].min() > level * rms.max() and (not out or k * 160 - out[-1] > apart * SR):
            out.append(k * 160 + 37 * len(out))
    return out


def kinds(x: NDArray[np.float64]) -> list[str]:
    record = callqual.score(np.clip(np.rint(x), -32768, 32767).astype(np.int16), sr=SR)
    return [e.kind for e in record.events if e.kind in ("zero_fill", "inserted_silence", "fade", "noise_fill")]


def test_a_pause_put_in_is_named_so_and_a_loss_is_not() -> None:
    x = talk(SR, 30.0).astype(np.float64)
    lost, parts, last = x.copy(), [], 0
    for i, p in enumerate(places(x, 0.7)):
        k = 480 + 71 * (i % 5)
        lost[p : p + k] = 0.0
        parts += [x[last:p], np.zeros(k)]
        last = p
    pauses, losses = kinds(np.concatenate([*parts, x[last:]])), kinds(lost)
    assert min(len(pauses), len(losses)) > 8
    assert pauses.count("inserted_silence") >= 0.8 * len(pauses)
    assert losses.count("inserted_silence") <= 0.2 * len(losses)


def test_a_gated_voice_loses_nothing() -> None:
    x = talk(SR, 30.0, seed=4).astype(np.float64)
    level = np.sqrt(np.convolve(x**2, np.ones(80) / 80, "same"))
    open_ = np.convolve(level > 0.1 * np.sqrt(np.mean(x**2)), np.ones(400), "same") > 0
    assert 0.1 < 1.0 - open_.mean() < 0.6
    assert len(kinds(np.where(open_, x, 0.0))) <= 1
