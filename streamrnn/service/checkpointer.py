"""Checkpoints beside the loop: when they begin, how they ended, what they cost."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Final

from numpy.typing import NDArray

from streamrnn.detect import arrays_file
from streamrnn.service.checkpoint import CheckpointStore
from streamrnn.service.folder_claim import remedy

log = logging.getLogger("streamrnn.checkpoint")

SLOW_SECONDS: Final = 5.0
"""A write that takes longer is as good as one that failed: what waits for it must not wait on."""


class Checkpointer:
    """Writes each checkpoint in a thread of its own: a disk that stalls must not stall detection,
    nor keep the process from ending, so Python must not wait for that thread.

    Its methods belong to one thread, the loop. failures: attempts in a row that went wrong;
    saved_version: of the last that went well. clock: monotonic seconds.
    """

    def __init__(self, store: CheckpointStore, clock: Callable[[], float] = time.monotonic) -> None:
        self.failures = 0
        self.problem = ""
        self.saved_version = 0
        self.last_time: float | None = None
        self.last_duration_seconds: float | None = None
        self._store = store
        self._clock = clock
        self._writing: Future[float] | None = None
        self._writing_version = 0
        self._begun_at = 0.0

    @property
    def busy(self) -> bool:
        """The last checkpoint is still being written, or nobody has looked how it ended."""
        return self._writing is not None

    @property
    def ailing(self) -> bool:
        """The last attempt failed, or one has been going on for too long."""
        return self.failures > 0 or (self.busy and self._clock() - self._begun_at > SLOW_SECONDS)

    def save(
        self,
        arrays: Mapping[str, NDArray[Any]],
        facts: Mapping[str, Any],
        version: int,
        before: Callable[[], object] = lambda: None,
    ) -> None:
        """Begin to write. The arrays must not change any more. Only when not `busy`.

        before: called first, in the thread that writes; when it raises OSError, that is a failure
        of this checkpoint.
        """
        self._writing, self._writing_version = Future(), version
        self._begun_at = self._clock()
        arguments = (arrays, facts, before, self._writing)
        threading.Thread(target=self._write, args=arguments, name="checkpoint", daemon=True).start()

    def collect(self) -> bool | None:
        """Whether the write at hand went well; None when there is none, or it is not over."""
        if self._writing is None or not self._writing.done():
            return None
        writing, self._writing = self._writing, None
        error = writing.exception()
        if error is None:
            self._succeeded(writing.result())
            return True
        if isinstance(error, OSError):
            self._failed(error)
            return False
        raise error

    def wait(self, seconds: float) -> bool | None:
        """`collect` when the write at hand is over; waits for that, so long at most."""
        if self._writing is not None:
            try:
                self._writing.exception(seconds)
            except TimeoutError:
                log.error("checkpoint_timeout", extra={"data": {"seconds": round(seconds, 1)}})
        return self.collect()

    def _succeeded(self, seconds: float) -> None:
        if self.failures:
            log.info("checkpoint_recovered", extra={"data": {"failures": self.failures}})
        self.failures, self.problem = 0, ""
        self.saved_version = self._writing_version
        self.last_time, self.last_duration_seconds = time.time(), seconds

    def _failed(self, error: OSError) -> None:
        self.failures += 1
        before, self.problem = self.problem, f"{self._store.directory}: {error.strerror}"
        if self.problem == before:
            return
        data = {
            "reason": self.problem,
            "failures": self.failures,
            "remedy": f"{remedy(error)}; detection goes on, but a stop now would lose what was "
            "learned since the last checkpoint",
        }
        log.error("checkpoint_failed", extra={"data": data})

    def _write(
        self,
        arrays: Mapping[str, NDArray[Any]],
        facts: Mapping[str, Any],
        before: Callable[[], object],
        duration: Future[float],
    ) -> None:
        begun = time.perf_counter()
        try:
            self._store.claim.keep()  # first, as a better reason than what would follow from it
            before()
            self._store.write(arrays_file.encode(arrays, facts))
        except BaseException as error:  # noqa: BLE001  # `collect` raises it, or reports it
            duration.set_exception(error)
        else:
            duration.set_result(time.perf_counter() - begun)
