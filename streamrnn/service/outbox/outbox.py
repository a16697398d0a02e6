"""Alerts on their way to their destinations."""

from __future__ import annotations

import errno
import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from streamrnn.records import Event
from streamrnn.service.disk import Disk
from streamrnn.service.logs import RateLimited
from streamrnn.service.outbox.journal import Journal
from streamrnn.service.outbox.journal_writer import JournalWriter
from streamrnn.service.outbox.pending import Entry, Pending


class AlertOutbox:
    """Thread-safe.

    The loop appends; each destination takes (`next`) and confirms in a thread of its own; a thread
    of the outbox writes, many lines with one fsync. An event is handed out when it is on disk, so
    that whatever was told to anybody is known after a crash. While the disk fails, events are
    handed out from memory, the journal is written anew every few seconds, and `problem` says why.

    dropped: events given up because more than `capacity` waited, by destination.
    """

    def __init__(
        self,
        directory: Path,
        destinations: Sequence[str],
        *,
        capacity: int,
        complaints: RateLimited,
        disk: Disk,
        keep: Callable[[], object] = lambda: None,
    ) -> None:
        """keep: makes sure that the directory is ours, or raises OSError.

        Raises StateError when the journal there cannot be used.
        """
        self.dropped: Counter[str] = Counter()
        self._capacity = capacity
        self._complaints = complaints
        self._changed = threading.Condition()
        journal = Journal(directory, disk, keep)
        self._pending = Pending(journal.read(), destinations)
        self._writer = JournalWriter(journal, self._pending, self._changed)

    def start(self) -> None:
        self._writer.start()

    def close(self, timeout: float) -> None:
        """Write what is left, within `timeout` seconds. Nothing may be appended any more."""
        self._writer.close(timeout)

    def append(self, events: Sequence[Event]) -> int:
        """Queue the events for every destination; the position of the last of all so far. They are
        on disk once `durable` has come there. Those that were in the journal already when we
        started are not queued again. Belongs to the loop."""
        with self._changed:
            for event in events:
                self._pending.append(event)
            while len(self._pending) > self._capacity:
                self._give_up_oldest()
            self._changed.notify_all()
            return self._pending.last

    @property
    def last(self) -> int:
        """Position of the latest event."""
        return self._pending.last

    @property
    def durable(self) -> int:
        """Events up to this position survive a power cut."""
        return self._writer.durable

    @property
    def problem(self) -> str:
        """Why the journal cannot be written; empty when it can."""
        return self._writer.problem

    def sync(self, position: int, timeout: float) -> None:
        """Return when `durable` has come to `position`. Raises OSError when that does not happen
        within `timeout` seconds, or the disk fails."""
        with self._changed:
            self._changed.wait_for(lambda: self.durable >= position or self.problem, timeout)
            if self.durable < position:
                raise OSError(errno.EIO, self.problem or "writing alerts takes too long")

    def next(self, destination: str, most: int, after: int = 0) -> list[Entry]:
        """The oldest events that `destination` has not confirmed, with positions above `after`.
        Takes nothing out: asked again, it gives the same again."""
        with self._changed:
            ready = self._ready(destination, after)[:most]
            return [Entry(position, self._pending[position]) for position in ready]

    def wait(self, destination: str, after: int, timeout: float) -> bool:
        """True as soon as `next` has something; False after `timeout` seconds without."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._ready(destination, after)), timeout)

    def confirm(self, destination: str, position: int) -> None:
        """`destination` has settled everything up to `position`."""
        with self._changed:
            if self._pending.confirm(destination, position):
                self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many events some destination waits for."""
        return len(self._pending)

    def depth(self, destination: str) -> int:
        """How many events wait for `destination`."""
        with self._changed:
            return self._pending.depth(destination)

    def open_events(self) -> list[Event]:
        """The last event of each anomaly that was queued and has not ended."""
        with self._changed:
            return list(self._pending.open.values())

    def _ready(self, destination: str, after: int) -> range:
        """Positions that can be handed out."""
        end = self.last if self.problem else self.durable
        return self._pending.after(destination, after, end)

    def _give_up_oldest(self) -> None:
        event, late = self._pending.give_up_oldest()
        for name in late:
            self.dropped[name] += 1
            data = {"destination": name, "id": event.id, "stream": event.stream}
            data["reason"] = f"more than {self._capacity} alerts wait for it"
            self._complaints.log(logging.ERROR, "alert_given_up", f"alert to {name}", data)
