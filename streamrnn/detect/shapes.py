"""A memory of shapes: how far the last few values are from anything of the kind seen before.

A pattern that repeats is no anomaly, however badly it was forecast, and one that never occurred is,
however smooth. The signal, averaged over SHAPE_READINGS readings, keeps its last LAGS values. For
every lag l the squared difference between now and l steps ago is averaged exponentially,

    D_l <- keep D_l + (1 - keep) (x_t - x_{t-l})^2

and the distance is the root of the smallest D_l: the nearest neighbour among all windows of the
past that long, without ever comparing windows (an exponential window in place of the matrix
profile's, Yeh et al. 2016, doi:10.1109/ICDM.2016.0179). A running mean is taken off first, so that
a level alone is no shape; amplitudes count, because a sensor that trembles differently is news.

How far back it reaches decides what it can recognise, so values and D are kept as bfloat16.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.layout import (
    SHAPE,
    SHAPE_BASE,
    SHAPE_COUNT,
    SHAPE_DISTANCE,
    SHAPE_DISTANCES,
    SHAPE_STEPS,
    SHAPE_SUM,
    VECTOR,
)
from streamrnn.detect.recipe import (
    SHAPE_LAGS,
    SHAPE_MEAN_MEMORY,
    SHAPE_READINGS,
    SHAPE_SETTLED,
    SHAPE_WINDOW,
)
from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.vector import load, load_short, lower, store, store_short

KEEP = 1.0 - 1.0 / SHAPE_WINDOW
FARTHEST = 1e30


@inline_kernel
def shape_distance(n: Any, r: Any, base: int, z: float, best: Any) -> None:
    """Takes in the next scaled value z; when it completes an average, the distance is renewed.

    n: numbers. r: arrays, the memory's from `base`. best: scratch (VECTOR,).
    """
    n[SHAPE + SHAPE_SUM] += z
    n[SHAPE + SHAPE_COUNT] += 1.0
    if n[SHAPE + SHAPE_COUNT] < SHAPE_READINGS:
        return
    mean = n[SHAPE + SHAPE_SUM] / SHAPE_READINGS
    n[SHAPE + SHAPE_SUM] = 0.0
    n[SHAPE + SHAPE_COUNT] = 0.0
    steps = int(n[SHAPE + SHAPE_STEPS])
    n[SHAPE + SHAPE_STEPS] = steps + 1.0
    n[SHAPE + SHAPE_BASE] += max(1.0 / SHAPE_MEAN_MEMORY, 1.0 / (steps + 1.0)) * (
        mean - n[SHAPE + SHAPE_BASE]
    )
    x = mean - n[SHAPE + SHAPE_BASE]
    # a ring, newest first: the value l steps ago lies at newest + l; its first VECTOR values stand
    # once more behind its end, so that a vector never has to wrap round
    values, distances = 2 * base, 2 * (base + SHAPE_DISTANCES)
    newest = (SHAPE_LAGS - 1 - steps) % SHAPE_LAGS
    settled = steps - SHAPE_SETTLED
    for i in range(VECTOR):
        best[i] = FARTHEST
    nearest = load(best, 0, VECTOR)
    for lag in range(0, min(steps, SHAPE_LAGS), VECTOR):
        older = load_short(r, values + (newest + 1 + lag) % SHAPE_LAGS, VECTOR)
        step = older - x
        distance = load_short(r, distances + lag, VECTOR) * KEEP + step * step * (1.0 - KEEP)
        store_short(r, distances + lag, distance)
        # the first lags are too short: a window is always near itself
        if lag > 0 and lag + VECTOR <= settled:
            nearest = lower(nearest, distance)
    best[0] = x
    value = load(best, 0, 1)
    store_short(r, values + newest, value)
    if newest < VECTOR:
        store_short(r, values + SHAPE_LAGS + newest, value)
    if settled >= 2 * VECTOR:
        store(best, 0, nearest)
        least = best[0]
        for i in range(1, VECTOR):
            least = min(least, best[i])
        n[SHAPE + SHAPE_DISTANCE] = math.sqrt(least)
