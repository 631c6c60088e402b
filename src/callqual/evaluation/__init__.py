"""Found events against true ones: precision, recall, F1, false alarms a minute, edge errors, buzz by kind.

The rules, for everything that can stand for a gap (family ``gap`` and the kinds :data:`GAP_LIKE`):

- A true gap is *active* when its ``context_db`` (speech beside it, dB re active speech) is missing or at least -20.
  Others are don't-care: neither missed nor a false alarm when found.
- An active gap is *hit* when half of it is covered by found events widened by 10 ms at both ends.
- A found event is *right* when half of it lies in active gaps widened by 20 ms before and 60 ms after; if half of it
  lies in any true gap so widened it is don't-care; else it is *wrong*, a false alarm.
- An event without length (a ``cut``) counts as covered when its moment is.

A buzz (and ``time_warp``) counts by kind: hit when half of it is covered by found events of its kind; a found one is
right when half of it lies in true ones of its kind, widened by a quarter of their length, 0.5 s at the most.
"""

from __future__ import annotations

import math
from typing import Any

from callqual.evaluation.curves import Curve, Point, curve
from callqual.evaluation.events import GAP_LIKE, LENGTHS, read_events, read_seconds
from callqual.evaluation.groups import pool_by
from callqual.evaluation.match import Gaps, union
from callqual.evaluation.match import buzz as buzz_of
from callqual.evaluation.tallies import BuzzTally, Evaluation, Tally, pool
from callqual.result import CONFIDENT

__all__ = [
    "GAP_LIKE",
    "LENGTHS",
    "BuzzTally",
    "Curve",
    "Evaluation",
    "Point",
    "Tally",
    "curve",
    "evaluate",
    "pool",
    "pool_by",
]


def evaluate(truth_events: Any, found_events: Any, *, seconds: float, min_confidence: float = CONFIDENT) -> Evaluation:
    """Compare found events with true ones by the rules at the head of this module.

    Parameters
    ----------
    truth_events : sequence of Event or dict
        Each with ``family``, ``kind``, ``start``, ``end`` (seconds); optional ``context_db`` (dB re active speech)
        and ``details["hz"]``.
    found_events : sequence of Event or dict, or CallScore
        The same; those with a ``confidence`` below `min_confidence` are left out.
    seconds : float
        Length of the recording, for the false alarms a minute.
    min_confidence : float, optional
        Least confidence that counts, 0..1.

    Returns
    -------
    Evaluation

    Raises
    ------
    InputError
        Of events that are not what they should be; the message guesses the mistake.
    """
    seconds = read_seconds(seconds)
    truth = read_events(truth_events, "truth_events", seconds, -math.inf)
    found = read_events(found_events, "found_events", seconds, min_confidence)
    gaps = Gaps([t for t in truth if t.gap_like], [f for f in found if f.gap_like])
    kinds = sorted({e.kind for e in (*truth, *found) if not e.gap_like})
    return Evaluation(
        seconds=seconds,
        gap=gaps.tally(),
        by_family={name: gaps.tally(family=name) for name in ("gap", "jitter")},
        by_kind={k: gaps.tally(kind=k) for k in sorted({e.kind for e in (*truth, *found) if e.gap_like})},
        by_length={name: gaps.tally(length=name) for name in LENGTHS},
        start_errors=tuple(1e3 * (f.start - t.start) for t, f in gaps.pairs if t.end > t.start),
        end_errors=tuple(1e3 * (f.end - t.end) for t, f in gaps.pairs if t.end > t.start),
        buzz={k: buzz_of(k, truth, found) for k in kinds},
        true_seconds=sum(b - a for a, b in union((t.start, t.end) for t in gaps.truth if t.active)),
        found_seconds=sum(b - a for a, b in union((f.start, f.end) for f in gaps.found)),
    )
