"""Readings and events as InfluxDB's lines."""

from __future__ import annotations

import math

import msgspec
import pytest

from streamrnn.records import Outcome
from streamrnn.service.sinks.influxdb import line_protocol
from streamrnn.service.sinks.influxdb.line_protocol import LineWriter
from streamrnn.service.sinks.selection import Selection
from tests.service.fleet_snapshots import NOW, opened
from tests.service.sinks.batches import judged


def writer(*patterns: str) -> LineWriter:
    return LineWriter("hall", Selection(patterns or ("*",)))


def test_a_reading_is_a_line_with_its_forecast() -> None:
    batch = judged(("freezer", -18.4, 1_700_000_000.25), yhat=-18.0)
    assert list(writer().readings(batch)) == [
        "streamrnn,gateway=hall,stream=freezer "
        "value=-18.4,score=0.5,yhat=-18.0,yhat_lower=-18.0,yhat_upper=-18.0 1700000000250000"
    ]


def test_what_is_not_known_is_left_out() -> None:
    (line,) = writer().readings(judged(("door", 1.0, 0.0), yhat=math.nan))
    assert line == "streamrnn,gateway=hall,stream=door value=1.0,score=0.5 0"


@pytest.mark.parametrize("outcome", [Outcome.LATE, Outcome.DUPLICATE])
def test_readings_that_were_not_applied_are_not_written(outcome: Outcome) -> None:
    assert list(writer().readings(judged(("a", 1.0, 0.0), outcome=outcome))) == []


def test_streams_that_are_not_selected_are_not_written() -> None:
    lines = list(writer("a", "c*").readings(judged(("a", 1.0, 0.0), ("b", 1.0, 0.0))))
    assert len(lines) == 1
    assert writer("a", "c*").event(opened("b")) is None


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("a b", r"a\ b"),
        ("a,b=c", r"a\,b\=c"),
        ("größe/°C", "größe/°C"),
        ('say "x"', r"say\ " + '"x"'),
        ("a\\b", "a\\b"),
        ("ends\\\\", "ends/"),
    ],
)
def test_names_are_escaped(name: str, tag: str) -> None:
    (line,) = writer().readings(judged((name, 1.0, 0.0)))
    assert line.startswith(f"streamrnn,gateway=hall,stream={tag} value=")


def test_an_event_is_a_line_with_its_sentence() -> None:
    event = msgspec.structs.replace(
        opened("freezer"), message='is "odd" \\ new', yhat=None, score=math.inf
    )
    assert writer().event(event) == (
        "streamrnn_events,gateway=hall,kind=level,stream=freezer "
        "value=-9.1,yhat_lower=-19.0,yhat_upper=-17.7,"
        r'id="freezer-1",message="is \"odd\" \\ new",type="new" '
        f"{int(NOW)}000000"
    )


def test_streams_that_are_gone_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_protocol, "_SERIES_KEPT", 3)
    lines, kept = writer(), 0
    for number in range(10):
        (line,) = lines.readings(judged((f"s{number}", 1.0, 0.0)))
        assert f"stream=s{number} " in line
        kept = max(kept, len(lines._series))
    assert kept == 3
