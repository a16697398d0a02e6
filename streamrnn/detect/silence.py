"""Streams that have fallen silent: how long the rhythm of each lets us wait.

A regular sensor is missed soon. One that speaks only when something changes, or that sends what it
has gathered once an hour, has long pauses by nature: the longest that it made lately says how long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from streamrnn.kernels.jit import inline_kernel, kernel

F64 = NDArray[np.float64]
StaleAfter: TypeAlias = float | Literal["auto"]
"""As in the settings; infinite: never."""

LEAST_READINGS: Final = 32  # before, the rhythm is not known
LEAST_SECONDS: Final = 60.0  # a radio link or a sensor's reconnection may take that long
# Patience is the most of these, each times what stands in its name.
INTERVALS: Final = 8.0
LONG_INTERVALS: Final = 4.0
PAUSES: Final = 2.0
EVENT_PAUSES: Final = 4.0  # of a stream that speaks when something happens, instead
# That is one whose long intervals are so many usual ones. Until it has been heard for a day and a
# night, how long nothing happens is not known.
UNEVEN: Final = 2.0
A_DAY_AND_A_NIGHT: Final = 1.25 * 86_400.0
PAUSE_GROWTH = 4.0  # at once: one outage must not teach that outages are usual
PAUSE_HALF_LIFE = 7.0 * 86_400.0  # weekends are remembered


class Rhythm(NamedTuple):
    """What is known of when streams speak, one row per slot.

    readings: so far. value, time: of the last one. interval, long_interval: median and 95 %
    quantile of the time between two, seconds; 0 until known. begun: time of the first one.
    """

    readings: F64
    value: F64
    time: F64
    interval: F64
    long_interval: F64
    begun: F64


class Silence:
    """When each stream was last heard, on any clock that is never set. Streams go by slot."""

    def __init__(self) -> None:
        self._heard_at = np.full(0, np.nan)
        self._pause = np.zeros(0)  # the longest lately, seconds

    def fit(self, slots: int) -> None:
        """Room for so many streams, and some more."""
        if slots > len(self._heard_at):
            more = 2 * slots - len(self._heard_at)
            self._heard_at = np.concatenate([self._heard_at, np.full(more, np.nan)])
            self._pause = np.concatenate([self._pause, np.zeros(more)])

    def hear(self, slots: NDArray[np.int64], times: F64) -> None:
        """Readings, and when each arrived; (n,)."""
        note_pauses(self._heard_at, self._pause, slots, times)

    def lasts(self, readings: F64, now: float, listening_since: float | F64) -> F64:
        """Seconds that each stream has been silent; NaN where there is none, as a slot is free.
        What went by before `listening_since` does not count, nor what went by before the first call
        for a stream that was never heard: nobody was listening then.

        readings: so far, by slot, from before a restart too.
        """
        heard_at = self._heard_at[: len(readings)]
        heard_at[np.isnan(heard_at) & (readings > 0.0)] = now
        silent: F64 = now - np.maximum(heard_at, listening_since)
        return silent

    def forget(self, slot: int) -> None:
        """The slot is free."""
        self._heard_at[slot] = np.nan
        self._pause[slot] = 0.0

    def heard_at(self, slots: int) -> F64:
        """When each of the first `slots` streams was last heard; NaN: never."""
        return self._heard_at[:slots].copy()

    def rows_before(
        self,
        due: F64,
        slots: NDArray[np.int64],
        is_reading: NDArray[np.bool_],
        arrived: F64,
        stale_after: StaleAfter = "auto",
    ) -> int:
        """See `EventTracker.rows_before`."""
        least, pauses = (LEAST_SECONDS, PAUSES) if stale_after == "auto" else (stale_after, 0.0)
        state = due.copy(), self.heard_at(len(due)), self._pause[: len(due)].copy()
        return int(count_rows_before(*state, slots, is_reading, arrived, least, pauses))

    def patience(self, rhythm: Rhythm, stale_after: StaleAfter = "auto") -> F64:
        """Seconds of silence after which each stream is stale; infinite while too little is known
        of it."""
        if stale_after != "auto":
            return np.where(rhythm.readings > 0.0, stale_after, np.inf)
        pause = self._pause[: len(rhythm.readings)]
        patience = np.maximum(INTERVALS * rhythm.interval, LONG_INTERVALS * rhythm.long_interval)
        is_uneven = rhythm.long_interval > UNEVEN * rhythm.interval
        pauses = np.where(is_uneven, EVENT_PAUSES, PAUSES)
        patience = np.maximum(patience, np.maximum(pauses * pause, LEAST_SECONDS))
        is_young = is_uneven & (rhythm.time - rhythm.begun < A_DAY_AND_A_NIGHT)
        return np.where(is_young | (rhythm.readings < LEAST_READINGS), np.inf, patience)

    def pauses(self, names: Sequence[str]) -> dict[str, float]:
        """What was learned of each stream, for a checkpoint."""
        known = self._pause[: len(names)].nonzero()[0]
        return dict(zip(map(names.__getitem__, known.tolist()), self._pause[known].tolist(),
                        strict=True))  # fmt: skip

    def restore(self, pauses: Mapping[int, float]) -> None:
        """Takes up what `pauses` returned, by slot."""
        self._pause[list(pauses.keys())] = list(pauses.values())


@inline_kernel
def note_pause(heard_at: Any, pause: Any, slot: Any, time: Any) -> None:
    """One reading of `note_pauses`."""
    gap = time - heard_at[slot]
    if gap > 0.0:
        before = pause[slot]
        most = PAUSE_GROWTH * before if before > 0.0 else gap
        pause[slot] = max(before * 2.0 ** (-gap / PAUSE_HALF_LIFE), min(gap, most))
    heard_at[slot] = time


@kernel
def note_pauses(heard_at: Any, pause: Any, slots: Any, times: Any) -> None:
    """pause: by slot, the longest gap between two readings; it fades with PAUSE_HALF_LIFE and grows
    by no more than PAUSE_GROWTH at once. heard_at: by slot, of the last reading; NaN: none yet."""
    for i in range(len(slots)):
        note_pause(heard_at, pause, slots[i], times[i])


@kernel
def count_rows_before(
    due: Any,
    heard_at: Any,
    pause: Any,
    slots: Any,
    is_reading: Any,
    arrived: Any,
    least: float,
    pauses: float,
) -> Any:
    """Rows that arrive before a stream is due, the first one counted in any case.

    due, heard_at, pause: by slot; they follow the readings. slots: (S,); is_reading: (rows, S);
    arrived: (rows,), not falling.
    """
    rows, S = is_reading.shape
    earliest = -np.inf  # due, or an earlier time: looked up again when it has come
    for row in range(rows):
        if row > 0 and arrived[row] > earliest:
            earliest = np.inf
            for s in range(S):
                earliest = min(earliest, due[slots[s]])
            if arrived[row] > earliest:
                return row
        for s in range(S):
            if is_reading[row, s]:
                slot = slots[s]
                note_pause(heard_at, pause, slot, arrived[row])
                due[slot] = arrived[row] + max(least, pauses * pause[slot])
                earliest = min(earliest, due[slot])
    return rows
