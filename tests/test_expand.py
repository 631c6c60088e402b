"""Pitch cycles played on where packets are missing: what they sound like, how they fade, and what may be asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import callqual
from callqual.errors import InputError
from callqual.simulation.expand import Expand, expand
from talker import talk

SR = 16000
RUN = (SR, SR + SR // 10)


def voice(hz: float = 125.0, n: int = 2 * SR) -> np.ndarray:
    """Harmonics of one pitch."""
    t = np.arange(n) / SR
    return 0.1 * sum(np.cos(2 * np.pi * hz * k * t + k) / k for k in range(1, 12))


def expanded(x: np.ndarray, how: Expand, run: tuple[int, int] = RUN) -> np.ndarray:
    y = x.copy()
    y[slice(*run)] = 0.0
    expand(y, run, SR, how, np.random.default_rng(1))
    return y


def level_db(y: np.ndarray, x: np.ndarray, ms: float) -> float:
    a = RUN[0] + round(ms * SR / 1000)
    part = slice(a, a + SR // 125)  # one cycle
    return float(10 * np.log10(np.mean(y[part] ** 2) / np.mean(x[part] ** 2)))


def test_a_steady_voice_goes_on_as_it_was() -> None:
    x = voice()
    y = expanded(x, Expand(fade_db=0.0, wander=0.0))
    np.testing.assert_allclose(y, x, atol=2e-3)
    assert np.abs(expanded(x, Expand(fade_db=0.0, wander=0.1)) - x).max() > 0.05


def test_it_fades_by_so_many_decibels_every_ten_milliseconds() -> None:
    x = voice()
    y = expanded(x, Expand(hold_ms=10.0, fade_db=2.0, wander=0.0))
    assert level_db(y, x, 0.0) == pytest.approx(0.0, abs=0.3)
    assert level_db(y, x, 46.0) == pytest.approx(-8.0, abs=0.5)
    assert level_db(y, x, 86.0) == pytest.approx(-16.0, abs=0.5)


def test_a_long_loss_ends_in_silence_and_comes_back_softly() -> None:
    x, run = voice(), (SR // 2, SR // 2 + SR)
    y = expanded(x, Expand(fade_db=2.0, rise_ms=15.0), run)
    assert not y[run[0] + SR // 2 : run[1]].any()
    after = np.abs(y[run[1] : run[1] + SR // 50])
    assert after[:40].max() < 0.4 * after[-40:].max()
    np.testing.assert_array_equal(y[run[1] + SR // 50 :], x[run[1] + SR // 50 :])


def test_breath_is_played_on_as_breath(rng: np.random.Generator) -> None:
    x = 0.05 * rng.standard_normal(2 * SR)
    y = expanded(x, Expand(fade_db=0.0))
    made = y[slice(*RUN)]
    lags = [float(made[:-k] @ made[k:]) / float(made @ made) for k in range(SR // 400, SR // 60)]
    assert max(lags) < 0.3, "no cycle of it comes twice"
    assert np.sqrt(np.mean(made**2)) == pytest.approx(0.05, rel=0.3)


def test_amplitudes_that_make_one_are_softer_than_powers(rng: np.random.Generator) -> None:
    x = voice() + 0.05 * rng.standard_normal(2 * SR)
    kept, softer = (expanded(x, Expand(fade_db=0.0, breath=1.0, blend=blend)) for blend in (2.0, 1.0))
    assert -3.1 < level_db(softer, kept, 20.0) < -0.3


def test_voicing_tells_how_soon_all_is_voice(rng: np.random.Generator) -> None:
    x = voice() + 0.05 * rng.standard_normal(2 * SR)
    tonal = [periodicity(expanded(x, Expand(fade_db=0.0, wander=0.0, breath=1.0, voicing=v))) for v in (3.0, 1.0, 0.2)]
    assert tonal == sorted(tonal)
    assert tonal[-1] > tonal[0] + 0.1


def periodicity(y: np.ndarray, cycle: int = SR // 125) -> float:
    made = y[slice(*RUN)]
    return float(np.corrcoef(made[cycle:], made[:-cycle])[0, 1])


MS = st.floats(0, 20)
HOWS = st.builds(
    Expand,
    cycles=st.integers(1, 3),
    wander=st.floats(0, 0.2),
    voicing=st.floats(0.2, 3.0),
    breath=st.floats(0, 1),
    blend=st.floats(1.0, 2.0),
    hold_ms=st.floats(0, 100),
    fade_db=st.floats(0, 50),
    seam_ms=MS,
    merge_ms=MS,
    rise_ms=MS,
)


@settings(max_examples=30, deadline=None)
@given(HOWS, st.integers(0, 2 * SR - 2), st.integers(1, SR))
def test_no_option_makes_it_loud_or_touches_what_was_before(how: Expand, start: int, length: int) -> None:
    x = voice()
    run = (start, min(start + length, x.size))
    y = expanded(x, how, run)
    assert np.isfinite(y).all()
    assert np.abs(y).max() < 4 * np.abs(x).max()
    before, after = run[0] - SR // 50 - 1, run[1] + SR // 50
    np.testing.assert_array_equal(y[: max(before, 0)], x[: max(before, 0)])
    np.testing.assert_array_equal(y[after:], x[after:])


def test_it_is_a_concealment_of_the_simulator_and_can_be_shaped() -> None:
    x = talk(SR, 6.0, seed=2)
    given = {"loss": 0.1, "seed": 4, "concealment": "expand"}
    soft = callqual.simulate(x, SR, **given)
    hard = callqual.simulate(x, SR, **given, concealment_options={"fade_db": 20.0, "cycles": 1})
    assert {e["kind"] for e in soft.truth} <= {"concealed", "dead_air"}
    assert [e["start"] for e in soft.truth] == [e["start"] for e in hard.truth]
    assert not np.array_equal(soft.samples, hard.samples)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"concealment": "expand", "concealment_options": {"fade": 1.0}},
            "concealment_options='fade': expected one of cycles,",
        ),
        ({"concealment": "expand", "concealment_options": {"breath": 40}}, "breath=40: expected a number from 0 to 1"),
        (
            {"concealment": "zero", "concealment_options": {"cycles": 1}},
            "concealment_options are given with concealment='zero'",
        ),
    ],
)
def test_what_it_cannot_do_is_told(given: dict, told: str) -> None:
    with pytest.raises(InputError, match=told.replace("(", r"\(")):
        callqual.simulate(talk(SR, 2.0, seed=1), SR, **given)
