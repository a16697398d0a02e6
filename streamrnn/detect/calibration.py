"""How many false alarms the user allows, and what follows from that: a threshold, a factor on all
that is enough for an alarm. It is 1 unless the user said anything.

Above 1 it is one on the score, too. Below 1 it is not: who wants to be called more often is called
for less, but the usual does not become anomalous by that. And where many are allowed, one alarm
must not keep the next from being told: it is watched for less long, keeps quiet for less long, and
burdens by less.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.layout import (
    ALARM_UNTIL,
    ALLOWED_SECONDS,
    INTERVAL,
    LOG_THRESHOLD,
)
from streamrnn.detect.recipe import (
    ALARM_HALF_LIFE,
    CALIBRATION_STEP,
    FAULT_CALM_SCORE,
    FIRST_DESCENT,
    FIXED_SURPRISE,
    LOG_THRESHOLD_LIMITS,
    NEW_ALARM_READINGS,
    NEW_ALARM_SECONDS,
    START_EXPONENT,
    TAKEN_UP,
    WATCHED,
)
from streamrnn.kernels.jit import inline_kernel
from streamrnn.records import Kind

NONE = int(Kind.NONE)
# Of ALARM_UNTIL: the threshold has not begun to follow; no alarm since it has; the last one is long
# over.
NOT_BEGUN, NO_ALARM, LONG_OVER = 0.0, math.inf, -math.inf


@inline_kernel
def threshold_of(n: Any) -> Any:
    """The factor on what is enough for an alarm."""
    return math.exp(n[LOG_THRESHOLD]) if n[LOG_THRESHOLD] != 0.0 else 1.0


@inline_kernel
def allowed_in(n: Any, readings: float) -> Any:
    """The share of one alarm that is allowed in so many readings; 0 where nothing was said."""
    allowed = n[ALLOWED_SECONDS]
    return readings * n[INTERVAL] / allowed if allowed > 0.0 else 0.0


@inline_kernel
def patience(n: Any, readings: float) -> Any:
    """So many readings, but at most the share TAKEN_UP of those in which one alarm is allowed."""
    return readings / max(1.0, allowed_in(n, readings) / TAKEN_UP)


@inline_kernel
def burden_of_one(n: Any) -> Any:
    """What an alarm of the stream adds: burdens must not forbid what its user allows."""
    return 1.0 / max(1.0, allowed_in(n, ALARM_HALF_LIFE))


@inline_kernel
def calibrate(
    n: Any, alarm: bool, accepted: bool, kind: float, score: float, time: float, elapsed: float
) -> None:
    """Moves the threshold so that anomalies come as often as is allowed, be they false or not.

    Each alarm that begins one raises ln(threshold) by CALIBRATION_STEP, each ALLOWED_SECONDS lower
    it by as much (the tracking of adaptive conformal inference, Gibbs and Candes 2021,
    arXiv:2106.00170); before the first alarm by FIRST_DESCENT, since where it starts is a guess
    that fits the liveliest streams. Seconds count between anomalies, and for each anomaly those for
    which it is watched at least, which its alarm is spared at once, however long it lasts. Whatever
    the stream does, in T such seconds there are at most
    1 + T / ALLOWED_SECONDS + (highest - lowest) / CALIBRATION_STEP alarms that begin one, as long
    as the threshold has not reached its highest; and at least
    T / ALLOWED_SECONDS - (first - lowest) / CALIBRATION_STEP, as long as it has not reached its
    lowest and none was dismissed.

    alarm, kind, accepted, score: of the reading, see `decisions`; kind NONE: what was anomalous is
    over.
    """
    allowed = n[ALLOWED_SECONDS]
    if allowed <= 0.0:
        return
    if n[ALARM_UNTIL] == NOT_BEGUN:
        if n[INTERVAL] <= 0.0:
            return
        rarity = math.log(max(allowed / n[INTERVAL], 2.0))
        n[LOG_THRESHOLD] = START_EXPONENT * math.log(rarity / FIXED_SURPRISE)
        n[ALARM_UNTIL] = NO_ALARM
    if time < n[ALARM_UNTIL] < math.inf:  # the clock was set back
        n[ALARM_UNTIL] = LONG_OVER
    since = time - n[ALARM_UNTIL]
    if 0.0 <= since <= max(NEW_ALARM_SECONDS, NEW_ALARM_READINGS * n[INTERVAL]):
        if accepted:
            n[ALARM_UNTIL] = LONG_OVER
        elif kind != NONE or score >= FAULT_CALM_SCORE:
            n[ALARM_UNTIL] = time
    elif alarm:
        n[LOG_THRESHOLD] += CALIBRATION_STEP * (1.0 - allowed_in(n, patience(n, WATCHED)))
        n[ALARM_UNTIL] = time
    else:
        step = FIRST_DESCENT if n[ALARM_UNTIL] == NO_ALARM else CALIBRATION_STEP
        n[LOG_THRESHOLD] -= step * elapsed * n[INTERVAL] / allowed
    low, high = LOG_THRESHOLD_LIMITS
    n[LOG_THRESHOLD] = min(max(n[LOG_THRESHOLD], low), high)
