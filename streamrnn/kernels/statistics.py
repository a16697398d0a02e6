"""Running statistics in constant memory, one set per stream.

A *decayed histogram* of magnitudes stands in for the last thousand residuals: BINS_PER_OCTAVE bins
per factor of two, each holding an exponentially forgotten count. It gives the conformal rank of a
new residual and quantiles for the forecast's band, in 4 x BINS bytes instead of a ring and a sort.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.vector import load, store, total

BINS_PER_OCTAVE = 4
LOWEST_OCTAVE = -14
BINS = 96  # up to 2**10 of the unit: beyond, all outliers are alike
CHUNK = 16


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
    """How much of the histogram h (BINS,) lies above a position; within its bin, in proportion."""
    k = int(position)
    above = (1.0 - (position - k)) * h[at + k]
    whole = (k // CHUNK + 1) * CHUNK  # from here on by whole vectors
    for i in range(k + 1, whole):
        above += h[at + i]
    for i in range(whole, BINS, CHUNK):
        above += total(load(h, at + i, CHUNK))
    return above


@inline_kernel
def forget_and_add(h: Any, at: int, position: float, keep: float) -> Any:
    """h *= keep, then one more at the position. Returns the total weight."""
    weight = load(h, at, CHUNK) * keep
    store(h, at, weight)
    for i in range(CHUNK, BINS, CHUNK):
        chunk = load(h, at + i, CHUNK) * keep
        store(h, at + i, chunk)
        weight = weight + chunk
    h[at + int(position)] += 1.0
    return total(weight) + 1.0


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
