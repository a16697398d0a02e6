"""What an anomaly looks like, from its last 256 readings and from what the stream is used to.

Named anew now and then while it lasts; the reading of the alarm is `age` readings back. A jump is
the first large step near the alarm.

    variance      the steps of late are much larger than before, and each undoes the one before
    spike         a jump that is undone within three readings
    level_shift   a jump that stays
    drift         far from where it was, but no step made much of the way; or a jump that undoes one
    unexpected    anything else
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.habits import CLIMB, STEP, TURN, WOBBLE, peak_ratio
from streamrnn.kernels.jit import subroutine
from streamrnn.records import Kind

UNEXPECTED, SPIKE, VARIANCE = int(Kind.UNEXPECTED), int(Kind.SPIKE), int(Kind.VARIANCE)
DRIFT, LEVEL_SHIFT = int(Kind.DRIFT), int(Kind.LEVEL_SHIFT)

OLD = 64  # readings at the beginning that show how it was
NEAR = 8  # readings around the alarm among which the jump is
BEFORE = 5  # readings before the jump, and LATE now, that show a level
LATE = 8
PIECE = 4  # readings on either side of a step between means
RECENT = 32

ROUGH = 2.2  # steps of late over those of before
UNDOING = -0.2  # correlation of neighbouring steps
JUMP = 4.0  # mean steps
STEEP = 2.5  # times the largest step so far
BACK = 3  # readings
SUDDEN = 0.6  # share of the way that one step makes
FAR = 6.0  # mean steps, and FAR_SPREAD standard deviations
FAR_SPREAD = 2.0


@subroutine
def mean(r: Any, first: int, end: int) -> Any:
    """Of r[first:end]; NaN of nothing."""
    total = 0.0
    for i in range(first, end):
        total += r[i]
    return total / (end - first)


@subroutine
def roughness(r: Any, first: int, end: int) -> Any:
    """(mean |step| without the two largest, correlation of neighbouring steps) in r[first:end]."""
    total, largest, second = 0.0, 0.0, 0.0
    squares, products, last = 0.0, 0.0, 0.0
    for i in range(first + 1, end):
        step = r[i] - r[i - 1]
        size = abs(step)
        total += size
        second = max(second, min(largest, size))
        largest = max(largest, size)
        squares += step * step
        products += step * last
        last = step
    steps = end - first - 3
    return (total - largest - second) / steps, products / squares if squares > 0.0 else 0.0


@subroutine
def first_jump(r: Any, first: int, end: int) -> Any:
    """Where in r[first:end] the first step of nearly the largest size leads."""
    largest = 0.0
    for i in range(first, end):
        largest = max(largest, abs(r[i] - r[i - 1]))
    for i in range(first, end):
        if abs(r[i] - r[i - 1]) >= 0.7 * largest:
            return i
    return first


@subroutine
def largest_move(r: Any, first: int, end: int) -> Any:
    """The largest difference between the means of PIECE readings on either side of a point."""
    largest = 0.0
    for i in range(first + PIECE, end - PIECE + 1):
        largest = max(largest, abs(mean(r, i, i + PIECE) - mean(r, i - PIECE, i)))
    return largest


@subroutine
def farthest(r: Any, first: int, end: int, base: float) -> Any:
    """How far from the base the mean of LATE readings ever was."""
    largest = 0.0
    for i in range(first, end - LATE + 1):
        largest = max(largest, abs(mean(r, i, i + LATE) - base))
    return largest


@subroutine
def name_kind(r: Any, first: int, end: int, age: int, n: Any, habits: int, left_range: bool) -> Any:
    """The kind of an anomaly of the readings r[first:end], scaled.

    n: numbers, those of the habits from `habits`. left_range: whether the anomaly has left
    everything seen before.
    """
    alarm = end - 1 - age
    if alarm < first + OLD + NEAR:  # what it was like before is no longer there to see
        return UNEXPECTED
    base = mean(r, first, first + OLD)
    usual, _ = roughness(r, first, first + OLD)
    usual = max(usual, 1e-9)
    rough, correlation = roughness(r, end - min(max(age + 2, LATE), RECENT), end)
    if rough > ROUGH * usual:
        trembles = peak_ratio(n, habits, WOBBLE) > 1.2 and correlation < UNDOING
        return VARIANCE if age >= 12 and trembles else UNEXPECTED

    jump = first_jump(r, alarm - NEAR + 1, min(alarm + NEAR, end))
    before = mean(r, jump - BEFORE, jump)
    size = r[jump] - r[jump - 1]
    now = mean(r, end - LATE, end)
    since = end - 1 - jump
    if abs(size) > JUMP * usual and peak_ratio(n, habits, STEP) > 1.15:
        back = since + 1
        for i in range(jump + 1, end - 1):
            if (0.5 * (r[i] + r[i + 1]) - before) / size < 0.5:
                back = i - jump
                break
        if back <= BACK and since >= 4:
            return SPIKE
        if back > 6 and since >= 6 and (now - before) / size > 0.5:
            away = abs(before - base)
            if away > JUMP * usual and abs(now - base) < 0.5 * away:  # back to where it was
                moved = largest_move(r, first, jump)
                return DRIFT if moved < SUDDEN * away else LEVEL_SHIFT
            if peak_ratio(n, habits, TURN) > 0.0 or peak_ratio(n, habits, STEP) > STEEP:
                return LEVEL_SHIFT
    far = farthest(r, first, end, base)
    spread = 0.0
    for i in range(first, first + OLD):
        spread += (r[i] - base) * (r[i] - base)
    spread = math.sqrt(spread / OLD)
    is_far = far > FAR * usual and far > FAR_SPREAD * spread
    is_gradual = largest_move(r, first, end) <= SUDDEN * far
    if age >= 6 and is_far and is_gradual and (peak_ratio(n, habits, CLIMB) > 0.0 or left_range):
        return DRIFT
    return UNEXPECTED
