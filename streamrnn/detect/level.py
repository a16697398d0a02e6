"""How far the level of late lies from the usual one.

    L = |mean of the last LEVEL_SPAN readings - m| / sd

m and sd are the running mean and deviation of readings that count as no farther than LEVEL_REACH sd
away (winsorised, Huber 1964, doi:10.1214/aoms/1177703732): a fault moves them slowly, and is seen
as long as it lasts, where a forecast gets used to it within a few readings. In a stream that rests
at one value most of the time sd would shrink to nothing; it is at least LEVEL_FLOOR of the
deviation that is not winsorised.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.layout import LEVEL_LATE, LEVEL_MEAN, LEVEL_VAR, STEPS, VAR, channel
from streamrnn.detect.recipe import (
    EVIDENCE_START,
    FINE,
    LEVEL_FLOOR,
    LEVEL_LIMIT,
    LEVEL_MEMORY,
    LEVEL_REACH,
    LEVEL_SPAN,
    LEVEL_WARM,
)
from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.statistics import update_mean

AT = channel(FINE)


@inline_kernel
def level_distance(n: Any, value: float) -> Any:
    """L of a reading, at most LEVEL_LIMIT, which the level then learns from; 0 while there is no
    deviation. To be called before the fine channel's scale takes the reading in."""
    count = n[AT + STEPS] + 1.0
    n[LEVEL_LATE] += max(2.0 / (LEVEL_SPAN + 1.0), 1.0 / count) * (value - n[LEVEL_LATE])
    sd = max(math.sqrt(n[LEVEL_VAR]), LEVEL_FLOOR * math.sqrt(n[AT + VAR]))
    distance = 0.0
    if sd > 0.0:
        if count > EVIDENCE_START:
            distance = min(abs(n[LEVEL_LATE] - n[LEVEL_MEAN]) / sd, LEVEL_LIMIT)
        if count > LEVEL_WARM:
            reach = LEVEL_REACH * sd
            value = min(max(value, n[LEVEL_MEAN] - reach), n[LEVEL_MEAN] + reach)
    update_mean(n, LEVEL_MEAN, LEVEL_VAR, value, max(1.0 / count, 1.0 / LEVEL_MEMORY))
    return distance
