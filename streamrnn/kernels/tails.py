"""How unusual a value is among its own past, in constant memory: LANES statistics side by side.

Each statistic v >= 0 is averaged exponentially and then judged by peaks over a threshold (Pickands
1975, doi:10.1214/aos/1176343003, with the exponential as the tail): u is its running 90 % quantile,
b the mean of its excesses over u, and

    -ln P(V > v) = ln 10 min(v / u, 1) + max(v - u, 0) / b

the first term being a stand-in below u, where the tail says nothing. Judged first, learned from
second; five numbers a statistic. A vector of LANES goes through at once.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.vector import load, lower, positive, sqrt, store, total, upper

LANES = 16
# offsets in the state: what went out last, then what is remembered
SURPRISE, LEVEL, QUANTILE, EXCESS, EXCEEDANCES = (k * LANES for k in range(5))
SIZE = 5 * LANES

SHARE_ABOVE = 0.1  # of values that lie above u
FIRST_VALUES = 5.0  # u is their maximum
# Steps of u are QUANTILE_GAIN / count of b, about the best for an exponential tail (Robbins and
# Monro 1951), or of this share of u where b is smaller; and of u itself where so few values were
# above it that it must have begun too high.
QUANTILE_GAIN = 15.0
LEAST_GAIN = 5e-5  # a past this long is all remembered alike
LEAST_STEP = 0.3
FEW_ABOVE = 0.08
EXCESS_WEIGHT = 1e-4  # smallest weight of a new excess
# Excesses are learned up to so many b, and beyond by the fourth root: one fault must not stretch
# the tail, but what was constant and comes to life must not surprise for ever.
LONGEST_EXCESS = 6.0
FIRST_EXCESSES = 10.0  # but for the first few
SHORTEST_EXCESS = 0.02  # b is at least this share of u
LARGEST = 500.0
KNOWN_EXCESSES = 3.0  # before, a tail says no more than that nothing before was as large
FARTHEST = 1e18  # products of it fit into float32
MOST_COUNTED = 1e8  # the exceedances of more could no longer be counted in float32
_TINY = 1e-12


@inline_kernel
def tail_surprises(a: Any, at: int, values: Any, count: float, alpha: Any) -> None:
    """Averages LANES values and leaves -ln P of the averages, at most LARGEST, at SURPRISE.

    a: float32, with the state (SIZE,) at `at`. values: a vector; more than FARTHEST counts as that.
    count: of calls before this one. alpha: (LANES,) float32, the weight of a new value in its
    average; 1 does not average.
    """
    count = min(count, MOST_COUNTED)
    level = load(a, at + LEVEL, LANES)
    weight = upper(load(alpha, 0, LANES), 1.0 / (count + 1.0))
    level = level + weight * (lower(values, FARTHEST) - level)
    store(a, at + LEVEL, level)

    u = load(a, at + QUANTILE, LANES)
    b = load(a, at + EXCESS, LANES)
    excess = upper(level - u, 0.0)
    surprise = lower(level / (u + _TINY), 1.0) * math.log(1.0 / SHARE_ABOVE)
    surprise = surprise + excess / (b + u * SHORTEST_EXCESS + _TINY)
    exceedances = load(a, at + EXCEEDANCES, LANES)
    unknown = positive(exceedances * -1.0 + (KNOWN_EXCESSES - 0.5))
    if total(unknown) > 0.0:  # seldom for long; a logarithm takes as long as all the rest
        surprise = lower(surprise, unknown * (math.log(count + 1.0) - LARGEST) + LARGEST)
    store(a, at + SURPRISE, lower(surprise, LARGEST))

    above = positive(excess)
    if count < FIRST_VALUES:
        store(a, at + QUANTILE, upper(u, level))
        return
    gain = max(QUANTILE_GAIN / (count + 1.0), LEAST_GAIN)
    up = upper(b, u * LEAST_STEP)
    down = upper(up, u * positive(FEW_ABOVE * (count + 1.0) - exceedances))
    moved = above * up * (1.0 - SHARE_ABOVE) + (above - 1.0) * down * SHARE_ABOVE
    store(a, at + QUANTILE, upper(u + moved * gain, 0.0))
    exceedances = exceedances + above
    store(a, at + EXCEEDANCES, exceedances)
    young = positive(exceedances * -1.0 + (FIRST_EXCESSES + 0.5))
    longest = b * LONGEST_EXCESS + young * LARGEST * (b + u + excess)
    ratio = upper(excess / (longest + _TINY), 1.0)
    learned = lower(excess, longest * sqrt(sqrt(ratio)))
    weight = upper(1.0 / upper(exceedances, 1.0), EXCESS_WEIGHT)
    store(a, at + EXCESS, b + above * weight * (learned - b))
