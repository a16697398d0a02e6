"""Cube roots in half the time of the library's."""

from __future__ import annotations

from typing import Any

import numpy as np

from streamrnn.kernels.jit import inline_kernel

LEAST = 1e-100
_BITS = 0x2A9F84FE36D22425  # two thirds of the exponent's bias, and a correction


@inline_kernel
def cube_root(x: float) -> Any:
    """Of x >= 0, to twelve digits; 0 of what is less than LEAST.

    A third of the exponent by a division of the bits, then two steps of Halley's method.
    """
    if x < LEAST:
        return 0.0
    bits = np.int64(np.float64(x).view(np.int64) // 3 + _BITS)
    root = np.float64(bits.view(np.float64))
    for _ in range(2):
        cube = root * root * root
        root *= (cube + 2.0 * x) / (2.0 * cube + x)
    return root
