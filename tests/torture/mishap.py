"""How a daemon of the campaign comes to harm at a chosen place: by its own hand, so that the place
is exact, and by SIGKILL, so that nothing can be put in order on the way."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from streamrnn.service.disk import Buffer, Disk

BEFORE, AFTER, HALFWAY = "before", "after", "halfway"


class Mishap(NamedTuple):
    """Dies at the `count`-th time that it comes to `place`.

    place: one of `failpoint.ALL`, or an operation of `Disk` on a file, such as "sync state.tmp".
    moment: before, after, or for writes halfway.
    """

    place: str
    count: int = 1
    moment: str = BEFORE

    def hooks(self) -> dict[str, Any]:
        """Keyword arguments for `run_daemon`."""
        fate = _Fate(self)
        return {"disk": DeadlyDisk(fate), "at": fate.reach}


class _Fate:
    def __init__(self, mishap: Mishap) -> None:
        self._mishap = mishap
        self._reached: Counter[tuple[str, str]] = Counter()

    def reach(self, place: str, moment: str = BEFORE) -> None:
        self._reached[place, moment] += 1
        if self._mishap == (place, self._reached[place, moment], moment):
            os.kill(os.getpid(), signal.SIGKILL)

    def cuts(self, place: str) -> bool:
        """Whether a write is to stop halfway now."""
        mishap = self._mishap
        return (
            mishap.moment == HALFWAY
            and place == mishap.place
            and self._reached[place, BEFORE] == mishap.count
        )


class DeadlyDisk(Disk):
    """The real disk, with a place to die before and after each operation."""

    def __init__(self, fate: _Fate) -> None:
        self._fate = fate
        self._names: dict[int, str] = {}  # by descriptor

    def create(self, path: Path) -> int:
        self._fate.reach(f"create {path.name}")
        file = super().create(path)
        self._names[file] = path.name
        self._fate.reach(f"create {path.name}", AFTER)
        return file

    def write(self, file: int, data: Buffer) -> int:
        place = f"write {self._names[file]}"
        self._fate.reach(place)
        if self._fate.cuts(place):
            super().write(file, data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        written = super().write(file, data)
        self._fate.reach(place, AFTER)
        return written

    def sync(self, file: int) -> None:
        place = f"sync {self._names[file]}"
        self._fate.reach(place)
        super().sync(file)
        self._fate.reach(place, AFTER)

    def rename(self, path: Path, to: Path) -> None:
        self._fate.reach(f"rename {to.name}")
        super().rename(path, to)
        self._fate.reach(f"rename {to.name}", AFTER)

    def sync_folder(self, path: Path) -> None:
        self._fate.reach("sync folder")
        super().sync_folder(path)
        self._fate.reach("sync folder", AFTER)
