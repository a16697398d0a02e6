"""Running statistics in constant memory, one set per stream.

A *decayed histogram* of magnitudes stands in for the last thousand residuals: BINS_PER_OCTAVE bins
per factor of two, each holding an exponentially forgotten count. It gives the conformal rank of a
new residual and quantiles for the forecast's band, in 4 x BINS bytes instead of a ring and a sort.
It forgets by making each new one weigh more than the one before, so that one bin is touched and not
all; now and then everything is counted anew in the weight of the newest.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.vector import load, positive, store, total

BINS_PER_OCTAVE = 4
LOWEST_OCTAVE = -12
BINS = 64  # up to 2**4 of the unit: beyond, all outliers are alike
CHUNK = 16
LARGEST_UNIT = 1e18  # of a weight: float32 has room for its square
_LANE = np.arange(CHUNK, dtype=np.float32)


@inline_kernel
def update_mean(stats: Any, mean_at: int, var_at: int, x: float, weight: float) -> None:
    """Exponentially weighted mean and variance (Finch 2009, eq. 124, 143):

        d = x - mean;  mean += w d;  var = (1 - w)(var + w d^2)

    With w = 1/n these are the plain mean and (population) variance of n values.
    """
    d = x - stats[mean_at]
    stats[mean_at] += weight * d
    stats[var_at] = (1.0 - weight) * (stats[var_at] + weight * d * d)


@inline_kernel
def bin_position(magnitude: float) -> Any:
    """Where a magnitude lies on the histogram's logarithmic axis, in [0, BINS)."""
    if not magnitude > 2.0**LOWEST_OCTAVE:
        return 0.0
    position = (math.log2(magnitude) - LOWEST_OCTAVE) * BINS_PER_OCTAVE
    return min(position, BINS - 0.001)


@inline_kernel
def weight_above(h: Any, at: int, position: float) -> Any:
    """How much of the float32 histogram h (BINS,) lies above a position; within its bin, in
    proportion."""
    k = int(position)
    first = k // CHUNK * CHUNK  # of the vector with bin k
    above = load(h, at + first, CHUNK) * positive(load(_LANE, 0, CHUNK) - (k - first))
    for i in range(first + CHUNK, BINS, CHUNK):
        above = above + load(h, at + i, CHUNK)
    return total(above) + (1.0 - (position - k)) * h[at + k]


@inline_kernel
def conformal_rank(h: Any, at: int, position: float, weight: float, unit: float) -> Any:
    """The share of all, with a new one at the position, that lies as high; weight, unit: as
    `forget_and_add` left them."""
    if weight == 0.0:
        return 1.0
    return (weight_above(h, at, position) + unit) / (weight + unit)


@inline_kernel
def forget_and_add(
    h: Any, at: int, position: float, keep: float, stats: Any, weight_at: int, unit_at: int
) -> None:
    """All in the float32 histogram h (BINS,) count `keep` times as much beside one more at the
    position. stats[weight_at]: the total weight; stats[unit_at]: what the newest weighs; at first,
    both and h are 0."""
    unit = max(stats[unit_at] / keep, 1.0)
    if unit > LARGEST_UNIT:
        for i in range(0, BINS, CHUNK):
            store(h, at + i, load(h, at + i, CHUNK) * (1.0 / unit))
        stats[weight_at] /= unit
        unit = 1.0
    stats[unit_at] = unit
    stats[weight_at] += unit
    h[at + int(position)] += unit


@inline_kernel
def quantile(h: Any, at: int, upper_share: float, weight: float) -> Any:
    """The magnitude above which `upper_share` of the histogram's weight lies."""
    wanted = upper_share * weight
    above = 0.0
    first = BINS - CHUNK  # the vector that holds the quantile
    while first > 0 and above + total(load(h, at + first, CHUNK)) < wanted:
        above += total(load(h, at + first, CHUNK))
        first -= CHUNK
    k = first + CHUNK - 1
    while k > first and above + h[at + k] < wanted:
        above += h[at + k]
        k -= 1
    inside = h[at + k]
    share = min((wanted - above) / inside, 1.0) if inside > 0.0 else 0.0
    return 2.0 ** ((k + 1.0 - share) / BINS_PER_OCTAVE + LOWEST_OCTAVE)


@inline_kernel
def surprise_of_normal(z: float) -> Any:
    """-log10 of the upper tail of the standard normal distribution, finite for every z."""
    if z > 25.0:  # erfc underflows; its asymptote does not
        return (0.5 * z * z + math.log(z * 2.5066282746310002)) * 0.4342944819032518
    return -math.log10(0.5 * math.erfc(z * 0.7071067811865476))
