"""The table a person reads first: a block a recording, then, for several recordings, a summary of one line a leg.

A block says how good the leg is (MOS with its 95 % interval), which family of damage took how much, what was lost,
how the recording sounds, how it went over time, and the worst moments with their times and causes. Only the words
and bars are made here; how wide, coloured or plain they are is the :class:`~callqual.report.look.Look`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

import msgspec
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from callqual.names import printable
from callqual.report.look import Look, Marks
from callqual.report.moments import moment_table
from callqual.report.summary import summary
from callqual.report.words import PATH_WORDS, REASON_WORDS, count, grade, hertz, length, share
from callqual.result import CONFIDENT, CallScore, Leg, Window


def render(records: Iterable[CallScore], look: Look | None = None) -> Iterator[str]:
    """Yield a block of text for each record, and a summary after the last when there were several."""
    look = look or Look()
    seen: list[CallScore] = []
    for record in records:
        yield look.text(*block(record, look), Text())
        seen.append(_without_events(record))
    if len(seen) > 1:
        yield look.text(summary(seen, look))


def block(record: CallScore, look: Look) -> list[RenderableType]:
    """Return the parts of one recording's block: a title, then a panel a leg."""
    parts: list[RenderableType] = [_title(record)]
    if not record.legs:
        why = REASON_WORDS.get(record.reason or "", "not measured")
        message = (record.message or why).removeprefix(f"{printable(record.source.path or '')}: ")
        parts.append(Padding(Text(f"not scored: {message}", "red"), (0, 0, 0, 1)))
    for leg in record.legs:
        if len(record.legs) > 1 or leg.channel != 0:
            parts.append(Text(f"\n leg {leg.channel}", "bold"))
        parts.append(Padding(_leg(leg, look.marks), (0, 0, 0, 1)))
        parts.extend(moment_table(leg.events, look))
    return parts


def _without_events(record: CallScore) -> CallScore:
    """The record as small as the summary needs it: a folder of long calls must not pile up."""
    legs = tuple(msgspec.structs.replace(leg, events=(), profile=()) for leg in record.legs)
    return msgspec.structs.replace(record, legs=legs)


def _title(record: CallScore) -> Text:
    source = record.source
    name = PurePath(source.path).name if source.path else "samples"
    facts = [
        length(source.seconds) if source.seconds is not None else "",
        f"{source.sr / 1000:g} kHz" if source.sr else "",
        count(source.channels, "channel") if source.channels else "",
        " ".join(word for word in (source.format, source.subtype) if word),
    ]
    return Text.assemble((printable(name), "bold underline"), "  ", (", ".join(filter(None, facts)), "dim"))


def _leg(leg: Leg, marks: Marks) -> RenderableType:
    if leg.mos is None:
        return Text(f"no MOS: {REASON_WORDS.get(leg.reason or '', 'not measured')}", "yellow")
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="bold", min_width=6)
    rows.add_column(justify="right", min_width=4)
    rows.add_column(min_width=marks.bar)
    rows.add_column()
    rows.add_row("MOS", Text(f"{leg.mos:.2f}", f"bold {_colour(leg.mos)}"), _mos_bar(leg, marks), _mos_words(leg))
    for family, score, words in (
        ("gap", leg.gap_score, _gap_words(leg)),
        ("jitter", leg.jitter_score, _jitter_words(leg)),
        ("buzz", leg.buzz_score, _buzz_words(leg)),
    ):
        rows.add_row(family, marks.dash if score is None else f"{score:.2f}", _bar(score, marks), words)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold", min_width=6)
    facts.add_column()
    for name, line in (("lost", _loss_words(leg)), ("sound", _sound_words(leg, marks)), ("time", _time(leg, marks))):
        if line:
            facts.add_row(name, line)
    both = Table.grid()
    both.add_row(rows)
    both.add_row(facts)
    return both


def _mos_words(leg: Leg) -> str:
    word = grade(leg.mos) if leg.mos is not None else ""
    return word if leg.mos_low is None else f"{word} (95 %: {leg.mos_low:.2f} to {leg.mos_high:.2f})"


def _gap_words(leg: Leg) -> str:
    gap = leg.gap
    return f"{count(gap.count, 'gap')}, {length(gap.seconds)}{_kinds(leg, 'gap')}" if gap.count else "no gaps"


def _jitter_words(leg: Leg) -> str:
    jitter = leg.jitter
    if not jitter.count:
        return "no slips"
    moved = [
        f"{length(seconds)} {word}"
        for seconds, word in ((jitter.inserted_seconds, "put in"), (jitter.removed_seconds, "taken out"))
        if seconds
    ]
    return f"{', '.join([count(jitter.count, 'slip'), *moved])}{_kinds(leg, 'jitter')}"


def _buzz_words(leg: Leg) -> str:
    buzz = leg.buzz
    return f"{share(buzz.share)} of the time{_kinds(leg, 'buzz')}" if buzz.count else "no buzz"


def _kinds(leg: Leg, family: str) -> str:
    kinds = Counter(e.kind for e in leg.events if e.family == family and e.confidence >= CONFIDENT)
    named = [kind if len(kinds) == 1 else f"{n} {kind}" for kind, n in kinds.most_common()]
    return f": {', '.join(named)}" if named else ""


def _loss_words(leg: Leg) -> str:
    gap = leg.gap
    if gap.loss_rate is None:
        return ""
    words = [f"{share(gap.loss_rate)} of speech"]
    if gap.loss_rate_low is not None and gap.loss_rate_high is not None:
        words[0] += f" (95 %: {100 * gap.loss_rate_low:.1f} to {share(gap.loss_rate_high)})"
    if gap.frame_ms is not None:
        words.append(f"{gap.frame_ms:g} ms packets")
    if gap.burst_ratio is not None:
        words.append(f"burst ratio {gap.burst_ratio:.1f}")
    return ", ".join(words)


def _sound_words(leg: Leg, marks: Marks) -> str:
    words = [PATH_WORDS[leg.path]]
    if leg.bandwidth_hz is not None:
        words.append(f"{hertz(leg.bandwidth_hz)} wide")
    words.append(f"{length(leg.speech_seconds)} of speech")
    if leg.active_level_dbov is not None:
        words[-1] += f" at {leg.active_level_dbov:.0f} dBov".replace("-", marks.minus)
    if leg.jitter.drift_ppm is not None:
        words.append(f"clock {leg.jitter.drift_ppm:+.0f} ppm".replace("-", marks.minus))
    return ", ".join(words)


def _time(leg: Leg, marks: Marks) -> Text | None:
    """Draw the profile as one mark a stretch, the worst window of the stretch deciding."""
    if len(leg.profile) < 2:
        return None
    step = -(-len(leg.profile) // (marks.bar * 12 // 5))
    line = Text()
    for at in range(0, len(leg.profile), step):
        line.append_text(_stretch(leg.profile[at : at + step], marks))
    seconds = (leg.profile[-1].end - leg.profile[0].start) / len(leg.profile) * step
    return line.append(f"  (MOS, a mark each {length(seconds)})", "dim")


def _stretch(windows: Sequence[Window], marks: Marks) -> Text:
    scores = [w.mos for w in windows if w.mos is not None]
    if not scores:
        return Text(marks.rest, "dim")
    worst = min(scores)
    step = (min(5.0, max(1.0, worst)) - 1.0) / 4.0 * (len(marks.ramp) - 1)
    return Text(marks.ramp[round(step)], _colour(worst))


def _bar(score: float | None, marks: Marks) -> Text:
    filled = 0 if score is None else _column(score, marks.bar)
    return Text.assemble((marks.full * filled, _colour(score or 1.0)), (marks.rest * (marks.bar - filled), "dim"))


def _mos_bar(leg: Leg, marks: Marks) -> Text:
    """Draw the scale from 1 to 5 with the interval shaded and the MOS in it."""
    if leg.mos is None or leg.mos_low is None or leg.mos_high is None:
        return _bar(leg.mos, marks)
    low, here, high = (min(marks.bar - 1, _column(x, marks.bar)) for x in (leg.mos_low, leg.mos, leg.mos_high))
    cells = [marks.full] * low + [marks.between] * (high - low + 1) + [marks.rest] * (marks.bar - 1 - high)
    cells[here] = marks.here
    return Text.assemble(("".join(cells[: high + 1]), _colour(leg.mos)), ("".join(cells[high + 1 :]), "dim"))


def _column(score: float, bar: int) -> int:
    return round(bar * (min(5.0, max(1.0, score)) - 1.0) / 4.0)


def _colour(score: float) -> str:
    return "green" if score >= 3.75 else "yellow" if score >= 2.75 else "red"
