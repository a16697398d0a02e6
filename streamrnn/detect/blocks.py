"""Blocks: the coarse channel's time steps, cut from the clock, not from a count of readings."""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.layout import (
    BLOCK_COUNT,
    BLOCK_INDEX,
    BLOCK_SECONDS,
    BLOCK_SQUARES,
    BLOCK_SUM,
    INTERVAL,
    ORIGIN,
    READINGS,
)
from streamrnn.detect.recipe import BLOCK_READINGS, INTERVAL_READINGS, REBLOCK_FACTOR
from streamrnn.kernels.jit import inline_kernel


@inline_kernel
def close_block(n: Any, value: float, time: float) -> Any:
    """(mean, square, empty): the mean of the block that this reading ends, NaN if it ends none, the
    mean square of its readings less ORIGIN, and how many empty blocks lie between. The reading is
    then counted into its own block.

    Blocks are BLOCK_READINGS learned intervals long. They are cut anew, `empty` being infinite,
    when the interval has changed by more than REBLOCK_FACTOR.
    """
    if n[READINGS] < INTERVAL_READINGS or n[INTERVAL] == 0.0:
        return math.nan, math.nan, 0.0
    mean, square, empty = math.nan, math.nan, 0.0
    usual = BLOCK_READINGS * n[INTERVAL]
    if usual > REBLOCK_FACTOR * n[BLOCK_SECONDS] or usual * REBLOCK_FACTOR < n[BLOCK_SECONDS]:
        if n[BLOCK_COUNT] > 0.0:
            mean, empty = n[BLOCK_SUM] / n[BLOCK_COUNT], math.inf
            square = n[BLOCK_SQUARES] / n[BLOCK_COUNT]
        n[BLOCK_SECONDS] = usual
        n[BLOCK_INDEX] = math.floor(time / usual)
        n[BLOCK_SUM], n[BLOCK_SQUARES], n[BLOCK_COUNT] = 0.0, 0.0, 0.0
    index = math.floor(time / n[BLOCK_SECONDS])
    if index != n[BLOCK_INDEX]:
        mean = n[BLOCK_SUM] / n[BLOCK_COUNT]
        square = n[BLOCK_SQUARES] / n[BLOCK_COUNT]
        # a clock set back makes a negative step: as void as a long gap
        empty = index - n[BLOCK_INDEX] - 1.0 if index > n[BLOCK_INDEX] else math.inf
        n[BLOCK_INDEX] = index
        n[BLOCK_SUM], n[BLOCK_SQUARES], n[BLOCK_COUNT] = 0.0, 0.0, 0.0
    n[BLOCK_SUM] += value
    n[BLOCK_SQUARES] += (value - n[ORIGIN]) ** 2
    n[BLOCK_COUNT] += 1.0
    return mean, square, empty
