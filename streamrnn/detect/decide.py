"""From the evidence of a reading to what is said of it: outcome, score, kind, trust in an alarm."""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.alarm import raise_alarm
from streamrnn.detect.calibration import calibrate, patience, threshold_of
from streamrnn.detect.fault import follow_fault, lasting_score
from streamrnn.detect.layout import (
    ADAPT_AFTER,
    FAULT,
    HABITS,
    HIGH_LIMIT,
    LENGTH,
    LOW_LIMIT,
    MEAN,
    READINGS,
    SCORE,
    STEPS,
    TIME,
    VALUE,
    VAR,
    WARM_UP,
    channel,
)
from streamrnn.detect.recipe import (
    ALARM_TILT,
    FINE,
    HABIT_SCORE,
    HABIT_WEIGHT,
    HARD_LIMIT_SCORE,
    WATCHED,
)
from streamrnn.detect.table import ACCEPTED, KIND, OUTCOME, SCORE_OUT, TRUST
from streamrnn.kernels.jit import inline_kernel
from streamrnn.records import Kind, Outcome

WARMING, NORMAL, ANOMALY = int(Outcome.WARMING), int(Outcome.NORMAL), int(Outcome.ANOMALY)
OUT_OF_RANGE = int(Kind.OUT_OF_RANGE)
AT_FINE = channel(FINE)


@inline_kernel
def decide(
    n: Any, d: Any, r: Any, out: Any, score: float, strength: float, error: float, novelty: float,
    unusual: float, stuck: float, drift: float, low: float, high: float, share: float,
    elapsed: float, x0: int,
) -> None:  # fmt: skip
    """Fills in what `out`, the reading's row of the table, says of it, and moves on the alarm, the
    fault and the threshold of its stream.

    n, r: the stream's numbers and arrays, the reading applied; d: numbers of the stream that keeps
    those of the device. score, strength, error, novelty: see `evidence`. unusual, stuck, drift: by
    how much habits and the reference are exceeded. low, high: extremes before this reading; share:
    how far it lies beyond them, of what lies between. elapsed: usual intervals since the reading
    before. x0: where the fine channel's history begins.
    """
    out[OUTCOME] = WARMING
    if n[READINGS] > n[WARM_UP]:
        threshold = threshold_of(n)
        unusual = HABIT_WEIGHT * unusual if strength >= HABIT_SCORE * threshold else 0.0
        beyond = max(unusual, stuck, drift)
        trust = raise_alarm(n, d, strength, error, novelty, beyond, threshold, elapsed)
        alarm = trust > 0.0
        divisor = max(threshold, 1.0)
        score /= divisor
        strength /= divisor
        if drift > divisor:
            score = max(score, 1.0 + ALARM_TILT * strength)
        if alarm:
            score = max(score, 1.0 + ALARM_TILT * (1.0 + strength))
        lasting = max(score, strength, lasting_score(n, FAULT, HABITS, stuck))
        newest = x0 + int(n[AT_FINE + LENGTH])
        mean, sd = n[AT_FINE + MEAN], math.sqrt(n[AT_FINE + VAR])
        kind, accepted = follow_fault(
            n, FAULT, HABITS, r, x0, newest, mean, sd, n[AT_FINE + STEPS], lasting,
            low, high, share, stuck, drift, n[TIME], n[READINGS], n[ADAPT_AFTER],
            patience(n, WATCHED),
        )  # fmt: skip
        calibrate(n, alarm, accepted, kind, score, n[TIME], elapsed)
        out[OUTCOME] = ANOMALY if score > 1.0 else NORMAL
        out[SCORE_OUT], out[KIND] = score, kind
        out[TRUST], out[ACCEPTED] = trust, accepted
    if not n[LOW_LIMIT] <= n[VALUE] <= n[HIGH_LIMIT]:
        out[OUTCOME] = ANOMALY
        out[SCORE_OUT] = max(out[SCORE_OUT], HARD_LIMIT_SCORE)
        out[KIND], out[TRUST] = OUT_OF_RANGE, max(out[TRUST], 1.0)
    n[SCORE] = out[SCORE_OUT]
