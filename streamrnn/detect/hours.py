"""The hours of the day at which a device has called somebody: what it does every day is a habit.

A nightly backup, a boiler that heats up, the sun on a sensor: to the last thousand readings each is
as unusual as the day before. So an alarm counts at its hour of the day, shared between the full
hours before and after it, and what was counted halves in HOUR_HALF_LIFE. All beyond the first is a
burden on whatever comes at that hour, beside those of the channels, see `alarm`: two days in a row
somebody is called, later only by more and more.

Within an hour of the last that counted, alarms are of the same disturbance and do not count. Hours
are of UTC: it is enough that a day has 24 of them.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.layout import DAY_HOURS, HOURS, HOURS_AT
from streamrnn.detect.recipe import HOUR_HALF_LIFE
from streamrnn.kernels.jit import inline_kernel

HOUR = 3600.0


@inline_kernel
def hour_burden(d: Any, time: float) -> Any:
    """What the device's numbers d hold against an alarm at that time, seconds since 1970."""
    before, after, share = full_hours(time)
    counted = (1.0 - share) * d[HOURS + before] + share * d[HOURS + after]
    return max(counted * kept_until(d, time) - 1.0, 0.0)


@inline_kernel
def count_hour(d: Any, time: float) -> None:
    """Counts an alarm at that time."""
    if d[HOURS_AT] != 0.0 and abs(time - d[HOURS_AT]) < HOUR:
        return
    kept = kept_until(d, time)
    for hour in range(DAY_HOURS):
        d[HOURS + hour] *= kept
    d[HOURS_AT] = time
    before, after, share = full_hours(time)
    d[HOURS + before] += 1.0 - share
    d[HOURS + after] += share


@inline_kernel
def full_hours(time: float) -> Any:
    """(before, after, share): the full hours around a time, and how far it is on the way."""
    hours = time / HOUR
    whole = math.floor(hours)
    before = int(whole % DAY_HOURS) % DAY_HOURS
    return before, (before + 1) % DAY_HOURS, hours - whole


@inline_kernel
def kept_until(d: Any, time: float) -> Any:
    """The share of what was counted that is left. Streams of a device may run ahead of others."""
    return 0.5 ** (max(time - d[HOURS_AT], 0.0) / HOUR_HALF_LIFE)
