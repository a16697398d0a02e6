"""How large a fault must be to be one: the units in which faults of a stream are sized."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

_BEFORE: Final = 5  # readings whose median says what is usual just now
_DUST: Final = 1e-9  # of the largest value: no step, but what rounding leaves


class Scale(NamedTuple):
    """What is usual for a stream, taken from its healthy readings.

    noise: 95 % of readings lie within 1.96 noise of the median of the five before: for white
        Gaussian noise a little more than its standard deviation, for a smooth curve what it moves
        by in three readings. At least half a step of the sensor's display.
    display: the smallest step that the stream ever made.
    low, high: the least and largest value.
    longest_hold: the longest run of equal values, in readings.
    interval, long_gap: the median time between two readings, and one that only 1 in 200 is longer
        than, in seconds.
    """

    noise: float
    display: float
    low: float
    high: float
    longest_hold: int
    interval: float
    long_gap: float

    @property
    def extent(self) -> float:
        """All that was seen, from the least to the largest value; at least 1 noise."""
        return max(self.high - self.low, self.noise)


def scale_of(values: NDArray[np.float64], times: NDArray[np.float64]) -> Scale:
    """values, times: (n,) with n > 5. A stream that never changed has a display step of 2, and so
    noise 1."""
    usual = np.median(np.lib.stride_tricks.sliding_window_view(values, _BEFORE)[:-1], axis=1)
    deviation = float(np.quantile(np.abs(values[_BEFORE:] - usual), 0.95)) / 1.96
    steps = np.abs(np.diff(values))
    steps[steps < _DUST * np.abs(values).max()] = 0.0
    display = float(steps[steps > 0.0].min()) if steps.any() else 2.0
    changes = np.flatnonzero(np.concatenate([[True], steps > 0.0, [True]]))
    gaps = np.diff(times)
    return Scale(
        noise=max(deviation, display / 2.0),
        display=display,
        low=float(values.min()),
        high=float(values.max()),
        longest_hold=int(np.diff(changes).max()),
        interval=float(np.median(gaps)),
        long_gap=float(np.quantile(gaps, 0.995)),
    )
