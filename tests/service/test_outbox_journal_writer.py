"""The thread that brings alerts to the disk: durable is what was synced, and no more."""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streamrnn.service.disk import Buffer, Disk
from streamrnn.service.outbox.journal import Confirmed, Journal, Queued
from streamrnn.service.outbox.journal_writer import JournalWriter
from streamrnn.service.outbox.pending import Pending
from tests.service.test_outbox import event

SECONDS = 30.0  # only a failing test waits so long


class WatchedDisk(Disk):
    """Counts, and fails while it is told to."""

    def __init__(self) -> None:
        self.created = self.synced = self.failed = 0
        self.full = False

    def create(self, path: Path) -> int:
        self.created += 1
        return super().create(path)

    def write(self, file: int, data: Buffer) -> int:
        if self.full:
            self.failed += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(file, data)

    def sync(self, file: int) -> None:
        self.synced += 1
        super().sync(file)


class Desk:
    """A writer with the queue that it writes down."""

    def __init__(self, folder: Path, disk: Disk, keep: Callable[[], object]) -> None:
        self.changed = threading.Condition()
        self.pending = Pending(Journal(folder, disk).read(), ["mqtt"])
        self.writer = JournalWriter(Journal(folder, disk, keep), self.pending, self.changed)

    def append(self, *numbers: int) -> None:
        self._change(lambda: [self.pending.append(event(number)) for number in numbers])

    def confirm(self, position: int) -> None:
        self._change(lambda: self.pending.confirm("mqtt", position))

    def until(self, condition: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, SECONDS)

    def until_durable(self, position: int) -> None:
        self.until(lambda: self.writer.durable == position)

    def _change(self, change: Callable[[], object]) -> None:
        with self.changed:
            change()
            self.changed.notify_all()


@contextmanager
def desk(
    folder: Path, disk: Disk | None = None, keep: Callable[[], object] = lambda: None
) -> Iterator[Desk]:
    it = Desk(folder, disk or Disk(), keep)
    it.writer.start()
    try:
        yield it
    finally:
        it.writer.close(SECONDS)


def queued(folder: Path) -> list[int]:
    """Positions in the journal as it lies on the disk."""
    records = Journal(folder, Disk()).read()
    return [record.position for record in records if isinstance(record, Queued)]


def test_what_is_durable_is_in_the_journal(tmp_path: Path) -> None:
    with desk(tmp_path) as it:
        assert it.writer.durable == 0
        it.append(1, 2, 3)
        it.until_durable(3)
        assert queued(tmp_path) == [1, 2, 3]
        it.append(4)
        it.until_durable(4)
        assert queued(tmp_path) == [1, 2, 3, 4]


def test_many_events_at_once_cost_one_sync(tmp_path: Path) -> None:
    disk = WatchedDisk()
    with desk(tmp_path, disk) as it:
        it.append(1)
        it.until_durable(1)
        before = disk.synced
        it.append(*range(2, 200))
        it.until_durable(199)
        assert disk.synced == before + 1


def test_a_confirmation_is_written_but_not_waited_for(tmp_path: Path) -> None:
    disk = WatchedDisk()
    with desk(tmp_path, disk) as it:
        it.append(1)
        it.until_durable(1)
        before = disk.synced
        it.confirm(1)
    assert disk.synced == before
    assert Confirmed("mqtt", 1) in Journal(tmp_path, Disk()).read()


def test_while_the_disk_is_full_nothing_new_is_durable_and_afterwards_everything_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    disk = WatchedDisk()
    with desk(tmp_path, disk) as it:
        it.append(1)
        it.until_durable(1)
        disk.full = True
        it.append(2)
        it.until(lambda: bool(it.writer.problem))
        assert it.writer.durable == 1
        assert "No space left" in it.writer.problem
        it.append(3)
        disk.full = False
        it.until_durable(3)
        assert it.writer.problem == ""
    assert queued(tmp_path) == [1, 2, 3]
    told = [r.getMessage() for r in caplog.records]
    assert told.count("outbox_failed") == told.count("outbox_recovered") == 1


def test_half_a_line_of_a_failed_write_is_not_written_behind(tmp_path: Path) -> None:
    class TornDisk(WatchedDisk):
        def write(self, file: int, data: Buffer) -> int:
            if self.full and not self.failed:
                self.failed += 1
                return super(WatchedDisk, self).write(file, data[: len(data) // 2])
            return super().write(file, data)

    disk = TornDisk()
    with desk(tmp_path, disk) as it:
        it.append(1)
        it.until_durable(1)
        disk.full = True
        it.append(2)
        it.until(lambda: bool(it.writer.problem))
        disk.full = False
        it.until_durable(2)
        it.append(3)
        it.until_durable(3)
    assert queued(tmp_path) == [1, 2, 3]


def test_a_journal_that_somebody_deletes_is_there_again_with_all_that_waits(
    tmp_path: Path,
) -> None:
    with desk(tmp_path) as it:
        it.append(1)
        it.until_durable(1)
        (tmp_path / "outbox.log").unlink()
        it.append(2)
        it.until_durable(2)
        assert queued(tmp_path) == [1, 2]


def test_a_journal_is_not_written_into_a_folder_that_another_daemon_has_taken(
    tmp_path: Path,
) -> None:
    taken = False

    def keep() -> None:
        if taken:
            raise OSError(errno.EBUSY, "another streamrnn uses it now")

    with desk(tmp_path, keep=keep) as it:
        it.append(1)
        it.until_durable(1)
        (tmp_path / "outbox.log").unlink()
        taken = True
        it.append(2)
        it.until(lambda: "another streamrnn" in it.writer.problem)
        assert not (tmp_path / "outbox.log").exists()
        taken = False
        it.until_durable(2)
    assert queued(tmp_path) == [1, 2]


def test_a_journal_of_things_long_settled_is_written_anew(tmp_path: Path) -> None:
    disk = WatchedDisk()
    with desk(tmp_path, disk) as it:
        for number in range(1, 1200):
            it.append(number)
            it.confirm(number)
        it.until_durable(1199)
    assert disk.created >= 2
    assert len(queued(tmp_path)) < 600


def test_what_came_last_is_written_at_the_close(tmp_path: Path) -> None:
    with desk(tmp_path) as it:
        it.append(1, 2)
    assert queued(tmp_path) == [1, 2]


def test_a_close_does_not_wait_for_a_disk_that_fails(tmp_path: Path) -> None:
    disk = WatchedDisk()
    disk.full = True
    with desk(tmp_path, disk) as it:
        it.append(1)
        it.until(lambda: bool(it.writer.problem))
        it.writer.close(SECONDS)
        assert it.writer.durable == 0
    assert queued(tmp_path) == []
