"""How many events could be found at a bearable rate of false alarms, were the threshold chosen when
all is over: what any detector's score is worth to an operator, at best.

A threshold is the same for all series of a set. An alarm is raised where the strength rises to it:
our own alarms' trust, the score of a detector that has no alarm. Detections and false alarms are
counted as at the shipped alarm (`alarms.py`), for all thresholds in one pass over the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.evaluate.alarms import EPISODE_ROWS, TOLERANCE_ROWS
from streamrnn.kernels.jit import kernel

# What is measured are standard deviations, in steps of 1 %, or shares of 1, which crowd below it.
_STEPS, _BELOW_1 = np.geomspace(1e-3, 1e4, 1_620), 1.0 - np.geomspace(1e-6, 0.1, 1_000)
THRESHOLDS: Final = np.sort(np.concatenate([_STEPS, _BELOW_1]))


class AlarmCurve(NamedTuple):
    """One series at each of THRESHOLDS. detected: (T,) of its `events`. false_alarms: (T,)."""

    detected: NDArray[np.int64]
    false_alarms: NDArray[np.int64]
    events: int
    rows: int


def alarm_curve(strength: NDArray[np.float64], events: NDArray[np.int64]) -> AlarmCurve:
    """strength: (n,) of each row, 0 or more. events: (E, 2) rows."""
    reached = np.searchsorted(THRESHOLDS, strength, side="right")
    found, false_alarms = _counted(reached, events, len(THRESHOLDS), TOLERANCE_ROWS, EPISODE_ROWS)
    return AlarmCurve(found.sum(axis=0), false_alarms, len(events), len(strength))


def best_recall(curves: Sequence[AlarmCurve], most_false_per_10k_rows: float) -> float:
    """The highest share of all events that any one threshold finds without more false alarms. NaN
    without an event."""
    events, rows = sum(curve.events for curve in curves), sum(curve.rows for curve in curves)
    if not events:
        return float("nan")
    detected = np.sum([curve.detected for curve in curves], axis=0)
    false_alarms = np.sum([curve.false_alarms for curve in curves], axis=0)
    bearable = 1e4 * false_alarms <= most_false_per_10k_rows * rows
    return float(np.max(detected[bearable], initial=0) / events)


@kernel
def _counted(
    reached: NDArray[np.int64],
    events: NDArray[np.int64],
    thresholds: int,
    tolerance: int,
    episode: int,
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """reached: (n,) how many thresholds lie at or below the strength of a row: it rises to those
    that the row before did not reach. Gives (E, T) events found and (T,) false alarms."""
    found = np.zeros((len(events), thresholds), np.bool_)
    false_alarms = np.zeros(thresholds, np.int64)
    episode_began = np.full(thresholds, -episode - 1)
    before = 0
    for row in range(len(reached)):
        if reached[row] > before:
            is_false = True
            for event in range(len(events)):
                if events[event, 0] <= row <= events[event, 1] + tolerance:
                    is_false = False
                    found[event, before : reached[row]] = True
            if is_false:
                for threshold in range(before, reached[row]):
                    if row - episode_began[threshold] > episode:
                        episode_began[threshold] = row
                        false_alarms[threshold] += 1
        before = reached[row]
    return found, false_alarms
