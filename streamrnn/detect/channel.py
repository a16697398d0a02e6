"""How one channel turns a residual into a likelihood.

    q = -log10 of the conformal rank of |residual| among the channel's recent ones
    m = mean of the last few q
    z = (m - mean m) / sd m, against m's own long past
    S = -log10 P(N > z), N: the normal distribution; 0 up to UNUSUAL_DEVIATIONS, as usual as any

One large residual may be a spike that noise also makes; S asks whether residuals are large for
longer than they usually are (the likelihood of Ahmad et al. 2017, doi:10.1016/j.neucom.2017.04.070,
on ranks instead of raw errors). Student's distribution, which allows for a short past, was tried in
place of the normal one: 2 points of NAB fewer.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.layout import NORMAL_MEAN, NORMAL_VAR, RANK_UNIT, RANK_WEIGHT, SCORED
from streamrnn.detect.recipe import (
    LEAST_PAST,
    NORMAL_MEMORY,
    RANK_MEMORY,
    RECENT,
    SMOOTHED_SD_FLOOR,
    SMOOTHING,
    UNUSUAL_DEVIATIONS,
)
from streamrnn.kernels.bfloat16 import load_short, put_short
from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.statistics import (
    bin_position,
    conformal_rank,
    forget_and_add,
    surprise_of_normal,
    update_mean,
)
from streamrnn.kernels.vector import total


@inline_kernel
def surprise(n: Any, at: int, c: int, r: Any, histogram: int, recent: int, residual: float) -> Any:
    """S of a new residual (scaled units) of channel c, which then learns from it.

    n: the stream's numbers, the channel's from `at`. r: its arrays; recent counts bfloat16 in it.
    """
    position = bin_position(abs(residual))
    weight, unit = at + RANK_WEIGHT, at + RANK_UNIT
    q = -math.log10(conformal_rank(r, histogram, position, n[weight], n[unit]))
    forget_and_add(r, histogram, position, 1.0 - 1.0 / RANK_MEMORY[c], n, weight, unit)
    scored = n[at + SCORED] + 1.0
    n[at + SCORED] = scored
    put_short(r, recent + int(scored - 1.0) % SMOOTHING[c], q)
    past = scored - SMOOTHING[c]
    if past <= 0.0:
        return 0.0
    m = total(load_short(r, recent, RECENT)) / SMOOTHING[c]
    S = 0.0
    if past > LEAST_PAST * SMOOTHING[c] and m > n[at + NORMAL_MEAN]:
        sd = max(math.sqrt(n[at + NORMAL_VAR]), SMOOTHED_SD_FLOOR)
        z = (m - n[at + NORMAL_MEAN]) / sd
        S = surprise_of_normal(z) if z > UNUSUAL_DEVIATIONS else 0.0
    update_mean(n, at + NORMAL_MEAN, at + NORMAL_VAR, m, max(1.0 / past, 1.0 / NORMAL_MEMORY[c]))
    return S
