"""Learned state on disk: two generations, each written whole or not at all.

state.bin               the newest
state.previous.bin      the one before, used when the newest is damaged
state.tmp               being written
*.damaged, *.unusable   put aside for inspection; never read, never overwritten (.2, .3, ...)
lock                    held by the daemon that uses the folder
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from streamrnn.detect import arrays_file
from streamrnn.errors import StateError
from streamrnn.service.disk import Buffer, Disk, put_aside, read_all, write_new
from streamrnn.service.folder_claim import FolderClaim

log = logging.getLogger("streamrnn.checkpoint")


class Stored(NamedTuple):
    """The content of a checkpoint. saved_at: Unix seconds, as the file system has it."""

    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]
    path: Path
    saved_at: float


class CheckpointStore:
    """The files. Not thread-safe. claim: to the folder, which who uses the store must take."""

    def __init__(self, directory: Path, disk: Disk) -> None:
        self.directory = directory
        self._disk = disk
        self.newest = directory / "state.bin"
        self.previous = directory / "state.previous.bin"
        self._temporary = directory / "state.tmp"
        self.claim = FolderClaim(directory)

    def write(self, pieces: Iterable[Buffer]) -> None:
        """Replace the newest generation, which becomes the previous one.

        Raises OSError; both generations are then as they were, or the newest is already in place.
        """
        self.claim.keep()
        write_new(self._disk, self._temporary, pieces)
        if self.newest.exists():
            self._disk.rename(self.newest, self.previous)
        self._disk.rename(self._temporary, self.newest)
        self._disk.sync_folder(self.directory)

    def read(self) -> Stored | None:
        """The newest generation that is whole; None when there is none.

        Damaged ones are put aside and announced. Raises StateError for a file that a newer
        version wrote, or that cannot be read.
        """
        for path in (self.newest, self.previous):
            try:
                arrays, facts = arrays_file.decode(read_all(path))
                return Stored(arrays, facts, path, path.stat().st_mtime)
            except FileNotFoundError:
                continue
            except arrays_file.DamagedError as error:
                aside = put_aside(path, "damaged")
                told = {"file": str(path), "reason": str(error), "kept_as": str(aside)}
                log.error("checkpoint_damaged", extra={"data": told})
            except arrays_file.NewerFormatError as error:
                raise StateError(f"{path}: {error}") from error
            except OSError as error:
                raise StateError(f"{path}: cannot be read: {error.strerror}") from error
        return None
