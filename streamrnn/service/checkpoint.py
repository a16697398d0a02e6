"""Learned state on disk: two generations, each written whole or not at all.

state.bin            the newest
state.previous.bin   the one before, used when the newest is damaged
state.tmp            being written
*.damaged            put aside for inspection; never read
lock                 held by the daemon that uses the folder
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from streamrnn.detect import arrays_file
from streamrnn.errors import ConfigError, StateError

log = logging.getLogger("streamrnn.checkpoint")


class Stored(NamedTuple):
    """The content of a checkpoint. saved_at: Unix seconds, as the file system has it."""

    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]
    path: Path
    saved_at: float


class CheckpointStore:
    """The files. Not thread-safe."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.newest = directory / "state.bin"
        self.previous = directory / "state.previous.bin"
        self._temporary = directory / "state.tmp"
        self._lock: int | None = None

    def claim(self) -> None:
        """Make the folder if need be, and keep other daemons out until `release`.

        Raises ConfigError when it cannot be written to, StateError when another daemon uses it.
        """
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(
                [
                    f'state.directory = "{self.directory}": must be a folder that can be written '
                    f"to: {error.strerror}"
                ]
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise StateError(
                f"{self.directory} is in use by another streamrnn: stop that one, or set another "
                "state.directory"
            ) from error
        self._lock = lock

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write(self, pieces: Iterable[bytes | memoryview]) -> None:
        """Replace the newest generation, which becomes the previous one.

        Raises OSError; both generations are then as they were.
        """
        try:
            self._write_temporary(pieces)
        except OSError:
            self._temporary.unlink(missing_ok=True)  # it takes room that may be what is missing
            raise
        if self.newest.exists():
            self.newest.replace(self.previous)
        self._temporary.replace(self.newest)
        folder = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def read(self) -> Stored | None:
        """The newest generation that is whole; None when there is none.

        Damaged ones are put aside and announced. Raises StateError for a file that a newer
        version wrote, or that cannot be read.
        """
        for path in (self.newest, self.previous):
            try:
                data = path.read_bytes()
                arrays, facts = arrays_file.decode(data)
                return Stored(arrays, facts, path, path.stat().st_mtime)
            except FileNotFoundError:
                continue
            except arrays_file.DamagedError as error:
                aside = self.put_aside(path, "damaged")
                told = {"file": str(path), "reason": str(error), "kept_as": str(aside)}
                log.error("checkpoint_damaged", extra={"data": told})
            except arrays_file.NewerFormatError as error:
                raise StateError(f"{path}: {error}") from error
            except OSError as error:
                raise StateError(f"{path}: cannot be read: {error.strerror}") from error
        return None

    def put_aside(self, path: Path, why: str) -> Path:
        """Rename a file that cannot be used, so that nothing overwrites or reads it."""
        aside = path.with_name(f"{path.name}.{why}")
        path.replace(aside)
        return aside

    def _write_temporary(self, pieces: Iterable[bytes | memoryview]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        file = os.open(self._temporary, flags, 0o600)
        try:
            for piece in pieces:
                rest = memoryview(piece)
                while rest:  # a full disk may take a part without complaint
                    written = os.write(file, rest)
                    if written == 0:
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    rest = rest[written:]
            os.fsync(file)
        finally:
            os.close(file)


class Checkpointer:
    """Writes each checkpoint in a thread of its own: a disk that stalls must not stall detection,
    nor keep the process from ending, so Python must not wait for that thread.

    Its methods belong to one thread, the loop. failures: attempts in a row that went wrong;
    saved_version: of the last that went well.
    """

    def __init__(self, store: CheckpointStore) -> None:
        self.failures = 0
        self.problem = ""
        self.saved_version = 0
        self.last_time: float | None = None
        self.last_duration_seconds: float | None = None
        self._store = store
        self._writing: Future[float] | None = None
        self._writing_version = 0

    @property
    def busy(self) -> bool:
        """The last checkpoint is still being written."""
        return self._writing is not None and not self._writing.done()

    def save(
        self, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any], version: int
    ) -> None:
        """Begin to write. The arrays must not change any more. Only when not `busy`."""
        self.collect()
        self._writing, self._writing_version = Future(), version
        threading.Thread(
            target=self._write, args=(arrays, facts, self._writing), name="checkpoint", daemon=True
        ).start()

    def collect(self) -> None:
        """Take note of how the last write went, if it is over."""
        if self._writing is None or not self._writing.done():
            return
        writing, self._writing = self._writing, None
        error = writing.exception()
        if error is None:
            if self.failures:
                log.info("checkpoint_recovered", extra={"data": {"failures": self.failures}})
            self.failures, self.problem = 0, ""
            self.saved_version = self._writing_version
            self.last_time, self.last_duration_seconds = time.time(), writing.result()
        elif isinstance(error, OSError):
            self.failures += 1
            self.problem = f"{self._store.directory}: {error.strerror}"
            data = {
                "reason": self.problem,
                "failures": self.failures,
                "remedy": "free space or mend the disk; detection goes on, but a stop now would "
                "lose what was learned since the last checkpoint",
            }
            log.error("checkpoint_failed", extra={"data": data})
        else:
            raise error

    def wait(self, seconds: float) -> None:
        """Until the write at hand is over, for so long at most."""
        if self._writing is not None:
            try:
                self._writing.exception(seconds)
            except TimeoutError:
                log.error("checkpoint_timeout", extra={"data": {"seconds": round(seconds, 1)}})
        self.collect()

    def _write(
        self,
        arrays: Mapping[str, NDArray[Any]],
        facts: Mapping[str, Any],
        duration: Future[float],
    ) -> None:
        begun = time.perf_counter()
        try:
            self._store.write(arrays_file.encode(arrays, facts))
        except BaseException as error:  # noqa: BLE001  # `collect` raises it, or reports it
            duration.set_exception(error)
        else:
            duration.set_result(time.perf_counter() - begun)
