"""From values to a verdict: scale, residual, band, and what the channels say together."""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.channel import control_alarm, surprise
from streamrnn.detect.layout import (
    BURDEN,
    FORECAST,
    HALF_BAND,
    MEAN,
    NETWORK_ERROR,
    PERSISTENCE_ERROR,
    RANGE_BURDEN,
    RANGE_REFRACTORY_LEFT,
    RANK_WEIGHT,
    REFRACTORY_LEFT,
    RUN,
    SCORED,
    STEPS,
    STRAY,
    SURPRISE,
    VAR,
    channel,
)
from streamrnn.detect.recipe import (
    BAND_SHARE,
    BAND_STRIDE,
    COARSE,
    FINE,
    FIRST_STEPS,
    MAX_SCORE,
    SCALE_MEMORY,
    SCALE_REACH,
    SKILL_MEMORY,
    THRESHOLD,
    WARM_BLOCKS,
    Z_LIMIT,
)
from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.statistics import quantile, update_mean
from streamrnn.records import Kind, Outcome

NORMAL, ANOMALY = int(Outcome.NORMAL), int(Outcome.ANOMALY)
NONE, UNEXPECTED = int(Kind.NONE), int(Kind.UNEXPECTED)
LEVEL, OUT_OF_RANGE = int(Kind.LEVEL), int(Kind.OUT_OF_RANGE)
AT_FINE, AT_COARSE = channel(FINE), channel(COARSE)


@inline_kernel
def scaled(n: Any, at: int, x: float) -> Any:
    """x in standard deviations from the mean of the values before it, clipped to Z_LIMIT."""
    sd = math.sqrt(n[at + VAR])
    z = (x - n[at + MEAN]) / sd if sd > 0.0 else 0.0
    return min(max(z, -Z_LIMIT), Z_LIMIT)


@inline_kernel
def learn_scale(n: Any, at: int, c: int, x: float) -> None:
    """Mean and variance take x in, but no farther than SCALE_REACH standard deviations away: one
    absurd value would blind the stream for as long as the scale remembers. Where there is no
    deviation yet, because the stream was constant, it takes two values in a row that differ."""
    n[at + STEPS] += 1.0
    if n[at + STEPS] > FIRST_STEPS:
        stray = n[at + VAR] == 0.0 and x != n[at + MEAN]
        first_stray = stray and n[at + STRAY] == 0.0
        n[at + STRAY] = 1.0 if stray else 0.0
        if first_stray:
            return
        if n[at + VAR] > 0.0:
            reach = SCALE_REACH * math.sqrt(n[at + VAR])
            x = min(max(x, n[at + MEAN] - reach), n[at + MEAN] + reach)
    update_mean(n, at + MEAN, at + VAR, x, max(1.0 / n[at + STEPS], 1.0 / SCALE_MEMORY[c]))


@inline_kernel
def judge(n: Any, at: int, c: int, r: Any, histogram: int, recent: int, x: int, z: float) -> Any:
    """The surprise S of a scaled value z, which stands at x in r; 0 where there is no forecast, or
    no scale as the stream never changed.

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
        n[PERSISTENCE_ERROR] += w * (abs(z - r[x - 1]) - n[PERSISTENCE_ERROR])
    return S


@inline_kernel
def forecast_band(n: Any, at: int) -> Any:
    """(yhat, lower, upper) in the sensor's unit; NaN while there is no forecast."""
    if n[at + STEPS] < FIRST_STEPS or n[at + RANK_WEIGHT] == 0.0 < n[at + VAR]:
        return math.nan, math.nan, math.nan
    sd = math.sqrt(n[at + VAR])
    yhat = n[at + MEAN] + sd * n[at + FORECAST]
    half = sd * n[at + HALF_BAND]
    return yhat, yhat - half, yhat + half


@inline_kernel
def conclude(n: Any, beyond: float, elapsed: float) -> Any:
    """(outcome, score, kind, alarm) from the surprise of both channels and the overshoot.

    The score is the largest of the three, the kind is named after it.
    """
    coarse_S = n[AT_COARSE + SURPRISE] if n[AT_COARSE + SCORED] > WARM_BLOCKS else 0.0
    fine, fine_alarm = control_alarm(
        n,
        AT_FINE + BURDEN,
        AT_FINE + REFRACTORY_LEFT,
        n[AT_FINE + SURPRISE],
        THRESHOLD[FINE],
        elapsed,
    )
    coarse, coarse_alarm = control_alarm(
        n, AT_COARSE + BURDEN, AT_COARSE + REFRACTORY_LEFT, coarse_S, THRESHOLD[COARSE], elapsed
    )
    extent, extent_alarm = control_alarm(
        n, RANGE_BURDEN, RANGE_REFRACTORY_LEFT, beyond, 1.0, elapsed
    )
    score = min(max(fine, coarse, extent), MAX_SCORE)
    if score <= 1.0:
        return NORMAL, score, NONE, False
    kind = UNEXPECTED
    if coarse > fine:
        kind = LEVEL
    if extent > max(fine, coarse):
        kind = OUT_OF_RANGE
    return ANOMALY, score, kind, fine_alarm or coarse_alarm or extent_alarm
