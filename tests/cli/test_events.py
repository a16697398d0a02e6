from __future__ import annotations

import json
import time
from pathlib import Path

import msgspec
import pytest

from streamrnn.records import Event, EventType
from streamrnn.service.sinks.history import FILE_NAME, HistoryStore
from tests.cli.conftest import StreamrnnCommand
from tests.service.fleet_snapshots import opened


@pytest.fixture
def history(home: Path) -> HistoryStore:
    directory = home / ".local" / "state" / "streamrnn"
    directory.mkdir(parents=True)
    return HistoryStore(directory / FILE_NAME, max_bytes=10_000_000)


def anomaly(stream: str, ago: float) -> Event:
    now = time.time()
    return msgspec.structs.replace(opened(stream, now - ago), time=now - ago)


def test_anomalies_are_shown_one_in_a_row(
    streamrnn: StreamrnnCommand, history: HistoryStore
) -> None:
    door = anomaly("door", 3600.0)
    over = msgspec.structs.replace(door, type=EventType.END, time=door.time + 60.0)
    history.add_events([door, over, anomaly("freezer", 60.0)])
    outcome = streamrnn("events")
    assert outcome.code == 0
    head, first, second = outcome.out.splitlines()
    assert head.split()[:4] == ["since", "(UTC)", "lasted", "stream"]
    assert "1m " in first
    assert "door" in first
    assert "open " in second
    assert "freezer" in second


def test_only_what_was_asked_for_is_shown(
    streamrnn: StreamrnnCommand, history: HistoryStore
) -> None:
    history.add_events(
        [anomaly("hall/door", 7200.0), anomaly("hall/lamp", 60.0), anomaly("door", 60.0)]
    )
    outcome = streamrnn("events", "--since", "1h", "--stream", "hall/*", "--json")
    (line,) = outcome.out.splitlines()
    assert json.loads(line)["stream"] == "hall/lamp"


def test_nothing_to_show_is_said(streamrnn: StreamrnnCommand, history: HistoryStore) -> None:
    history.add_events([anomaly("door", 7200.0)])
    assert streamrnn("events", "--since", "1h").out == "no events in this time\n"


def test_without_a_history_there_is_a_remedy(streamrnn: StreamrnnCommand, home: Path) -> None:
    outcome = streamrnn("events")
    assert outcome.code == 4
    assert "history.enabled = true" in outcome.err


def test_a_time_without_a_unit_is_refused(streamrnn: StreamrnnCommand, home: Path) -> None:
    outcome = streamrnn("events", "--since", "7")
    assert outcome.code == 2
    assert "must be a duration" in outcome.err
