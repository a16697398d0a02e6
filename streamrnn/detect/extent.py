"""The range channel: beyond everything this stream has shown so far."""

from __future__ import annotations

from typing import Any

from streamrnn.detect.layout import HIGHEST, LOWEST, READINGS, VALUE
from streamrnn.detect.recipe import RANGE_MARGIN, RANGE_WARM_READINGS
from streamrnn.kernels.jit import inline_kernel


@inline_kernel
def share_beyond(n: Any, value: float) -> Any:
    """How far a value lies outside [lowest, highest], as a share of that; 0 for a young stream, and
    for one that never changed."""
    span = n[HIGHEST] - n[LOWEST]
    if span <= 0.0 or n[READINGS] < RANGE_WARM_READINGS:
        return 0.0
    return max(value - n[HIGHEST], n[LOWEST] - value, 0.0) / span


@inline_kernel
def overshoot(n: Any, value: float, usual_step: float) -> Any:
    """How far a value lies outside [lowest, highest]: above 1 is an alarm, 0 is inside.

    In units of RANGE_MARGIN of that range, for a young stream of the whole range, or of the usual
    step, the mean |difference| of neighbours, whichever is larger. The range then takes the value
    in; but by one value alone it grows no more than to double: an error code must not open it for
    good. A stream that never changed has no range to leave.
    """
    if n[READINGS] == 0.0:
        n[LOWEST] = value
        n[HIGHEST] = value
        return 0.0
    beyond = max(value - n[HIGHEST], n[LOWEST] - value)
    if beyond <= 0.0:
        return 0.0
    span = n[HIGHEST] - n[LOWEST]
    alone = n[LOWEST] <= n[VALUE] <= n[HIGHEST]  # the reading before was inside
    reach = min(beyond, span) if alone else beyond
    if value < n[LOWEST]:
        n[LOWEST] -= reach
    else:
        n[HIGHEST] += reach
    if span == 0.0:
        return 0.0
    margin = RANGE_MARGIN if n[READINGS] >= RANGE_WARM_READINGS else 1.0
    return beyond / max(margin * span, usual_step)
