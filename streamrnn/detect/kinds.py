"""What an anomaly looks like: the readings since its alarm against those before it.

Named anew now and then while it lasts; the latest name counts, as later ones have seen more. In
this order:

    variance      the steps since are much larger than before, or than ever, and larger than
                  readings lay apart that were a few readings from one another, and each undoes the
                  one before
    spike         a step that stands out is undone within three readings
    level_shift   a step that stands out, and the level stays. But where the readings before went
                  steadily the other way, as far as the step leads back, this is the end of a drift
    unexpected    it goes on in the line in which it went before
    unexpected    the level went away further than it usually turns, and has come halfway back
                  bit by bit. Where it came back by a step, it keeps the name that it had; and
                  what leaves all that was seen by more and more is a drift, come back or not
    drift, level_shift
                  the level went away further than it usually turns, and a ramp, which may have come
                  to an end, or a step explains nearly all of it
    the same      whatever it did, it has left all that was seen before the alarm: more and more, or
                  by much the same
    unexpected    anything else

A step stands out when it is much larger than the usual one, than nearly all steps before and after,
and than the largest habitual one.
"""

from __future__ import annotations

from typing import Any

from streamrnn.detect.courses import (
    best_fit,
    block_medians,
    first_jump,
    fit,
    median,
    returns_after,
    roughness,
    two_largest,
    usual_distance,
)
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

ROUGH = 2.2  # steps since over those before,
ROUGHEST = 1.2  # or over those of the roughest stretch ever: before may be part of it already
WIDER = 1.3  # and over the distances of readings APART before: what runs faster has larger steps,
APART = 4  # but no larger ones than those between readings a little farther apart
UNDOING = -0.2  # correlation of neighbouring steps
USUAL_STEPS = 4.0  # that a step must be to stand out,
OTHER_STEPS = 2.0  # and the third largest one on either side,
LARGEST_STEPS = 1.2  # and the largest habitual one,
ENOUGH_OTHER_STEPS = 3.0  # unless it is so many of the others
BACK = 3  # readings
DUST = 1e-5  # deviations: steps are no smaller, but by rounding
ROUNDING = 1 / 256  # of how far a reading lies away: readings are kept as bfloat16

RAMP = 4  # blocks that a ramp which has come to an end takes at least
LIKELIER = 1.5  # a ramp may leave so many times as much of the variance as a step
UNEXPLAINED = 0.35  # of the variance, at most
STRAIGHT = 0.1  # the same where steps have become much larger, and what would be quicker running
STEADY = 0.06  # the same before a step that ends a drift
COURSE = 0.005  # the same of a line all along, as that of a counter: nothing has changed
UNDONE = (0.5, 1.5)  # share of such a step that the drift must have made
BEYOND = 0.02  # of the range: this has left it
GROWING = 1.15
HALFWAY = 0.5  # of the way back to the level before


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
    left, moved = best_fit(w, 0, len(w) - 8, len(w), len(w))
    low, high = UNDONE
    return DRIFT if left < STEADY and low < -moved / size < high else LEVEL_SHIFT


@subroutine
def name_return(r: Any, near: int, end: int, home: float, usual: float, least: float) -> Any:
    """UNEXPECTED where the level in r[near:end] lay farther than `least` from home, and has come
    HALFWAY back; NONE where it did so by a step; -1 where it has not come back."""
    w = block_medians(r, near, end)
    far = 0.0
    for t in range(len(w)):
        if abs(w[t] - home) > abs(far):
            far = w[t] - home
    if abs(far) <= least or (w[-1] - home) / far >= HALFWAY:
        return -1
    largest = 0.0
    for i in range(near + NEAR + SETTLED, end):
        largest = max(largest, abs(r[i] - r[i - 1]))
    is_step = largest > HALFWAY * abs(far) and largest > USUAL_STEPS * usual
    return NONE if is_step else UNEXPECTED


@subroutine
def name_kind(
    r: Any, first: int, end: int, age: int,
    largest_step: float, largest_turn: float, largest_wobble: float, low: float, high: float,
) -> Any:  # fmt: skip
    """The kind of an anomaly of the readings r[first:end], of which the one `age` back raised the
    alarm; NONE where too little is left of what was before.

    largest_step, largest_turn, largest_wobble: habits; low, high: the range before the alarm; all
    in units of r.
    """
    alarm = end - 1 - age
    near = alarm - NEAR
    if near < first + LEAST_BEFORE:
        return NONE
    before = max(first, near - BEFORE)
    usual, others, _ = roughness(r, before, near)
    dust = DUST
    for i in range(before, end):
        dust = max(dust, ROUNDING * abs(r[i]))
    usual = max(usual, dust)
    jump = first_jump(r, near + 1, min(alarm + NEAR + 1, end))
    rough, roughest, undoing = 0.0, False, 0.0
    if end - 1 - jump >= NEAR:
        steps, largest, undoing = roughness(r, jump + SINCE, end)
        rough = steps / usual
        roughest = steps > max(ROUGHEST * largest_wobble, 2.0 * dust)
        others = max(others, largest)
    is_wide = rough * usual > WIDER * usual_distance(r, first, near, APART)
    if age >= SHOWN and (rough > ROUGH or roughest) and is_wide and undoing < UNDOING:
        return VARIANCE
    size = abs(r[jump] - r[jump - 1])
    unusual = size > LARGEST_STEPS * largest_step or size > ENOUGH_OTHER_STEPS * others
    if unusual and size > USUAL_STEPS * usual and size > OTHER_STEPS * others:
        named = name_jump(r, first, jump, end)
        if named != NONE:
            return named
    w = block_medians(r, first, end)
    if fit(w, 0, len(w))[0] < COURSE:
        return UNEXPECTED
    left = NONE
    if age >= SHOWN and rough < ROUGH and high > low:
        left = leaves_range(r, alarm, end, low, high)
    if age >= SETTLED:
        home = median(r, before, near)
        named = name_return(r, near, end, home, usual, largest_turn)
        if named >= 0:
            return DRIFT if named == UNEXPECTED and left == DRIFT else named
        w = block_medians(r, before, end)
        ramp_left, ramp = best_fit(w, 2, len(w) - 2, RAMP, len(w))
        step_left, step = best_fit(w, 2, len(w) - 2, 1, 1)
        is_ramp = ramp_left < LIKELIER * step_left
        moved = ramp if is_ramp else step
        allowed = UNEXPLAINED if rough < ROUGH else STRAIGHT
        if min(ramp_left, step_left) < allowed and abs(moved) > largest_turn:
            return DRIFT if is_ramp else LEVEL_SHIFT
    return left if left != NONE else UNEXPECTED
