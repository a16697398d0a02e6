"""What an operator sees: events found, how late, and how many alarms were false.

A detection counts for an event when an alarm is raised in [begin, end + TOLERANCE_ROWS]; an alarm
elsewhere is false. False alarms of a device within EPISODE_ROWS of the first of them, from
whichever of its streams, are one: an operator is called once, and again where it goes on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.evaluate.series import inside

TOLERANCE_ROWS = 20
EPISODE_ROWS = 100


class AlarmCount(NamedTuple):
    """One series at the shipped alarm; series are pooled before rates are taken.

    delay_rows, delay_seconds: from the begin of each detected event to its first alarm.
    stream_false_alarms: counted for each stream alone, over `stream_seconds` of all streams.
    """

    events: int
    delay_rows: list[float]
    delay_seconds: list[float]
    rows: int
    false_alarms: int
    stream_seconds: float
    stream_false_alarms: int


def count_alarms(
    alarm: NDArray[np.bool_], times: NDArray[np.float64], events: NDArray[np.int64]
) -> AlarmCount:
    """alarm: (n, C) raised at that row by that stream. times: (n,). events: (E, 2) rows."""
    n, streams = alarm.shape
    rows = np.flatnonzero(np.any(alarm, axis=1))
    first_alarms = np.searchsorted(rows, events[:, 0])
    delay_rows, delay_seconds = [], []
    for (begin, end), at in zip(events, first_alarms, strict=True):
        if at < len(rows) and rows[at] <= end + TOLERANCE_ROWS:
            delay_rows.append(float(rows[at] - begin))
            delay_seconds.append(float(times[rows[at]] - times[begin]))
    excused = inside(events + np.array([0, TOLERANCE_ROWS]), n)
    false = alarm & ~excused[:, None]
    # Rows times the usual interval: a gap in the data is no time in which a stream was watched.
    interval = float(np.median(np.diff(times))) if n > 1 else 0.0
    return AlarmCount(
        events=len(events),
        delay_rows=delay_rows,
        delay_seconds=delay_seconds,
        rows=n,
        false_alarms=_episodes(np.flatnonzero(np.any(false, axis=1))),
        stream_seconds=n * interval * streams,
        stream_false_alarms=sum(
            _episodes(np.flatnonzero(false[:, stream])) for stream in range(streams)
        ),
    )


def _episodes(rows: NDArray[np.int64]) -> int:
    count, began = 0, -EPISODE_ROWS - 1
    for row in rows.tolist():
        if row - began > EPISODE_ROWS:
            count, began = count + 1, row
    return count
