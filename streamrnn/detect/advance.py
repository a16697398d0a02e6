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
from streamrnn.detect.channel import control_alarm, surprise
from streamrnn.detect.extent import overshoot
from streamrnn.detect.layout import (
    BLOCK_INDEX,
    BLOCK_SECONDS,
    BURDEN,
    CHANNEL_NUMBERS,
    FORECAST,
    INSTALL_AT,
    MEAN,
    NETWORK_ERROR,
    PERSISTENCE_ERROR,
    RANGE_BURDEN,
    RANGE_REFRACTORY_LEFT,
    RANK_WEIGHT,
    READINGS,
    REFRACTORY_LEFT,
    RETRAIN_AT,
    RETRAIN_PHASE,
    RUN,
    SCORE,
    SCORED,
    STEPS,
    STREAM_NUMBERS,
    TIME,
    VALUE,
    VAR,
    YHAT,
    YHAT_LOWER,
    YHAT_UPPER,
    arrays,
    parameter_count,
)
from streamrnn.detect.network import forecast_next, gather_inputs, learn_window, remember
from streamrnn.detect.recipe import (
    BAND_SHARE,
    COARSE,
    FINE,
    GAP_BLOCKS,
    INPUTS,
    SCALE_MEMORY,
    SKILL_MEMORY,
    STRIDE,
    THRESHOLD,
    WARM_STEPS,
    WINDOW,
    Z_LIMIT,
)
from streamrnn.detect.timing import AFTER_GAP, SEEN_BEFORE, TOO_LATE, place_in_time
from streamrnn.kernels.jit import kernel
from streamrnn.kernels.statistics import quantile, update_mean
from streamrnn.records import Kind, Outcome

WARMING, NORMAL, ANOMALY = int(Outcome.WARMING), int(Outcome.NORMAL), int(Outcome.ANOMALY)
LATE, DUPLICATE = int(Outcome.LATE), int(Outcome.DUPLICATE)
NONE, UNEXPECTED = int(Kind.NONE), int(Kind.UNEXPECTED)
LEVEL, OUT_OF_RANGE = int(Kind.LEVEL), int(Kind.OUT_OF_RANGE)
AT_FINE = STREAM_NUMBERS + FINE * CHANNEL_NUMBERS
AT_COARSE = STREAM_NUMBERS + COARSE * CHANNEL_NUMBERS


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
            if n[AT_FINE + RANK_WEIGHT] > 0.0 and place != AFTER_GAP:
                sd = math.sqrt(n[AT_FINE + VAR])
                half = sd * quantile(r, histogram0, BAND_SHARE, n[AT_FINE + RANK_WEIGHT])
                yhat[i] = n[AT_FINE + MEAN] + sd * n[AT_FINE + FORECAST]
                yhat_lower[i] = yhat[i] - half
                yhat_upper[i] = yhat[i] + half
            block_mean, empty = close_block(n, value, time)
            usual_step = n[PERSISTENCE_ERROR] * math.sqrt(n[AT_FINE + VAR])
            beyond = overshoot(n, value, usual_step)

            for c in range(2):
                S[c] = 0.0
                x = value if c == FINE else block_mean
                if x != x:
                    continue
                at = STREAM_NUMBERS + c * CHANNEL_NUMBERS
                base = c * size
                if (c == FINE and place == AFTER_GAP) or (c == COARSE and empty > GAP_BLOCKS):
                    n[at + RUN] = 0.0
                sd = math.sqrt(n[at + VAR])
                z = (x - n[at + MEAN]) / sd if sd > 0.0 else 0.0
                z = min(max(z, -Z_LIMIT), Z_LIMIT)
                k = remember(n, at, r, base + x0, base + y0, z)
                if n[at + RUN] > 0.0 and n[at + STEPS] > 2.0:
                    residual = z - n[at + FORECAST]
                    S[c] = surprise(n, at, c, r, base + histogram0, base + recent0, residual)
                    if c == FINE:
                        w = max(1.0 / n[at + SCORED], 1.0 / SKILL_MEMORY)
                        n[NETWORK_ERROR] += w * (abs(residual) - n[NETWORK_ERROR])
                        naive = abs(z - r[x0 + k - 1])
                        n[PERSISTENCE_ERROR] += w * (naive - n[PERSISTENCE_ERROR])
                n[at + STEPS] += 1.0
                w = max(1.0 / n[at + STEPS], 1.0 / SCALE_MEMORY[c])
                update_mean(n, at + MEAN, at + VAR, x, w)
                run = int(n[at + RUN])
                T = WINDOW[c] if run >= WINDOW[c] and run % STRIDE[c] == 0 else 0
                gather_inputs(
                    u, c, r, base + x0, base + x0 + k, T + 1, n[BLOCK_INDEX], n[BLOCK_SECONDS]
                )
                p = base + p0
                if T > 0:
                    learn_window(
                        n, at, c, r, p, base + m0, base + v0, base + marks0, base + y0 + k - T,
                        u, g, s, do, ds, W_rows, T, H, P, relu,
                    )  # fmt: skip
                forecast_next(n, at, c, r, p, base + state0, base + marks0, u, T * INPUTS, H, relu)

            n[READINGS] += 1.0
            n[TIME] = time
            n[VALUE] = value
            n[YHAT] = yhat[i]
            n[YHAT_LOWER] = yhat_lower[i]
            n[YHAT_UPPER] = yhat_upper[i]
            if n[READINGS] <= warm_up:
                n[SCORE] = 0.0
                outcome[i] = WARMING
                continue
            if n[AT_COARSE + SCORED] <= WARM_STEPS[COARSE]:
                S[COARSE] = 0.0
            fine, fine_alarm = control_alarm(
                n, AT_FINE + BURDEN, AT_FINE + REFRACTORY_LEFT,
                S[FINE], THRESHOLD[FINE], elapsed,
            )  # fmt: skip
            coarse, coarse_alarm = control_alarm(
                n, AT_COARSE + BURDEN, AT_COARSE + REFRACTORY_LEFT,
                S[COARSE], THRESHOLD[COARSE], elapsed,
            )  # fmt: skip
            extent, extent_alarm = control_alarm(
                n, RANGE_BURDEN, RANGE_REFRACTORY_LEFT, beyond, 1.0, elapsed
            )
            score[i] = max(fine, coarse, extent)
            alarm[i] = fine_alarm or coarse_alarm or extent_alarm
            n[SCORE] = score[i]
            outcome[i] = NORMAL
            if score[i] > 1.0:
                outcome[i] = ANOMALY
                kind[i] = UNEXPECTED
                if coarse > fine:
                    kind[i] = LEVEL
                if extent > max(fine, coarse):
                    kind[i] = OUT_OF_RANGE
        return slots.shape[0]

    return advance
