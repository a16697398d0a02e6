"""The compiled heart: one reading after another, judged, then learned from.

`make_advance(H, relu)` compiles the function that takes a whole micro-batch over many streams. It
is a closure over integers only, so that Numba can keep it in its cache.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from streamrnn.detect.blocks import close_block
from streamrnn.detect.extent import overshoot
from streamrnn.detect.layout import (
    BLOCK_INDEX,
    BLOCK_SECONDS,
    INSTALL_AT,
    PERSISTENCE_ERROR,
    READINGS,
    RETRAIN_AT,
    RETRAIN_PHASE,
    RUN,
    SCORE,
    TIME,
    VALUE,
    VAR,
    YHAT,
    YHAT_LOWER,
    YHAT_UPPER,
    arrays,
    channel,
    parameter_count,
)
from streamrnn.detect.network import forecast_next, gather_inputs, learn_window, remember
from streamrnn.detect.recipe import COARSE, FINE, GAP_BLOCKS, INPUTS, STRIDE, WINDOW
from streamrnn.detect.timing import AFTER_GAP, SEEN_BEFORE, TOO_LATE, place_in_time
from streamrnn.detect.verdict import conclude, forecast_band, judge, learn_scale, scaled
from streamrnn.kernels.jit import kernel
from streamrnn.records import Kind, Outcome

WARMING, LATE, DUPLICATE = int(Outcome.WARMING), int(Outcome.LATE), int(Outcome.DUPLICATE)
NONE = int(Kind.NONE)
AT = (channel(FINE), channel(COARSE))


class Scratch(NamedTuple):
    """Working memory of one call; nothing in it outlives the call."""

    u: Any  # (T + 1, INPUTS) inputs of a window and of the step after it
    g: Any  # (P,) gradient
    s: Any  # (T + 1, H) states
    do: Any  # (T,)
    ds: Any  # (T, H)
    W_rows: Any  # (H, H)


def make_scratch(H: int, T: int = max(WINDOW)) -> Scratch:
    sizes = ((T + 1) * INPUTS, parameter_count(H), (T + 1) * H, T, T * H, H * H)
    return Scratch(*(np.zeros(size, np.float32) for size in sizes))


@functools.cache
def make_advance(H: int, relu: int) -> Any:
    """The compiled step for H hidden units; relu: 1 for ReLU, 0 for tanh."""
    P = parameter_count(H)
    offsets = arrays(H)
    size, p0, m0, v0, state0 = offsets.size, offsets.parameters, offsets.m, offsets.v, offsets.state
    marks0, histogram0, recent0 = offsets.marks, offsets.histogram, offsets.recent
    x0, y0 = offsets.x, offsets.y

    @kernel
    def advance(
        numbers: Any, rows: Any, slots: Any, values: Any, times: Any, first: int,
        warm_up: float, retrain_every: float,
        outcome: Any, score: Any, kind: Any, alarm: Any,
        yhat: Any, yhat_lower: Any, yhat_upper: Any,
        u: Any, g: Any, s: Any, do: Any, ds: Any, W_rows: Any,
    ) -> Any:  # fmt: skip
        """Applies readings first, first + 1, ... and returns the index of the first one that it did
        not apply: their number, or that of a reading whose stream is due for retraining or for the
        result of one."""
        S = np.zeros(2)
        for i in range(first, slots.shape[0]):
            n = numbers[slots[i]]
            r = rows[slots[i]]
            value = values[i]
            time = times[i]
            if n[INSTALL_AT] > 0.0:
                if n[READINGS] >= n[INSTALL_AT]:
                    return i
            elif time >= n[RETRAIN_AT] > 0.0:
                return i
            if n[READINGS] == 0.0:
                n[RETRAIN_AT] = time + retrain_every * (0.5 + 0.5 * n[RETRAIN_PHASE])
            kind[i] = NONE
            score[i] = 0.0
            alarm[i] = False
            yhat[i] = math.nan
            yhat_lower[i] = math.nan
            yhat_upper[i] = math.nan
            place, elapsed = place_in_time(n, value, time)
            if place in (TOO_LATE, SEEN_BEFORE):
                outcome[i] = LATE if place == TOO_LATE else DUPLICATE
                continue
            if place != AFTER_GAP:
                yhat[i], yhat_lower[i], yhat_upper[i] = forecast_band(n, AT[FINE], r, histogram0)
            usual_step = n[PERSISTENCE_ERROR] * math.sqrt(n[AT[FINE] + VAR])
            beyond = overshoot(n, value, usual_step)
            block_mean, empty = close_block(n, value, time)

            for c in range(2):
                x = value if c == FINE else block_mean
                S[c] = 0.0
                if x != x:
                    continue
                at, base = AT[c], c * size
                if (c == FINE and place == AFTER_GAP) or (c == COARSE and empty > GAP_BLOCKS):
                    n[at + RUN] = 0.0
                z = scaled(n, at, x)
                k = remember(n, at, r, base + x0, base + y0, z)
                S[c] = judge(n, at, c, r, base + histogram0, base + recent0, base + x0 + k, z)
                learn_scale(n, at, c, x)
                run = int(n[at + RUN])
                T = WINDOW[c] if run >= WINDOW[c] and run % STRIDE[c] == 0 else 0
                gather_inputs(
                    u, c, r, base + x0, base + x0 + k, T + 1, n[BLOCK_INDEX], n[BLOCK_SECONDS]
                )
                if T > 0:
                    learn_window(
                        n, at, c, r, base + p0, base + m0, base + v0, base + marks0,
                        base + y0 + k - T, u, g, s, do, ds, W_rows, T, H, P, relu,
                    )  # fmt: skip
                forecast_next(
                    n, at, c, r, base + p0, base + state0, base + marks0, u, T * INPUTS, H, relu
                )

            n[READINGS] += 1.0
            n[TIME] = time
            n[VALUE] = value
            n[YHAT] = yhat[i]
            n[YHAT_LOWER] = yhat_lower[i]
            n[YHAT_UPPER] = yhat_upper[i]
            outcome[i] = WARMING
            if n[READINGS] > warm_up:
                outcome[i], score[i], kind[i], alarm[i] = conclude(n, S, beyond, elapsed)
            n[SCORE] = score[i]
        return slots.shape[0]

    return advance
