"""What a reading's time says: late, duplicate, after a gap; and the stream's learned interval."""

from __future__ import annotations

from typing import Any

from streamrnn.detect.layout import (
    ANEW_FROM,
    INTERVAL,
    LATE_RUN,
    LATE_TIME,
    LONG_INTERVAL,
    READINGS,
    RETRAIN_AT,
    TIME,
    VALUE,
)
from streamrnn.detect.recipe import (
    CLOCK_STEP_READINGS,
    GAP_FACTOR,
    INTERVAL_READINGS,
    INTERVAL_STEP,
    MAX_ELAPSED,
)
from streamrnn.kernels.jit import inline_kernel

IN_ORDER, AFTER_GAP, TOO_LATE, SEEN_BEFORE = range(4)


@inline_kernel
def place_in_time(n: Any, value: float, time: float) -> Any:
    """(place, elapsed): how a reading follows the last one, and the time between in readings.

    A run of late readings, in order among themselves, is a clock set back: refusing them all would
    silence the stream until the old time is reached again, so the run is taken up as after a gap.
    """
    if n[READINGS] == 0.0:
        return AFTER_GAP, 1.0
    dt = time - n[TIME]
    if dt < 0.0:
        if n[LATE_RUN] == 0.0 or time < n[LATE_TIME]:
            n[LATE_RUN] = 1.0
        elif time > n[LATE_TIME]:  # equal: a coarse clock, neither for nor against
            n[LATE_RUN] += 1.0
        n[LATE_TIME] = time
        if n[LATE_RUN] < CLOCK_STEP_READINGS:
            return TOO_LATE, 0.0
        n[LATE_RUN] = 0.0
        n[RETRAIN_AT] += dt  # else it would wait for the old time
        return AFTER_GAP, 1.0
    n[LATE_RUN] = 0.0
    if dt == 0.0:
        return (SEEN_BEFORE if value == n[VALUE] else IN_ORDER), 0.0
    gap = n[READINGS] > INTERVAL_READINGS and dt > GAP_FACTOR * max(n[INTERVAL], n[LONG_INTERVAL])
    learn_interval(n, dt)
    return (AFTER_GAP if gap else IN_ORDER), min(dt / n[INTERVAL], MAX_ELAPSED)


@inline_kernel
def begin_anew_after_outage(n: Any, begun: float, time: float) -> None:
    """After a gap that was longer than all the time since `begun`, the stream's first reading, by
    its clock; not where that was set back to before it."""
    if 0.0 <= n[TIME] - begun < time - n[TIME]:
        n[ANEW_FROM] = n[READINGS]


@inline_kernel
def experience(n: Any) -> Any:
    """Readings of the stream since it began, or began anew after a very long outage."""
    return n[READINGS] - n[ANEW_FROM]


@inline_kernel
def learn_interval(n: Any, dt: float) -> None:
    """Median and 95 % quantile of dt by stochastic approximation on a relative scale.

    Steps shrink as 1/count at first, so that the first few intervals decide quickly. The median
    never steps past dt: a regular stream's interval is exact.
    """
    if n[INTERVAL] == 0.0:
        n[INTERVAL] = dt
        n[LONG_INTERVAL] = dt
        return
    step = max(1.0 / n[READINGS], INTERVAL_STEP)
    if dt > n[INTERVAL]:
        n[INTERVAL] = min(n[INTERVAL] * (1.0 + step), dt)
    elif dt < n[INTERVAL]:
        n[INTERVAL] = max(n[INTERVAL] / (1.0 + step), dt)
    if dt > n[LONG_INTERVAL]:
        n[LONG_INTERVAL] = min(n[LONG_INTERVAL] * (1.0 + 4.0 * 0.95 * step), dt)
    else:
        n[LONG_INTERVAL] = max(n[LONG_INTERVAL] / (1.0 + 4.0 * 0.05 * step), dt)
