"""The few operations by which state reaches the disk.

All that must survive a power cut goes through a `Disk`, so that the torture campaign can put one in
its place that fails, writes short, dies between two operations, or keeps a record of them.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from itertools import count
from pathlib import Path

Buffer = bytes | memoryview


class Disk:
    """The real one. Every method raises OSError. Files are named by their descriptors."""

    def create(self, path: Path) -> int:
        """A new file to write, or an old one emptied; for our own eyes only."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        return os.open(path, flags, 0o600)

    def write(self, file: int, data: Buffer) -> int:
        """How many bytes of `data` were taken; may be fewer than all."""
        return os.write(file, data)

    def sync(self, file: int) -> None:
        os.fsync(file)

    def is_deleted(self, file: int) -> bool:
        """It can still be written to, and nobody would ever find it."""
        return os.fstat(file).st_nlink == 0

    def close(self, file: int) -> None:
        os.close(file)

    def rename(self, path: Path, to: Path) -> None:
        path.replace(to)

    def remove(self, path: Path) -> None:
        """It need not exist."""
        path.unlink(missing_ok=True)

    def sync_folder(self, path: Path) -> None:
        """Without it a power cut may undo renames."""
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_all(disk: Disk, file: int, pieces: Iterable[Buffer]) -> None:
    """Raises OSError when not everything was taken."""
    for piece in pieces:
        rest = memoryview(piece)
        while rest:  # a full disk may take a part without complaint
            written = disk.write(file, rest)
            if written == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            rest = rest[written:]


def write_new(disk: Disk, path: Path, pieces: Iterable[Buffer]) -> None:
    """A file that would survive a power cut, or none. Raises OSError."""
    try:
        file = disk.create(path)
        try:
            write_all(disk, file, pieces)
            disk.sync(file)
        finally:
            disk.close(file)
    except OSError:
        disk.remove(path)  # it takes room that may be what is missing
        raise


def read_all(path: Path) -> bytes:
    """The content of a file. Raises OSError, also when it is none: to open a pipe would wait until
    somebody writes into it, and a device may have no end."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "is not a regular file", str(path))
        return opened.read()


def put_aside(path: Path, why: str) -> Path:
    """Rename a file that cannot be used, so that nothing reads it; never onto another one. Raises
    OSError."""
    aside = path.with_name(f"{path.name}.{why}")
    numbers = count(2)
    while aside.exists():
        aside = path.with_name(f"{path.name}.{why}.{next(numbers)}")
    path.rename(aside)
    return aside
