"""Power cuts: what the store does is recorded, then images of the disk are made as a cut may leave
them, unsynced writes torn, dropped and reordered. Each must load the last generation that was
finished, or the one begun after it, whole; and every alert that was on disk."""

from __future__ import annotations

import logging
import random
import shutil
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from streamrnn.detect import arrays_file
from streamrnn.service.checkpoint import CheckpointStore
from streamrnn.service.disk import Buffer, Disk
from streamrnn.service.logs import RateLimited
from streamrnn.service.outbox import AlertOutbox
from tests.service.test_outbox import event, numbers
from tests.torture.figures import Figures

_SECTOR = 512
_GENERATIONS = 12
_NAME = "mqtt"


class Operation(NamedTuple):
    """what: create, write, sync, rename, remove, folder, saved or told."""

    what: str
    file: int = 0  # which file ever created
    name: str = ""
    to: str = ""
    data: bytes = b""
    number: int = 0  # of the generation saved, or the last event on disk


class RecordingDisk(Disk):
    """The real disk, and a record of what was done to it."""

    def __init__(self) -> None:
        self.record: list[Operation] = []
        self._files: dict[int, int] = {}  # descriptor -> file
        self._created = 0
        self._lock = threading.Lock()

    def note(self, operation: Operation) -> None:
        with self._lock:
            self.record.append(operation)

    def create(self, path: Path) -> int:
        descriptor = super().create(path)
        with self._lock:
            self._created += 1
            self._files[descriptor] = self._created
            self.record.append(Operation("create", self._created, path.name))
        return descriptor

    def write(self, file: int, data: Buffer) -> int:
        written = super().write(file, data)
        self.note(Operation("write", self._files[file], data=bytes(data[:written])))
        return written

    def sync(self, file: int) -> None:
        super().sync(file)
        self.note(Operation("sync", self._files[file]))

    def rename(self, path: Path, to: Path) -> None:
        super().rename(path, to)
        self.note(Operation("rename", name=path.name, to=to.name))

    def remove(self, path: Path) -> None:
        super().remove(path)
        self.note(Operation("remove", name=path.name))

    def sync_folder(self, path: Path) -> None:
        super().sync_folder(path)
        self.note(Operation("folder"))


def run(folder: Path, count: int, seed: int = 0, disk: RecordingDisk | None = None) -> Figures:
    """count: images."""
    rng = random.Random(seed)
    record = _live(folder / "live", disk or RecordingDisk(), rng)
    figures = Figures("power cut")
    figures["operations recorded"] = len(record)
    figures["images"] = count
    older = newer = events = 0
    for n in range(count):
        image = folder / f"image{n}"
        past = record[: rng.randrange(len(record) + 1)]
        make_image(image, past, rng)
        saved = max((op.number for op in past if op.what == "saved"), default=0)
        told = max((op.number for op in past if op.what == "told"), default=0)
        loaded = generation_in(image)
        assert loaded in (saved, saved + 1), f"image {n}: {loaded} loaded, {saved} was saved"
        found = events_in(image)
        assert found == list(range(1, len(found) + 1)), f"image {n}: {found}"
        assert len(found) >= told, f"image {n}: {told} events were on disk, {len(found)} are there"
        older, newer, events = older + (loaded == saved), newer + (loaded > saved), events + told
        shutil.rmtree(image)
    figures["older generation"] = older
    figures["newer generation"] = newer
    figures["mixed or none"] = 0
    figures["alerts checked"] = events
    return figures


def _live(folder: Path, disk: RecordingDisk, rng: random.Random) -> list[Operation]:
    """Checkpoints and alerts, one after the other, on a disk that records."""
    store = CheckpointStore(folder, disk)
    store.claim.take()
    box = _outbox(folder, disk)
    box.start()
    last = 0
    for generation in range(1, _GENERATIONS + 1):
        for _ in range(rng.randrange(4)):
            last += 1
            box.sync(box.append([event(last)]), 30.0)
            disk.note(Operation("told", number=last))
        store.write(pieces(generation))
        disk.note(Operation("saved", number=generation))
    box.close(30.0)
    store.claim.release()
    return disk.record


def _outbox(folder: Path, disk: Disk) -> AlertOutbox:
    complaints = RateLimited(logging.getLogger("streamrnn.test"), time.monotonic)
    return AlertOutbox(folder, [_NAME], capacity=1000, complaints=complaints, disk=disk)


def pieces(generation: int) -> list[Buffer]:
    """A checkpoint; every array and the facts tell its number."""
    arrays = {name: np.full(1000 + 137 * generation, generation) for name in ("a", "b", "c")}
    return arrays_file.encode(arrays, {"generation": generation})


def generation_in(folder: Path) -> int:
    """0: none. Fails for a mix."""
    stored = CheckpointStore(folder, Disk()).read()
    if stored is None:
        return 0
    generation = int(stored.facts["generation"])
    expected, _ = arrays_file.decode(b"".join(pieces(generation)))
    assert stored.arrays.keys() == expected.keys()
    assert all(np.array_equal(stored.arrays[name], a) for name, a in expected.items()), "a mix"
    return generation


def events_in(folder: Path) -> list[int]:
    return numbers(_outbox(folder, Disk()).next(_NAME, 10_000))


def make_image(folder: Path, past: Iterable[Operation], rng: random.Random) -> None:
    """What may be on the disk when the power goes after `past`."""
    content: dict[int, bytearray] = {}  # by file, with everything written
    synced: dict[int, int] = {}  # by file: how many bytes are safe
    names: dict[str, int] = {}  # safe
    pending: list[Operation] = []  # changes of names that are not
    for operation in past:
        match operation.what:
            case "create":
                content[operation.file], synced[operation.file] = bytearray(), 0
                pending.append(operation)
            case "write":
                content[operation.file] += operation.data
            case "sync":
                synced[operation.file] = len(content[operation.file])
            case "rename" | "remove":
                pending.append(operation)
            case "folder":
                _rename(names, pending)
                pending = []
    _rename(names, _some_of(pending, rng))
    folder.mkdir()
    for name, file in names.items():
        (folder / name).write_bytes(_torn(content[file], synced[file], rng))


def _some_of(pending: list[Operation], rng: random.Random) -> list[Operation]:
    """All, the first few as a journal would keep them, or any."""
    match rng.randrange(3):
        case 0:
            return pending
        case 1:
            return pending[: rng.randrange(len(pending) + 1)]
    return [operation for operation in pending if rng.random() < 0.5]


def _rename(names: dict[str, int], operations: Iterable[Operation]) -> None:
    for operation in operations:
        if operation.what == "create":
            names[operation.name] = operation.file
        elif operation.name in names:
            file = names.pop(operation.name)
            if operation.what == "rename":
                names[operation.to] = file


def _torn(content: bytearray, synced: int, rng: random.Random) -> bytes:
    """What was synced is there; of the rest each sector may be there, be zero or be missing."""
    rest = bytearray(content[synced:])
    for start in range(0, len(rest), _SECTOR):
        if rng.random() < 0.3:
            rest[start : start + _SECTOR] = bytes(len(rest[start : start + _SECTOR]))
    if rng.random() < 0.5:
        del rest[rng.randrange(len(rest) + 1) :]
    return bytes(content[:synced] + rest)
