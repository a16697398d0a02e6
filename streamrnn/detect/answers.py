"""What people's answers to an anomaly change in a stream's numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect import fault, layout
from streamrnn.detect.recipe import ALARM_PAUSE, CALIBRATION_STEP

_SINCE = layout.FAULT + fault.SINCE


def accept(numbers: NDArray[np.float64]) -> None:
    """What is anomalous now is the new normal, from the next reading on. numbers: (NUMBERS,)"""
    if numbers[_SINCE] != 0.0:
        numbers[_SINCE] = -np.inf  # longer than any ADAPT_AFTER


def forgive(numbers: NDArray[np.float64], device: NDArray[np.float64]) -> None:
    """What just looked anomalous was not: it is accepted, the threshold, where it follows false
    alarms, follows this one once more, and what the device keeps quiet about it does for
    ALARM_PAUSE readings more; no alarm of the stream waits any longer. Both (NUMBERS,); device: of
    the stream that keeps its numbers."""
    accept(numbers)
    if numbers[layout.ALLOWED_SECONDS] > 0.0:
        numbers[layout.LOG_THRESHOLD] += CALIBRATION_STEP
    for until in (layout.PAUSE_UNTIL, layout.NOVELTY_PAUSE_UNTIL):
        if device[layout.TICKS] < device[until]:
            device[until] = device[layout.TICKS] + ALARM_PAUSE
    numbers[layout.WAITING] = 0.0
    numbers[layout.SCORE] = 0.0
