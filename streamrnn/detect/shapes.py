"""A memory of shapes: how far the last few values are from anything of the kind seen before.

A pattern that repeats is no anomaly, however badly it was forecast, and one that never occurred is,
however smooth. The signal, averaged over a few readings, keeps its last values. For every lag l the
squared difference between now and l steps ago is averaged exponentially,

    D_l <- keep D_l + (1 - keep) (x_t - x_{t-l})^2

and the distance is the root of the smallest D_l: the nearest neighbour among all windows of the
past that long, without ever comparing windows (an exponential window in place of the matrix
profile's, Yeh et al. 2016, doi:10.1109/ICDM.2016.0179). A running mean is taken off first, so that
a level alone is no shape; amplitudes count, because a sensor that trembles differently is news.

There are two memories, of averages over 2 and over 8 readings, and in each a long window; in the
first a short one, too. What followed the nearest short window is a forecast besides (the method of
analogues, Lorenz 1969, doi:10.1175/1520-0469(1969)26<636:APARBN>2.0.CO;2); the error of it is
evidence, too.

How far back it reaches decides what it can recognise, so values and D are kept as bfloat16.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.layout import (
    ANALOGUE_ERROR,
    LONG_DISTANCE,
    NEAREST_LAG,
    SHAPE_BASE,
    SHAPE_COUNT,
    SHAPE_STEPS,
    SHAPE_SUM,
    SHORT_DISTANCE,
    VECTOR,
)
from streamrnn.detect.recipe import SHAPE_MEAN_MEMORY, SHAPE_SETTLED, SHAPE_WINDOWS
from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.vector import load, load_short, lower, positive, store, store_short

KEEP_SHORT, KEEP_LONG = (1.0 - 1.0 / window for window in SHAPE_WINDOWS)
FARTHEST = 1e30


@inline_kernel
def shape_distance(
    n: Any, at: int, r: Any, base: int, z: float, readings: float, lags: int, has_short: bool,
    best: Any,
) -> None:  # fmt: skip
    """Takes in the next scaled value z; when it completes an average, the distances are renewed.

    n: numbers, the memory's from `at`. r: arrays, the memory's from `base`. readings, lags,
    has_short: constants of the memory; whether it has a short window. best: scratch (VECTOR,).
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
    if nearest_lag > 0:
        # the value after the window that was nearest, nearest_lag before this one
        expected = load_short(r, values + (newest + nearest_lag) % lags, 1)
        store(best, 0, expected)
        n[at + ANALOGUE_ERROR] = abs(mean - n[at + SHAPE_BASE] - best[0])
    n[at + SHAPE_BASE] += max(1.0 / SHAPE_MEAN_MEMORY, 1.0 / (steps + 1.0)) * (
        mean - n[at + SHAPE_BASE]
    )
    x = mean - n[at + SHAPE_BASE]
    if has_short:
        search_both(n, at, r, base, x, newest, steps, lags, best)
    else:
        search_long(n, at, r, base, x, newest, steps, lags, best)
    best[0] = x
    value = load(best, 0, 1)
    store_short(r, values + newest, value)
    if newest < VECTOR:
        store_short(r, values + lags + newest, value)


@inline_kernel
def search_both(
    n: Any, at: int, r: Any, base: int, x: float, newest: int, steps: int, lags: int, best: Any
) -> None:
    """Renews D of every lag for the value x, and from it both distances and the nearest lag."""
    values = 2 * base
    longs = values + lags + VECTOR
    shorts = longs + lags
    settled = steps - SHAPE_SETTLED
    for i in range(VECTOR):
        best[i] = FARTHEST
    nearest, nearest_long = load(best, 0, VECTOR), load(best, 0, VECTOR)
    where = nearest * 0.0
    for lag in range(0, min(steps, lags), VECTOR):
        step = load_short(r, values + (newest + 1 + lag) % lags, VECTOR) - x
        square = step * step
        short = load_short(r, shorts + lag, VECTOR) * KEEP_SHORT + square * (1.0 - KEEP_SHORT)
        long = load_short(r, longs + lag, VECTOR) * KEEP_LONG + square * (1.0 - KEEP_LONG)
        store_short(r, shorts + lag, short)
        store_short(r, longs + lag, long)
        # the first lags are too short: a window is always near itself
        if lag > 0 and lag + VECTOR <= settled:
            where = where + positive(nearest - short) * (where * -1.0 + float(lag))
            nearest = lower(nearest, short)
            nearest_long = lower(nearest_long, long)
    if settled >= 2 * VECTOR:
        n[at + LONG_DISTANCE] = math.sqrt(least(nearest_long, best))
        smallest = least(nearest, best)
        n[at + SHORT_DISTANCE] = math.sqrt(smallest)
        lane = 0
        for i in range(1, VECTOR):
            if best[i] < best[lane]:
                lane = i
        store(best, 0, where)
        n[at + NEAREST_LAG] = best[lane] + lane + 1.0


@inline_kernel
def search_long(
    n: Any, at: int, r: Any, base: int, x: float, newest: int, steps: int, lags: int, best: Any
) -> None:
    """The same without short windows."""
    values = 2 * base
    longs = values + lags + VECTOR
    settled = steps - SHAPE_SETTLED
    for i in range(VECTOR):
        best[i] = FARTHEST
    nearest = load(best, 0, VECTOR)
    for lag in range(0, min(steps, lags), VECTOR):
        step = load_short(r, values + (newest + 1 + lag) % lags, VECTOR) - x
        D = load_short(r, longs + lag, VECTOR) * KEEP_LONG + step * step * (1.0 - KEEP_LONG)
        store_short(r, longs + lag, D)
        if lag > 0 and lag + VECTOR <= settled:
            nearest = lower(nearest, D)
    if settled >= 2 * VECTOR:
        n[at + LONG_DISTANCE] = math.sqrt(least(nearest, best))


@inline_kernel
def least(v: Any, best: Any) -> Any:
    """The smallest lane; all of them are left in `best`."""
    store(best, 0, v)
    smallest = best[0]
    for i in range(1, VECTOR):
        smallest = min(smallest, best[i])
    return smallest
