"""Plain SGD, Adam (Kingma & Ba 2015, arXiv:1412.6980), Adam in less memory, clipping by the
gradient's norm (Pascanu et al. 2013, arXiv:1211.5063).

Gradient g (n,) from offset 0, parameters p (n,) from offset `at`; n is a multiple of LANES: rows of
parameters are padded with zeros, whose gradient is zero.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.kernels.bfloat16 import load_short, store_short
from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.vector import load, sqrt, store, total

LANES = 16
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def padded(n: int) -> int:
    """n rounded up to whole vectors."""
    return -(-n // LANES) * LANES


@inline_kernel
def clip_norm(g: Any, n: int, limit: float) -> Any:
    """Scales g so that |g| <= limit; returns the norm it had. Not finite: g becomes zero."""
    squares = load(g, 0, LANES) * load(g, 0, LANES)
    for i in range(LANES, n, LANES):
        squares = squares + load(g, i, LANES) * load(g, i, LANES)
    norm = math.sqrt(total(squares))
    if not norm <= limit:
        if norm < math.inf:
            for i in range(0, n, LANES):
                store(g, i, load(g, i, LANES) * (limit / norm))
        else:
            for i in range(n):
                g[i] = 0.0
    return norm


@inline_kernel
def sgd(p: Any, at: int, g: Any, n: int, rate: float) -> None:
    """p -= rate g"""
    for i in range(0, n, LANES):
        store(p, at + i, load(p, at + i, LANES) - load(g, i, LANES) * rate)


@inline_kernel
def adam(p: Any, at: int, g: Any, m_at: int, v_at: int, n: int, rate: float, step: float) -> None:
    """m = B1 m + (1 - B1) g;  v = B2 v + (1 - B2) g^2;  p -= rate m^ / (sqrt(v^) + epsilon)

    m_at, v_at: offsets in p of the running moments (n,). step: 1 for the first update.
    m^ = m / (1 - B1^step), v^ = v / (1 - B2^step): the moments without their bias towards zero,
    here folded into the rate and epsilon.
    """
    unbias = math.sqrt(1.0 - BETA2**step)
    scale = rate * unbias / (1.0 - BETA1**step)
    for i in range(0, n, LANES):
        dp = load(g, i, LANES)
        m = load(p, m_at + i, LANES) * BETA1 + dp * (1.0 - BETA1)
        v = load(p, v_at + i, LANES) * BETA2 + dp * dp * (1.0 - BETA2)
        store(p, m_at + i, m)
        store(p, v_at + i, v)
        store(p, at + i, load(p, at + i, LANES) - m * scale / (sqrt(v) + EPSILON * unbias))


@inline_kernel
def small_adam(
    p: Any, at: int, g: Any, m_at: int, v_at: int, n: int, rate: float, step: float
) -> None:
    """Adam in a quarter of the memory: m is kept as bfloat16, and every LANES parameters, padding
    included, have one v for the mean of their g^2 (Adam-mini, Zhang et al. 2024, arXiv:2406.16793).

    float32. m_at: offset in p of the first moments (n,), which counts bfloat16; v_at: of the
    second, (n / LANES,).
    """
    unbias = math.sqrt(1.0 - BETA2**step)
    scale = rate * unbias / (1.0 - BETA1**step)
    for i in range(0, n, LANES):
        dp = load(g, i, LANES)
        m = load_short(p, m_at + i, LANES) * BETA1 + dp * (1.0 - BETA1)
        v = p[v_at + i // LANES] * BETA2 + total(dp * dp) * ((1.0 - BETA2) / LANES)
        store_short(p, m_at + i, m)
        p[v_at + i // LANES] = v
        store(p, at + i, load(p, at + i, LANES) - m * (scale / (math.sqrt(v) + EPSILON * unbias)))
