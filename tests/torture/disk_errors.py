"""ENOSPC, EIO and short writes at every operation of the store: the older generation stays whole,
alerts go on, and once the disk is well everything is on it again."""

from __future__ import annotations

import errno
import logging
import os
import time
from enum import Enum
from pathlib import Path

from streamrnn.service.checkpoint import CheckpointStore
from streamrnn.service.disk import Buffer, Disk
from streamrnn.service.logs import RateLimited
from streamrnn.service.outbox import AlertOutbox
from tests.service.test_outbox import event, numbers
from tests.torture.figures import Figures
from tests.torture.powercut import generation_in, pieces

_SECONDS = 30.0
_NAME = "mqtt"


class Fault(Enum):
    """What an operation does in place of its work."""

    FULL = errno.ENOSPC
    BROKEN = errno.EIO
    SHORT = 0  # a write takes a part and the next finds the disk full


class FaultyDisk(Disk):
    """Fails at its operation number `at`, counted from the last `arm`, and at all later ones if it
    is to last; until `heal`."""

    def __init__(self) -> None:
        self.done = 0
        self._at: int | None = None
        self._fault = Fault.FULL
        self._lasts = False
        self.failed = False

    def arm(self, at: int, fault: Fault, *, lasts: bool) -> None:
        self.done, self._at, self._fault, self._lasts = 0, at, fault, lasts
        self.failed = False

    def heal(self) -> None:
        self._at = None

    def create(self, path: Path) -> int:
        self._step()
        return super().create(path)

    def write(self, file: int, data: Buffer) -> int:
        if self._is_due() and self._fault is Fault.SHORT and not self.failed:
            self.failed = True
            return super().write(file, data[: len(data) // 2])
        self._step()
        return super().write(file, data)

    def sync(self, file: int) -> None:
        self._step()
        super().sync(file)

    def rename(self, path: Path, to: Path) -> None:
        self._step()
        super().rename(path, to)

    def sync_folder(self, path: Path) -> None:
        self._step()
        super().sync_folder(path)

    def _is_due(self) -> bool:
        at = self._at
        return at is not None and (self.done == at or (self._lasts and self.done > at))

    def _step(self) -> None:
        due = self._is_due()
        self.done += 1
        if due:
            self.failed = True
            number = self._fault.value or errno.ENOSPC
            raise OSError(number, os.strerror(number))


def run(folder: Path) -> Figures:
    figures = Figures("disk errors")
    points = 0
    for fault in Fault:
        for lasts in (False, True):
            points += _checkpoints(folder / f"state-{fault.name}-{lasts}", fault, lasts=lasts)
    figures["failed operations of checkpoints"] = points
    points = 0
    for fault in Fault:
        for at in range(_outbox_operations()):
            _alerts(folder / f"outbox-{fault.name}-{at}", fault, at)
            points += 1
    figures["failed operations of the outbox"] = points
    figures["older generation lost"] = figures["alerts lost"] = 0
    return figures


def _checkpoints(folder: Path, fault: Fault, *, lasts: bool) -> int:
    """The number of operations at which a checkpoint was made to fail."""
    disk = FaultyDisk()
    store = CheckpointStore(folder, disk)
    store.claim.take()
    store.write(pieces(1))
    store.write(pieces(2))
    generation, at = 2, 0
    while True:
        disk.arm(at, fault, lasts=lasts)
        try:
            store.write(pieces(generation + 1))
            finished = True
        except OSError:
            finished = False
        disk.heal()
        found = generation_in(folder)
        assert found in ((generation + 1,) if finished else (generation, generation + 1))
        store.write(pieces(generation + 2))
        generation += 2
        assert generation_in(folder) == generation, "it did not heal"
        if not disk.failed:
            store.claim.release()
            return at
        at += 1


def _outbox_operations() -> int:
    """Of `_alerts`, when nothing fails: new journal, two appends with sync, and some to spare."""
    return 12


def _alerts(folder: Path, fault: Fault, at: int) -> None:
    folder.mkdir()
    disk = FaultyDisk()
    disk.arm(at, fault, lasts=True)
    box = _outbox(folder, disk)
    box.start()
    for number in (1, 2, 3):
        position = box.append([event(number)])
        assert box.wait(_NAME, position - 1, _SECONDS), (
            "an alert must go out whatever the disk does"
        )
    disk.heal()
    deadline = time.monotonic() + _SECONDS
    while box.durable < 3:
        assert time.monotonic() < deadline, "it did not heal"
        time.sleep(0.005)
    box.close(_SECONDS)
    assert numbers(_outbox(folder, Disk()).next(_NAME, 9)) == [1, 2, 3]


def _outbox(folder: Path, disk: Disk) -> AlertOutbox:
    complaints = RateLimited(logging.getLogger("streamrnn.test"), time.monotonic)
    return AlertOutbox(folder, [_NAME], capacity=1000, complaints=complaints, disk=disk)
