"""The history on disk: all of it once, and never too much."""

from __future__ import annotations

import math
import shutil
import sqlite3
from pathlib import Path

import msgspec
import pytest

from streamrnn.errors import StateError
from streamrnn.records import Event, EventType
from streamrnn.service.sinks.history.minutes import Minute
from streamrnn.service.sinks.history.store import FILE_NAME, HistoryStore, read_events
from streamrnn.service.sinks.selection import Selection
from tests.service.fleet_snapshots import NOW, opened

ONE = Minute(1, 2.0, 2.0, 2.0, 0.1)


def store(folder: Path, max_bytes: int = 10_000_000) -> HistoryStore:
    return HistoryStore(folder / FILE_NAME, max_bytes=max_bytes)


def events(folder: Path, streams: str = "*", since: float = 0.0) -> list[Event]:
    return list(read_events(folder / FILE_NAME, since=since, selection=Selection([streams])))


def minutes(folder: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(folder / FILE_NAME) as connection:
        return list(connection.execute("SELECT * FROM reading ORDER BY time, stream"))


def at(event: Event, time: float) -> Event:
    return msgspec.structs.replace(event, time=time)


def test_events_read_back_as_they_were_written(tmp_path: Path) -> None:
    odd = msgspec.structs.replace(
        opened("größe/°C"), id="other", time=NOW + 1, yhat=None, also=("x",), type=EventType.END
    )
    store(tmp_path).add_events([odd, opened("freezer")])
    assert events(tmp_path) == [opened("freezer"), odd]


def test_a_score_beyond_all_numbers_is_read_as_none_at_all(tmp_path: Path) -> None:
    store(tmp_path).add_events([msgspec.structs.replace(opened("a"), score=math.inf)])
    (event,) = events(tmp_path)
    assert math.isnan(event.score)


def test_an_event_of_several_streams_is_found_by_each(tmp_path: Path) -> None:
    store(tmp_path).add_events([msgspec.structs.replace(opened("x/a"), also=("y/b",))])
    assert [len(events(tmp_path, pattern)) for pattern in ("x/*", "y/*", "z/*")] == [1, 1, 0]


def test_an_event_that_comes_again_is_there_once(tmp_path: Path) -> None:
    history = store(tmp_path)
    history.add_events([opened("a")])
    history.add_events([opened("a"), at(opened("a"), NOW + 1)])
    assert len(events(tmp_path)) == 2


def test_events_are_found_by_time_and_stream(tmp_path: Path) -> None:
    store(tmp_path).add_events([at(opened(name), t) for name in ("x/a", "y") for t in (1.0, 2.0)])
    assert [(e.stream, e.time) for e in events(tmp_path, "x/*", since=1.5)] == [("x/a", 2.0)]


def test_the_daemon_may_write_while_others_read(tmp_path: Path) -> None:
    history = store(tmp_path)
    history.add_events([opened("a")])
    reading = read_events(tmp_path / FILE_NAME, since=0.0)
    next(reading)
    history.add_events([opened("b")])
    assert list(reading) == []
    assert len(events(tmp_path)) == 2


def test_a_minute_written_in_parts_is_one_row(tmp_path: Path) -> None:
    history = store(tmp_path)
    history.add_minutes({("a", 1): Minute(2, 1.0, 5.0, 6.0, 0.1)})
    history.add_minutes({("a", 1): Minute(1, 0.0, 0.0, 0.0, 0.7), ("b", 1): ONE})
    assert minutes(tmp_path) == [
        ("1970-01-01 00:01:00", "a", 3, 0.0, 5.0, 2.0, 0.7),
        ("1970-01-01 00:01:00", "b", 1, 2.0, 2.0, 2.0, 0.1),
    ]


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    history = store(tmp_path)
    history.add_minutes({("a", 1): ONE, ("a", 2): ONE})
    history.add_events([at(opened("a"), 100.0), at(opened("a"), 130.0)])
    history.forget_before(120.0)
    assert len(minutes(tmp_path)) == 1
    assert [event.time for event in events(tmp_path)] == [130.0]


def test_a_clock_that_is_far_ahead_for_a_while_costs_hours_of_the_oldest_and_not_all(
    tmp_path: Path,
) -> None:
    history = store(tmp_path)
    history.add_minutes({("a", minute): ONE for minute in range(600)})
    history.add_events([at(opened("a"), 60.0 * minute) for minute in range(600)])
    for _ in range(3):  # minutes, as it flushes once in each
        history.forget_before(4e9)
    assert len(minutes(tmp_path)) == 600 - 3 * 60
    assert len(events(tmp_path)) == 600 - 3 * 60


def test_the_size_is_kept_at_the_cost_of_the_oldest_readings(tmp_path: Path) -> None:
    history = store(tmp_path, max_bytes=1_000_000)
    history.add_events([opened("a")])
    for minute in range(100):
        history.add_minutes({(f"stream{i}", minute): ONE for i in range(500)})
        history.shrink()
    size = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert size < 3_000_000, "with what is not yet written back"
    times = [row[0] for row in minutes(tmp_path)]
    assert times[-1] == "1970-01-01 01:39:00"
    assert 3_000 < len(times) < 50_000
    assert len(events(tmp_path)) == 1


def test_with_events_alone_the_size_is_kept_too(tmp_path: Path) -> None:
    history = store(tmp_path, max_bytes=500_000)
    for first in range(0, 5000, 500):
        history.add_events([at(opened("a"), float(t)) for t in range(first, first + 500)])
        history.shrink()
    kept = [event.time for event in events(tmp_path)]
    assert kept[-1] == 4999.0
    assert 500 < len(kept) < 5000


def test_a_file_that_is_no_database_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database, but long enough to look like one" * 100)
    history = store(tmp_path)
    with pytest.raises(sqlite3.DatabaseError):
        history.add_events([opened("a")])
    aside = history.put_aside()
    history.add_events([opened("a")])
    assert aside.read_bytes().startswith(b"no database")
    assert len(events(tmp_path)) == 1


def test_what_was_put_aside_is_never_overwritten_and_keeps_what_sqlite_had_beside_it(
    tmp_path: Path,
) -> None:
    history = store(tmp_path)
    for number in range(3):
        (tmp_path / FILE_NAME).write_text(f"damaged {number}")
        (tmp_path / f"{FILE_NAME}-wal").write_text(f"beside {number}")
        history.put_aside()
    names = [FILE_NAME + end for end in (".unusable", ".unusable.2", ".unusable.3")]
    assert [(tmp_path / name).read_text() for name in names] == [f"damaged {n}" for n in range(3)]
    assert (tmp_path / f"{names[2]}-wal").read_text() == "beside 2"


def test_a_file_that_somebody_removes_is_begun_anew(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    history = store(folder)
    history.add_events([opened("a")])
    shutil.rmtree(folder)
    with pytest.raises(sqlite3.OperationalError, match="No such file"):
        history.add_events([opened("b")])
    folder.mkdir()
    history.add_events([opened("b")])
    assert events(folder) == [opened("b")]


def test_a_file_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    store(tmp_path).add_events([opened("a")])
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(sqlite3.DatabaseError, match="format 99"):
        store(tmp_path).add_events([opened("b")])


def test_reading_where_there_is_nothing_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"history\.enabled = true"):
        events(tmp_path)


def test_reading_what_is_no_history_is_an_error(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"x" * 5000)
    with pytest.raises(StateError, match="cannot be read"):
        events(tmp_path)
