"""A memory of shapes: how far the last few values are from anything of the kind seen before.

A pattern that repeats is no anomaly, however badly it was forecast, and one that never occurred is,
however smooth. The signal, averaged over a few readings, keeps its last values. For every lag l the
squared difference between now and l steps ago is summed, older ones exponentially less,

    D_l <- keep D_l + (x_t - x_{t-l})^2        P <- keep P + x_t^2        keep = 1 - 1 / window

and the distance is sqrt(min D_l / (P + window SHAPE_POWER_FLOOR)): to the nearest neighbour among
all windows of the past that long, without ever comparing windows (an exponential window in place of
the matrix profile's, Yeh et al. 2016, doi:10.1109/ICDM.2016.0179). A running mean is taken off
first, so that a level alone is no shape. Against its power P, because what swings widely never
comes again exactly; not quite against it, as the matrix profile's, because what hardly moves has no
shape and a sensor that trembles differently is news.

There are two memories, of averages over 2 and 5 readings. What followed the nearest window of the
first is a forecast besides (the method of analogues, Lorenz 1969,
doi:10.1175/1520-0469(1969)26<636:APARBN>2.0.CO;2); the error of it is evidence, too.

How far back it reaches decides what it can recognise, so values and D are kept as bfloat16.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.layout import (
    ANALOGUE_ERROR,
    NEAREST_LAG,
    SHAPE_BASE,
    SHAPE_COUNT,
    SHAPE_DISTANCE,
    SHAPE_POWER,
    SHAPE_STEPS,
    SHAPE_SUM,
    VECTOR,
)
from streamrnn.detect.recipe import SHAPE_MEAN_MEMORY, SHAPE_POWER_FLOOR, SHAPE_SETTLED
from streamrnn.kernels.bfloat16 import load_short, place_of, put_short, short_at, store_short
from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.vector import chosen, load, lower, store

FARTHEST = 1e30


@inline_kernel
def shape_distance(
    n: Any, at: int, r: Any, base: int, z: float, readings: float, lags: int, window: float,
    forecasts: bool, best: Any,
) -> None:  # fmt: skip
    """Takes in the next scaled value z; when it completes an average, the distance is renewed.

    n: numbers, the memory's from `at`. r: arrays, the memory's from `base`. readings, lags, window,
    forecasts: constants of the memory; whether the nearest window is to make a forecast. best:
    scratch (VECTOR,).
    """
    n[at + SHAPE_SUM] += z
    n[at + SHAPE_COUNT] += 1.0
    if n[at + SHAPE_COUNT] < readings:
        return
    mean = n[at + SHAPE_SUM] / readings
    n[at + SHAPE_SUM] = 0.0
    n[at + SHAPE_COUNT] = 0.0
    steps = int(n[at + SHAPE_STEPS])
    n[at + SHAPE_STEPS] = steps + 1.0
    # a ring, newest first: the value l steps ago lies at newest + l; its first VECTOR values stand
    # once more behind its end, so that a vector never has to wrap round
    values = 2 * base
    newest = (lags - 1 - steps) % lags
    nearest_lag = int(n[at + NEAREST_LAG])
    if forecasts and nearest_lag > 0:
        # the value after the window that was nearest, nearest_lag before this one
        expected = short_at(r, values + (newest + nearest_lag) % lags)
        n[at + ANALOGUE_ERROR] = abs(mean - n[at + SHAPE_BASE] - expected)
    n[at + SHAPE_BASE] += max(1.0 / SHAPE_MEAN_MEMORY, 1.0 / (steps + 1.0)) * (
        mean - n[at + SHAPE_BASE]
    )
    x = mean - n[at + SHAPE_BASE]
    search_nearest(n, at, r, base, x, newest, steps, lags, window, forecasts, best)
    put_short(r, values + newest, x)
    if newest < VECTOR:
        put_short(r, values + lags + newest, x)


@inline_kernel
def search_nearest(
    n: Any, at: int, r: Any, base: int, x: float, newest: int, steps: int, lags: int, window: float,
    forecasts: bool, best: Any,
) -> None:  # fmt: skip
    """Renews D of every lag for the value x, and from it the distance and the nearest lag."""
    keep = 1.0 - 1.0 / window
    n[at + SHAPE_POWER] = n[at + SHAPE_POWER] * keep + x * x
    values = 2 * base
    squares = values + lags  # of lag VECTOR, they begin behind the values
    for i in range(VECTOR):
        best[i] = FARTHEST
    nearest = load(best, 0, VECTOR)
    where = nearest * 0.0
    lag_here = where
    # the first lags are too short, and have no D: a window is always near itself
    place = newest + 1 + VECTOR
    searched = min(steps - SHAPE_SETTLED, lags) // VECTOR * VECTOR
    for lag in range(VECTOR, min(steps, lags), VECTOR):
        if place >= lags:
            place -= lags
        step = load_short(r, values + place, VECTOR) - x
        D = load_short(r, squares + lag, VECTOR) * keep + step * step
        store_short(r, squares + lag, D)
        place += VECTOR
        if lag < searched:
            if forecasts:
                lag_here = lag_here + float(VECTOR)
                where = chosen(D, nearest, lag_here, where)
            nearest = lower(nearest, D)
    if searched < 2 * VECTOR:
        return
    smallest = least(nearest, best)
    power = n[at + SHAPE_POWER] + SHAPE_POWER_FLOOR * window
    n[at + SHAPE_DISTANCE] = math.sqrt(smallest / power)
    if forecasts:
        lane = 0
        for i in range(1, VECTOR):
            if best[i] < best[lane]:
                lane = i
        store(best, 0, where)
        n[at + NEAREST_LAG] = best[lane] + place_of(lane, VECTOR) + 1.0


@inline_kernel
def least(v: Any, best: Any) -> Any:
    """The smallest lane; all of them are left in `best`."""
    store(best, 0, v)
    smallest = best[0]
    for i in range(1, VECTOR):
        smallest = min(smallest, best[i])
    return smallest
