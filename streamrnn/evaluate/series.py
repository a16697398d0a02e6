"""One labelled recording: what a detector may see, and where the events are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Series:
    """The rows of one device, C channels each, in order of arrival.

    times: (n,) seconds. values: (n, C), NaN where a cell is empty. events: (E, 2), first and last
    row of each, in order. start: rows before it are learned from and not scored.
    has_clock: whether `times` are real; else they are row numbers times a nominal interval, and
    say nothing about delays in seconds.
    """

    name: str
    channels: list[str]
    times: NDArray[np.float64]
    values: NDArray[np.float64]
    events: NDArray[np.int64]
    start: int
    has_clock: bool

    @property
    def scored_events(self) -> NDArray[np.int64]:
        """(E, 2) events in rows counted from `start`; what lies before it is cut off."""
        kept = self.events[self.events[:, 1] >= self.start] - self.start
        return np.maximum(kept, 0)

    @property
    def scored_rows(self) -> int:
        return len(self.times) - self.start

    def without_first(self, rows: int) -> Series:
        """As if the recording had begun so many rows later, but no later than `start`."""
        cut = min(rows, self.start)
        kept = self.events[self.events[:, 1] >= cut] - cut
        return replace(
            self,
            times=self.times[cut:],
            values=self.values[cut:],
            events=np.maximum(kept, 0),
            start=self.start - cut,
        )


def runs(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(E, 2) first and last row of every unbroken run of True in `flags` (n,)."""
    edges = np.diff(flags.astype(np.int8), prepend=0, append=0)
    return np.column_stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1])


def inside(events: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    """(n,) whether a row lies in one of `events` (E, 2)."""
    flags = np.zeros(n, bool)
    for first, last in events:
        flags[first : last + 1] = True
    return flags
