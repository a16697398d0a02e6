"""Writes the local history, in a thread of its own."""

from __future__ import annotations

import logging
import math
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from streamrnn.config import HistoryConfig
from streamrnn.service.folder_claim import remedy
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.sinks.backlog import Backlog
from streamrnn.service.sinks.history.minutes import Minutes
from streamrnn.service.sinks.history.store import FILE_NAME, HistoryStore
from streamrnn.service.sinks.outlet import Outlet
from streamrnn.service.sinks.sink import Judged
from streamrnn.service.sinks.tally import Counts, Tally

log = logging.getLogger("streamrnn.history")

DESTINATION: Final = "history"

_WAIT_SECONDS: Final = 0.25
_FLUSH_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 30.0  # after a failure of the disk
_MOST_EVENTS: Final = 100  # in one transaction
_BACKLOG: Final = 200_000  # readings: seconds of a flood
_MOST_ROWS: Final = 50_000  # in memory: 10,000 streams while the disk fails for five minutes
# Written before their time. More than 10,000 streams have in a minute, so that no row is written
# more often than it must; so many come when days that waited at the broker come at once.
_MANY_ROWS: Final = 25_000
_FULL: Final = "queue_full"


class History(Outlet):
    """Events from the durable outbox, one row for each; readings by the minute, as well as may be.
    When it is closed it writes what is left.

    keep: makes sure that the directory is ours, or raises OSError. clock: Unix seconds, for the age
    of what is deleted.
    """

    def __init__(
        self,
        config: HistoryConfig,
        directory: Path,
        outbox: AlertOutbox,
        *,
        keep: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.time,
        flush_seconds: float = _FLUSH_SECONDS,
    ) -> None:
        super().__init__(DESTINATION)
        self._config = config
        self._outbox = outbox
        self._keep = keep
        self._clock = clock
        self._flush_seconds = flush_seconds
        self._path = directory / FILE_NAME
        self._store = HistoryStore(self._path, max_bytes=config.max_megabytes * 1_000_000)
        self._backlog = Backlog(_BACKLOG)
        self._minutes = Minutes(_MOST_ROWS)
        self._counts = Counts()
        self._flushed_at = time.monotonic()
        self._failing = False

    def take(self, batch: Judged) -> None:
        if self._config.readings:
            self._backlog.put(batch)

    def tally(self) -> Tally:
        return self._counts.tally(self._outbox.depth(DESTINATION))

    def _run(self) -> None:
        while not self._stopping.is_set():
            has_events = self._outbox.wait(DESTINATION, 0, _WAIT_SECONDS)
            if not self._turn(has_events):
                self._stopping.wait(_PAUSE_SECONDS)
        self._flushed_at = -math.inf
        self._turn(has_events=True)
        self._store.close()

    def _turn(self, has_events: bool) -> bool:
        """False when the disk failed."""
        self._gather()
        is_due = self._is_due()
        if not (has_events or is_due):
            return True
        try:
            self._keep()
            if has_events:
                self._write_events()
            if is_due:
                self._flushed_at = time.monotonic()
                self._write_minutes()
                self._store.forget_before(self._clock() - self._config.keep)
                self._store.shrink()
        except (OSError, sqlite3.Error) as error:
            self._fail(error)
            return False
        if self._failing:
            self._failing = False
            log.info("history_written_again")
        return True

    def _is_due(self) -> bool:
        since = time.monotonic() - self._flushed_at
        return since >= self._flush_seconds or len(self._minutes) >= _MANY_ROWS

    def _gather(self) -> None:
        batches, given_up = self._backlog.take()
        given_up += self._minutes.add(batches)
        if given_up:
            self._counts.dropped(_FULL, given_up)

    def _write_events(self) -> None:
        entries = self._outbox.next(DESTINATION, _MOST_EVENTS)
        if entries:
            self._store.add_events([entry.event for entry in entries])
            self._outbox.confirm(DESTINATION, entries[-1].position)
            self._counts.delivered(len(entries))

    def _write_minutes(self) -> None:
        rows = self._minutes.take()
        try:
            self._store.add_minutes(rows)
        except sqlite3.Error:
            self._minutes.give_back(rows)
            raise

    def _fail(self, error: OSError | sqlite3.Error) -> None:
        self._store.close()
        reason = error.strerror if isinstance(error, OSError) else str(error)
        if type(error) is sqlite3.DatabaseError:  # not the disk nor a lock, which may pass
            try:
                aside = self._store.put_aside()
            except OSError as obstacle:
                reason = f"{reason}, and it cannot be put aside: {obstacle.strerror}"
            else:
                data = {"reason": reason, "kept_as": str(aside)}
                log.error("history_unusable", extra={"data": data})
                return
        if not self._failing:
            self._failing = True
            what = remedy(error, "free space, mend the disk, or end what locks the file")
            what += "; until then events wait, and readings as far as they have room"
            data = {"reason": f"{self._path}: {reason}", "remedy": what}
            log.error("history_not_written", extra={"data": data})
