"""The linear head: o_t = V s_t + c, one output."""

from __future__ import annotations

from typing import Any

from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.vector import load, store, total


@inline_kernel
def head_output(p: Any, at: int, s: Any, s_at: int, D: int, H: int) -> Any:
    """o = V s + c. at: where the network's parameters begin; s (H,) at s_at."""
    v = at + D * H + H * H + H
    return total(load(p, v, H) * load(s, s_at, H)) + p[v + H]


@inline_kernel
def head_backward(
    p: Any, at: int, g: Any, s: Any, do: Any, ds: Any, T: int, D: int, H: int
) -> None:
    """From do (T,) = dL/do_t: adds to dV, dc in g (from offset 0), writes ds (T, H) = V do_t.

    s: (T + 1, H), s[0] the state before the window.
    """
    v = D * H + H * H + H
    V = load(p, at + v, H)
    dV = load(g, v, H)
    dc = g[v + H]
    for t in range(T):
        dV = dV + load(s, (t + 1) * H, H) * do[t]
        store(ds, t * H, V * do[t])
        dc += do[t]
    store(g, v, dV)
    g[v + H] = dc
