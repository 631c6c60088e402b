"""``simulate()``: speech through tone, codec, network, receiver, splices and recorder, in this order, with the truth."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from callqual import __version__
from callqual.audio.source import AudioSource, open_audio
from callqual.errors import InputError, TooShortError
from callqual.evaluation.events import ACTIVE_DB
from callqual.simulation import codecs, splices
from callqual.simulation.buzz import BUZZES
from callqual.simulation.concealment import CONCEALMENTS, Concealment, expanding
from callqual.simulation.expand import Expand
from callqual.simulation.network import Network
from callqual.simulation.options import choice, number
from callqual.simulation.playout import Playout
from callqual.simulation.receive import Plain, Received, receive
from callqual.simulation.record import Simulation
from callqual.simulation.recorder import RECORDERS
from callqual.simulation.signals import Rng, Signal, quantise
from callqual.simulation.timing import TIMING
from callqual.simulation.truth import TruthEvent

LEAST_SECONDS, LEAST_TIMED = 0.5, 2.0
"""Shortest speech, and shortest with splices."""

READ_SECONDS = 60


def simulate(
    speech: AudioSource,
    sr: float | None = None,
    *,
    codec: str | None = None,
    codec_options: Mapping[str, Any] | None = None,
    frame_ms: float | None = None,
    concealment: str | None = None,
    concealment_options: Mapping[str, Any] | None = None,
    timing: str | None = None,
    timing_rate: float = 0.05,
    slip_ppm: float = 0.0,
    buzz: str | None = None,
    buzz_db: float = 18.0,
    buzz_first: bool = False,
    recorder: str | Sequence[str] = (),
    other: AudioSource | None = None,
    seed: int = 0,
    **options: Any,
) -> Simulation:
    """Damage clean speech as a network, a receiver and a recorder do, and say exactly what was done.

    Parameters
    ----------
    speech : path, binary file object or ndarray [shape=(n,)]
        One talker, clean; samples float full scale ±1 or integer.
    sr : int, optional
        Rate of samples, Hz; a file knows its own. The output has it too.
    codec : str, optional
        A real codec: ``opus``, ``g711``, ``amr_nb`` ...; None = packets hold the samples themselves.
    codec_options : dict, optional
        What the codec takes: ``bitrate``, ``fec`` ...
    frame_ms : float, optional
        Length of a packet, ms; 20 or what the codec says.
    concealment : str, optional
        What is played for missing packets, a name of ``CONCEALMENTS``, or ``decoder``, the codec's own, which is the
        default where it has one; else ``zero``.
    concealment_options : dict, optional
        What ``expand`` takes: ``cycles``, ``fade_db`` ...; see :class:`~callqual.simulation.expand.Expand`.
    timing, timing_rate : str, float
        A splice or stall at places of its own, a name of ``TIMING``, and its share of the time.
    slip_ppm : float
        How much the receiver's clock is faster: samples are doubled (or, below 0, left out), one at a time.
    buzz, buzz_db, buzz_first : str, float, bool
        A tone that does not belong, a name of ``BUZZES``, how far it lies below active speech, and whether the codec
        hears it.
    recorder : str or sequence of str
        Recorder paths in order, names of ``RECORDERS``.
    other : path, binary file object or ndarray [shape=(m,)], optional
        The other talker, mixed into the recording from its start; samples at `sr`.
    seed : int
        The same seed, the same bytes.
    **options
        Of the network (``loss``, ``burst_ratio``, ``jitter_ms`` ...) and the receiver (``playout``, ``buffer_ms`` ...):
        see :class:`~callqual.simulation.network.Network` and :class:`~callqual.simulation.playout.Playout`.

    Returns
    -------
    Simulation

    Raises
    ------
    InputError
        An option, or speech, that cannot be used; a codec whose library is missing.

    Examples
    --------
    >>> import callqual
    >>> sim = callqual.simulate("examples/clean.wav", loss=0.05, burst_ratio=1.5, concealment="repeat", seed=1)
    >>> found = callqual.score(sim.samples, sim.sr)
    >>> callqual.evaluate(sim.truth, found, seconds=sim.seconds).gap.recall > 0.9
    True
    """
    given = {k: v for k, v in locals().items() if k not in ("speech", "sr", "other", "options")} | options
    network, playout = _parts(options)
    paths = [recorder] if isinstance(recorder, str) else list(recorder)
    _check(timing, timing_rate, slip_ppm, buzz, buzz_db, paths, seed)
    x, rate = _read(speech, sr, timing)
    streams = [np.random.default_rng([seed, i]) for i in range(4)]
    coder = _codec(codec, rate, codec_options, frame_ms)
    how, fec = _concealment(concealment, concealment_options, coder), bool((codec_options or {}).get("fec"))
    tones: list[TruthEvent] = []
    if buzz and buzz_first:
        x, tones = BUZZES[buzz](x, rate, streams[1], below_db=buzz_db)
    call = receive(_resampled(x, rate, coder.sr), coder, how, network, playout, streams[0], fec)
    events = call.events + _through(tones, call, coder)
    y, reference = (_resampled(part, coder.sr, rate) for part in (call.samples, call.reference))
    y, reference, events, moved = _spliced(y, reference, events, rate, timing, timing_rate, slip_ppm, streams[2])
    if buzz and not buzz_first:
        y, tones = BUZZES[buzz](y, rate, streams[1], below_db=buzz_db)
        events += tones
    y = _recorded(y, rate, paths, other, streams[3])
    log = call.log
    log["played"] = [moved(round(t * rate)) / rate if t == t else t for t in log["played"].tolist()]
    return Simulation(
        samples=quantise(y),
        sr=rate,
        truth=_finished(events),
        reference=reference.astype(np.float32),
        packets=log,
        seed=seed,
        options=_plain(given),
        version=__version__,
    )


def _parts(options: Mapping[str, Any]) -> tuple[Network, Playout]:
    """Sort options by whose they are."""
    known = {name: kind for kind in (Network, Playout) for name in kind.__struct_fields__}
    for name in options:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}"
            raise InputError(f"simulate has no option {name!r}; {hint}")
    plain = {k: os.fspath(v) if isinstance(v, os.PathLike) else v for k, v in options.items()}

    def of(kind: type) -> dict[str, Any]:
        return {k: v for k, v in plain.items() if known[k] is kind}

    return Network(**of(Network)), Playout(**of(Playout))


def _check(
    timing: str | None, rate: float, slip: float, buzz: str | None, below: float, paths: Sequence[str], seed: int
) -> None:
    """Refuse options that are not what they should be."""
    if timing is not None:
        choice("timing", timing, TIMING)
    if buzz is not None:
        choice("buzz", buzz, BUZZES)
    for path in paths:
        choice("recorder", path, RECORDERS)
    number("timing_rate", rate, 0.0, 0.5, " (a share, not percent)")
    number("slip_ppm", slip, -50_000.0, 50_000.0, " parts in a million")
    number("buzz_db", below, -20.0, 80.0, " dB")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed={seed!r}: expected a whole number of 0 or more")


def _read(speech: AudioSource, sr: float | None, timing: str | None = None) -> tuple[Signal, int]:
    """Read one talker, whole."""
    with open_audio(speech, sr) as reader:
        if reader.channels != 1:
            raise InputError(f"{reader.name}: it has {reader.channels} channels; expected one talker: give one of them")
        blocks = list(reader.blocks(READ_SECONDS * reader.sr))
        rate, name = reader.sr, reader.name
    x = np.concatenate(blocks)[:, 0].astype(np.float64) if blocks else np.zeros(0)
    least = LEAST_TIMED if timing else LEAST_SECONDS
    if len(x) < least * rate:
        raise TooShortError(
            f"{name}: {len(x) / rate:.3g} s of speech; expected {least:g} s or more: give a longer clip"
        )
    if not np.isfinite(x).all():
        raise InputError(f"{name}: it holds NaN or infinite samples; expected numbers within ±1")
    return np.clip(x, -1.0, 1.0), rate


def _codec(name: str | None, sr: int, options: Mapping[str, Any] | None, frame_ms: float | None) -> Any:
    """Make the codec, or what stands for none."""
    if name is None:
        if options:
            raise InputError("codec_options are given without a codec; expected codec='opus' or another")
        return Plain(sr, number("frame_ms", 20.0 if frame_ms is None else frame_ms, 1.0, 200.0, " ms"))
    return codecs.codec(name, **(dict(options or {}) | ({} if frame_ms is None else {"frame_ms": frame_ms})))


def _concealment(name: str | None, options: Mapping[str, Any] | None, codec: Any) -> Concealment | None:
    """Return the filler, or None for the decoder's own."""
    if options:
        return _expanding(name, options)
    if name is None:
        return None if codec.conceals else CONCEALMENTS["zero"]
    if choice("concealment", name, ("decoder", *CONCEALMENTS)) != "decoder":
        return CONCEALMENTS[name]
    if not codec.conceals:
        raise InputError(f"concealment='decoder': {codec.name} has none; expected one of {', '.join(CONCEALMENTS)}")
    return None


def _expanding(name: str | None, options: Mapping[str, Any]) -> Concealment:
    """Return the one filler that has options."""
    if name != "expand":
        raise InputError(f"concealment_options are given with concealment={name!r}; expected concealment='expand'")
    known = Expand.__struct_fields__
    for option in options:
        choice("concealment_options", option, known)
    return expanding(Expand(**options))


def _resampled(x: Signal, sr: int, to: int) -> Signal:
    if sr == to:
        return x
    import soxr

    return np.asarray(soxr.resample(x, sr, to), dtype=np.float64)


def _through(tones: list[TruthEvent], call: Received, codec: Any) -> list[TruthEvent]:
    """Give events of the talker's side the time of the listener's."""
    edges = np.arange(len(call.places)) * codec.packet - codec.delay
    end = len(call.samples) / codec.sr

    def heard(time: float) -> float:
        return float(np.clip(np.interp(time * codec.sr, edges, call.places) / codec.sr, 0.0, end))

    return [e | {"start": heard(e["start"]), "end": heard(e["end"])} for e in tones]


def _spliced(
    y: Signal,
    reference: Signal,
    events: list[TruthEvent],
    sr: int,
    timing: str | None,
    rate: float,
    slip_ppm: float,
    rng: Rng,
) -> tuple[Signal, Signal, list[TruthEvent], Any]:
    """Add and take out time, first by slips, then by `timing`; every earlier event moves along."""
    slips = splices.slips(len(y), slip_ppm)
    first = splices.mover(slips)
    events = splices.move(events, first, sr)
    if slips:
        y, reference = (splices.splice(part, slips, hold=True) for part in (y, reference))
        events.append(_drift(len(y), sr, slip_ppm, len(slips)))
    if timing is None:
        return y, reference, events, first
    y, added = TIMING[timing](y, sr, rng, rate=rate)
    made = splices.of_events(added, sr)
    second = splices.mover(made)
    moved = splices.move(events, second, sr)
    return y, splices.splice(reference, made), moved + added, lambda p: second(first(p))


def _drift(n: int, sr: int, ppm: float, count: int) -> TruthEvent:
    """Describe a clock that is off for the whole call."""
    details = {"drift_ppm": ppm, "net_ms": float(np.copysign(1000 * count / sr, ppm))}
    whole = {"family": "jitter", "kind": "time_warp", "start": 0.0, "end": n / sr}
    return whole | {"cause": "clock", "context_db": 0.0, "lost_db": 0.0, "details": details}


def _recorded(y: Signal, sr: int, paths: Sequence[str], other: AudioSource | None, rng: Rng) -> Signal:
    """Write the call down: the other leg mixed in, then the paths."""
    if other is not None:
        leg = _resampled(*_read(other, sr if np.ndim(other) else None), to=sr)  # type: ignore[arg-type]
        y = y + np.pad(leg, (0, max(0, len(y) - len(leg))))[: len(y)]
    for path in paths:
        y = RECORDERS[path](quantise(y).astype(np.float64), sr, rng)
    return y


def _finished(events: list[TruthEvent]) -> tuple[TruthEvent, ...]:
    """Put events in order and say whether speech stands beside them."""
    told = [e | {"active": bool(e["context_db"] >= ACTIVE_DB)} for e in events]
    return tuple(sorted(told, key=lambda e: (e["start"], e["end"], e["kind"])))


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as JSON holds them."""
    as_text = {k: os.fspath(v) if isinstance(v, os.PathLike) else v for k, v in options.items()}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in as_text.items()}
