"""Inline kernels as functions that tests can call: compiled once per combination of constants.

All arrays are flat; parameters begin at `at`, as they do in a stream's row.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.kernels import statistics
from streamrnn.kernels.bfloat16 import load_short, place_of, put_short, short_at, store_short
from streamrnn.kernels.bptt import window_gradient
from streamrnn.kernels.elman import elman_backward, elman_step
from streamrnn.kernels.head import head_backward, head_output
from streamrnn.kernels.jit import kernel
from streamrnn.kernels.optimiser import adam, clip_norm, padded, sgd, small_adam
from streamrnn.kernels.vector import (
    chosen,
    load,
    lower,
    positive,
    sqrt,
    store,
    tanh,
    total,
    upper,
)


def parameter_count(D: int, H: int) -> int:
    return padded(D * H + H * H + H + H + 1)


class NetworkKernels(NamedTuple):
    """Of one (D, H, relu)."""

    step: Any  # (p, at, x, s, out) -> o
    cell_backward: Any  # (p, at, g, x, x_stride, s, ds, W_rows, T)
    head_backward: Any  # (p, at, g, s, do, ds, T)
    window: Any  # (p, at, g, x, x_stride, y, s, do, ds, W_rows, T, huber) -> loss


@functools.cache
def make_network(D: int, H: int, relu: int) -> NetworkKernels:
    P = parameter_count(D, H)

    @kernel
    def step(p: Any, at: int, x: Any, s: Any, out: Any) -> Any:
        elman_step(p, at, x, 0, s, 0, out, 0, D, H, relu)
        return head_output(p, at, out, 0, D, H)

    @kernel
    def backward_of_cell(
        p: Any, at: int, g: Any, x: Any, x_stride: int, s: Any, ds: Any, W_rows: Any, T: int
    ) -> None:
        elman_backward(p, at, g, x, 0, x_stride, s, ds, W_rows, T, D, H, relu)

    @kernel
    def backward_of_head(p: Any, at: int, g: Any, s: Any, do: Any, ds: Any, T: int) -> None:
        head_backward(p, at, g, s, do, ds, T, D, H)

    @kernel
    def window(
        p: Any, at: int, g: Any, x: Any, x_stride: int, y: Any, s: Any, do: Any, ds: Any,
        W_rows: Any, T: int, huber: float,
    ) -> Any:  # fmt: skip
        return window_gradient(
            p, at, g, x, 0, x_stride, y, 0, s, do, ds, W_rows, T, huber, D, H, P, relu
        )

    return NetworkKernels(step, backward_of_cell, backward_of_head, window)


@kernel
def clip_norm_of(g: Any, limit: float) -> Any:
    return clip_norm(g, len(g), limit)


@kernel
def sgd_update(p: Any, at: int, g: Any, rate: float) -> None:
    sgd(p, at, g, len(g), rate)


@kernel
def small_adam_update(
    row: Any, at: int, m_at: int, v_at: int, g: Any, rate: float, step: float
) -> None:
    small_adam(row, at, g, m_at, v_at, len(g), rate, step)


@kernel
def adam_update(row: Any, at: int, m_at: int, v_at: int, g: Any, rate: float, step: float) -> None:
    adam(row, at, g, m_at, v_at, len(g), rate, step)


@kernel
def update_mean(stats: Any, mean_at: int, var_at: int, x: float, weight: float) -> None:
    statistics.update_mean(stats, mean_at, var_at, x, weight)


@kernel
def bin_position(magnitude: float) -> Any:
    return statistics.bin_position(magnitude)


@kernel
def weight_above(h: Any, at: int, position: float) -> Any:
    return statistics.weight_above(h, at, position)


@kernel
def conformal_rank(h: Any, at: int, position: float, weight: float, unit: float) -> Any:
    return statistics.conformal_rank(h, at, position, weight, unit)


@kernel
def forget_and_add(h: Any, at: int, position: float, keep: float, stats: Any) -> None:
    """stats (2,): weight and unit."""
    statistics.forget_and_add(h, at, position, keep, stats, 0, 1)


@kernel
def quantile(h: Any, at: int, upper_share: float, weight: float) -> Any:
    return statistics.quantile(h, at, upper_share, weight)


@kernel
def surprise_of_normal(z: float) -> Any:
    return statistics.surprise_of_normal(z)


LANEWISE = (
    "copy", "v + w", "v - w", "v * w", "v / w", "lower(v, w)", "upper(v, w)",
    "v + x", "v - x", "v * x", "v / x", "lower(v, x)", "upper(v, x)",
    "x + v", "x - v", "x * v", "x / v", "positive(v)", "sqrt(w)", "tanh(v)",
    "chosen(v, w, w, v)",
)  # fmt: skip


@functools.cache
def make_lanewise(lanes: int) -> Any:
    """All lane-wise operations on v, w (lanes,) and x, the results side by side in `out`, in the
    order of LANEWISE. v, w and out begin at offsets, as they do in a stream's row."""

    @kernel
    def lanewise(a: Any, v_at: int, b: Any, w_at: int, x: Any, out: Any) -> None:
        v, w, n = load(a, v_at, lanes), load(b, w_at, lanes), lanes
        store(out, 0 * n, v)
        store(out, 1 * n, v + w)
        store(out, 2 * n, v - w)
        store(out, 3 * n, v * w)
        store(out, 4 * n, v / w)
        store(out, 5 * n, lower(v, w))
        store(out, 6 * n, upper(v, w))
        store(out, 7 * n, v + x)
        store(out, 8 * n, v - x)
        store(out, 9 * n, v * x)
        store(out, 10 * n, v / x)
        store(out, 11 * n, lower(v, x))
        store(out, 12 * n, upper(v, x))
        store(out, 13 * n, x + v)
        store(out, 14 * n, x - v)
        store(out, 15 * n, x * v)
        store(out, 16 * n, x / v)
        store(out, 17 * n, positive(v))
        store(out, 18 * n, sqrt(w))
        store(out, 19 * n, tanh(v))
        store(out, 20 * n, chosen(v, w, w, v))

    return lanewise


@functools.cache
def make_total(lanes: int) -> Any:
    @kernel
    def total_of(a: Any, at: int) -> Any:
        return total(load(a, at, lanes))

    return total_of


@kernel
def tanh_of(a: Any, out: Any) -> None:
    """len(a): a multiple of 16."""
    for i in range(0, len(a), 16):
        store(out, i, tanh(load(a, i, 16)))


def filled(dtype: type[np.floating[Any]], size: int) -> NDArray[Any]:
    """Output that nobody wrote is told apart from a zero that somebody did."""
    return np.full(size, np.nan, dtype)


@functools.cache
def make_short_copy(lanes: int) -> Any:
    @kernel
    def copy(a: Any, i: int, shorts: Any, at: int, out: Any) -> None:
        """a[i:] as bfloat16 into `shorts` from the at-th half on, and from there into out."""
        store_short(shorts, at, load(a, i, lanes))
        store(out, 0, load_short(shorts, at, lanes))

    return copy


@kernel
def copy_one_short(a: Any, i: int, shorts: Any, at: int) -> Any:
    put_short(shorts, at, a[i])
    return short_at(shorts, at)


@kernel
def bfloat16_place(lane: int, n: int) -> Any:
    return place_of(lane, n)
