"""The Elman cell (Elman 1990, doi:10.1207/s15516709cog1402_1): forward step, backward through time.

    s_t = f(U x_t + W s_{t-1} + b)        f = tanh, or max(0, .)

Shapes: x (D,), s (H,), parameters as in `streamrnn.kernels`. `p` is the flat array that holds the
parameters from offset `at`; likewise for every other array: name, then the offset in it.
D, H and relu must be compile-time constants; H is 8, 16 or 32.
"""

from __future__ import annotations

from typing import Any

from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.vector import load, positive, store, tanh, upper


@inline_kernel
def elman_step(
    p: Any, at: int, x: Any, x_at: int, s: Any, s_at: int, out: Any, out_at: int,
    D: int, H: int, relu: int,
) -> None:  # fmt: skip
    """out = f(U x + W s + b). `out` may be `s` itself.

    Two sums side by side, because one chain of H dependent additions would wait for itself.
    """
    w = at + D * H
    z0 = load(p, w + H * H, H)
    z1 = load(p, at, H) * x[x_at]
    for d in range(1, D):
        z1 = z1 + load(p, at + d * H, H) * x[x_at + d]
    for j in range(0, H, 2):
        z0 = z0 + load(p, w + j * H, H) * s[s_at + j]
        z1 = z1 + load(p, w + (j + 1) * H, H) * s[s_at + j + 1]
    z = z0 + z1
    if relu:
        store(out, out_at, upper(z, 0.0))
    else:
        store(out, out_at, tanh(z))


@inline_kernel
def elman_backward(
    p: Any, at: int, g: Any, x: Any, x_at: int, x_stride: int, s: Any, ds: Any,
    W_rows: Any, T: int, D: int, H: int, relu: int,
) -> None:  # fmt: skip
    """Back-propagation through a window of T steps; adds to dU, dW, db in g (from offset 0).

    x: inputs, step t at x_at + t x_stride. s: (T + 1, H), s[0] the state before the window.
    ds: (T, H); in: dL/ds_t as seen from the outputs alone; out: da_t = dL/d(U x_t + W s_{t-1} + b).
    W_rows: (H, H) scratch, W by row: W^T da then needs no sums across lanes.

        da_t = f'(s_t) * (ds_t + W^T da_{t+1})
        dU += da_t x_t^T,  dW += da_t s_{t-1}^T,  db += da_t
    """
    w = at + D * H
    for j in range(H):
        for i in range(H):
            W_rows[i * H + j] = p[w + j * H + i]
    for back in range(T):
        t = T - 1 - back
        d0 = load(ds, t * H, H)
        if back > 0:
            d1 = load(W_rows, 0, H) * ds[(t + 1) * H]
            for i in range(1, H - 1, 2):
                d0 = d0 + load(W_rows, i * H, H) * ds[(t + 1) * H + i]
                d1 = d1 + load(W_rows, (i + 1) * H, H) * ds[(t + 1) * H + i + 1]
            d0 = d0 + load(W_rows, (H - 1) * H, H) * ds[(t + 1) * H + H - 1] + d1
        s_t = load(s, (t + 1) * H, H)
        if relu:
            store(ds, t * H, d0 * positive(s_t))
        else:
            store(ds, t * H, d0 * (1.0 - s_t * s_t))
    for d in range(D):
        dU = load(g, d * H, H)
        for t in range(T):
            dU = dU + load(ds, t * H, H) * x[x_at + t * x_stride + d]
        store(g, d * H, dU)
    for j in range(0, H, 2):
        dW0 = load(g, D * H + j * H, H)
        dW1 = load(g, D * H + (j + 1) * H, H)
        for t in range(T):
            da = load(ds, t * H, H)
            dW0 = dW0 + da * s[t * H + j]
            dW1 = dW1 + da * s[t * H + j + 1]
        store(g, D * H + j * H, dW0)
        store(g, D * H + (j + 1) * H, dW1)
    db = load(g, D * H + H * H, H)
    for t in range(T):
        db = db + load(ds, t * H, H)
    store(g, D * H + H * H, db)
