"""The last readings in one scale.

They are kept as the networks take them: each scaled by the mean and deviation of its time. Those
follow the stream, slowly; but within the few hundred readings of a fault they go along with a
drift, and grow with what lies far away. Where readings are compared with one another they must be
put back.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from streamrnn.detect.recipe import FINE, FIRST_STEPS, SCALE_MEMORY, SCALE_REACH
from streamrnn.kernels.bfloat16 import short_at
from streamrnn.kernels.jit import subroutine


@subroutine
def rescaled(r: Any, first: int, end: int, mean: float, sd: float, steps: float) -> Any:
    """The bfloat16 first to end - 1 of r, scaled values, the last one just learned from, in
    deviations of now from the mean of now, float64.

    mean, sd: of now; steps: values seen. Goes back through `learn_scale`, w being the weight of x:

        z = (x - m') / s';  m = m' + w s' z;  s^2 = (1 - w) (1 + w z^2) s'^2

    for z within SCALE_REACH. The first FIRST_STEPS values count as scaled like the one after them.
    """
    values = np.empty(end - first)
    m, s = mean, sd
    for i in range(end - 1, first - 1, -1):
        z = float(short_at(r, i))
        if steps > FIRST_STEPS:
            w = max(1.0 / steps, 1.0 / SCALE_MEMORY[FINE])
            near = min(max(z, -SCALE_REACH), SCALE_REACH)
            s /= math.sqrt((1.0 - w) * (1.0 + w * near * near))
            m -= w * s * near
            steps -= 1.0
        values[i - first] = (m + s * z - mean) / sd
    return values
