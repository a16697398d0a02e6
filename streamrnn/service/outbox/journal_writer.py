"""The thread that brings the queue of alerts to the disk."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from streamrnn.service.folder_claim import remedy
from streamrnn.service.outbox.journal import Journal, Queued, encode
from streamrnn.service.outbox.pending import Pending

log = logging.getLogger("streamrnn.outbox")

_FIRST_PAUSE_SECONDS: Final = 0.1  # after a failed write; doubles
_LONGEST_PAUSE_SECONDS: Final = 10.0
_SPARE_LINES: Final = 1000  # that need not be in the journal any more, before it is written anew


class JournalWriter:
    """Writes what has changed, many lines with one fsync. After a failed write the whole journal is
    written anew, with growing pauses, until the disk takes it.

    durable: events up to this position survive a power cut. problem: why the journal cannot be
    written; empty when it can. Both change together with a notice on `changed`.
    """

    def __init__(self, journal: Journal, pending: Pending, changed: threading.Condition) -> None:
        """pending: only looked at while `changed` is held, and whoever changes it says so there."""
        self.durable = pending.last
        self.problem = ""
        self._journal = journal
        self._pending = pending
        self._changed = changed
        self._is_stale = True  # the journal lacks more than `pending.changes`
        self._spare = 0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout: float) -> None:
        """Write what is left, within `timeout` seconds."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        """Until it is closed and everything is written."""
        pause = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or not self._is_written())
                if pause:
                    self._changed.wait_for(lambda: self._closing, pause)
                if self._closing and (pause or self._is_written()):
                    break
                write, goal = self._plan()
            try:
                write()
            except OSError as error:
                pause = min(2 * pause or _FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
                self._failed(error)
            else:
                pause = 0.0
                self._succeeded(goal)
        self._journal.close()

    def _is_written(self) -> bool:
        return not self._is_stale and not self._pending.changes

    def _plan(self) -> tuple[Callable[[], None], int]:
        """What to write now, as a function, and up to which position events are on disk then."""
        pending = self._pending
        changes, pending.changes = pending.changes, []
        self._spare += len(changes)
        if self._is_stale or self._spare > _SPARE_LINES + 2 * len(pending):
            self._is_stale, self._spare = False, 0
            journal = list(pending.journal())
            return (lambda: self._journal.replace(map(encode, journal))), pending.last
        # A confirmation that is lost means an event told twice, which is not worth an fsync.
        sync = any(isinstance(change, Queued) for change in changes)
        return (lambda: self._journal.append(map(encode, changes), sync=sync)), pending.last

    def _failed(self, error: OSError) -> None:
        reason = f"{self._journal.path}: {error.strerror}"
        with self._changed:
            before, self.problem = self.problem, reason
            self._is_stale = True
            self._changed.notify_all()
        if reason != before:
            what = f"{remedy(error)}; alerts go on, but a crash now may lose some"
            log.error("outbox_failed", extra={"data": {"reason": reason, "remedy": what}})

    def _succeeded(self, goal: int) -> None:
        with self._changed:
            before, self.problem = self.problem, ""
            self.durable = goal
            self._changed.notify_all()
        if before:
            log.info("outbox_recovered")
