"""Which streams have not been heard for how long: who goes first when there is no room.

The clock is neither the wall's nor that of any one stream. It runs as the readings of all streams
say that time passes, so the same readings always give the same answer, live or sent again after a
crash; while nobody speaks it stands, as nobody can be heard through an outage. A sensor whose clock
is hours behind is heard when it speaks, whatever it says the time is.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.kernels.jit import kernel

F64 = NDArray[np.float64]

LEAST_IDLE_SECONDS: Final = 7200.0
"""Nobody is idle before. More than `limits.max_future`, by which a wrong stamp can carry the clock
ahead, so that no stamps can make a stream look idle that is not."""

LONGEST_STEP = 600.0  # seconds that pass between two readings at most

(
    LATEST,  # the highest time of any reading, seconds since 1970
    SECONDS,  # that have passed
    CLOCK,
) = range(3)


class Idleness(NamedTuple):
    """Columns, one row per slot, and the highest time of any reading so far.

    overdue: seconds by which a stream has been silent for longer than its rhythm explains; below 0
    where it has not.
    """

    silent: F64  # seconds
    overdue: F64
    latest: float  # seconds since 1970

    def longest(self, most: int) -> list[int]:
        """The slots of overdue streams, up to `most`, the longest silent first."""
        overdue = np.flatnonzero(self.overdue > 0.0)
        order = np.argsort(-self.silent[overdue], kind="stable")
        slots: list[int] = overdue[order[:most]].tolist()
        return slots

    def none_before(self) -> float:
        """Nobody is overdue who is not now, nor any stream to come, before a reading of this time
        (seconds since 1970) or later: the clock runs no faster than the highest time."""
        waiting = -self.overdue[self.overdue <= 0.0]
        return self.latest + float(waiting.min(initial=LEAST_IDLE_SECONDS))


class Attendance:
    """heard: by slot, the clock at its last reading. clock: (CLOCK,)."""

    def __init__(self, slots: int) -> None:
        self.heard = np.zeros(slots)
        self.clock = np.zeros(CLOCK)

    def fit(self, slots: int) -> None:
        """Room for so many."""
        if slots > len(self.heard):
            self.heard = np.concatenate([self.heard, np.zeros(slots - len(self.heard))])

    def note(self, slots: NDArray[np.int64], times: F64) -> None:
        """Readings in order; times: seconds since 1970, (n,)."""
        follow(self.heard, self.clock, slots, times)

    def pass_time(self, times: F64) -> None:
        """Readings, in order, of streams that have no slot."""
        nobody = np.zeros(1)
        follow(nobody, self.clock, np.zeros(len(times), np.int64), times)

    def arrive(self, slot: int) -> None:
        """As if heard just now."""
        self.heard[slot] = self.clock[SECONDS]

    def idleness(self, patience: F64) -> Idleness:
        """patience: by slot, seconds; `LEAST_IDLE_SECONDS` where it is less."""
        silent = self.clock[SECONDS] - self.heard[: len(patience)]
        overdue = silent - np.maximum(patience, LEAST_IDLE_SECONDS)
        return Idleness(silent, overdue, float(self.clock[LATEST]))


@kernel
def follow(heard: Any, clock: Any, slots: Any, times: Any) -> None:
    """Lets the clock run as the readings tell; heard, clock: see `Attendance`."""
    for i in range(len(slots)):
        step = times[i] - clock[LATEST]
        if step > 0.0:
            clock[LATEST] = times[i]
            clock[SECONDS] += min(step, LONGEST_STEP)
        heard[slots[i]] = clock[SECONDS]
