"""The thread that writes the history: events for sure, readings as well as may be."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from streamrnn.config import HistoryConfig
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.sinks.history import DESTINATION, FILE_NAME, History, read_events
from streamrnn.service.sinks.history import history as module
from tests.service.fleet_snapshots import NOW, opened
from tests.service.mqtt_peers import eventually
from tests.service.sinks.batches import judged, seconds
from tests.service.sinks.outbox import running_outbox
from tests.service.taken_folder import taken_by_another


@contextmanager
def keeping(
    folder: Path,
    outbox: AlertOutbox,
    flush_seconds: float = 0.0,
    keep_folder: Callable[[], object] = lambda: None,
    **settings: Any,
) -> Iterator[History]:
    history = History(
        HistoryConfig(**settings),
        folder,
        outbox,
        keep=keep_folder,
        clock=lambda: NOW,
        flush_seconds=flush_seconds,
    )
    history.start()
    try:
        yield history
    finally:
        history.close()
        history.join(30.0)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[AlertOutbox]:
    with running_outbox(tmp_path, DESTINATION) as box:
        yield box


def streams(folder: Path) -> list[str]:
    return [event.stream for event in read_events(folder / FILE_NAME, since=0.0)]


def readings(folder: Path) -> int:
    with sqlite3.connect(folder / FILE_NAME) as connection:
        if not connection.execute("SELECT * FROM sqlite_master WHERE type = 'view'").fetchall():
            return 0
        (count,) = connection.execute("SELECT sum(readings) FROM reading").fetchone()
        return int(count or 0)


def test_events_are_confirmed_once_they_are_written(tmp_path: Path, outbox: AlertOutbox) -> None:
    with keeping(tmp_path, outbox) as history:
        outbox.append([opened("a"), opened("b")])
        eventually(lambda: outbox.depth(DESTINATION) == 0)
        assert streams(tmp_path) == ["a", "b"]
        assert history.tally().delivered == 2


def test_readings_are_written_by_the_minute(tmp_path: Path, outbox: AlertOutbox) -> None:
    first = int(NOW)
    with keeping(tmp_path, outbox) as history:
        history.take(judged(*seconds("a", first, first + 90)))
        eventually(lambda: (tmp_path / FILE_NAME).exists() and readings(tmp_path) == 90)


def test_what_is_in_memory_at_stop_is_written(tmp_path: Path, outbox: AlertOutbox) -> None:
    first = int(NOW)
    with keeping(tmp_path, outbox, flush_seconds=3600.0) as history:
        history.take(judged(*seconds("a", first, first + 90)))
    assert readings(tmp_path) == 90


def test_days_that_come_at_once_are_written_before_their_time_and_none_is_given_up(
    tmp_path: Path, outbox: AlertOutbox
) -> None:
    def is_written(count: int) -> bool:
        return (tmp_path / FILE_NAME).exists() and readings(tmp_path) == count

    with keeping(tmp_path, outbox, flush_seconds=3600.0) as history:
        for first in (0, 30_000, 60_000):
            minutes = range(first, first + 30_000)
            history.take(judged(*(("a", 1.0, NOW + 60.0 * minute) for minute in minutes)))
            eventually(partial(is_written, first + 30_000))
        assert history.tally().dropped == {}


def test_readings_can_be_left_out(tmp_path: Path, outbox: AlertOutbox) -> None:
    with keeping(tmp_path, outbox, readings=False) as history:
        history.take(judged(("a", 1.0, NOW)))
    assert readings(tmp_path) == 0


def test_what_is_too_old_does_not_stay(tmp_path: Path, outbox: AlertOutbox) -> None:
    with keeping(tmp_path, outbox, keep="1h") as history:
        history.take(judged(("a", 1.0, NOW - 7200.0), ("a", 1.0, NOW - 60.0)))
    assert readings(tmp_path) == 1


def test_a_damaged_file_is_put_aside_and_no_event_is_lost(
    tmp_path: Path, outbox: AlertOutbox, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"rubbish" * 1000)
    with keeping(tmp_path, outbox):
        outbox.append([opened("a")])
        eventually(lambda: "history_unusable" in caplog.text)
    assert streams(tmp_path) == ["a"]
    assert (tmp_path / f"{FILE_NAME}.unusable").read_bytes().startswith(b"rubbish")


def test_while_the_disk_fails_events_wait(
    tmp_path: Path, outbox: AlertOutbox, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "not-yet"
    with caplog.at_level(logging.INFO), keeping(folder, outbox):
        outbox.append([opened("a")])
        eventually(lambda: "history_not_written" in caplog.text)
        assert outbox.depth(DESTINATION) == 1
        folder.mkdir()  # the next attempt is made at stop
    assert streams(folder) == ["a"]
    assert outbox.depth(DESTINATION) == 0


def test_while_the_disk_fails_readings_wait_too(
    tmp_path: Path, outbox: AlertOutbox, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "not-yet"
    with keeping(folder, outbox) as history:
        history.take(judged(("a", 1.0, NOW)))
        eventually(lambda: "history_not_written" in caplog.text)
        folder.mkdir()
    assert readings(folder) == 1


def test_in_the_folder_of_another_daemon_nothing_is_written_until_that_is_gone(
    tmp_path: Path,
    outbox: AlertOutbox,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.01)  # between attempts
    with ExitStack() as stack:
        with taken_by_another(tmp_path / "state") as claim:
            stack.enter_context(keeping(tmp_path / "state", outbox, keep_folder=claim.keep))
            outbox.append([opened("a")])
            eventually(lambda: claim.asked > 5)
            assert [path.name for path in (tmp_path / "state").iterdir()] == ["lock"]
        eventually(lambda: outbox.depth(DESTINATION) == 0)
    assert streams(tmp_path / "state") == ["a"]
    told = [record for record in caplog.records if record.msg == "history_not_written"]
    assert [record.__dict__["data"]["remedy"].split(";")[0] for record in told] == [
        "stop one of the two daemons, or give each a state.directory of its own"
    ]
