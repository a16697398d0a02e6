"""What a stream is used to, and by how much it goes beyond it.

A habit is a magnitude together with the largest that it has had; a reading is as unusual as their
ratio.

    STEP    |x - the last|, or |x - mean of the last 3| where that is less
    TURN    |mean of the last 8 - mean of the last 64|
    CLIMB   |mean of the last 32 - mean of the last 256|
    WOBBLE  mean of the last 32 steps, none of which counts for more than the largest usual one
    RUN     readings of one value

Means are exponential. While a magnitude is beyond its largest, that stays as it is: a slow ramp
must not take it along. Once the stream has been calm for a while it takes in what there was, but no
more than doubles: what comes again and again becomes a habit, one fault does not.
"""

from __future__ import annotations

from typing import Any

from streamrnn.detect.recipe import (
    FIRST_HABITS,
    FORGET_HABITS,
    HABIT_CALM,
    HABIT_GROWTH,
    HABIT_LIMIT,
    HABIT_WARM,
    HABIT_WARM_GROWTH,
    HABIT_WARM_SECONDS,
    LEAST_RUN,
    LEAST_RUNS,
    LIVELY_FACTOR,
    LIVELY_RUN,
    LIVELY_RUNS,
    LONG_RUN,
    MEAN_REACH,
    RUN_FACTOR,
)
from streamrnn.kernels.jit import inline_kernel

STEP, TURN, CLIMB, WOBBLE = range(4)
MAGNITUDES = 4  # all but the run
MEANS = 5

# Offsets in the state: float64 numbers.
LARGEST = 0  # (MAGNITUDES,)
PEAK = 4  # (MAGNITUDES,) of the stretch beyond; 0: there is none
MEAN_3, MEAN_8, MEAN_32, MEAN_64, MEAN_256 = range(8, 13)
MEAN_STEP = 13
CALM = 14  # readings since any magnitude was beyond its largest
RUN_LENGTH = 15
LONGEST_RUN = 16
RUNS = 17  # that have ended, of those that are long
BEGUN = 18  # time of the first reading
SIZE = 19

WEIGHTS = (2.0 / 4.0, 2.0 / 9.0, 2.0 / 33.0, 2.0 / 65.0, 2.0 / 257.0)
STEP_WEIGHT = 2.0 / 33.0


@inline_kernel
def begin_habits(n: Any, at: int, x: float) -> None:
    """At the first reading, and after a gap: what was before it says nothing."""
    for k in range(MEANS):
        n[at + MEAN_3 + k] = x


@inline_kernel
def compare_with_habits(n: Any, at: int, x: float, time: float, before: float, count: float) -> Any:
    """(unusual, stuck): above 1 is unusual. Then learns from the reading x.

    unusual: the largest ratio, each in units of its HABIT_LIMIT. stuck: the run's. n: numbers, the
    state (SIZE,) from `at`. before: the reading before x. count: of all before it.
    """
    step = abs(x - before)
    near = min(step, abs(x - n[at + MEAN_3]))
    usual, limited = step, x
    if count > HABIT_WARM:
        usual = min(step, n[at + LARGEST + STEP])
        reach = MEAN_REACH * max(n[at + LARGEST + TURN], n[at + LARGEST + CLIMB])
        if reach > 0.0:
            limited = min(max(x, n[at + MEAN_256] - reach), n[at + MEAN_256] + reach)
    for k in range(MEANS):
        n[at + MEAN_3 + k] += WEIGHTS[k] * (limited - n[at + MEAN_3 + k])
    n[at + MEAN_STEP] += STEP_WEIGHT * (usual - n[at + MEAN_STEP])
    n[at + CALM] += 1.0
    has_seen_a_night = time - n[at + BEGUN] >= HABIT_WARM_SECONDS
    turn = abs(n[at + MEAN_8] - n[at + MEAN_64])
    climb = abs(n[at + MEAN_32] - n[at + MEAN_256])
    unusual = measure(n, at, STEP, near, count, True)
    unusual = max(unusual, measure(n, at, TURN, turn, count, has_seen_a_night))
    unusual = max(unusual, measure(n, at, CLIMB, climb, count, has_seen_a_night))
    unusual = max(unusual, measure(n, at, WOBBLE, n[at + MEAN_STEP], count, True))
    if n[at + CALM] == HABIT_CALM:
        take_in_peaks(n, at, HABIT_GROWTH)
    return unusual, measure_run(n, at, step == 0.0, has_seen_a_night)


@inline_kernel
def measure(n: Any, at: int, habit: int, magnitude: float, count: float, settled: bool) -> Any:
    """The ratio in units of its limit; 0 while the habit is not known."""
    largest = n[at + LARGEST + habit] * (1.0 - FORGET_HABITS)
    ratio = 0.0
    if not settled or count <= HABIT_WARM:
        is_first = count <= FIRST_HABITS or largest == 0.0
        largest = max(
            largest, magnitude if is_first else min(magnitude, HABIT_WARM_GROWTH * largest)
        )
    else:
        if largest > 0.0:
            ratio = magnitude / (largest * HABIT_LIMIT[habit])
        # means never quite return to 0: the first stretch is over when it no longer grows
        if magnitude > (largest if largest > 0.0 else n[at + PEAK + habit]):
            n[at + PEAK + habit] = max(n[at + PEAK + habit], magnitude)
            n[at + CALM] = 0.0
    n[at + LARGEST + habit] = largest
    return ratio


@inline_kernel
def take_in_peaks(n: Any, at: int, growth: float) -> None:
    """What is largest follows the peaks, but grows by no more than a factor; from 0 at once."""
    for habit in range(MAGNITUDES):
        largest, peak = n[at + LARGEST + habit], n[at + PEAK + habit]
        if peak > largest:
            n[at + LARGEST + habit] = min(peak, growth * largest) if largest > 0.0 else peak
        n[at + PEAK + habit] = 0.0


@inline_kernel
def measure_run(n: Any, at: int, goes_on: bool, settled: bool) -> Any:
    """The length of the run over that of an unusual one; 0 while that is not known."""
    longest = n[at + LONGEST_RUN]
    is_known = settled and n[at + RUNS] >= LEAST_RUNS
    if goes_on:
        n[at + RUN_LENGTH] += 1.0
    else:
        length = n[at + RUN_LENGTH]
        most = max(HABIT_GROWTH * longest, LEAST_RUN) if is_known else length
        run = min(length, most)
        if run > LONG_RUN * longest:
            n[at + RUNS] = 1.0 if longest < LONG_RUN * run else n[at + RUNS] + 1.0
        longest = max(longest, run)
        n[at + LONGEST_RUN] = longest
        n[at + RUN_LENGTH] = 1.0
    if settled and n[at + RUNS] >= LEAST_RUNS:
        return n[at + RUN_LENGTH] / max(RUN_FACTOR * longest, LEAST_RUN)
    if n[at + RUNS] >= LIVELY_RUNS:
        return n[at + RUN_LENGTH] / max(LIVELY_FACTOR * longest, LIVELY_RUN)
    return 0.0


@inline_kernel
def accept_habits(n: Any, at: int) -> None:
    """Whatever went beyond of late is usual from now on."""
    take_in_peaks(n, at, 1e300)
    n[at + LONGEST_RUN] = max(n[at + LONGEST_RUN], n[at + RUN_LENGTH])
