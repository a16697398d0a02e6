"""A fault while it lasts: what it looks like, that it is not learned, and when it becomes normal.

A fault begins with an anomalous reading. It is over when the score has stayed low for a while; or
it is accepted as the new normal, once it has lasted for ADAPT_AFTER. A level that was left counts
until the stream has come halfway back: forecasts get used to a new level at once.

What it looks like is often not yet to be seen when the score is low again: it is watched on until
so many readings after its first, and where the level leaves meanwhile, until it has come halfway
back, but no longer than to the last of NAMING_AGES. What begins anew by then, or goes on, is named
with it.

Beside it stands a frozen reference: mean and deviation of the stream's first days. Everything else
here follows the stream and would follow a slow poisoning for ever.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.habits import (
    LARGEST,
    MEAN_8,
    MEAN_32,
    MEAN_64,
    MEAN_256,
    STEP,
    TURN,
    WOBBLE,
    accept_habits,
)
from streamrnn.detect.kinds import DRIFT, LEVEL_SHIFT, NONE, UNEXPECTED, name_kind
from streamrnn.detect.recipe import (
    ADAPT_READINGS,
    FAULT_CALM,
    FAULT_CALM_SCORE,
    LASTING_SCORE,
    NAMING_AGES,
    REFERENCE_LIMIT,
    REFERENCE_MOVE,
    REFERENCE_READINGS,
    REFERENCE_SECONDS,
    UNUSUAL_RANGE,
)
from streamrnn.detect.rescaled import rescaled
from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.statistics import update_mean
from streamrnn.records import Kind

FLATLINE, OUT_OF_RANGE = int(Kind.FLATLINE), int(Kind.OUT_OF_RANGE)

# Offsets in the state: float64 numbers.
SINCE = 0  # time of its first reading; 0: there is no fault
AGE = 1  # readings since
QUIET = 2  # readings since the score was last high
KIND = 3  # NONE: there is none, nor is one watched on
LOW = 4  # the range before the first of those that are named together
HIGH = 5
HOME = 6  # the level before
SHIFT = 7  # and how far it was left; 0: it was not
CLEAN_FROM = 8  # count of readings that were applied when the last fault ended
REFERENCE_COUNT = 9  # readings in the reference
REFERENCE_MEAN = 10
REFERENCE_VAR = 11
HALF_COUNT = 12  # of its first half
HALF_MEAN = 13
IS_FROZEN = 14  # 1: the reference is complete
SEEN = 15  # readings since the first of the faults that are named together
SIZE = 16


@inline_kernel
def lasting_score(n: Any, at: int, habits: int, stuck: float) -> Any:
    """LASTING_SCORE while a stream stands still, or a level that was left has not been returned to,
    else 0. With the return the longer means are home at once: it is not as unusual as the leaving
    was."""
    shift = n[at + SHIFT]
    if shift != 0.0 and (n[habits + MEAN_8] - n[at + HOME]) / shift <= 0.5:
        n[at + SHIFT] = 0.0
        for level in (MEAN_32, MEAN_64, MEAN_256):
            n[habits + level] = n[at + HOME]
        return 0.0
    lasts = stuck >= 1.0 or (shift != 0.0 and n[at + SINCE] != 0.0)
    return LASTING_SCORE if lasts else 0.0


@inline_kernel
def reference_score(n: Any, at: int, habits: int, x: float, time: float, begun: float) -> Any:
    """How far the level is from the reference, above 1 being a drift; 0 while there is none.

    The reference learns from x until it is complete. One whose second half lies elsewhere than its
    first is no reference: it begins anew. Counters never have one.
    """
    if n[at + IS_FROZEN] == 1.0:
        far = abs(n[habits + MEAN_256] - n[at + REFERENCE_MEAN])
        limit = REFERENCE_LIMIT * math.sqrt(n[at + REFERENCE_VAR])
        return far / limit if limit > 0.0 else 0.0
    if n[at + SINCE] > 0.0:
        return 0.0
    count = n[at + REFERENCE_COUNT] + 1.0
    n[at + REFERENCE_COUNT] = count
    update_mean(n, at + REFERENCE_MEAN, at + REFERENCE_VAR, x, 1.0 / count)
    half = n[at + HALF_COUNT]
    if half == 0.0:
        if count >= REFERENCE_READINGS and time - begun >= REFERENCE_SECONDS:
            n[at + HALF_COUNT] = count
            n[at + HALF_MEAN] = n[at + REFERENCE_MEAN]
    elif count >= 2.0 * half:
        # the mean of the whole lies halfway between those of its halves
        move = 2.0 * abs(n[at + REFERENCE_MEAN] - n[at + HALF_MEAN])
        if move <= REFERENCE_MOVE * math.sqrt(n[at + REFERENCE_VAR]):
            n[at + IS_FROZEN] = 1.0
        else:
            forget_reference(n, at)
    return 0.0


@inline_kernel
def forget_reference(n: Any, at: int) -> None:
    n[at + REFERENCE_COUNT] = 0.0
    n[at + HALF_COUNT] = 0.0
    n[at + IS_FROZEN] = 0.0


@inline_kernel
def follow_fault(
    n: Any, at: int, habits: int, r: Any, first: int, end: int,
    mean: float, sd: float, steps: float,
    score: float, low: float, high: float, beyond: float, stuck: float, drift: float,
    time: float, readings: float, adapt_after: float, watched: float,
) -> Any:  # fmt: skip
    """(kind, accepted): what the fault looks like after a reading, NONE where there is none, and
    whether it was accepted with this reading.

    r, first, end, mean, sd, steps: the last readings, see `rescaled`. score: of the reading.
    low, high: the range before it; beyond: how far outside it lies, as a share of that. stuck,
    drift: above 1 it is one. readings: how many were applied. watched: for so many readings at
    least.
    """
    if not goes_on(n, at, habits, score, low, high, time):
        return NONE, False
    n[at + QUIET] = n[at + QUIET] + 1.0 if score < FAULT_CALM_SCORE else 0.0
    is_over = n[at + SINCE] != 0.0 and n[at + QUIET] >= FAULT_CALM
    has_been_watched = is_watched_no_longer(n, at, watched)
    kind = n[at + KIND]
    if beyond > UNUSUAL_RANGE:
        kind = OUT_OF_RANGE
    elif stuck >= 1.0:
        kind = max(kind, FLATLINE)
    elif kind < FLATLINE:
        is_due = is_over or has_been_watched
        for k in range(len(NAMING_AGES)):
            is_due = is_due or n[at + SEEN] == NAMING_AGES[k]
        if is_due and sd > 0.0:
            values = rescaled(r, first, end, mean, sd, steps)
            named = name_kind(
                values, 0, end - first, int(n[at + SEEN]), n[habits + LARGEST + STEP] / sd,
                n[habits + LARGEST + TURN] / sd, n[habits + LARGEST + WOBBLE] / sd,
                (n[at + LOW] - mean) / sd, (n[at + HIGH] - mean) / sd,
            )  # fmt: skip
            if named != NONE:
                kind = named
        if drift > 1.0:
            kind = max(kind, DRIFT)
    n[at + KIND] = kind
    follow_shift(n, at, habits, kind)
    if n[at + SINCE] != 0.0:
        lasted = time - n[at + SINCE]
        if lasted >= adapt_after and (n[at + AGE] >= ADAPT_READINGS or n[at + SINCE] < 0.0):
            accept_fault(n, at, habits)
            return kind, True
    if is_over and n[at + SHIFT] == 0.0:
        n[at + SINCE] = 0.0
        n[at + CLEAN_FROM] = readings
    if is_watched_no_longer(n, at, watched):
        n[at + KIND] = NONE
        n[at + SHIFT] = 0.0
    return kind, False


@inline_kernel
def is_watched_no_longer(n: Any, at: int, watched: float) -> Any:
    """Whether there is no fault, and nothing more to be seen of the last one."""
    until = watched if n[at + SHIFT] == 0.0 else NAMING_AGES[-1]
    return n[at + SINCE] == 0.0 and n[at + SEEN] >= until


@inline_kernel
def goes_on(
    n: Any, at: int, habits: int, score: float, low: float, high: float, time: float
) -> Any:
    """Whether there is a fault, or one that is watched on, with a reading of this score."""
    n[at + SEEN] += 1.0
    if n[at + SINCE] != 0.0:
        n[at + AGE] += 1.0
        n[at + SINCE] = min(n[at + SINCE], time)  # a clock set back must not make it longer
        return True
    if score <= 1.0:
        return n[at + KIND] != NONE
    n[at + SINCE] = time
    n[at + AGE] = 0.0
    n[at + HOME] = n[habits + MEAN_64]
    n[at + SHIFT] = 0.0
    if n[at + KIND] == NONE or n[at + SEEN] > NAMING_AGES[-1]:
        n[at + KIND] = UNEXPECTED
        n[at + LOW] = low
        n[at + HIGH] = high
        n[at + SEEN] = 0.0
    return True


@inline_kernel
def follow_shift(n: Any, at: int, habits: int, kind: int) -> None:
    """How far the level was left, once it is a fault that leaves one."""
    if kind < DRIFT:
        n[at + SHIFT] = 0.0
    elif n[at + SHIFT] == 0.0 and kind <= LEVEL_SHIFT:
        shift = n[habits + MEAN_8] - n[at + HOME]
        if abs(shift) > n[habits + LARGEST + TURN]:
            n[at + SHIFT] = shift


@inline_kernel
def accept_fault(n: Any, at: int, habits: int) -> None:
    """The fault is the new normal: habits take it in, and so will the reference where the level has
    left it."""
    n[at + SINCE] = 0.0
    n[at + KIND] = NONE
    n[at + SHIFT] = 0.0
    accept_habits(n, habits)
    limit = 0.5 * REFERENCE_LIMIT * math.sqrt(n[at + REFERENCE_VAR])
    if abs(n[habits + MEAN_64] - n[at + REFERENCE_MEAN]) > limit:
        forget_reference(n, at)
