"""The columns of the learned stage: the same however samples come, blind to gain, and what their names say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from callqual.features.bands import FLOOR, LONG, SHORT, alike_share, band_power
from callqual.features.hidden import BATCH, NAMES, PIECE, HiddenReader, columns
from callqual.features.reference import AHEAD, LEAST, MEAN, Reference
from talker import damaged, talk

Samples = NDArray[np.float32]
LATE = (AHEAD + MEAN // 2 - 1 + PIECE) / 100
NOTHING = 0.5 * np.log10(FLOOR)


@cache
def speech(sr: int = 8000, seconds: float = 6.0) -> Samples:
    return (damaged(sr, seconds, zeros=16, seed=3) / np.float32(32768)).astype(np.float32)


def column(rows: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    return rows[:, NAMES.index(name)]


def group(rows: NDArray[np.float32], prefix: str) -> NDArray[np.float32]:
    return rows[:, [name.startswith(prefix) for name in NAMES]]


def read(x: Samples, sizes: Iterator[int], least: int = 0) -> NDArray[np.float32]:
    reader, rows, at = HiddenReader(), [], 0
    while at < x.size:
        n = next(sizes)
        rows.append(reader.push(x[at : at + n], at + n >= x.size, least))
        at += n
    return np.concatenate(rows)


# Rows


@pytest.mark.parametrize("sr", [8000, 44100, 48000])
def test_there_is_a_row_for_each_frame(sr: int) -> None:
    rows = columns(speech(sr), sr)
    assert rows.shape == (600, len(NAMES))
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    assert len(set(NAMES)) == len(NAMES)


def test_rows_do_not_depend_on_the_blocks(rng: np.random.Generator) -> None:
    x = speech()[:-37]
    whole = columns(x, 8000)
    for sizes in (509, 80, 14400, x.size):
        assert np.array_equal(read(x, iter(lambda n=sizes: n, None)), whole)
    chances = iter(lambda: int(rng.choice([0, 1, 79, 81, 3000, 20000])), None)
    assert np.array_equal(read(x, chances), whole)
    for least in (1, 6000, BATCH, 2 * x.size):
        assert np.array_equal(read(x, chances, least), whole)


def test_rows_come_in_pieces_and_not_too_late() -> None:
    x, reader, told = speech(), HiddenReader(), 0
    for at in range(0, x.size, 400):
        told += len(reader.push(x[at : at + 400], last=False))
        assert told % PIECE == 0
        assert told / 100 > (at + 400) / 8000 - LATE - 0.01


@pytest.mark.parametrize("n", [0, 1, 79, 80, 81, 200, 2400, PIECE * 80 - 1, PIECE * 80, PIECE * 80 + 80])
def test_short_recordings(n: int) -> None:
    x = speech()[8000 : 8000 + n]
    rows = columns(x, 8000)
    assert rows.shape == (n // 80, len(NAMES))
    assert np.isfinite(rows).all()


@pytest.mark.parametrize("value", [0.0, 1.0, -0.3])
def test_silence_and_constants(value: float) -> None:
    rows = columns(np.full(16000, value, np.float32), 8000)
    assert np.isfinite(rows).all()
    assert np.all(column(rows, "alike") == 1.0)
    if not value:
        assert np.all(column(rows, "level") == pytest.approx(NOTHING))
        assert np.all(group(rows, "band") == pytest.approx(NOTHING))
        for part in ("strength", "gain", "lag"):
            assert not group(rows, part).any()


@pytest.mark.parametrize("gain_db", [-20.0, 20.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_no_gain_changes_a_row(gain_db: float, seed: int) -> None:
    x = talk(8000, 5.0, seed).astype(np.float32) / 32768
    louder = x * np.float32(10 ** (gain_db / 20))
    np.testing.assert_allclose(columns(louder, 8000), columns(x, 8000), atol=1e-3)


def test_a_row_depends_on_what_is_near_and_on_the_loudness_only() -> None:
    """What comes 1.2 s and more later changes nothing; nor does what is long gone, unless it was louder."""
    x = speech()
    y = x.copy()
    y[32000:] = 0.0
    before = 400 - 120
    assert np.array_equal(columns(y, 8000)[:before], columns(x, 8000)[:before])
    assert not np.array_equal(columns(y, 8000), columns(x, 8000))


# Columns


def test_a_tone_stands_in_its_band() -> None:
    t = np.arange(16000) / 8000
    rows = columns((0.1 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32), 8000)[50:90]
    mel = 2595 * np.log10(1 + 1000 / 700) - 2595 * np.log10(1 + 60 / 700)
    bands = group(rows, "band")
    assert np.all(bands.argmax(axis=1) == round(mel / 55) - 1)
    assert np.all(bands[:, -1] < NOTHING + 0.05)
    assert np.abs(group(rows, "short0") - group(rows, "short1")).max() < 0.02
    assert np.abs(column(rows, "level")).max() < 0.02
    assert np.abs(column(rows, "peak") - 3.01 / 20).max() < 0.02


def test_a_click_stands_in_its_half_of_the_frame() -> None:
    x = np.random.default_rng(1).normal(0, 1e-3, 16000).astype(np.float32)
    x[8000 + 18] += 0.3
    rows = columns(x, 8000)[100]
    first, second = (rows[[name.startswith(f"short{half}") for name in NAMES]].mean() for half in (0, 1))
    assert first > second + 0.2


@pytest.mark.parametrize("bank", [LONG, SHORT], ids=["32 ms", "12 ms"])
def test_bands_hold_the_mean_power_of_their_bins(bank) -> None:
    x = np.random.default_rng(2).standard_normal(4000).astype(np.float32)
    rows = band_power(x, 800, 10, bank).reshape(-1, bank.first.size)
    scale = 4.0 / bank.window.sum() ** 2
    for i, row in enumerate(rows):
        middle = 800 + bank.hop * i + bank.hop // 2
        part = x[middle - bank.length // 2 :][: bank.window.size] * bank.window
        power = np.abs(np.fft.rfft(part)) ** 2
        bins = [power[a : a + n] for a, n in zip(bank.first, bank.width, strict=True)]
        np.testing.assert_allclose(row, [w[: p.size] @ p for w, p in zip(bank.weight, bins, strict=True)], rtol=1e-5)
    np.testing.assert_allclose(bank.weight.sum(axis=1), scale, rtol=1e-6)


@pytest.mark.parametrize(("lag", "gain_db"), [(48, 0.0), (60, -3.0), (100, -6.0)])
def test_a_repeated_cycle_is_strong_at_its_lag_and_gain(lag: int, gain_db: float) -> None:
    rng = np.random.default_rng(4)
    x = 0.1 * rng.standard_normal(24000)
    for n in range(12000, 12800):
        x[n] = 10 ** (gain_db / 20) * x[n - lag]
    rows = columns(x.astype(np.float32), 8000)
    inside, outside = rows[153:157], rows[100:140]
    for window in ("10", "30", "60", "near_10", "near_15", "high_10", "high_20"):
        assert column(inside, f"strength_{window}").min() > 4 * column(outside, f"strength_{window}").mean()
        np.testing.assert_allclose(column(inside, f"gain_{window}"), gain_db / 6, atol=0.02)
    for window in ("10", "30", "60"):
        np.testing.assert_allclose(column(inside, f"lag_{window}"), np.log2(lag / 60), atol=1e-5)


@pytest.mark.parametrize("lag", [47, 61, 99])
def test_a_cycle_between_the_coarse_lags_is_refined(lag: int) -> None:
    x = 0.1 * np.random.default_rng(6).standard_normal(24000)
    for n in range(12000, 12800):
        x[n] = x[n - lag]
    rows = columns(x.astype(np.float32), 8000)[153:157]
    for window in ("near_10", "near_15", "high_10", "high_20"):
        assert column(rows, f"strength_{window}").min() > 2.0
        assert np.abs(column(rows, f"gain_{window}")).max() < 0.01


def test_only_true_copies_repeat_above_two_kilohertz() -> None:
    """A voice with breath in it repeats below 2 kHz only."""
    t = np.arange(24000) / 8000
    voice = sum(np.cos(2 * np.pi * 125 * h * t) for h in range(1, 8))
    x = 0.02 * voice + 0.01 * np.random.default_rng(5).standard_normal(t.size)
    for n in range(12000, 12800):
        x[n] = x[n - 64]
    rows = columns(x.astype(np.float32), 8000)
    assert column(rows[50:140], "strength_30").mean() > 0.4
    assert column(rows[50:140], "strength_high_20").mean() < 0.1
    assert column(rows[153:157], "strength_high_20").min() > 1.0


def test_quiet_frames_say_nothing_of_copies() -> None:
    x = speech().copy()
    x[16000:20000] = 1e-5 * np.resize([1.0, -1.0, 0.5, 0.2], 4000)
    rows = columns(x, 8000)[210:240]
    for part in ("strength", "gain", "lag"):
        assert not group(rows, part).any()


def test_held_samples_are_alike() -> None:
    x = speech().copy()
    x[16000:16080] = x[15999]
    x[16080:16120] = x[16079]
    alike = column(columns(x, 8000), "alike")
    assert alike[200] == 1.0
    assert 0.49 <= alike[201] < 0.7


@pytest.mark.parametrize("gain", [1.0, 1e-3])
def test_what_is_alike_depends_on_the_loudness(gain: float) -> None:
    x = np.cumsum(np.random.default_rng(7).choice([-2e-4, 1e-6, 2e-4], 800)).astype(np.float32)
    share = np.mean(np.abs(np.diff(x.reshape(10, 80))) < 1e-5, axis=1)
    reference = np.full(10, 0.1 * gain**2)
    np.testing.assert_array_equal(alike_share(np.float32(gain) * x, reference), share)


# Loudness


@given(seed=st.integers(0, 2**32), n=st.integers(0, 250), cuts=st.lists(st.integers(0, 250), max_size=4))
def test_the_reference_is_a_leaky_maximum_that_looks_ahead(seed: int, n: int, cuts: list[int]) -> None:
    levels = 10 ** np.random.default_rng(seed).uniform(-9, -1, n)
    around = np.concatenate((np.zeros(15), levels, np.zeros(14 + AHEAD)))
    means = np.array([around[i : i + MEAN].mean() for i in range(n + AHEAD)])
    reader = Reference()
    parts = np.split(levels, sorted(min(c, n) for c in cuts))
    found = np.concatenate([reader.push(part, last=i == len(parts) - 1) for i, part in enumerate(parts)])
    assert found.size == n
    for i in range(n):
        leaked = [means[k] * 10 ** (-0.002 * min(i + AHEAD - k, i + 1)) for k in range(i + AHEAD + 1)]
        assert found[i] == pytest.approx(max(LEAST, *leaked), rel=1e-9)
