"""From values to a verdict: scale, residual, band, and what the channels say together."""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.channel import surprise
from streamrnn.detect.layout import (
    CHANGE_BAND,
    CHANGE_MEAN,
    FORECAST,
    HALF_BAND,
    MEAN,
    NETWORK_ERROR,
    PERSISTENCE_ERROR,
    RANK_WEIGHT,
    RUN,
    SCORED,
    STEPS,
    STRAY,
    VALUE,
    VAR,
    channel,
)
from streamrnn.detect.network import limited
from streamrnn.detect.recipe import (
    BAND_SHARE,
    BAND_STRIDE,
    CHANGE_STEP,
    COARSE,
    EVIDENCE_START,
    FINE,
    FIRST_STEPS,
    KEPT_LIMIT,
    LARGEST_CHANGE,
    SCALE_MEMORY,
    SCALE_REACH,
    SHAPE_LIMIT,
    SKILL_MEMORY,
    SKILL_WARM,
)
from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.statistics import quantile, update_mean

AT_FINE, AT_COARSE = channel(FINE), channel(COARSE)


@inline_kernel
def scaled(n: Any, at: int, x: float) -> Any:
    """x in standard deviations from the mean of the values before it, at most KEPT_LIMIT."""
    sd = math.sqrt(n[at + VAR])
    z = (x - n[at + MEAN]) / sd if sd > 0.0 else 0.0
    return min(max(z, -KEPT_LIMIT), KEPT_LIMIT)


@inline_kernel
def raw_errors(n: Any, at: int, x: float, in_order: bool) -> Any:
    """(error, change, z, cut): |residual| of the network's forecast and of persistence, and x
    itself, in standard deviations, clipped nowhere but z to SHAPE_LIMIT; cut is what that took off.
    The errors are NaN where there is no forecast. While there is no deviation, what differs differs
    by 1."""
    if n[at + STEPS] < FIRST_STEPS:
        return math.nan, math.nan, 0.0, 0.0
    if n[at + VAR] == 0.0:
        z = min(max((x - n[at + MEAN]) * LARGEST_CHANGE, -1.0), 1.0)
        if not in_order or n[at + RUN] == 0.0 or n[at + STEPS] < EVIDENCE_START:
            return math.nan, math.nan, z, 0.0
        return abs(z), abs(z), z, 0.0
    sd = math.sqrt(n[at + VAR])
    z = (x - n[at + MEAN]) / sd
    limited = min(max(z, -SHAPE_LIMIT), SHAPE_LIMIT)
    if not in_order or n[at + RUN] == 0.0 or n[at + STEPS] < EVIDENCE_START:
        return math.nan, math.nan, limited, z - limited
    return abs(z - n[at + FORECAST]), abs(x - n[VALUE]) / sd, limited, z - limited


@inline_kernel
def learn_scale(n: Any, at: int, c: int, x: float) -> None:
    """Mean and variance take x in, but no farther than SCALE_REACH standard deviations away: one
    absurd value would blind the stream for as long as the scale remembers. Where there is no
    deviation yet, because the stream was constant, it takes a second value that differs, and no
    farther than the first did."""
    n[at + STEPS] += 1.0
    if n[at + STEPS] > FIRST_STEPS:
        reach = SCALE_REACH * math.sqrt(n[at + VAR])
        if n[at + VAR] == 0.0:
            stray, reach = abs(x - n[at + MEAN]), n[at + STRAY]
            n[at + STRAY] = max(reach, stray)
        x = min(max(x, n[at + MEAN] - reach), n[at + MEAN] + reach)
    update_mean(n, at + MEAN, at + VAR, x, max(1.0 / n[at + STEPS], 1.0 / SCALE_MEMORY[c]))


@inline_kernel
def judge(n: Any, at: int, c: int, r: Any, histogram: int, recent: int, z: float) -> Any:
    """The surprise S of a scaled and limited value z; 0 where there is no forecast, or no scale as
    the stream never changed.

    The fine channel also keeps account of its network against persistence.
    """
    if n[at + RUN] == 0.0 or n[at + STEPS] < FIRST_STEPS or n[at + VAR] == 0.0:
        return 0.0
    residual = z - n[at + FORECAST]
    S = surprise(n, at, c, r, histogram, recent, residual)
    if c == FINE:
        scored = int(n[at + SCORED])
        if scored <= BAND_STRIDE or scored % BAND_STRIDE == 0:
            n[at + HALF_BAND] = quantile(r, histogram, BAND_SHARE, n[at + RANK_WEIGHT])
        w = max(1.0 / n[at + SCORED], 1.0 / SKILL_MEMORY)
        n[NETWORK_ERROR] += w * (abs(residual) - n[NETWORK_ERROR])
        before = limited(scaled(n, at, n[VALUE]))
        n[PERSISTENCE_ERROR] += w * (abs(z - before) - n[PERSISTENCE_ERROR])
    return S


@inline_kernel
def learn_change(n: Any, at: int, value: float) -> None:
    """The size of a change from one reading to the next, and the quantile of it that makes the band
    of persistence, by stochastic approximation; to be called before the reading becomes the last.
    """
    change = min(abs(value - n[VALUE]), LARGEST_CHANGE)
    n[CHANGE_MEAN] += max(1.0 / n[at + STEPS], 1.0 / SKILL_MEMORY) * (change - n[CHANGE_MEAN])
    smallest, largest = CHANGE_STEP
    step = n[CHANGE_MEAN] * max(min(1.0 / (BAND_SHARE * n[at + STEPS]), largest), smallest)
    above = 1.0 if change > n[CHANGE_BAND] else 0.0
    n[CHANGE_BAND] = max(n[CHANGE_BAND] + step * (above - BAND_SHARE), 0.0)


@inline_kernel
def forecast_band(n: Any, at: int) -> Any:
    """(yhat, lower, upper) in the sensor's unit; NaN while there is no forecast.

    The network's, as long as its forecasts have been better than "the next reading is this one",
    else that. Both were made before the reading they are compared on.
    """
    if n[at + STEPS] < FIRST_STEPS or abs(n[VALUE]) > LARGEST_CHANGE:
        return math.nan, math.nan, math.nan
    if n[at + SCORED] < SKILL_WARM or n[NETWORK_ERROR] > n[PERSISTENCE_ERROR]:
        return n[VALUE], n[VALUE] - n[CHANGE_BAND], n[VALUE] + n[CHANGE_BAND]
    sd = math.sqrt(n[at + VAR])
    yhat = n[at + MEAN] + sd * n[at + FORECAST]
    half = sd * n[at + HALF_BAND]
    return yhat, yhat - half, yhat + half
