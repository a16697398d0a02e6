"""All that speaks for an anomaly, in one measure and then in one score.

Each piece of evidence is a statistic that has a past of its own on this stream, and counts by how
far it stands out from that past: -ln P, see `kernels.tails`.

    errors       of the network and of persistence, at several smoothings: E, the largest
    shape        distance from every window seen before: L
    likelihood   of the errors of late, fine and coarse, or overshoot of the range: P

    C = ((E / ERROR_UNIT)^3 + (L / SHAPE_UNIT)^3)^(1/3)
    score = C; where P is enough by itself, at least 1 + tilt C

All three units are multiplied by the stream's threshold, which is 1 unless the user said how many
false alarms are acceptable.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from streamrnn.detect.layout import (
    ALLOWED_SECONDS,
    ANOMALOUS_AT,
    ERRORS,
    INTERVAL,
    LIKELIHOOD_LANE,
    LOG_THRESHOLD,
    READINGS,
    REFRACTORY_LEFT,
    SCORED,
    SHAPE_LANE,
    SURPRISE,
    TAILED,
    TAILS,
    WARM_UP,
    channel,
)
from streamrnn.detect.recipe import (
    CALIBRATION_STEP,
    CHANGE_SPANS,
    COARSE,
    ERROR_SPANS,
    ERROR_UNIT,
    EVIDENCE_WARM,
    FINE,
    FIXED_SURPRISE,
    LIKELIHOOD_ENOUGH,
    LIKELIHOOD_TILT,
    LIKELIHOOD_UNIT,
    LOG_THRESHOLD_LIMITS,
    MAX_SCORE,
    NEW_ALARM_SECONDS,
    REFRACTORY,
    SHAPE_UNIT,
    START_EXPONENT,
    WARM_BLOCKS,
)
from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.tails import LANES, tail_surprises
from streamrnn.kernels.tails import SURPRISE as WEIGHED
from streamrnn.records import Outcome

NORMAL, ANOMALY = int(Outcome.NORMAL), int(Outcome.ANOMALY)
AT_FINE, AT_COARSE = channel(FINE), channel(COARSE)

ALPHA = np.array([*(2.0 / (span + 1.0) for span in (*ERROR_SPANS, *CHANGE_SPANS)), 1.0, 1.0])
assert len(ALPHA) == LANES


@inline_kernel
def weigh(n: Any, error: float, change: float, distance: float, beyond: float) -> None:
    """Weighs a reading's evidence. error, change: |residual| of the network and of persistence, in
    standard deviations of the stream. distance: of the shape. beyond: overshoot of the range."""
    likelihood = max(n[AT_FINE + SURPRISE] / LIKELIHOOD_UNIT[FINE], beyond)
    if n[AT_COARSE + SCORED] > WARM_BLOCKS:
        likelihood = max(likelihood, n[AT_COARSE + SURPRISE] / LIKELIHOOD_UNIT[COARSE])
    values = TAILS + WEIGHED
    for lane in range(len(ERROR_SPANS)):
        n[values + lane] = error
    for lane in range(len(ERROR_SPANS), ERRORS):
        n[values + lane] = change
    n[values + SHAPE_LANE] = distance
    n[values + LIKELIHOOD_LANE] = likelihood
    tail_surprises(n, TAILS, n[TAILED], ALPHA)
    n[TAILED] += 1.0


@inline_kernel
def threshold_of(n: Any) -> Any:
    """The factor on what makes a score of 1."""
    return math.exp(n[LOG_THRESHOLD]) if n[LOG_THRESHOLD] != 0.0 else 1.0


@inline_kernel
def score_of(n: Any) -> Any:
    """The score of the evidence last weighed."""
    if n[TAILED] <= EVIDENCE_WARM:
        return 0.0
    values = TAILS + WEIGHED
    threshold = threshold_of(n)
    E = n[values]
    for lane in range(1, ERRORS):
        E = max(E, n[values + lane])
    E = E / (ERROR_UNIT * threshold)
    L = n[values + SHAPE_LANE] / (SHAPE_UNIT * threshold)
    C = (E * E * E + L * L * L) ** (1.0 / 3.0)
    if n[values + LIKELIHOOD_LANE] >= LIKELIHOOD_ENOUGH * threshold:
        C = max(C, 1.0 + LIKELIHOOD_TILT * C)
    return min(C, MAX_SCORE)


@inline_kernel
def calibrate(n: Any, score: float, time: float, elapsed: float) -> None:
    """Moves the threshold so that alarms come as often as is allowed, be they false or not.

    Each alarm raises ln(threshold) by CALIBRATION_STEP, each ALLOWED_SECONDS of readings lower it
    by as much (the tracking of adaptive conformal inference, Gibbs and Candes 2021,
    arXiv:2106.00170). Whatever the stream does, in T seconds there are at most
    T / ALLOWED_SECONDS + (highest - first) / CALIBRATION_STEP alarms, as long as the threshold has
    not reached its highest; and as many at least, less (first - lowest) / CALIBRATION_STEP.
    """
    allowed = n[ALLOWED_SECONDS]
    if allowed > 0.0:
        if n[READINGS] == n[WARM_UP] + 1.0 and n[INTERVAL] > 0.0:
            rarity = math.log(max(allowed / n[INTERVAL], 2.0))
            n[LOG_THRESHOLD] = START_EXPONENT * math.log(rarity / FIXED_SURPRISE)
        n[LOG_THRESHOLD] -= CALIBRATION_STEP * elapsed * n[INTERVAL] / allowed
    if score > 1.0:
        quiet = max(NEW_ALARM_SECONDS, REFRACTORY * n[INTERVAL])
        if allowed > 0.0 and (n[ANOMALOUS_AT] == 0.0 or time - n[ANOMALOUS_AT] > quiet):
            n[LOG_THRESHOLD] += CALIBRATION_STEP
        n[ANOMALOUS_AT] = time
    low, high = LOG_THRESHOLD_LIMITS
    n[LOG_THRESHOLD] = min(max(n[LOG_THRESHOLD], low), high)


@inline_kernel
def conclude(n: Any, score: float, elapsed: float) -> Any:
    """(outcome, alarm). An alarm is followed by a pause of REFRACTORY readings."""
    if n[REFRACTORY_LEFT] > 0.0:
        n[REFRACTORY_LEFT] = max(n[REFRACTORY_LEFT] - elapsed, 0.0)
    if score <= 1.0:
        return NORMAL, False
    alarm = n[REFRACTORY_LEFT] == 0.0
    if alarm:
        n[REFRACTORY_LEFT] = REFRACTORY
    return ANOMALY, alarm
