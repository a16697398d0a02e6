"""One window of truncated back-propagation through time (Williams & Peng 1990,
doi:10.1162/neco.1990.2.4.490): forward over T steps, Huber loss at each, backward over all of them.
"""

from __future__ import annotations

from typing import Any

from numba import literally

from streamrnn.kernels.elman import elman_backward, elman_step
from streamrnn.kernels.head import head_backward, head_output
from streamrnn.kernels.jit import subroutine


@subroutine
def window_gradient(
    p: Any, at: int, g: Any, x: Any, x_at: int, x_stride: int, y: Any, y_at: int, s: Any, do: Any,
    ds: Any, W_rows: Any, T: int, huber: float, D: int, H: int, P: int, relu: int,
) -> Any:  # fmt: skip
    """The gradient of L = mean_t huber(o_t - y_t), written to g (P,). Returns L.

    x: inputs, step t at x_at + t x_stride (1 for a sliding window of lags).
    y: targets (T,) from y_at; NaN = no target at that step.
    s: (T + 1, H) scratch, s[0] given: the state before the window; on return the states of it.
    do (T,), ds (T, H), W_rows (H, H): scratch.
    huber: errors beyond it count linearly, so that one outlier cannot own the window.
    """
    literally(D)
    literally(H)
    literally(relu)
    for i in range(P):
        g[i] = 0.0
    loss = 0.0
    for t in range(T):
        elman_step(p, at, x, x_at + t * x_stride, s, t * H, s, (t + 1) * H, D, H, relu)
        error = head_output(p, at, s, (t + 1) * H, D, H) - y[y_at + t]
        slope = min(max(error, -huber), huber)
        if error != error:
            do[t] = 0.0
        else:
            do[t] = slope / T
            loss += slope * (error - 0.5 * slope)
    head_backward(p, at, g, s, do, ds, T, D, H)
    elman_backward(p, at, g, x, x_at, x_stride, s, ds, W_rows, T, D, H, relu)
    return loss / T
