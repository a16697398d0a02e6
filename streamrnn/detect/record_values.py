"""Features of a stream that move slowly, each with the lowest and the highest that it ever had.

    value    the reading
    trend    mean of the last 12 blocks - mean of the last 24, exponential, at every reading
    shift    mean of the last 9 blocks - mean of the 9 before
    spread   ln of the standard deviation over the last 24 blocks

A new record is news, by how far it lies outside, as a share of [lowest, highest]. It is then taken
in: what has happened once is no record any more, and a stream that is often unusual grows a wide
range and falls silent by itself. But by one value a range no more than doubles: an error code must
not open it for good.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.layout import (
    BLOCKS_SEEN,
    HIGHEST,
    LOWEST,
    NEWS,
    ORIGIN,
    READINGS,
    RECORDS,
    TREND_FAST,
    TREND_SLOW,
)
from streamrnn.detect.recipe import (
    LARGEST_RECORD,
    LEAST_SPREAD,
    RECORD_BLOCKS,
    SHIFT_BLOCKS,
    TREND_SPANS,
)
from streamrnn.kernels.jit import inline_kernel

VALUE, TREND, SHIFT, SPREAD = range(4)
FEATURES = 4


@inline_kernel
def overshoot(n: Any, feature: int, v: float) -> Any:
    """By which share of its [lowest, highest] the feature's value v lies outside, which then takes
    it in; 0 inside, and where there is no range yet because it never changed."""
    low, high = n[RECORDS + 2 * feature], n[RECORDS + 2 * feature + 1]
    if low != low:
        n[RECORDS + 2 * feature] = v
        n[RECORDS + 2 * feature + 1] = v
        return 0.0
    beyond = max(v - high, low - v)
    if beyond <= 0.0:
        return 0.0
    span = high - low
    reach = min(beyond, span) if span > 0.0 else beyond
    if v < low:
        n[RECORDS + 2 * feature] = low - reach
    else:
        n[RECORDS + 2 * feature + 1] = high + reach
    return min(beyond / span, LARGEST_RECORD) if span > 0.0 else 0.0


@inline_kernel
def hear_reading(n: Any, value: float) -> None:
    """Writes what is new in a reading to NEWS: the features that every reading has."""
    count = n[READINGS] + 1.0
    if count == 1.0:
        n[ORIGIN] = value
    for feature in range(FEATURES):
        n[NEWS + feature] = 0.0
    n[NEWS + VALUE] = overshoot(n, VALUE, value)
    fast, slow = TREND_SPANS
    n[TREND_FAST] += max(2.0 / (fast + 1.0), 1.0 / count) * (value - n[TREND_FAST])
    n[TREND_SLOW] += max(2.0 / (slow + 1.0), 1.0 / count) * (value - n[TREND_SLOW])
    if count > slow:
        n[NEWS + TREND] = overshoot(n, TREND, n[TREND_FAST] - n[TREND_SLOW])


@inline_kernel
def hear_block(n: Any, r: Any, ring: int, mean: float, square: float) -> None:
    """The same for a block that has ended: its mean, and its mean square, both less ORIGIN.

    r[ring:]: (RECORD_BLOCKS, 2) of the last blocks.
    """
    seen = int(n[BLOCKS_SEEN])
    r[ring + 2 * (seen % RECORD_BLOCKS)] = mean
    r[ring + 2 * (seen % RECORD_BLOCKS) + 1] = square
    seen += 1
    n[BLOCKS_SEEN] = seen
    late, early, m, s = 0.0, 0.0, 0.0, 0.0
    for back in range(min(seen, RECORD_BLOCKS)):
        at = ring + 2 * ((seen - 1 - back) % RECORD_BLOCKS)
        if back < SHIFT_BLOCKS:
            late += r[at]
        elif back < 2 * SHIFT_BLOCKS:
            early += r[at]
        m += r[at]
        s += r[at + 1]
    if seen > 2 * SHIFT_BLOCKS:
        n[NEWS + SHIFT] = overshoot(n, SHIFT, (late - early) / SHIFT_BLOCKS)
    if seen >= RECORD_BLOCKS:
        m, s = m / RECORD_BLOCKS, s / RECORD_BLOCKS
        spread = max(math.sqrt(max(s - m * m, 0.0)), LEAST_SPREAD * (n[HIGHEST] - n[LOWEST]))
        if spread > 0.0:
            n[NEWS + SPREAD] = overshoot(n, SPREAD, math.log(spread))
