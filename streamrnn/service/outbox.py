"""The durable queue of alerts: what was told to nobody yet survives kill -9 and power cuts.

outbox         the queue: positions, destinations, its bound
  outbox_file  its journal on disk
    disk       the operations it is made of
"""

from __future__ import annotations

import errno
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from streamrnn.records import Event, EventType
from streamrnn.service.disk import Disk
from streamrnn.service.logs import RateLimited
from streamrnn.service.outbox_file import (
    FORMAT,
    Confirmed,
    Head,
    Open,
    OutboxFile,
    Queued,
    Record,
    encode,
)

log = logging.getLogger("streamrnn.outbox")

_FIRST_PAUSE_SECONDS: Final = 0.1  # after a failed write; doubles
_LONGEST_PAUSE_SECONDS: Final = 10.0
_SPARE_LINES: Final = 1000  # that need not be in the journal any more, before it is written anew


class Entry(NamedTuple):
    """position: 1, 2, 3 ... for ever, over restarts too."""

    position: int
    event: Event


class AlertOutbox:
    """Events on their way to their destinations. Thread-safe.

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
    ) -> None:
        """Raises StateError when the journal there cannot be used."""
        self.dropped: Counter[str] = Counter()
        self._capacity = capacity
        self._complaints = complaints
        self._file = OutboxFile(directory, disk)
        self._changed = threading.Condition()
        self._entries: dict[int, Event] = {}  # by position, without gaps
        self._open: dict[str, Event] = {}  # last event of each anomaly without an end, by id
        self._last = 0
        self._before_the_crash: set[tuple[str, str, float]] = set()
        self._load(self._file.read(), destinations)
        self._is_stale = True  # the journal lacks something, and must be written anew
        self._lines: list[bytes] = []  # to be added to a journal that is not
        self._holds_events = False  # whether those lines must be synced
        self._spare = 0
        self._durable = self._last
        self._problem = ""
        self._closing = False
        self._writer = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        self._writer.start()

    def close(self, timeout: float) -> None:
        """Write what is left, within `timeout` seconds. Nothing may be appended any more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._writer.ident is not None:
            self._writer.join(timeout)

    def append(self, events: Sequence[Event]) -> int:
        """Queue the events for every destination; the position of the last of all so far. They are
        on disk once `durable` has come there. Those that were in the journal already when we
        started are not queued again. Belongs to the loop."""
        with self._changed:
            for event in events:
                key = _key(event)
                if key in self._before_the_crash:  # its readings came again
                    self._before_the_crash.discard(key)
                    continue
                self._last += 1
                self._entries[self._last] = event
                self._follow(event)
                self._note(Queued(self._last, event))
            while len(self._entries) > self._capacity:
                self._give_up_oldest()
            self._holds_events = True
            self._changed.notify_all()
            return self._last

    @property
    def last(self) -> int:
        """Position of the latest event."""
        return self._last

    @property
    def durable(self) -> int:
        """Events up to this position survive a power cut."""
        return self._durable

    @property
    def problem(self) -> str:
        """Why the journal cannot be written; empty when it can."""
        return self._problem

    def sync(self, position: int, timeout: float) -> None:
        """Return when `durable` has come to `position`. Raises OSError when that does not happen
        within `timeout` seconds, or the disk fails."""
        with self._changed:
            self._changed.wait_for(lambda: self._durable >= position or self._problem, timeout)
            if self._durable < position:
                raise OSError(errno.EIO, self._problem or "writing alerts takes too long")

    def next(self, destination: str, most: int, after: int = 0) -> list[Entry]:
        """The oldest events that `destination` has not confirmed, with positions above `after`.
        Takes nothing out: asked again, it gives the same again."""
        with self._changed:
            first, end = self._range(destination, after)
            return [Entry(p, self._entries[p]) for p in range(first, min(end, first + most))]

    def wait(self, destination: str, after: int, timeout: float) -> bool:
        """True as soon as `next` has something; False after `timeout` seconds without."""

        def has_some() -> bool:
            first, end = self._range(destination, after)
            return first < end

        with self._changed:
            return self._changed.wait_for(has_some, timeout)

    def confirm(self, destination: str, position: int) -> None:
        """`destination` has settled everything up to `position`."""
        with self._changed:
            if position > self._confirmed[destination]:
                self._confirmed[destination] = position
                self._note(Confirmed(destination, position))
                self._forget_settled()
                self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many events some destination waits for."""
        return len(self._entries)

    def depth(self, destination: str) -> int:
        """How many events wait for `destination`."""
        with self._changed:
            return self._last - self._confirmed[destination]

    def open_events(self) -> list[Event]:
        """The last event of each anomaly that was queued and has not ended."""
        with self._changed:
            return list(self._open.values())

    def _range(self, destination: str, after: int) -> tuple[int, int]:
        """Positions that can be handed out: from the first up to before the second."""
        end = self._last if self._problem else self._durable
        return max(self._confirmed[destination], after) + 1, end + 1

    def _note(self, record: Record) -> None:
        if not self._is_stale:
            self._lines.append(encode(record))

    def _follow(self, event: Event) -> None:
        if event.type is EventType.END:
            self._open.pop(event.id, None)
        else:
            self._open[event.id] = event

    def _give_up_oldest(self) -> None:
        position = next(iter(self._entries))
        event = self._entries[position]
        late = [name for name, confirmed in self._confirmed.items() if confirmed < position]
        for name in late:
            self.dropped[name] += 1
            self._confirmed[name] = position
            self._note(Confirmed(name, position))
            data = {"destination": name, "id": event.id, "stream": event.stream}
            data["reason"] = f"more than {self._capacity} alerts wait for it"
            self._complaints.log(logging.ERROR, "alert_given_up", f"alert to {name}", data)
        self._forget_settled()

    def _forget_settled(self) -> None:
        settled = min(self._confirmed.values(), default=self._last)
        for position in list(_first_while(self._entries, settled)):
            del self._entries[position]

    def _load(self, records: Sequence[Record], destinations: Sequence[str]) -> None:
        confirmed: dict[str, int] = {}
        for record in records:
            match record:
                case Head(last=last):
                    self._last = max(self._last, last)
                case Queued(position, event):
                    self._last = max(self._last, position)
                    self._entries[position] = event
                    self._before_the_crash.add(_key(event))
                    self._follow(event)
                case Confirmed(destination, position):
                    confirmed[destination] = position
                case Open(event):
                    self._follow(event)
        self._confirmed = {name: confirmed.get(name, self._last) for name in destinations}
        self._close_gaps()
        self._forget_settled()

    def _close_gaps(self) -> None:
        """Damaged lines leave gaps: what waits gets new positions, counted back from the last."""
        first = self._last - len(self._entries) + 1
        renamed = {old: first + n for n, old in enumerate(self._entries)}
        self._entries = dict(enumerate(self._entries.values(), start=first))
        for name, position in self._confirmed.items():
            settled = [new for old, new in renamed.items() if old <= position]
            self._confirmed[name] = settled[-1] if settled else first - 1

    def _run(self) -> None:
        """The outbox's thread: writes until it is closed and everything is written."""
        pause = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work, None)
                if pause:
                    self._changed.wait_for(lambda: self._closing, pause)
                if self._closing and (pause or self._is_written()):
                    break
                write, goal = self._plan()
            try:
                write()
            except OSError as error:
                pause = min(2 * pause or _FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
                self._report(f"{self._file.path}: {error.strerror}")
            else:
                pause = 0.0
                self._report("", goal)
        self._file.close()

    def _has_work(self) -> bool:
        return self._closing or not self._is_written()

    def _is_written(self) -> bool:
        return not self._is_stale and not self._lines

    def _plan(self) -> tuple[Callable[[], None], int]:
        """What to write now, as a function, and up to which position events are on disk then."""
        lines, self._lines = self._lines, []
        sync, self._holds_events = self._holds_events, False
        self._spare += len(lines)
        if not self._is_stale and self._spare <= _SPARE_LINES + 2 * len(self._entries):
            return (lambda: self._file.append(lines, sync=sync)), self._last
        self._is_stale, self._spare = False, 0
        journal = list(self._journal())
        return (lambda: self._file.replace(journal)), self._last

    def _journal(self) -> Iterator[bytes]:
        """Everything that there is to remember."""
        yield encode(Head(FORMAT, self._last))
        for event in self._open.values():
            yield encode(Open(event))
        for position, event in self._entries.items():
            yield encode(Queued(position, event))
        for destination, position in self._confirmed.items():
            yield encode(Confirmed(destination, position))

    def _report(self, problem: str, durable: int | None = None) -> None:
        with self._changed:
            before, self._problem = self._problem, problem
            if problem:
                self._is_stale = True
                self._lines.clear()
            if durable is not None:
                self._durable = durable
            self._changed.notify_all()
        if problem and not before:
            remedy = "free space or mend the disk; alerts go on, but a crash now may lose some"
            data = {"reason": problem, "remedy": remedy}
            log.error("outbox_failed", extra={"data": data})
        elif before and not problem:
            log.info("outbox_recovered")


def _key(event: Event) -> tuple[str, str, float]:
    """What is equal only for the same step of the same anomaly."""
    return event.id, event.type.value, event.time


def _first_while(positions: Iterable[int], settled: int) -> Iterator[int]:
    """Those up to `settled`, of positions that rise."""
    for position in positions:
        if position > settled:
            return
        yield position
