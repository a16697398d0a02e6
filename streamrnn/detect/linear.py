"""A linear forecast beside the network: the next scaled value from the last LAGS, by least squares.

Much of what sensors do is linear in their last few readings. Least squares finds that within a
hundred readings, where gradient descent takes thousands; what it leaves over is the cleaner error.
"""

from __future__ import annotations

from typing import Any

from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.rls import U_AT, D, begin_least_squares, learn_least_squares, linear_output

LAGS = D - 1  # the last input is constant


@inline_kernel
def follow_linearly(r: Any, at: int, z: float, count: float, in_order: bool, scratch: Any) -> Any:
    """The error of the forecast of z, from which it then learns.

    z: scaled, limited. count: of values before it. in_order: z follows the value before; after a
    gap all lags are z. The error of a forecast across a gap, or from fewer than LAGS values, says
    nothing and is not learned from.
    """
    if count == 0.0:
        begin_least_squares(r, at)
        r[at + U_AT + LAGS] = 1.0
    error = z - linear_output(r, at)
    if in_order:
        learn_least_squares(r, at, error, scratch)
        for i in range(LAGS - 1, 0, -1):
            r[at + U_AT + i] = r[at + U_AT + i - 1]
        r[at + U_AT] = z
    else:
        for i in range(LAGS):
            r[at + U_AT + i] = z
    return error
