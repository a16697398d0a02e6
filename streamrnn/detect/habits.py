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

from streamrnn.kernels.jit import inline_kernel

STEP, TURN, CLIMB, WOBBLE, RUN = range(5)
MAGNITUDES = 4  # all but the run
MEANS = 5

# Offsets in the state: float64 numbers.
RATIO = 0  # (5,) of the last reading; 0 while the habit is not known
LARGEST = 5  # (5,); of the run in readings
PEAK = 10  # (MAGNITUDES,) of the stretch beyond; 0: there is none
MEAN_3, MEAN_8, MEAN_32, MEAN_64, MEAN_256 = range(14, 19)
MEAN_STEP = 19
CALM = 20  # readings since any magnitude was beyond its largest
LENGTH = 21  # of the run so far
RUNS = 22  # that have ended
BEGUN = 23  # time of the first reading
SIZE = 24

WEIGHTS = (2.0 / 4.0, 2.0 / 9.0, 2.0 / 33.0, 2.0 / 65.0, 2.0 / 257.0)
STEP_WEIGHT = 2.0 / 33.0
REACH = 10.0  # times the largest turn or climb: farther values do not move the means further
FIRST_READINGS = 30.0  # the largest is simply the largest
WARM_READINGS = 300.0  # it grows at every reading, but by no more than WARM_GROWTH
WARM_GROWTH = 4.0
WARM_SECONDS = 1.25 * 86_400.0  # the same for all but STEP and WOBBLE: a day has a night
CALM_READINGS = 64.0
GROWTH = 2.0
FORGET = 1e-5
# A run is unusual from so many times the longest on, but not before so many readings, nor before so
# many runs have shown how long they are.
RUN_FACTOR = 3.0
LEAST_RUN = 40.0
LEAST_RUNS = 8.0


@inline_kernel
def begin_habits(n: Any, at: int, x: float) -> None:
    """At the first reading, and after a gap: what was before it says nothing."""
    for k in range(MEANS):
        n[at + MEAN_3 + k] = x
    for habit in range(MAGNITUDES):
        n[at + RATIO + habit] = 0.0


@inline_kernel
def compare_with_habits(
    n: Any, at: int, x: float, time: float, before: float, count: float
) -> None:
    """Renews the ratios, then learns from the reading x.

    n: numbers, the state (SIZE,) from `at`. before: the reading before x. count: of all before it.
    """
    step = abs(x - before)
    near = min(step, abs(x - n[at + MEAN_3]))
    usual, limited = step, x
    if count > WARM_READINGS:
        usual = min(step, n[at + LARGEST + STEP])
        reach = REACH * max(n[at + LARGEST + TURN], n[at + LARGEST + CLIMB])
        limited = min(max(x, n[at + MEAN_256] - reach), n[at + MEAN_256] + reach)
    for k in range(MEANS):
        n[at + MEAN_3 + k] += WEIGHTS[k] * (limited - n[at + MEAN_3 + k])
    n[at + MEAN_STEP] += STEP_WEIGHT * (usual - n[at + MEAN_STEP])
    n[at + CALM] += 1.0
    has_seen_a_night = time - n[at + BEGUN] >= WARM_SECONDS
    measure(n, at, STEP, near, count, True)
    measure(n, at, TURN, abs(n[at + MEAN_8] - n[at + MEAN_64]), count, has_seen_a_night)
    measure(n, at, CLIMB, abs(n[at + MEAN_32] - n[at + MEAN_256]), count, has_seen_a_night)
    measure(n, at, WOBBLE, n[at + MEAN_STEP], count, True)
    if n[at + CALM] == CALM_READINGS:
        take_in_peaks(n, at, GROWTH)
    measure_run(n, at, step == 0.0, has_seen_a_night)


@inline_kernel
def measure(n: Any, at: int, habit: int, magnitude: float, count: float, known: bool) -> None:
    largest = n[at + LARGEST + habit] * (1.0 - FORGET)
    ratio = 0.0
    known = known and count > WARM_READINGS
    if not known:
        most = magnitude if count <= FIRST_READINGS else min(magnitude, WARM_GROWTH * largest)
        largest = max(largest, most)
    elif magnitude > largest:
        n[at + PEAK + habit] = max(n[at + PEAK + habit], magnitude)
        n[at + CALM] = 0.0
    if known and largest > 0.0:
        ratio = magnitude / largest
    n[at + LARGEST + habit] = largest
    n[at + RATIO + habit] = ratio


@inline_kernel
def take_in_peaks(n: Any, at: int, growth: float) -> None:
    """What is largest follows the peaks, but grows by no more than a factor; from 0 at once."""
    for habit in range(MAGNITUDES):
        largest, peak = n[at + LARGEST + habit], n[at + PEAK + habit]
        if peak > largest:
            n[at + LARGEST + habit] = min(peak, growth * largest) if largest > 0.0 else peak
        n[at + PEAK + habit] = 0.0


@inline_kernel
def measure_run(n: Any, at: int, goes_on: bool, known: bool) -> None:
    if goes_on:
        n[at + LENGTH] += 1.0
    else:
        longest = n[at + LARGEST + RUN]
        most = max(GROWTH * longest, LEAST_RUN) if known else n[at + LENGTH]
        n[at + LARGEST + RUN] = max(longest, min(n[at + LENGTH], most))
        n[at + RUNS] += 1.0
        n[at + LENGTH] = 1.0
    known = known and n[at + RUNS] >= LEAST_RUNS
    unusual = max(RUN_FACTOR * n[at + LARGEST + RUN], LEAST_RUN)
    n[at + RATIO + RUN] = n[at + LENGTH] / unusual if known else 0.0


@inline_kernel
def accept_habits(n: Any, at: int) -> None:
    """Whatever went beyond of late is usual from now on."""
    take_in_peaks(n, at, 1e300)
    n[at + LARGEST + RUN] = max(n[at + LARGEST + RUN], n[at + LENGTH])
