"""All that speaks for an anomaly, in one measure and then in one score.

Each piece of evidence is a statistic that has a past of its own on this stream, and counts by how
far it stands out from that past: -ln P, see `kernels.tails`.

    errors       of the linear forecast, of the network and of persistence, at several smoothings:
                 E, the largest
    shapes       distances from every window seen before, and the error of the forecast that the
                 nearest of them makes: S, their mean; slow S is SLOW_SHAPE_WEIGHT times the mean of
                 late of min(S, SLOW_SHAPE_REACH): what is a little strange for long is as strange
                 as what is so at once
    level        of late, against the usual one: L, in deviations, with no tail

    C = ((E / ERROR_UNIT)^3 + (S / SHAPE_UNIT)^3 + (slow S / SHAPE_UNIT)^3
         + (L / LEVEL_UNIT)^3)^(1/3)
    C <- max(C, SCORE_KEPT C of the reading before)

Twice, with two weights of what is slow: the strength, by which alarms are raised, and the score,
which people read. A strength says that something begins; a score also says that it still lasts. In
it the slow part counts for more, but a reading adds no more than SLOW_SHAPE_REACH to it: one odd
shape is not strange for the next 300 readings. Where there is an alarm, the score is at least
1 + ALARM_TILT (1 + strength).

All units are multiplied by the stream's threshold, which is 1 unless the user said how many false
alarms are acceptable.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect.layout import (
    ALARM_UNTIL,
    ALLOWED_SECONDS,
    ANALOGUE_ERROR,
    ANALOGUE_LANE,
    CHANGE_LANE,
    HELD_SCORE,
    HELD_STRENGTH,
    INTERVAL,
    LINEAR_LANE,
    LOG_THRESHOLD,
    MEMORIES,
    NETWORK_LANE,
    READINGS,
    SHAPE_DISTANCE,
    SHAPE_LANE,
    SHAPE_LANES_END,
    SLOW_SHAPE,
    TAILED,
    WARM_UP,
    shape,
)
from streamrnn.detect.recipe import (
    ANALOGUE_SPANS,
    CALIBRATION_STEP,
    CHANGE_SPANS,
    ERROR_UNIT,
    EVIDENCE_WARM,
    FAULT_CALM_SCORE,
    FIXED_SURPRISE,
    LEVEL_UNIT,
    LINEAR_SPANS,
    LOG_THRESHOLD_LIMITS,
    MAX_SCORE,
    NETWORK_SPANS,
    NEW_ALARM_READINGS,
    NEW_ALARM_SECONDS,
    SCORE_KEPT,
    SHAPE_UNIT,
    SLOW_SHAPE_REACH,
    SLOW_SHAPE_SPAN,
    SLOW_SHAPE_WEIGHT,
    START_EXPONENT,
)
from streamrnn.kernels.cube_root import cube_root
from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.tails import FARTHEST, LANES, tail_surprises
from streamrnn.kernels.tails import SURPRISE as WEIGHED
from streamrnn.kernels.vector import load
from streamrnn.records import Kind

NONE = int(Kind.NONE)

AT_SHAPE = tuple(shape(m) for m in range(MEMORIES))

SPANS = (*LINEAR_SPANS, *CHANGE_SPANS, *NETWORK_SPANS, *ANALOGUE_SPANS)
ALPHA = np.array([2.0 / (span + 1.0) for span in SPANS] + [1.0] * (LANES - len(SPANS)), np.float32)


def _lanes(first: int, end: int) -> NDArray[np.float32]:
    """(LANES,) 1 from first to end - 1, else 0."""
    lane = np.arange(LANES)
    return ((first <= lane) & (lane < end)).astype(np.float32)


LINEAR, CHANGE = _lanes(LINEAR_LANE, CHANGE_LANE), _lanes(CHANGE_LANE, NETWORK_LANE)
NETWORK, ANALOGUE = _lanes(NETWORK_LANE, ANALOGUE_LANE), _lanes(ANALOGUE_LANE, SHAPE_LANE)
SHAPES = tuple(_lanes(SHAPE_LANE + m, SHAPE_LANE + m + 1) for m in range(MEMORIES))


@inline_kernel
def weigh(n: Any, r: Any, at: int, linear: float, change: float, network: float) -> None:
    """Weighs a reading's evidence, of which the shapes' is in n; r: arrays, the tails from `at`.

    linear, change, network: |residual| of the linear forecast, of persistence and of the network,
    in standard deviations of the stream.
    """
    values = load(LINEAR, 0, LANES) * min(linear, FARTHEST)
    values = values + load(CHANGE, 0, LANES) * min(change, FARTHEST)
    values = values + load(NETWORK, 0, LANES) * min(network, FARTHEST)
    values = values + load(ANALOGUE, 0, LANES) * n[AT_SHAPE[0] + ANALOGUE_ERROR]
    for m in range(MEMORIES):
        values = values + load(SHAPES[m], 0, LANES) * n[AT_SHAPE[m] + SHAPE_DISTANCE]
    tail_surprises(r, at, values, n[TAILED], ALPHA)
    n[TAILED] += 1.0


@inline_kernel
def threshold_of(n: Any) -> Any:
    """The factor on what makes a score of 1."""
    return math.exp(n[LOG_THRESHOLD]) if n[LOG_THRESHOLD] != 0.0 else 1.0


@inline_kernel
def largest(r: Any, at: int, first: int, end: int) -> Any:
    """The largest surprise of the lanes first to end - 1 of the tails at `at`."""
    found = r[at + WEIGHED + first]
    for lane in range(first + 1, end):
        found = max(found, r[at + WEIGHED + lane])
    return found


@inline_kernel
def score_of(n: Any, r: Any, at: int, level: float) -> Any:
    """(score, strength, error, novelty) of the evidence last weighed, see `weigh`, and of a level
    so many deviations off; error is what the errors of forecasts make by themselves, novelty what
    they make with the shapes, of this reading alone."""
    if n[TAILED] <= EVIDENCE_WARM:
        return 0.0, 0.0, 0.0, 0.0
    threshold = threshold_of(n)
    E = largest(r, at, LINEAR_LANE, ANALOGUE_LANE) / ERROR_UNIT
    S = largest(r, at, ANALOGUE_LANE, SHAPE_LANE)
    for lane in range(SHAPE_LANE, SHAPE_LANES_END):
        S += r[at + WEIGHED + lane]
    S /= SHAPE_UNIT * (SHAPE_LANES_END - SHAPE_LANE + 1)
    novelty = E * E * E + S * S * S
    for which in range(2):
        slow = n[SLOW_SHAPE + which]
        slow += 2.0 / (SLOW_SHAPE_SPAN + 1.0) * (min(S, SLOW_SHAPE_REACH[which]) - slow)
        n[SLOW_SHAPE + which] = slow
        slow *= SLOW_SHAPE_WEIGHT[which]
        L = level / LEVEL_UNIT[which]
        C = cube_root(novelty + slow * slow * slow + L * L * L) / threshold
        kept = SCORE_KEPT * n[HELD_STRENGTH + which]
        n[HELD_STRENGTH + which] = min(max(C, kept), MAX_SCORE)
    return n[HELD_SCORE], n[HELD_STRENGTH], E / threshold, cube_root(novelty) / threshold


@inline_kernel
def calibrate(
    n: Any, alarm: bool, accepted: bool, kind: float, score: float, time: float, elapsed: float
) -> None:
    """Moves the threshold so that anomalies come as often as is allowed, be they false or not.

    Each alarm that begins one raises ln(threshold) by CALIBRATION_STEP, each ALLOWED_SECONDS of
    readings outside of anomalies lower it by as much (the tracking of adaptive conformal inference,
    Gibbs and Candes 2021, arXiv:2106.00170). Whatever the stream does, in T such seconds there are
    at most T / ALLOWED_SECONDS + (highest - first) / CALIBRATION_STEP, as long as the threshold has
    not reached its highest; and at least T / ALLOWED_SECONDS - (first - lowest) / CALIBRATION_STEP,
    as long as it has not reached its lowest.

    alarm, kind, accepted, score: of the reading, see `decisions`; kind NONE: what was anomalous is
    over.
    """
    allowed = n[ALLOWED_SECONDS]
    if allowed <= 0.0:
        return
    if n[READINGS] == n[WARM_UP] + 1.0 and n[INTERVAL] > 0.0:
        rarity = math.log(max(allowed / n[INTERVAL], 2.0))
        n[LOG_THRESHOLD] = START_EXPONENT * math.log(rarity / FIXED_SURPRISE)
    since = time - n[ALARM_UNTIL]
    lasts = 0.0 <= since <= max(NEW_ALARM_SECONDS, NEW_ALARM_READINGS * n[INTERVAL])
    if n[ALARM_UNTIL] != 0.0 and lasts:
        if accepted:
            n[ALARM_UNTIL] = 0.0
        elif kind != NONE or score >= FAULT_CALM_SCORE:
            n[ALARM_UNTIL] = time
    elif alarm:
        n[LOG_THRESHOLD] += CALIBRATION_STEP
        n[ALARM_UNTIL] = time
    else:
        n[LOG_THRESHOLD] -= CALIBRATION_STEP * elapsed * n[INTERVAL] / allowed
    low, high = LOG_THRESHOLD_LIMITS
    n[LOG_THRESHOLD] = min(max(n[LOG_THRESHOLD], low), high)
