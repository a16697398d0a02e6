"""One network's part in a channel: remember the value, learn from the last window, forecast."""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.layout import FORECAST, LENGTH, RUN, UPDATES
from streamrnn.detect.recipe import (
    COARSE,
    GRADIENT_NORM,
    HISTORY,
    HUBER,
    INPUTS,
    MARKS,
    RATE,
    STRIDE,
    Z_LIMIT,
)
from streamrnn.kernels.bfloat16 import load_short, put_short, short_at, store_short
from streamrnn.kernels.bptt import window_gradient
from streamrnn.kernels.elman import elman_step
from streamrnn.kernels.head import head_output
from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.optimiser import clip_norm, small_adam
from streamrnn.kernels.vector import load, store

DAY, WEEK = 86_400.0, 604_800.0


@inline_kernel
def remember(n: Any, at: int, r: Any, x: int, z: float) -> Any:
    """Appends z to the history, bfloat16 from x on in r. Returns its place. A full history first
    moves its last 3/4 to the front: windows of it are always contiguous, if not in time; the last
    RUN are that, too."""
    k = int(n[at + LENGTH])
    if k == HISTORY:
        k = HISTORY * 3 // 4
        for i in range(0, k, 2):
            store_short(r, x + i, load_short(r, x + HISTORY - k + i, 2))
    put_short(r, x + k, z)
    n[at + LENGTH] = k + 1
    return k


@inline_kernel
def limited(z: float) -> Any:
    """A scaled value as the networks see it."""
    return min(max(z, -Z_LIMIT), Z_LIMIT)


@inline_kernel
def gather_inputs(
    u: Any, c: int, r: Any, oldest: int, newest: int, T: int, block: float, block_seconds: float
) -> None:
    """Inputs (T, INPUTS) of channel c for its last T values, written to u.

    fine: the value and the INPUTS - 1 before it (0 before the beginning).
    coarse: the value; sine and cosine of time of day and of the week for the block *after* it.
    oldest, newest: where the history since the last gap begins and ends, bfloat16 in r. block: the
    index of the block after newest.
    """
    if c == COARSE:
        turn_day = 2.0 * math.pi * block_seconds / DAY
        turn_week = 2.0 * math.pi * block_seconds / WEEK
        day_sin, day_cos = math.sin(block * turn_day), math.cos(block * turn_day)
        week_sin, week_cos = math.sin(block * turn_week), math.cos(block * turn_week)
        back_day_sin, back_day_cos = math.sin(turn_day), math.cos(turn_day)
        back_week_sin, back_week_cos = math.sin(turn_week), math.cos(turn_week)
        for back in range(T):
            o = (T - 1 - back) * INPUTS
            u[o] = limited(short_at(r, newest - back))
            u[o + 1] = day_sin
            u[o + 2] = day_cos
            u[o + 3] = week_sin
            u[o + 4] = week_cos
            # one block back is a turn by a fixed angle: no further sines
            day_sin, day_cos = (
                day_sin * back_day_cos - day_cos * back_day_sin,
                day_cos * back_day_cos + day_sin * back_day_sin,
            )
            week_sin, week_cos = (
                week_sin * back_week_cos - week_cos * back_week_sin,
                week_cos * back_week_cos + week_sin * back_week_sin,
            )
    else:
        for t in range(T):
            for d in range(INPUTS):
                place = newest - (T - 1 - t) - d
                u[t * INPUTS + d] = limited(short_at(r, place)) if place >= oldest else 0.0


@inline_kernel
def learn_window(
    n: Any, at: int, c: int, r: Any, p: int, m: int, v: int, marks: int, y: int,
    u: Any, targets: Any, g: Any, s: Any, do: Any, ds: Any, W_rows: Any,
    T: int, H: int, P: int, relu: int,
) -> None:  # fmt: skip
    """One update of the weights from a window: T inputs u (T, INPUTS); bfloat16 in r: the targets
    from y on, the marks and m. targets: scratch (T,)."""
    for t in range(T):
        targets[t] = short_at(r, y + t)
    mark = int(n[at + RUN] - T) // STRIDE[c] % MARKS
    store(s, 0, load_short(r, marks + mark * H, H))
    window_gradient(
        r, p, g, u, 0, INPUTS, targets, 0, s, do, ds, W_rows, T, HUBER, INPUTS, H, P, relu
    )  # fmt: skip
    clip_norm(g, P, GRADIENT_NORM)
    n[at + UPDATES] += 1.0
    small_adam(r, p, g, m, v, P, RATE[c], n[at + UPDATES])


@inline_kernel
def forecast_next(
    n: Any, at: int, c: int, r: Any, p: int, state: int, marks: int, u: Any, u_at: int,
    H: int, relu: int,
) -> None:  # fmt: skip
    """Steps the state with the input (INPUTS,) at u_at and forecasts the next value. Before every
    STRIDE-th step the state is marked: training windows begin there."""
    run = int(n[at + RUN])
    if run % STRIDE[c] == 0:
        store_short(r, marks + run // STRIDE[c] % MARKS * H, load(r, state, H))
    elman_step(r, p, u, u_at, r, state, r, state, INPUTS, H, relu)
    n[at + FORECAST] = head_output(r, p, r, state, INPUTS, H)
    n[at + RUN] = run + 1.0
