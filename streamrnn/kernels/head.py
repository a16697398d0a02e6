"""The linear head: o_t = V s_t + A x_t + c, one output.

A carries the input straight to the output: what is linear need not pass through the recurrent
part. It starts at "the next value is this one" (see `detect.weights`).
"""

from __future__ import annotations

from typing import Any

from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.vector import load, store, total


@inline_kernel
def head_output(p: Any, at: int, x: Any, x_at: int, s: Any, s_at: int, D: int, H: int) -> Any:
    """o = V s + A x + c. at: where the network's parameters begin; x (D,), s (H,)."""
    v = at + D * H + H * H + H
    o = total(load(p, v, H) * load(s, s_at, H)) + p[v + H + D]
    for d in range(D):
        o += p[v + H + d] * x[x_at + d]
    return o


@inline_kernel
def head_backward(
    p: Any, at: int, g: Any, x: Any, x_at: int, x_stride: int, s: Any, do: Any, ds: Any, T: int,
    D: int, H: int,
) -> None:  # fmt: skip
    """From do (T,) = dL/do_t: adds to dV, dA, dc in g (from offset 0), writes ds (T, H) = V do_t.

    x: step t at x_at + t x_stride. s: (T + 1, H), s[0] the state before the window.
    """
    v = D * H + H * H + H
    V = load(p, at + v, H)
    dV = load(g, v, H)
    dc = g[v + H + D]
    for t in range(T):
        dV = dV + load(s, (t + 1) * H, H) * do[t]
        store(ds, t * H, V * do[t])
        dc += do[t]
    store(g, v, dV)
    g[v + H + D] = dc
    for d in range(D):
        dA = g[v + H + d]
        for t in range(T):
            dA += do[t] * x[x_at + t * x_stride + d]
        g[v + H + d] = dA
