"""Recordings through the daemon's detector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.config import Config
from streamrnn.detect import Bank, Decisions
from streamrnn.detect.events import EventTracker
from streamrnn.records import Event, Outcome, Reason
from streamrnn.replay.recording import Recording

_BATCH_CELLS: Final = 16_384


class Step(NamedTuple):
    """What came of some rows of a recording: n readings in columns, and their events."""

    rows: int
    slots: NDArray[np.int64]
    values: NDArray[np.float64]
    times: NDArray[np.float64]
    decisions: Decisions
    events: list[Event]


class Player:
    """One detector for all recordings, one after the other; a stream that comes again goes on.

    Readings of a recording go in row by row, each row from left to right. Training runs inside, so
    that decisions are the daemon's.

    readings: judged so far. dropped: cells left out, by reason; `field_missing` are empty ones.
    """

    def __init__(self, config: Config) -> None:
        self.readings = 0
        self.dropped: Counter[Reason] = Counter()
        self._bank = Bank(config.detector)
        self._tracker = EventTracker(config.alerts, config.gateway.name)
        self._max_abs_value = config.limits.max_abs_value

    @property
    def names(self) -> list[str]:
        """Streams by slot."""
        return self._bank.names

    def play(self, recordings: Iterable[Recording]) -> Iterator[Step]:
        for recording in recordings:
            slots = np.array([self._bank.slot(name) for name in recording.streams], np.int64)
            rows_per_batch = max(1, _BATCH_CELLS // len(slots))
            for start in range(0, len(recording.times), rows_per_batch):
                end = start + rows_per_batch
                yield self._step(slots, recording.values[start:end], recording.times[start:end])

    def _step(
        self, slots: NDArray[np.int64], cells: NDArray[np.float64], row_times: NDArray[np.float64]
    ) -> Step:
        usable = self._usable(cells)
        batch = (
            np.broadcast_to(slots, cells.shape)[usable],
            cells[usable],
            np.broadcast_to(row_times[:, np.newaxis], cells.shape)[usable],
        )
        decisions = self._bank.step(*batch)
        events = self._tracker.observe(self._bank.names, *batch, decisions)
        late = int(np.count_nonzero(decisions.outcome == Outcome.LATE))
        duplicate = int(np.count_nonzero(decisions.outcome == Outcome.DUPLICATE))
        self.dropped[Reason.LATE] += late
        self.dropped[Reason.DUPLICATE] += duplicate
        self.readings += len(decisions.outcome) - late - duplicate
        return Step(len(row_times), *batch, decisions, events)

    def _usable(self, cells: NDArray[np.float64]) -> NDArray[np.bool_]:
        """What the daemon would take: numbers, finite and of a credible size."""
        empty, infinite = np.isnan(cells), np.isinf(cells)
        usable: NDArray[np.bool_] = np.abs(cells) <= self._max_abs_value
        self.dropped[Reason.FIELD_MISSING] += int(np.count_nonzero(empty))
        self.dropped[Reason.NOT_FINITE] += int(np.count_nonzero(infinite))
        self.dropped[Reason.OUT_OF_BOUNDS] += int(np.count_nonzero(~(usable | empty | infinite)))
        return usable
