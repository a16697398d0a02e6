"""Recordings through the daemon's detector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.config import Config
from streamrnn.detect import Bank, Decisions
from streamrnn.detect.device import device_of
from streamrnn.detect.events import EventTracker
from streamrnn.records import Event, Outcome, Reason
from streamrnn.replay.recording import Recording

_BATCH_CELLS: Final = 16_384
_LOOK_SECONDS: Final = 1.0  # between two looks for silence, as in the daemon


class Step(NamedTuple):
    """What came of some rows of a recording: n readings in columns, and their events."""

    rows: int
    slots: NDArray[np.int64]
    values: NDArray[np.float64]
    times: NDArray[np.float64]
    decisions: Decisions
    events: list[Event]


class _Rows(NamedTuple):
    """Rows of a recording, R, with S columns.

    slots: (S,). times, arrived: (R,), by the stamps and by a clock that is never set. values,
    usable: (R, S).
    """

    slots: NDArray[np.int64]
    times: NDArray[np.float64]
    arrived: NDArray[np.float64]
    values: NDArray[np.float64]
    usable: NDArray[np.bool_]

    def part(self, start: int, end: int | None) -> _Rows:
        return _Rows._make([self.slots, *(column[start:end] for column in self[1:])])

    def readings(self) -> list[NDArray[Any]]:
        """slots, values, times and times of arrival of the usable cells; (n,) each."""
        times, arrived = self.times[:, np.newaxis], self.arrived[:, np.newaxis]
        columns = np.broadcast_arrays(self.slots, self.values, times, arrived)
        return [column[self.usable] for column in columns]


class Player:
    """One detector for all recordings, one after the other; a stream that comes again goes on.

    Readings of a recording go in row by row, each row from left to right, as if they had arrived
    when they were made; the time of the rows is the clock by which its streams are missed. Training
    runs inside, so that decisions are the daemon's.

    readings: judged so far. dropped: cells left out, by reason; `field_missing` are empty ones.
    """

    def __init__(self, config: Config) -> None:
        self.readings = 0
        self.dropped: Counter[Reason] = Counter()
        self._bank = Bank(config.detector)
        self._groups = config.group
        self._tracker = EventTracker(config.alerts, config.gateway.name, self._bank.device)
        self._max_abs_value = config.limits.max_abs_value

    @property
    def names(self) -> list[str]:
        """Streams by slot."""
        return self._bank.names

    def device(self, stream: str) -> str:
        return self._bank.device(stream)

    def play(self, recordings: Iterable[Recording]) -> Iterator[Step]:
        for recording in recordings:
            rest = self._rows(recording)
            while len(rest.times):
                silences = self._look_for_silence(rest.slots, rest.arrived[0])
                count = self._count_at_once(rest)
                yield self._step(rest.part(0, count), silences)
                rest = rest.part(count, None)

    def _rows(self, recording: Recording) -> _Rows:
        slots = np.array([self._slot(name) for name in recording.streams], np.int64)
        arrived = _arrival(recording.times)
        usable = self._usable(recording.values)
        return _Rows(slots, recording.times, arrived, recording.values, usable)

    def _slot(self, stream: str) -> int:
        return self._bank.slot(stream, device_of(stream, groups=self._groups))

    def _look_for_silence(self, slots: NDArray[np.int64], until: float) -> list[Event]:
        """What the daemon, which looks every second, would have told before the next row came."""
        listening_since = np.full(len(self.names), np.inf)
        listening_since[slots] = -np.inf  # to this recording, and to no other
        events: list[Event] = []
        look = -np.inf
        while True:
            rhythm = self._bank.rhythm()
            due = self._tracker.due(self.names, rhythm)[slots].min()
            look = max(np.ceil(due), look + _LOOK_SECONDS)
            if look >= until:
                return events
            events += self._tracker.tick(self.names, rhythm, look, listening_since)

    def _count_at_once(self, rows: _Rows) -> int:
        """Rows up to the next silence that may have to be told, at least one."""
        some = rows.part(0, max(1, _BATCH_CELLS // len(rows.slots)))
        due = self._tracker.due(self.names, self._bank.rhythm())
        return self._tracker.rows_before(due, some.slots, some.usable, some.arrived)

    def _step(self, rows: _Rows, silences: list[Event]) -> Step:
        slots, values, times, arrived = rows.readings()
        decisions = self._bank.step(slots, values, times)
        events = self._tracker.observe(self.names, slots, values, times, decisions, arrived)
        late = int(np.count_nonzero(decisions.outcome == Outcome.LATE))
        duplicate = int(np.count_nonzero(decisions.outcome == Outcome.DUPLICATE))
        self.dropped[Reason.LATE] += late
        self.dropped[Reason.DUPLICATE] += duplicate
        self.readings += len(decisions.outcome) - late - duplicate
        return Step(len(rows.times), slots, values, times, decisions, silences + events)

    def _usable(self, cells: NDArray[np.float64]) -> NDArray[np.bool_]:
        """What the daemon would take: numbers, finite and of a credible size."""
        empty, infinite = np.isnan(cells), np.isinf(cells)
        usable: NDArray[np.bool_] = np.abs(cells) <= self._max_abs_value
        self.dropped[Reason.FIELD_MISSING] += int(np.count_nonzero(empty))
        self.dropped[Reason.NOT_FINITE] += int(np.count_nonzero(infinite))
        self.dropped[Reason.OUT_OF_BOUNDS] += int(np.count_nonzero(~(usable | empty | infinite)))
        return usable


def _arrival(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """When rows arrived, by a clock that is never set: one that is late by its time came after the
    one before it all the same, and before the next that is not."""
    on_time = np.flatnonzero(times == np.maximum.accumulate(times))
    return np.interp(np.arange(len(times)), on_time, times[on_time])
