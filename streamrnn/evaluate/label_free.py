"""The stretches of the data sets in which nothing is labelled: where every alarm is false, as far
as anybody knows."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.evaluate.datasets import UNLABELLED, data_sets_in, read_series
from streamrnn.evaluate.series import Series, inside

# What lies this close to an event is not counted: labels are not exact to the row, and a process
# needs time to settle.
MARGIN_ROWS = 200


class FreeStream(NamedTuple):
    """One stream of a series. values, times: (n,) all its readings, those in events, too: the
    detector has to live with them. counts: (n,) whether an alarm there is false."""

    values: NDArray[np.float64]
    times: NDArray[np.float64]
    counts: NDArray[np.bool_]


def label_free_names(data: Path) -> list[tuple[str, str]]:
    """(data set, series) of all that lie in the folder `data`; the unlabelled recordings last."""
    found = [(name, series) for name, all_of in data_sets_in(data).items() for series in all_of]
    unlabelled = UNLABELLED.names(data / UNLABELLED.name)
    return found + [(UNLABELLED.name, series) for series in unlabelled]


def free_streams(data: Path, data_set: str, name: str) -> list[FreeStream]:
    """The streams of a series, each without its empty cells; those of less than two readings are
    left out."""
    series = read_series(data, data_set, name)
    free = ~inside(_widened(series), len(series.times))
    streams = []
    for values in series.values.T:
        present = np.isfinite(values)
        if np.count_nonzero(present) > 1:
            kept = np.ascontiguousarray(values[present]), series.times[present], free[present]
            streams.append(FreeStream(*kept))
    return streams


def _widened(series: Series) -> NDArray[np.int64]:
    last = len(series.times) - 1
    widened: NDArray[np.int64] = series.events + np.array([-MARGIN_ROWS, MARGIN_ROWS])
    return widened.clip(0, last)
