"""The range channel: beyond everything this stream has shown so far."""

from __future__ import annotations

from typing import Any

from streamrnn.detect.layout import HIGHEST, LOWEST, READINGS
from streamrnn.detect.recipe import RANGE_MARGIN
from streamrnn.kernels.jit import inline_kernel


@inline_kernel
def overshoot(n: Any, value: float) -> Any:
    """How far a value lies outside [lowest, highest], in RANGE_MARGINs of that range; 0 inside.
    The range then takes the value in. A stream that never changed has no range to leave."""
    if n[READINGS] == 0.0:
        n[LOWEST] = value
        n[HIGHEST] = value
        return 0.0
    beyond = max(value - n[HIGHEST], n[LOWEST] - value)
    if beyond <= 0.0:
        return 0.0
    span = n[HIGHEST] - n[LOWEST]
    n[LOWEST] = min(n[LOWEST], value)
    n[HIGHEST] = max(n[HIGHEST], value)
    return beyond / (RANGE_MARGIN * span) if span > 0.0 else 0.0
