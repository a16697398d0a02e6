"""What an anomaly looks like: the readings since its alarm against those before it.

Named anew now and then while it lasts; the latest name counts, as later ones have seen more. In
this order:

    variance      the steps since are much larger than before, and each undoes the one before
    spike         a step that stands out is undone within three readings
    level_shift   a step that stands out, and the level stays. But where the readings before went
                  steadily the other way, as far as the step leads back, this is the end of a drift
    drift, level_shift
                  the level went away further than it usually turns, and a ramp, or a step, explains
                  nearly all of it
    the same      whatever it did, it has left all that was seen before the alarm: more and more, or
                  by much the same
    unexpected    anything else

A step stands out when it is much larger than the usual one, than nearly all steps before and after,
and than the largest habitual one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from streamrnn.kernels.jit import subroutine
from streamrnn.records import Kind

NONE, UNEXPECTED, SPIKE = int(Kind.NONE), int(Kind.UNEXPECTED), int(Kind.SPIKE)
VARIANCE, DRIFT, LEVEL_SHIFT = int(Kind.VARIANCE), int(Kind.DRIFT), int(Kind.LEVEL_SHIFT)

NEAR = 8  # readings around the alarm among which the step is
BEFORE = 64  # readings before that show how it was; at least LEAST_BEFORE
LEAST_BEFORE = 24
SETTLED = 6  # readings since the step, or the alarm, that show a level
SHOWN = 12  # and that show how rough it is, or how far it goes
STAYS = 24  # readings after the step in which the level stays
SINCE = 3  # readings of the step itself: those after it are what it led to

ROUGH = 2.2  # steps since over those before
UNDOING = -0.2  # correlation of neighbouring steps
USUAL_STEPS = 4.0  # that a step must be to stand out,
OTHER_STEPS = 2.0  # and the third largest one on either side,
LARGEST_STEPS = 1.2  # and the largest habitual one,
ENOUGH_OTHER_STEPS = 3.0  # unless it is so many of the others
BACK = 3  # readings

BLOCK = 8  # readings whose median counts where ramps and steps are compared
UNEXPLAINED = 0.35  # of the variance, at most
STRAIGHT = 0.1  # the same where steps have become much larger, and what would be quicker running
STEADY = 0.06  # the same before a step that ends a drift
UNDONE = (0.5, 1.5)  # share of such a step that the drift must have made
BEYOND = 0.02  # of the range: this has left it
GROWING = 1.15


@subroutine
def median(r: Any, first: int, end: int) -> Any:
    """Of r[first:end], the upper one of two; for few."""
    half = (end - first) // 2
    for i in range(first, end):
        below, equal = 0, 0
        for k in range(first, end):
            if r[k] < r[i]:
                below += 1
            elif r[k] == r[i]:
                equal += 1
        if below <= half < below + equal:
            return float(r[i])
    return np.nan


@subroutine
def roughness(r: Any, first: int, end: int) -> Any:
    """(mean |step| without the two largest, third largest |step|, correlation of neighbouring
    steps) in r[first:end], which holds at least five."""
    total, largest, second, third = 0.0, 0.0, 0.0, 0.0
    squares, products, last = 0.0, 0.0, 0.0
    for i in range(first + 1, end):
        step = float(r[i]) - float(r[i - 1])
        size = abs(step)
        total += size
        third = max(third, min(second, size))
        second = max(second, min(largest, size))
        largest = max(largest, size)
        squares += step * step
        products += step * last
        last = step
    usual = (total - largest - second) / (end - first - 3)
    return usual, third, products / squares if squares > 0.0 else 0.0


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
def returns_after(r: Any, jump: int, end: int, level: float, size: float) -> Any:
    """Readings after which two in a row lie on the near side of the middle of a jump."""
    for i in range(jump + 1, end - 1):
        if (0.5 * (float(r[i]) + float(r[i + 1])) - level) / size < 0.5:
            return i - jump
    return end - jump


@subroutine
def block_medians(r: Any, first: int, end: int) -> Any:
    """Of r[first:end] in blocks of BLOCK; the last one is whole."""
    n = (end - first) // BLOCK
    medians = np.empty(n)
    for i in range(n):
        block = end - (n - i) * BLOCK
        medians[i] = median(r, block, block + BLOCK)
    return medians


@subroutine
def best_fit(w: Any, first: int, end: int, is_ramp: bool) -> Any:
    """(share of the variance of w that is left, how far it leads) of the step, or the ramp to the
    end, whose onset in [first, end) explains w best, by least squares."""
    n = len(w)
    mean = 0.0
    for t in range(n):
        mean += w[t] / n
    variance = 0.0
    for t in range(n):
        variance += (w[t] - mean) * (w[t] - mean)
    best, size = 0.0, 0.0
    for onset in range(first, end):
        x_mean, xx, xw = 0.0, 0.0, 0.0
        for t in range(onset, n):
            x_mean += (t - onset + 1.0 if is_ramp else 1.0) / n
        for t in range(n):
            x = (t - onset + 1.0 if is_ramp else 1.0) if t >= onset else 0.0
            xx += (x - x_mean) * (x - x_mean)
            xw += (x - x_mean) * (w[t] - mean)
        if xx > 0.0 and xw * xw / xx > best:
            best = xw * xw / xx
            size = xw / xx * (n - onset if is_ramp else 1.0)
    return 1.0 - best / variance if variance > 0.0 else 1.0, size


@subroutine
def two_largest(r: Any, first: int, end: int, limit: float, sign: float) -> Any:
    """The mean of the two largest sign (r - limit) in r[first:end]."""
    largest, second = -np.inf, -np.inf
    for i in range(first, end):
        beyond = sign * (r[i] - limit)
        second = max(second, min(largest, beyond))
        largest = max(largest, beyond)
    return 0.5 * (largest + second)


@subroutine
def leaves_range(r: Any, alarm: int, end: int, low: float, high: float) -> Any:
    """DRIFT or LEVEL_SHIFT of readings that keep leaving [low, high] since the alarm, by more in
    their second half or by much the same; else NONE."""
    for sign in (1.0, -1.0):
        limit = high if sign > 0.0 else low
        count, first = 0, end
        for i in range(alarm, end):
            if sign * (r[i] - limit) > BEYOND * (high - low):
                count += 1
                first = min(first, i)
        half = (end - first) // 2
        if count < 3 or half < 4:
            continue
        early = two_largest(r, first, first + half, limit, sign)
        late = two_largest(r, first + half, end, limit, sign)
        if late > GROWING * early:
            return DRIFT
        if late > 0.5 * early:
            return LEVEL_SHIFT
    return NONE


@subroutine
def name_jump(r: Any, first: int, jump: int, end: int) -> Any:
    """The kind of an anomaly with a step to r[jump] that stands out; NONE where it is not the
    step."""
    level = median(r, jump - 5, jump)
    size = float(r[jump]) - float(r[jump - 1])
    since = end - 1 - jump
    stays = min(end, jump + STAYS)
    if returns_after(r, jump, end, level, size) <= BACK and since >= BACK + 1:
        rest = median(r, jump + BACK + 1, stays)
        return SPIKE if since == BACK + 1 or abs(rest - level) < 0.5 * abs(size) else NONE
    made = (median(r, jump, stays) - level) / size
    if since < SETTLED or not 0.5 < made < 2.0:
        return NONE
    w = block_medians(r, first, jump)
    left, moved = best_fit(w, 0, len(w) - 8, True)
    low, high = UNDONE
    return DRIFT if left < STEADY and low < -moved / size < high else LEVEL_SHIFT


@subroutine
def name_kind(
    r: Any, first: int, end: int, age: int,
    largest_step: float, largest_turn: float, low: float, high: float,
) -> Any:  # fmt: skip
    """The kind of an anomaly of the readings r[first:end], of which the one `age` back raised the
    alarm; NONE where too little is left of what was before.

    largest_step, largest_turn: habits; low, high: the range before the alarm; all in units of r.
    """
    alarm = end - 1 - age
    near = alarm - NEAR
    if near < first + LEAST_BEFORE:
        return NONE
    before = max(first, near - BEFORE)
    usual, others, _ = roughness(r, before, near)
    usual = max(usual, 1e-9)
    jump = first_jump(r, near + 1, min(alarm + NEAR + 1, end))
    rough, undoing = 0.0, 0.0
    if end - 1 - jump >= NEAR:
        steps, largest, undoing = roughness(r, jump + SINCE, end)
        rough = steps / usual
        others = max(others, largest)
    if age >= SHOWN and rough > ROUGH and undoing < UNDOING:
        return VARIANCE
    size = abs(r[jump] - r[jump - 1])
    unusual = size > LARGEST_STEPS * largest_step or size > ENOUGH_OTHER_STEPS * others
    if unusual and size > USUAL_STEPS * usual and size > OTHER_STEPS * others:
        named = name_jump(r, first, jump, end)
        if named != NONE:
            return named
    if age >= SETTLED:
        w = block_medians(r, before, end)
        ramp_left, ramp = best_fit(w, 2, len(w) - 2, True)
        step_left, step = best_fit(w, 2, len(w) - 2, False)
        moved = ramp if ramp_left < step_left else step
        allowed = UNEXPLAINED if rough < ROUGH else STRAIGHT
        if min(ramp_left, step_left) < allowed and abs(moved) > largest_turn:
            return DRIFT if ramp_left < step_left else LEVEL_SHIFT
    if age >= SHOWN and rough < ROUGH and high > low:
        named = leaves_range(r, alarm, end, low, high)
        if named != NONE:
            return named
    return UNEXPECTED
