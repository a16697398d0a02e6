"""VUS-PR: the volume under the range-aware precision-recall surface.

Paparrizos et al., "Volume Under the Surface", PVLDB 15 (2022), in the form in which TSB-AD
(NeurIPS 2024) uses it. Around every event a buffer of w / 2 rows counts as anomalous to a degree
that falls with the distance d from the event, sqrt(1 - d / w). For each width w there is one
precision-recall curve over THRESHOLDS thresholds; the volume is the mean of the areas below them,
w = 0..WIDTH. So a score that peaks a little beside the label is not punished as a miss.

With thresholds in falling order k, and sums over the rows that are detected at k,

    in_event    detected rows of events
    in_buffer   the degrees of detected rows of buffers
    recall      (in_event + in_buffer) / (rows of events + in_buffer / 2), at most 1,
                times the share of events, buffers included, of which any row is detected
    precision   (in_event + in_buffer) / detected rows

Events whose buffers meet count as one in that share. Only rows within WIDTH / 2 of an event enter,
each through the first threshold that detects it: no loop over thresholds is needed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WIDTH = 100
THRESHOLDS = 250

_Rows = NDArray[np.int64]
_Floats = NDArray[np.float64]


def vus_pr(score: _Floats, events: _Rows, width: int = WIDTH) -> float:
    """Volume under the precision-recall surface, 0 to 1.

    score: (n,) higher is more anomalous; finite. events: (E, 2) first and last rows, in order, at
    least one row apart. NaN without events, or without a row outside them.
    """
    n = len(score)
    in_an_event = np.zeros(n, bool)
    for first, last in events:
        in_an_event[first : last + 1] = True
    positives = int(in_an_event.sum())
    if positives in (0, n):
        return float("nan")
    ordered = np.sort(score)
    thresholds = ordered[::-1][np.linspace(0, n - 1, THRESHOLDS).astype(int)]
    detected = n - np.searchsorted(ordered, thresholds)
    first_detected = np.searchsorted(-thresholds, -score)  # index of a threshold, by row
    in_event = _counted(first_detected[in_an_event], None)
    rows, distances = _buffer(events, in_an_event, width // 2)
    reach = _first_detected_within(events, first_detected, width // 2)
    areas = [
        _area(
            in_event,
            _buffer_degrees(rows, distances, first_detected, w, n),
            _share_of_events_found(events, reach, w // 2),
            positives,
            detected,
        )
        for w in range(width + 1)
    ]
    return float(np.mean(areas))


def _area(
    in_event: _Floats, in_buffer: _Floats, found: _Floats, positives: int, detected: _Rows
) -> float:
    """Below one precision-recall curve. All arrays: (THRESHOLDS,)."""
    true_positives = in_event + in_buffer
    recall = np.minimum(true_positives / (positives + in_buffer / 2), 1.0) * found
    return float(np.dot(np.diff(recall, prepend=0.0), true_positives / detected))


def _counted(first_detected: _Rows, weights: _Floats | None) -> _Floats:
    """(THRESHOLDS,) how much is detected at each threshold."""
    at_each = np.bincount(first_detected, weights=weights, minlength=THRESHOLDS)
    return np.cumsum(at_each.astype(np.float64))


def _buffer(
    events: _Rows, in_an_event: NDArray[np.bool_], half: int
) -> tuple[_Rows, NDArray[np.float64]]:
    """Rows outside all events within `half` rows of one, with the distance, 1 for a neighbour.
    A row near two events comes twice."""
    steps = np.arange(1, half + 1)
    rows = np.concatenate([events[:, :1] - steps, events[:, 1:] + steps], axis=1).ravel()
    distances = np.tile(steps, 2 * len(events)).astype(np.float64)
    valid = (rows >= 0) & (rows < len(in_an_event))
    valid[valid] = ~in_an_event[rows[valid]]
    return rows[valid], distances[valid]


def _buffer_degrees(
    rows: _Rows, distances: _Floats, first_detected: _Rows, w: int, n: int
) -> _Floats:
    """(THRESHOLDS,) summed degrees of the detected buffer rows for width w."""
    near = distances <= w // 2
    if not near.any():
        return np.zeros(THRESHOLDS)
    degrees = np.bincount(rows[near], weights=np.sqrt(1 - distances[near] / w), minlength=n)
    touched = np.flatnonzero(degrees)
    return _counted(first_detected[touched], np.minimum(degrees[touched], 1.0))


def _first_detected_within(events: _Rows, first_detected: _Rows, half: int) -> _Rows:
    """(E, half + 1) the first threshold that detects any row at most that far from the event."""
    n = len(first_detected)
    reach = np.full((len(events), half + 1), THRESHOLDS)
    for event, (first, last) in enumerate(events):
        reach[event, 0] = first_detected[first : last + 1].min()
        before = first_detected[max(first - half, 0) : first][::-1]
        after = first_detected[last + 1 : min(last + 1 + half, n)]
        for side in (before, after):
            own = reach[event, 1 : len(side) + 1]
            np.minimum(own, side, out=own)
    return np.minimum.accumulate(reach, axis=1)


def _share_of_events_found(events: _Rows, reach: _Rows, half: int) -> _Floats:
    """(THRESHOLDS,) share of events, merged where buffers of `half` rows meet."""
    apart = events[1:, 0] - events[:-1, 1] > 2 * half
    groups = np.concatenate([[0], np.flatnonzero(apart) + 1])
    first_detected = np.minimum.reduceat(reach[:, half], groups)
    return _counted(first_detected, None) / len(groups)
