"""One daemon per folder of state."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import threading
from pathlib import Path

from streamrnn.errors import ConfigError, StateError

log = logging.getLogger("streamrnn.checkpoint")


class FolderTakenError(OSError):
    """Our folder was removed, and another daemon was quicker to make it anew."""


def remedy(error: Exception, of_the_disk: str = "free space or mend the disk") -> str:
    """What to do so that the folder takes what we write."""
    if isinstance(error, FolderTakenError):
        return "stop one of the two daemons, or give each a state.directory of its own"
    return of_the_disk


class FolderClaim:
    """Keeps other daemons out by a lock on a file in the folder, until it is released.

    Whoever removes the folder under a running daemon removes the lock with it, and the next daemon
    would take its place unhindered. So whoever writes there asks first, by `keep`.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / "lock"
        self._file: int | None = None
        self._keeping = threading.Lock()

    def take(self) -> None:
        """Make the folder if need be.

        Raises ConfigError when it cannot be written to, StateError when another daemon uses it.
        """
        try:
            self._file = self._locked()
        except BlockingIOError as error:
            raise StateError(
                f"{self._directory} is in use by another streamrnn: stop that one, or set another "
                "state.directory"
            ) from error
        except OSError as error:
            raise ConfigError(
                [
                    f'state.directory = "{self._directory}": must be a folder that can be written '
                    f"to: {error.strerror}"
                ]
            ) from error

    def keep(self) -> None:
        """From any thread: where folder or lock have been removed, make and take them anew. Does
        nothing before `take`.

        Raises FolderTakenError when another daemon was quicker, OSError when the folder cannot be
        made.
        """
        with self._keeping:
            if self._file is None or self._is_in_place(self._file):
                return
            try:
                made = self._locked()
            except BlockingIOError as error:
                why = "the state folder was removed, and another streamrnn uses it now"
                raise FolderTakenError(errno.EBUSY, why, str(self._directory)) from error
            os.close(self._file)
            self._file = made
        log.warning("state_folder_made_anew", extra={"data": {"folder": str(self._directory)}})

    def release(self) -> None:
        with self._keeping:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _locked(self) -> int:
        """The lock file, open and ours. Raises BlockingIOError when another daemon has it."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise
        return file

    def _is_in_place(self, file: int) -> bool:
        """The file of that name is the one that we have locked."""
        try:
            return os.path.samestat(self._path.stat(), os.fstat(file))
        except FileNotFoundError:
            return False
