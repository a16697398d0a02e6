"""The durable queue of alerts: in order, bounded, at least once, whatever happens to us."""

from __future__ import annotations

import errno
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streamrnn.errors import StateError
from streamrnn.records import Event, EventType
from streamrnn.service.disk import Buffer, Disk
from streamrnn.service.logs import RateLimited
from streamrnn.service.outbox import AlertOutbox, Entry
from streamrnn.service.outbox.journal import Head, encode

SECONDS = 30.0  # only a failing test waits so long


def event(number: int, type: EventType = EventType.NEW, id: str = "") -> Event:
    return Event(
        id=id or f"id{number}",
        type=type,
        gateway="gw",
        stream=f"plant/{number}",
        kind="unexpected",
        time=1e9 + number,
        since=1e9,
        value=1.0,
        score=2.0,
        yhat=None,
        yhat_lower=None,
        yhat_upper=None,
        message="an anomaly\nof two lines",
    )


def numbers(entries: list[Entry]) -> list[int]:
    return [int(entry.event.time - 1e9) for entry in entries]


@contextmanager
def outbox(
    folder: Path, *destinations: str, capacity: int = 100, disk: Disk | None = None
) -> Iterator[AlertOutbox]:
    complaints = RateLimited(logging.getLogger("streamrnn.test"), time.monotonic)
    box = AlertOutbox(
        folder, destinations, capacity=capacity, complaints=complaints, disk=disk or Disk()
    )
    box.start()
    try:
        yield box
    finally:
        box.close(SECONDS)


def test_events_are_handed_out_in_order_until_they_are_confirmed(tmp_path: Path) -> None:
    with outbox(tmp_path, "mqtt") as box:
        box.sync(box.append([event(n) for n in range(5)]), SECONDS)
        assert numbers(box.next("mqtt", 3)) == numbers(box.next("mqtt", 3)) == [0, 1, 2]
        assert numbers(box.next("mqtt", 3, after=2)) == [2, 3, 4]
        box.confirm("mqtt", 2)
        assert numbers(box.next("mqtt", 9)) == [2, 3, 4]
        assert box.depth("mqtt") == 3


def test_each_destination_goes_at_its_own_pace(tmp_path: Path) -> None:
    with outbox(tmp_path, "mqtt", "pager") as box:
        box.sync(box.append([event(1), event(2)]), SECONDS)
        box.confirm("mqtt", 2)
        assert not box.wait("mqtt", 0, timeout=0.0)
        assert numbers(box.next("pager", 9)) == [1, 2]


def test_what_was_not_confirmed_is_there_again_after_a_restart(tmp_path: Path) -> None:
    with outbox(tmp_path, "mqtt", "pager") as box:
        box.append([event(n) for n in range(4)])
        box.confirm("mqtt", 3)
    with outbox(tmp_path, "mqtt", "pager", "added") as box:
        assert numbers(box.next("mqtt", 9)) == [3]
        assert numbers(box.next("pager", 9)) == [0, 1, 2, 3]
        assert box.next("added", 9) == []
        assert box.append([event(4)]) == 5, "positions go on"
    with outbox(tmp_path, "pager") as box:
        assert numbers(box.next("pager", 9)) == [0, 1, 2, 3, 4]


def test_events_that_come_of_readings_sent_again_are_not_told_again(tmp_path: Path) -> None:
    with outbox(tmp_path, "mqtt") as box:
        box.append([event(1), event(2)])
        box.confirm("mqtt", 1)
    with outbox(tmp_path, "mqtt") as box:
        box.append([event(1), event(2), event(3), event(2, EventType.END, "id2")])
        box.sync(box.last, SECONDS)
        assert [e.event.id for e in box.next("mqtt", 9)] == ["id2", "id3", "id2"]


def test_what_is_durable_survives_without_a_close(tmp_path: Path) -> None:
    with outbox(tmp_path, "mqtt") as box:
        box.sync(box.append([event(1)]), SECONDS)
        copy = tmp_path / "after the crash"
        copy.mkdir()
        (copy / "outbox.log").write_bytes((tmp_path / "outbox.log").read_bytes())
    with outbox(copy, "mqtt") as box:
        assert numbers(box.next("mqtt", 9)) == [1]


def test_a_full_outbox_gives_up_the_oldest_and_counts_it_where_it_was_waited_for(
    tmp_path: Path,
) -> None:
    with outbox(tmp_path, "mqtt", "pager", capacity=3) as box:
        box.sync(box.append([event(1)]), SECONDS)
        box.confirm("mqtt", 1)
        box.sync(box.append([event(n) for n in range(2, 6)]), SECONDS)
        assert numbers(box.next("pager", 9)) == numbers(box.next("mqtt", 9)) == [3, 4, 5]
        assert box.dropped == {"pager": 2, "mqtt": 1}


def test_a_torn_last_line_costs_that_line_only(tmp_path: Path) -> None:
    with outbox(tmp_path, "mqtt") as box:
        box.append([event(1), event(2)])
    file = tmp_path / "outbox.log"
    with outbox(tmp_path, "mqtt") as box:
        box.append([event(3)])
    file.write_bytes(file.read_bytes()[:-7])
    with outbox(tmp_path, "mqtt") as box:
        assert numbers(box.next("mqtt", 9)) == [1, 2]


def test_a_damaged_line_in_the_middle_is_announced_and_the_rest_is_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with outbox(tmp_path, "mqtt") as box:
        box.append([event(n) for n in range(5)])
    file = tmp_path / "outbox.log"
    file.write_bytes(file.read_bytes().replace(b"plant/2", b"plant/7"))
    with outbox(tmp_path, "mqtt") as box:
        assert numbers(box.next("mqtt", 9)) == [0, 1, 3, 4]
        box.confirm("mqtt", box.next("mqtt", 2)[-1].position)
        assert numbers(box.next("mqtt", 9)) == [3, 4]
    assert caplog.text.count("outbox_damaged") == 1


def test_a_journal_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outbox.log").write_bytes(encode(Head(99, 0)))
    with pytest.raises(StateError, match="newer version"), outbox(tmp_path, "mqtt"):
        pass


def test_a_pipe_in_place_of_the_journal_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "outbox.log")
    with pytest.raises(StateError, match="is not a regular file"), outbox(tmp_path, "mqtt"):
        pass


def test_it_knows_which_anomalies_are_open_however_long_ago_they_were_told(tmp_path: Path) -> None:
    with outbox(tmp_path, "mqtt") as box:
        box.append([event(1), event(2), event(3, EventType.END, "id1")])
        box.confirm("mqtt", 3)
    for _ in range(2):
        with outbox(tmp_path, "mqtt") as box:
            assert [e.id for e in box.open_events()] == ["id2"]


def test_the_journal_does_not_grow_for_ever(tmp_path: Path) -> None:
    with outbox(tmp_path, "mqtt") as box:
        for n in range(3000):
            box.append([event(n, id="same")])
            box.confirm("mqtt", n + 1)
            if n % 100 == 0:
                box.sync(n + 1, SECONDS)
    assert (tmp_path / "outbox.log").stat().st_size < 1_000_000


class FullDisk(Disk):
    """Full until `room` is set; a write takes half of what it is given at most."""

    room = False

    def write(self, file: int, data: Buffer) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(file, data[: max(1, len(data) // 2)])


def test_a_full_disk_stops_no_alert_and_heals(tmp_path: Path) -> None:
    disk = FullDisk()
    with outbox(tmp_path, "mqtt", disk=disk) as box:
        position = box.append([event(1)])
        assert box.wait("mqtt", 0, SECONDS), "handed out from memory"
        assert "No space left" in box.problem
        with pytest.raises(OSError, match="No space left"):
            box.sync(position, SECONDS)
        disk.room = True
        deadline = time.monotonic() + SECONDS
        while box.durable < position:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert box.problem == ""
    with outbox(tmp_path, "mqtt") as box:
        assert numbers(box.next("mqtt", 9)) == [1]


def test_events_are_not_handed_out_before_they_are_on_disk(tmp_path: Path) -> None:
    class NeverSynced(Disk):
        def sync(self, file: int) -> None:
            time.sleep(0.2)
            super().sync(file)

    with outbox(tmp_path, "mqtt", disk=NeverSynced()) as box:
        box.append([event(1)])
        assert box.next("mqtt", 1) == []
        assert box.wait("mqtt", 0, SECONDS)
