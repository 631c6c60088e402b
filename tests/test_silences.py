"""Digital silence that lasts: an outage breaks sound off and lets it back at once, a pause does neither."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import callqual
from callqual.detect.gates import VANISHED
from callqual.detect.silences import BROKEN_DB, FEATURES, QUIETEST_DB, Silences, evidence
from callqual.detect.speech import Speech
from callqual.features.facts import EDGE, HOP, RUN
from talker import talk

SR = 16000
Signal = NDArray[np.float64]


def leg(seconds: float, *levels: tuple[float, float, float]) -> Speech:
    """Speech at 0 dB of which the stretches (start, end, level) are other."""
    power = np.ones(round(seconds / HOP), np.float32)
    for start, end, level in levels:
        power[round(start / HOP) : round(end / HOP)] = 10 ** (level / 10)
    nothing = np.zeros(power.size, np.bool_)
    return Speech(power, ~nothing, ~nothing, nothing, np.zeros(0), 0.0, -70.0)


def runs(*places: tuple[float, float]) -> NDArray[np.void]:
    return np.array([(a, b, 0.0) for a, b in places], RUN)


def falls(*edges: tuple[float, float]) -> NDArray[np.void]:
    return np.array([(at, 10 ** (level / 10), 0.0) for at, level in edges], EDGE)


def told(silences: Silences, start: float, end: float) -> dict[str, float]:
    row = silences.describe(np.array([start]), np.array([end]), np.array([1.5]))[0]
    return dict(zip(FEATURES, row.tolist(), strict=True))


def likelihood(**features: float) -> float:
    usual = {
        "fade": 4.0,
        "before": QUIETEST_DB,
        "soon": -20.0,
        "pauses": np.log1p(4.0),
        "returns": -25.0,
        "length": 0.5,
    }
    return float(evidence(np.array([[(usual | features)[name] for name in FEATURES]]))[0])


@pytest.mark.parametrize(("pauses_db", "nats"), [(-60.0, VANISHED), (-130.0, 0.0)])
def test_a_room_that_is_heard_in_every_pause_but_one_was_taken(pauses_db: float, nats: float) -> None:
    one, pauses = (7.0, 9.0), [(0.5, 2.0), (2.5, 4.0), (4.5, 6.0)]
    voice = leg(12.0, (*one, -130.0), *((a, b, pauses_db) for a, b in pauses))
    silences = Silences(runs(one), falls(), voice)
    assert silences.vanished(np.array([7.0]), np.array([9.0])).tolist() == pytest.approx([nats])
    short = leg(12.0, (*one, -130.0), (1.0, 2.5, pauses_db))
    assert Silences(runs(one), falls(), short).vanished(np.array([7.0]), np.array([9.0])).tolist() == [0.0], (
        "too little heard"
    )


def test_the_borders_of_a_silence_are_measured_and_its_leg_is_that_without_it() -> None:
    quiet = [(3.0, 3.03, -35.0), (6.0, 6.03, -9.0)]
    places = runs((2.0, 3.0), (4.0, 4.1), (5.0, 6.0), (8.0, 9.5))
    edges = falls((1.999, -40.0), (5.0, -38.0), (5.01, -1.0), (8.001, -6.0))
    silences = Silences(places, edges, leg(12.0, *quiet))
    broken, natural = told(silences, 7.8, 9.5), told(silences, 4.9, 6.0)
    assert (broken["fade"], broken["before"], broken["soon"]) == pytest.approx((1.5, -6.0, 0.0))
    assert broken["length"] == pytest.approx(np.log2(1.7))
    assert broken["pauses"] == pytest.approx(np.log1p(2.0))  # 100 ms are no pause
    assert (natural["before"], natural["soon"]) == pytest.approx((-38.0, -9.0))
    assert natural["pauses"] == pytest.approx(np.log1p(1.0))  # an outage is none that speech dies away into
    assert natural["returns"] < broken["returns"]


def test_an_outage_ends_where_its_silence_does_and_begins_where_sound_breaks_off() -> None:
    places, speech = runs((2.0, 3.51)), leg(6.0)
    assert Silences(places, falls((2.0, BROKEN_DB + 10.0)), speech).borders(1.7, 3.5) == (2.0, 3.51)
    assert Silences(places, falls((2.0, BROKEN_DB - 10.0)), speech).borders(1.7, 3.3) == (1.7, 3.3)
    assert Silences(places, falls(), speech).borders(4.0, 5.0) == (4.0, 5.0)


def test_sound_that_breaks_off_and_comes_back_speaks_for_an_outage_and_a_leg_of_such_pauses_against_it() -> None:
    assert likelihood(before=-5.0) > likelihood() + 2.0
    assert likelihood(before=-38.0) < likelihood(before=-5.0) - 2.0
    assert likelihood(soon=0.0, pauses=0.0) > likelihood(soon=-40.0, pauses=0.0)
    assert likelihood(pauses=0.0) > likelihood(pauses=np.log1p(12.0))
    assert likelihood(returns=-5.0, soon=-5.0) <= likelihood(returns=-40.0, soon=-5.0)


def test_a_fade_surer_than_any_pause_stays_sure() -> None:
    silences = Silences(runs((2.0, 3.5)), falls(), leg(6.0))
    sure, surer = (silences.describe(np.array([1.9]), np.array([3.5]), np.array([fade])) for fade in (9.5, 15.0))
    assert evidence(sure) == evidence(surer)


def studio(seconds: float, pauses: tuple[float, ...]) -> Signal:
    """A talker who dies away into digital silence and sets in softly, with pauses put in that last so many seconds."""
    x, k = talk(SR, seconds, seed=3).astype(np.float64), SR // 100
    loud = np.repeat(np.abs(x[: x.size // k * k]).reshape(-1, k).max(axis=1) > 40.0, k)
    soft = np.hanning(SR // 8)
    x = x[: loud.size] * np.convolve(loud, soft / soft.sum(), "same") ** 2
    x[np.abs(x) < 1.0] = 0.0
    still = np.flatnonzero(np.convolve(np.abs(x), np.ones(SR // 10), "same") == 0.0)
    parts, last = [], 0
    for i, length in enumerate(pauses):
        at = int(still[(i + 1) * still.size // (len(pauses) + 1)])
        parts += [x[last:at], np.zeros(round(length * SR))]
        last = at
    return np.concatenate([*parts, x[last:]])


def test_an_outage_is_told_to_the_sample_from_pauses_that_are_digital_silence_too() -> None:
    x = studio(16.0, (1.2, 1.6, 2.0))
    rms = np.sqrt(np.mean(x[: x.size // 160 * 160].reshape(-1, 160) ** 2, axis=1))
    loud = rms > 0.3 * rms.max()
    at = next(k for k in range(600, rms.size) if loud[k - 3 : k].all() and loud[k + 150 : k + 153].all())
    a, b = at * 160 + 41, at * 160 + 41 + 3 * SR // 2
    x[a:b] = 0.0
    record = callqual.score(np.rint(x).astype(np.int16), sr=SR, min_confidence=0.0)
    dead = [e for e in record.events if e.kind == "dead_air"]
    (outage,) = (e for e in dead if abs(e.start - a / SR) < 0.5)
    pauses = [float(e.details["llr_silence"]) for e in dead if e is not outage]
    assert (outage.start, outage.end) == pytest.approx((a / SR, b / SR), abs=0.0005)
    assert float(outage.details["llr_silence"]) > 2.0
    assert len(pauses) >= 2
    assert (
        max(pauses) < float(outage.details["llr_silence"]) - 2.0
    )  # a jitter buffer too lets sound die away before an outage
