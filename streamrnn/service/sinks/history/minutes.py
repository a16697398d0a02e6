"""Readings gathered by stream and minute: how many, lowest, highest, sum, worst score. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from streamrnn.records import Outcome
from streamrnn.service.sinks.sink import Judged

_LATE: Final = int(Outcome.LATE)  # and above: not applied
_MINUTE: Final = 60.0


class Minute(NamedTuple):
    """Of `readings` values: the lowest, the highest, their sum. score: the highest."""

    readings: int
    lowest: float
    highest: float
    total: float
    score: float

    def with_more(self, more: Minute) -> Minute:
        return Minute(
            self.readings + more.readings,
            min(self.lowest, more.lowest),
            max(self.highest, more.highest),
            self.total + more.total,
            max(self.score, more.score),
        )


class Minutes:
    """Not thread-safe. capacity: rows that may be held; readings for further ones are given up."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._rows: dict[tuple[str, int], Minute] = {}  # by stream and minutes since 1970

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, batches: Sequence[Judged]) -> int:
        """How many readings found no room. Many batches at once cost less than one by one."""
        given_up = 0
        for stream, minute, row in _gathered(batches):
            if not self._merge((stream, minute), row):
                given_up += row.readings
        return given_up

    def take(self) -> dict[tuple[str, int], Minute]:
        """All rows, which are no longer held then."""
        rows, self._rows = self._rows, {}
        return rows

    def give_back(self, rows: dict[tuple[str, int], Minute]) -> None:
        """Rows taken that could not be written."""
        newer, self._rows = self._rows, rows
        for key, minute in newer.items():
            self._merge(key, minute)

    def _merge(self, key: tuple[str, int], minute: Minute) -> bool:
        known = self._rows.get(key)
        if known is not None:
            minute = known.with_more(minute)
        elif len(self._rows) >= self._capacity:
            return False
        self._rows[key] = minute
        return True


def _gathered(batches: Sequence[Judged]) -> Iterator[tuple[str, int, Minute]]:
    """One row per stream and minute of all batches together. Streams are told apart by their slots,
    which is much quicker than by their names."""
    if not batches:
        return
    streams = [stream for batch in batches for stream in batch.streams]
    slots, values, times, outcomes, scores = (
        np.concatenate(columns)
        for columns in zip(
            *(
                (b.slots, b.values, b.times, b.decisions.outcome, b.decisions.score)
                for b in batches
            ),
            strict=True,
        )
    )
    minutes = np.floor(times / _MINUTE).astype(np.int64)
    applied = np.flatnonzero(outcomes < _LATE)
    rows = applied[np.lexsort((minutes[applied], slots[applied]))]
    if not rows.size:
        return
    slots, minutes, values, scores = slots[rows], minutes[rows], values[rows], scores[rows]
    is_first = np.ones(rows.size, np.bool_)
    is_first[1:] = (slots[1:] != slots[:-1]) | (minutes[1:] != minutes[:-1])
    starts = np.flatnonzero(is_first)
    columns = (
        rows[starts],
        minutes[starts],
        np.diff(starts, append=rows.size),
        np.minimum.reduceat(values, starts),
        np.maximum.reduceat(values, starts),
        np.add.reduceat(values, starts),
        np.maximum.reduceat(scores, starts),
    )
    for row, minute, *fields in zip(*(column.tolist() for column in columns), strict=True):
        yield streams[row], minute, Minute(*fields)
