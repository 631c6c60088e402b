"""The peers' benchmark reads what other software says, and says why one is silent; none of that software is needed here."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure import spearman
from benchmarks.peers import environments
from benchmarks.peers.catalogue import CALLQUAL, PEERS, join
from benchmarks.peers.ffmpeg import cpu_ms, parse
from benchmarks.peers.figures import beside, measure
from benchmarks.peers.judge import Job, Judged, judge, stretch
from benchmarks.peers.pages import page
from benchmarks.peers.sessions import Lane, Session, Silent

from callqual import evaluate

LOG = """\
Stream mapping:
[silencedetect @ 0x55] silence_start: -0.000125
[silencedetect @ 0x55] silence_end: 0.0201 | silence_duration: 0.020225
size=N/A time=00:00:09.60 bitrate=N/A speed=1.93e+03x
[silencedetect @ 0x55] silence_start: 1.97669
[silencedetect @ 0x55] silence_end: 1.99669 | silence_duration: 0.02
[silencedetect @ 0x55] silence_start: 9.5
bench: utime=0.004s stime=0.003s rtime=0.010s
bench: maxrss=60000kB
"""

WORKER = """\
import sys
sys.path.insert(0, {workers!r})
from serve import serve

def holes(path, least):
    print("a library talks")
    return {{"events": [[1.0, 1.0 + least]]}}

def breaks(path):
    raise ValueError("no speech in " + path)

def dies(path):
    print("out of memory", file=sys.stderr)
    sys.exit(3)

serve("7.1", {{"holes": holes, "breaks": breaks, "dies": dies}})
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "with_made.py"
    workers = Path(__file__).resolve().parent.parent / "benchmarks/peers/workers"
    path.write_text(WORKER.format(workers=str(workers)))
    return path


def test_the_log_of_ffmpeg_is_read() -> None:
    assert parse(LOG) == [[0.0, 0.0201], [1.97669, 1.99669]]
    assert cpu_ms(LOG) == pytest.approx(7.0)
    assert parse("") == []
    assert cpu_ms("") is None


def test_a_worker_answers_line_by_line_whatever_it_prints(script: Path) -> None:
    session = Session(Path(sys.executable), script)
    try:
        assert session.version == "7.1"
        first = session.ask("holes", "a.wav", {"least": 0.25})
        assert first["events"] == [[1.0, 1.25]]
        assert first["cpu_ms"] >= 0
        assert session.ask("breaks", "a.wav", {})["error"] == "ValueError: no speech in a.wav"
        assert "holes() got an unexpected" in session.ask("holes", "a.wav", {"most": 1})["error"]
        assert session.ask("holes", "b.wav", {"least": 0.5})["events"] == [[1.0, 1.5]]
        with pytest.raises(Silent, match="out of memory"):
            session.ask("dies", "a.wav", {})
        with pytest.raises(Silent, match="out of memory"):
            session.ask("holes", "a.wav", {"least": 0.5})
    finally:
        session.close()


def test_a_worker_that_does_not_start_says_why(tmp_path: Path) -> None:
    script = tmp_path / "with_none.py"
    script.write_text("import no_such_package_at_all\n")
    with pytest.raises(Silent, match="No module named 'no_such_package_at_all'"):
        Session(Path(sys.executable), script)
    script.write_text("print('Welcome!')\n")
    with pytest.raises(Silent, match="Welcome!"):
        Session(Path(sys.executable), script)


def test_a_peer_without_environment_is_named_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLQUAL_CORPORA", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "python -m benchmarks.peers.environments essentia" in str(environments.missing("essentia"))
    assert "apt-get install ffmpeg" in str(environments.missing("ffmpeg"))
    assert environments.missing("callqual") is None
    reason = str(environments.missing("essentia"))
    assert reason in page("test", {"peer/Essentia gaps": {"reason": reason}})


def test_every_home_has_a_worker_and_an_environment() -> None:
    homes = {p.home for p in PEERS} - {"callqual", "ffmpeg"}
    workers = Path(environments.__file__).parent / "workers"
    assert homes == set(environments.PACKAGES)
    assert homes == {p.stem.removeprefix("with_") for p in workers.glob("with_*.py")}
    assert len({p.name for p in PEERS}) == len(PEERS)


def test_points_beside_each_other_are_one_event() -> None:
    assert join([[1.06, 1.06], [1.0, 1.0], [2.0, 2.01], [2.2, 2.2]]) == [(1.0, 1.06), (2.0, 2.01), (2.2, 2.2)]
    clicks = next(p for p in PEERS if p.how == "clicks")
    hole, cut = clicks.events({"events": [[1.0, 1.0], [1.06, 1.06], [3.0, 3.0]]})
    assert (hole.start, hole.end, cut.kind) == (1.0, 1.06, "cut")
    truth = [{"family": "gap", "kind": "zero_fill", "start": 1.0, "end": 1.06}]
    assert evaluate(truth, [hole], seconds=5).gap.f1 == 1.0


def test_the_stretch_for_ratings_holds_the_damage() -> None:
    truth = [{"start": t, "end": t + 0.02} for t in (2.0, 13.0, 15.0)]
    assert 5 < stretch(truth, 20.0) <= 10
    assert stretch([], 20.0) == 0
    assert stretch(truth, 8.0) == 0


class Answers(Lane):
    """Says of a call what it is told to."""

    def ask(self, home, how, path, settings):
        if home == "nisqa":
            return {"error": "RuntimeError: too long"}
        zero = [[1.0, 1.2]] if "bad" in path else []
        return {"events": zero, "scores": {f"{home} score": 4.0 - 2 * len(zero)}, "cpu_ms": 1.0}


def test_calls_are_judged_and_written_down_beside_each_other() -> None:
    peers = [p for p in PEERS if p.name in ("ffmpeg -80 dB", "PLCMOS", "NISQA")]
    clean = {"path": "fine.flac", "clean": True, "sr": 48000, "seconds": 10.0, "concealed_s": 0.0, "gaps": []}
    bad = clean | {"path": "bad.flac", "clean": False, "concealed_s": 0.5, "gaps": [[1.0, 1.2, "loss", -3.0, 0]]}
    lane = Answers()
    said = [j for call in (clean, bad, clean) for j in judge(Job("call", tuple(peers), call=call), lane)]
    rows = measure(said)
    assert rows["call/ffmpeg -80 dB"]["f1"] == 1.0
    assert rows["call/ffmpeg -80 dB"]["clean_per_minute"] == 0.0
    assert rows["call/speechmos score"]["auc"] == 1.0
    assert rows["call/speechmos score"]["spearman"] == pytest.approx(1.0)
    assert "call/NISQA" not in rows
    assert "| ffmpeg -80 dB | 3 | 1.000 | 1.000 |" in page("test", rows)


def test_scores_become_a_drop_and_an_auc() -> None:
    one = Judged("scores", "PLCMOS", "damage", "fade", 8000, scores={"PLCMOS": 3.0}, clean={"PLCMOS": 4.0})
    rows = measure([one, replace(one, scores={"PLCMOS": 4.5}), replace(one, scores=None, clean=None, error="no")])
    row = rows["scores/fade/8000"]["peers"]["PLCMOS"]
    assert (row["clips"], row["failed"], row["drop"], row["auc"]) == (2, 1, 0.25, 0.5)
    assert rows["scores/all/8000"]["peers"] == {"PLCMOS": row}
    assert "0.25 (0.50, 1 failed)" in page("test", rows)


def test_events_of_all_peers_stand_in_one_line() -> None:
    truth = [{"family": "gap", "kind": "zero_fill", "start": 1.0, "end": 1.06}]
    hit, missed = (evaluate(truth, found, seconds=60) for found in (truth, []))
    one = Judged("events", CALLQUAL.name, "damage", "zero_fill", 8000, evaluation=hit)
    lines = page("test", measure([one, replace(one, peer="webrtcvad", evaluation=missed)])).splitlines()
    assert "| damage | Hz | callqual | webrtcvad |" in lines
    assert "| zero_fill | 8000 | **1.000** | 0.000 |" in lines


def test_a_peer_that_is_asked_alone_stands_beside_those_of_the_same_recordings() -> None:
    kept = {"events/damage/fade/8000": {"peers": {"callqual": {"f1": 0.9}, "webrtcvad": {"f1": 0.1}}, "small": False}}
    alone = {
        "events/damage/fade/8000": {"peers": {"callqual": {"f1": 1.0}}, "small": False},
        "call/PLCMOS": {"small": False},
    }
    joined = beside(kept, alone)
    assert joined["events/damage/fade/8000"]["peers"] == {"callqual": {"f1": 1.0}, "webrtcvad": {"f1": 0.1}}
    assert joined["call/PLCMOS"] == {"small": False}
    few = {key: row | {"small": True} for key, row in alone.items()}
    assert beside(kept, few) == few
    assert beside({}, alone) == alone


def test_ranks_and_ties() -> None:
    assert spearman([1, 2, 3, 4], [1, 4, 9, 16]) == pytest.approx(1.0)
    assert spearman([1, 1, 2], [2, 2, 1]) == pytest.approx(-1.0)
    assert spearman([1, 1, 1], [1, 2, 3]) is None
