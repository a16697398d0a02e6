"""A memory of shapes: how far the last few values are from anything of the kind seen before.

A pattern that repeats is no anomaly, however badly it was forecast, and one that never occurred is,
however smooth. The signal, averaged over 2 and over 4 readings, keeps its last LAGS values. For
every lag l the squared difference between now and l steps ago is averaged exponentially,

    D_l <- keep D_l + (1 - keep) (x_t - x_{t-l})^2

and the distance is the root of the smallest D_l: the nearest neighbour among all windows of the
past that long, without ever comparing windows (an exponential window in place of the matrix
profile's, Yeh et al. 2016, doi:10.1109/ICDM.2016.0179). A running mean is taken off first, so that
a level alone is no shape; amplitudes count, because a sensor that trembles differently is news.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.layout import (
    SHAPE_BASE,
    SHAPE_COUNT,
    SHAPE_DISTANCE,
    SHAPE_DISTANCES,
    SHAPE_STEPS,
    SHAPE_SUM,
    SHAPE_VALUES,
    VECTOR,
)
from streamrnn.detect.recipe import SHAPE_LAGS, SHAPE_MEAN_MEMORY, SHAPE_SETTLED, SHAPE_WINDOW
from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.vector import load, lower, store

KEEP = 1.0 - 1.0 / SHAPE_WINDOW
FARTHEST = 1e30


@inline_kernel
def shape_distance(n: Any, at: int, r: Any, base: int, z: float, readings: int, best: Any) -> None:
    """Takes in the next scaled value z; when it completes `readings` of them, the distance is
    renewed.

    n: numbers, this memory's from `at`. r: its arrays, from `base`. best: scratch (VECTOR,).
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
    n[at + SHAPE_BASE] += max(1.0 / SHAPE_MEAN_MEMORY, 1.0 / (steps + 1.0)) * (
        mean - n[at + SHAPE_BASE]
    )
    x = mean - n[at + SHAPE_BASE]
    for i in range(VECTOR):
        best[i] = FARTHEST
    nearest = load(best, 0, VECTOR)
    # from the oldest on, so that the values can move up by one on the way
    chunk = (min(steps, SHAPE_LAGS) + VECTOR - 1) // VECTOR - 1
    settled = steps - SHAPE_SETTLED
    while chunk >= 0:
        lag = chunk * VECTOR
        older = load(r, base + SHAPE_VALUES + lag, VECTOR)
        step = older - x
        distance = load(r, base + SHAPE_DISTANCES + lag, VECTOR) * KEEP + step * step * (1.0 - KEEP)
        store(r, base + SHAPE_DISTANCES + lag, distance)
        store(r, base + SHAPE_VALUES + lag + 1, older)
        # the first chunk's lags are too short: a window is always near itself
        if chunk > 0 and lag + VECTOR <= settled:
            nearest = lower(nearest, distance)
        chunk -= 1
    r[base + SHAPE_VALUES] = x
    if settled >= 2 * VECTOR:
        store(best, 0, nearest)
        least = best[0]
        for i in range(1, VECTOR):
            least = min(least, best[i])
        n[at + SHAPE_DISTANCE] = math.sqrt(least)
