"""The compiled heart: one reading after another, judged, then learned from.

`make_advance(H, relu)` compiles the function that takes a whole micro-batch over many streams. It
is a closure over integers only, so that Numba can keep it in its cache.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from streamrnn.detect.blocks import close_block
from streamrnn.detect.decide import decide
from streamrnn.detect.evidence import score_of, weigh
from streamrnn.detect.fault import SINCE, reference_score
from streamrnn.detect.habits import BEGUN, begin_habits, compare_with_habits
from streamrnn.detect.layout import (
    BLOCK_INDEX,
    BLOCK_SECONDS,
    BLOCKS_SEEN,
    FAULT,
    HABITS,
    HIGHEST,
    INSTALL_AT,
    LEADER,
    LOWEST,
    MEMORIES,
    NEWS,
    NUMBERS,
    ORIGIN,
    READINGS,
    RETRAIN_AT,
    RETRAIN_EVERY,
    RETRAIN_PHASE,
    RUN,
    STEPS,
    SURPRISE,
    TIME,
    VALUE,
    VECTOR,
    YHAT,
    YHAT_LOWER,
    YHAT_UPPER,
    arrays,
    channel,
    linear_base,
    parameter_count,
    ring_base,
    shape,
    shape_base,
    tails_base,
)
from streamrnn.detect.level import level_distance
from streamrnn.detect.linear import follow_linearly
from streamrnn.detect.network import forecast_next, gather_inputs, learn_window, limited, remember
from streamrnn.detect.recipe import (
    COARSE,
    FINE,
    GAP_BLOCKS,
    INPUTS,
    RANGE_WARM_READINGS,
    SHAPE_LAGS,
    SHAPE_READINGS,
    SHAPE_WINDOWS,
    STRIDE,
    WINDOW,
)
from streamrnn.detect.record_values import hear_block, hear_reading
from streamrnn.detect.shapes import shape_distance
from streamrnn.detect.table import (
    ACCEPTED,
    KIND,
    LOWER_OUT,
    OUTCOME,
    SCORE_OUT,
    SLOT,
    TIME_IN,
    TRUST,
    UPPER_OUT,
    VALUE_IN,
    YHAT_OUT,
)
from streamrnn.detect.timing import (
    AFTER_GAP,
    SEEN_BEFORE,
    TOO_LATE,
    begin_anew_after_outage,
    place_in_time,
)
from streamrnn.detect.verdict import (
    forecast_band,
    judge,
    learn_change,
    learn_scale,
    raw_errors,
    scaled,
)
from streamrnn.kernels.jit import kernel
from streamrnn.kernels.memory import borrowed, prefetch
from streamrnn.records import Kind, Outcome

LATE, DUPLICATE, NONE = int(Outcome.LATE), int(Outcome.DUPLICATE), int(Kind.NONE)
AT = (channel(FINE), channel(COARSE))
AT_SHAPE = tuple(shape(m) for m in range(MEMORIES))


@functools.cache
def make_advance(H: int, relu: int) -> tuple[Any, int]:
    """(advance, size): the compiled step for H hidden units, relu being 1 for ReLU and 0 for tanh;
    and how many float32 numbers of working memory it wants."""
    P = parameter_count(H)
    T_MAX = max(WINDOW)
    offsets = arrays(H)
    size, p0, v0, state0 = offsets.size, offsets.parameters, offsets.v, offsets.state
    histogram0, end0 = offsets.histogram, offsets.m
    # these count bfloat16
    m0, marks0, recent0, x0 = (
        2 * at for at in (offsets.m, offsets.marks, offsets.recent, offsets.x)
    )
    linear0, tails0, ring0 = linear_base(H), tails_base(H), ring_base(H)
    shape0 = tuple(shape_base(H, m) for m in range(MEMORIES))
    # working memory: u (T + 1, INPUTS), g (P,), s (T + 1, H), do (T,), ds (T, H), W_rows (H, H),
    # best (VECTOR,), y (T,)
    g0 = (T_MAX + 1) * INPUTS
    s0 = g0 + P
    do0 = s0 + (T_MAX + 1) * H
    ds0 = do0 + T_MAX
    W0 = ds0 + T_MAX * H
    best0 = W0 + H * H
    y0 = best0 + VECTOR

    def advance(numbers: Any, rows: Any, table: Any, first: int, scratch: Any) -> Any:
        """Applies readings first, first + 1, ... and returns the index of the first one that it did
        not apply: their number, or that of a reading whose stream is due for retraining or for the
        result of one.

        numbers, rows: the bank, see `layout`. table: (n, COLUMNS), one reading in a row. scratch:
        nothing in it outlives the call. Few arguments: each costs a tenth of a reading.
        """
        numbers, rows, table = borrowed(numbers), borrowed(rows), borrowed(table)
        scratch = borrowed(scratch)
        u, g, s = scratch[:g0], scratch[g0:s0], scratch[s0:do0]
        do, ds, W_rows = scratch[do0:ds0], scratch[ds0:W0], scratch[W0:best0]
        best, y = scratch[best0:y0], scratch[y0:]
        for i in range(first, table.shape[0]):
            out = table[i]
            n = numbers[int(out[SLOT])]
            r = rows[int(out[SLOT])]
            if i + 1 < table.shape[0]:
                # many streams are larger than the cache: meanwhile comes what every reading needs
                next_n, next_r = numbers[int(table[i + 1, SLOT])], rows[int(table[i + 1, SLOT])]
                for k in range(0, NUMBERS, 8):
                    prefetch(next_n, k)
                for k in range(p0, end0, 16):
                    prefetch(next_r, k)
                for k in range(linear0, ring0, 16):
                    prefetch(next_r, k)
            value = out[VALUE_IN]
            time = out[TIME_IN]
            if n[INSTALL_AT] > 0.0:
                if n[READINGS] >= n[INSTALL_AT]:
                    return i
            elif time >= n[RETRAIN_AT] > 0.0 and n[FAULT + SINCE] == 0.0:
                return i
            if n[READINGS] == 0.0:
                n[RETRAIN_AT] = time + n[RETRAIN_EVERY] * (0.5 + 0.5 * n[RETRAIN_PHASE])
                n[HABITS + BEGUN] = time
            out[SCORE_OUT] = 0.0
            out[KIND] = NONE
            out[TRUST] = 0.0
            out[ACCEPTED] = 0.0
            out[YHAT_OUT] = math.nan
            out[LOWER_OUT] = math.nan
            out[UPPER_OUT] = math.nan
            place, elapsed = place_in_time(n, value, time)
            if place in (TOO_LATE, SEEN_BEFORE):
                out[OUTCOME] = LATE if place == TOO_LATE else DUPLICATE
                continue
            if place != AFTER_GAP:
                out[YHAT_OUT], out[LOWER_OUT], out[UPPER_OUT] = forecast_band(n, AT[FINE])
            else:
                begin_anew_after_outage(n, n[HABITS + BEGUN], time)
            low, high = n[LOWEST], n[HIGHEST]
            hear_reading(n, value)
            share = n[NEWS] if n[READINGS] >= RANGE_WARM_READINGS and high > low else 0.0
            block_mean, block_square, empty = close_block(n, value, time)
            if block_mean == block_mean:
                if empty > GAP_BLOCKS:
                    n[BLOCKS_SEEN] = 0.0
                hear_block(n, r, ring0, block_mean - n[ORIGIN], block_square)
            network, change, z_wide, cut = raw_errors(n, AT[FINE], value, place != AFTER_GAP)
            linear = follow_linearly(
                r, linear0, z_wide, n[AT[FINE] + STEPS], place != AFTER_GAP, best
            )
            linear = abs(linear + cut)
            level = level_distance(n, value)

            for c in range(2):
                at, base = AT[c], c * size
                short = 2 * base
                x = value if c == FINE else block_mean
                n[at + SURPRISE] = 0.0
                if x != x:
                    continue
                if (c == FINE and place == AFTER_GAP) or (c == COARSE and empty > GAP_BLOCKS):
                    n[at + RUN] = 0.0
                z = scaled(n, at, x)
                run = int(n[at + RUN])
                k = remember(n, at, r, short + x0, z)
                oldest = short + x0 + k - min(run, k)  # of those without a gap since
                n[at + SURPRISE] = judge(
                    n, at, c, r, base + histogram0, short + recent0, limited(z)
                )
                learn_scale(n, at, c, x)
                is_due = run >= WINDOW[c] and run % STRIDE[c] == 0
                T = WINDOW[c] if is_due and n[FAULT + SINCE] == 0.0 else 0
                gather_inputs(
                    u, c, r, oldest, short + x0 + k, T + 1, n[BLOCK_INDEX], n[BLOCK_SECONDS]
                )
                if T > 0:
                    learn_window(
                        n, at, c, r, base + p0, short + m0, base + v0, short + marks0,
                        short + x0 + k - T + 1, u, y, g, s, do, ds, W_rows, T, H, P, relu,
                    )  # fmt: skip
                forecast_next(
                    n, at, c, r, base + p0, base + state0, short + marks0, u, T * INPUTS, H, relu
                )

            for m in range(MEMORIES):
                shape_distance(
                    n, AT_SHAPE[m], r, shape0[m], z_wide,
                    SHAPE_READINGS[m], SHAPE_LAGS[m], SHAPE_WINDOWS[m], m == 0, best,
                )  # fmt: skip
            if network == network:
                weigh(n, r, tails0, linear, change, network)
                score, strength, error, novelty = score_of(n, r, tails0, level)
            else:
                score, strength, error, novelty = 0.0, 0.0, 0.0, 0.0
            unusual, stuck, drift = 0.0, 0.0, 0.0
            if place == AFTER_GAP:
                begin_habits(n, HABITS, value)
            else:
                unusual, stuck = compare_with_habits(n, HABITS, value, time, n[VALUE], n[READINGS])
                drift = reference_score(n, FAULT, HABITS, value, time, n[HABITS + BEGUN])

            if place != AFTER_GAP:
                learn_change(n, AT[FINE], value)
            n[READINGS] += 1.0
            n[TIME] = time
            n[VALUE] = value
            n[YHAT] = out[YHAT_OUT]
            n[YHAT_LOWER] = out[LOWER_OUT]
            n[YHAT_UPPER] = out[UPPER_OUT]
            leader = numbers[int(n[LEADER])]
            decide(
                n, leader, r, out, score, strength, error, novelty, unusual, stuck, drift,
                low, high, share, elapsed, x0,
            )  # fmt: skip
        return table.shape[0]

    # compiled code is found by its name: kernels of other constants must not share it
    advance.__name__ = advance.__qualname__ = f"advance_{H}_{relu}"
    return kernel(advance), y0 + T_MAX
