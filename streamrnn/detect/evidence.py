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

Twice: the strength, by which alarms are raised, and the score, which people read. A strength says
that something begins; a score also says that it still lasts, and what came and went it soon
forgets. In the score

    - distances of the first memory count three times in S: as they are, and at two smoothings;
    - the slow part weighs more, but a reading adds no more than SLOW_SHAPE_REACH to it: one odd
      shape is not strange for the next 300 readings;
    - L is at most its own mean of late: one far reading moves a mean of 20 by many deviations, and
      is no level.

Where there is an alarm, the score is at least 1 + ALARM_TILT (1 + strength).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect.layout import (
    ANALOGUE_ERROR,
    ANALOGUE_LANE,
    CHANGE_LANE,
    HELD_SCORE,
    HELD_STRENGTH,
    LANES_END,
    LINEAR_LANE,
    MEMORIES,
    NETWORK_LANE,
    SHAPE_DISTANCE,
    SHAPE_LANE,
    SLOW_SHAPE,
    SMOOTH_LANE,
    SMOOTH_LEVEL,
    TAILED,
    shape,
)
from streamrnn.detect.recipe import (
    ANALOGUE_SPANS,
    CHANGE_SPANS,
    ERROR_UNIT,
    EVIDENCE_WARM,
    LEVEL_UNIT,
    LINEAR_SPANS,
    MAX_SCORE,
    NETWORK_SPANS,
    SCORE_KEPT,
    SHAPE_UNIT,
    SLOW_SHAPE_REACH,
    SLOW_SHAPE_SPAN,
    SLOW_SHAPE_WEIGHT,
    SMOOTH_LEVEL_SPAN,
    SMOOTH_SHAPE_SPANS,
)
from streamrnn.kernels.cube_root import cube_root
from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.tails import FARTHEST, LANES, tail_surprises
from streamrnn.kernels.tails import SURPRISE as WEIGHED
from streamrnn.kernels.vector import load

AT_SHAPE = tuple(shape(m) for m in range(MEMORIES))

SPANS = (
    *(*LINEAR_SPANS, *CHANGE_SPANS, *NETWORK_SPANS, *ANALOGUE_SPANS),
    *([1.0] * MEMORIES),
    *SMOOTH_SHAPE_SPANS,
)
ALPHA = np.array([2.0 / (span + 1.0) for span in SPANS] + [1.0] * (LANES - LANES_END), np.float32)


def _lanes(first: int, end: int) -> NDArray[np.float32]:
    """(LANES,) 1 from first to end - 1, else 0."""
    lane = np.arange(LANES)
    return ((first <= lane) & (lane < end)).astype(np.float32)


LINEAR, CHANGE = _lanes(LINEAR_LANE, CHANGE_LANE), _lanes(CHANGE_LANE, NETWORK_LANE)
NETWORK, ANALOGUE = _lanes(NETWORK_LANE, ANALOGUE_LANE), _lanes(ANALOGUE_LANE, SHAPE_LANE)
SHAPES = tuple(_lanes(SHAPE_LANE + m, SHAPE_LANE + m + 1) for m in range(MEMORIES))
SMOOTH_SHAPES = _lanes(SMOOTH_LANE, LANES_END)
# what sums of the surprises of shapes are divided by; of the analogue's they have the largest
OF_STRENGTH = SHAPE_UNIT * (1 + SMOOTH_LANE - SHAPE_LANE)
OF_SCORE = SHAPE_UNIT * (1 + LANES_END - SHAPE_LANE)


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
    values = values + load(SMOOTH_SHAPES, 0, LANES) * n[AT_SHAPE[0] + SHAPE_DISTANCE]
    tail_surprises(r, at, values, n[TAILED], ALPHA)
    n[TAILED] += 1.0


@inline_kernel
def largest(r: Any, at: int, first: int, end: int) -> Any:
    """The largest surprise of the lanes first to end - 1 of the tails at `at`."""
    found = r[at + WEIGHED + first]
    for lane in range(first + 1, end):
        found = max(found, r[at + WEIGHED + lane])
    return found


@inline_kernel
def sum_of(r: Any, at: int, first: int, end: int) -> Any:
    """The sum of the surprises of the lanes first to end - 1 of the tails at `at`."""
    found = 0.0
    for lane in range(first, end):
        found += r[at + WEIGHED + lane]
    return found


@inline_kernel
def score_of(n: Any, r: Any, at: int, level: float) -> Any:
    """(score, strength, error, novelty) of the evidence last weighed, see `weigh`, and of a level
    so many deviations off, with no regard to the threshold; error is what the errors of forecasts
    make by themselves, novelty what they make with the score's shapes, of this reading alone."""
    if n[TAILED] <= EVIDENCE_WARM:
        return 0.0, 0.0, 0.0, 0.0
    E = largest(r, at, LINEAR_LANE, ANALOGUE_LANE) / ERROR_UNIT
    odd = largest(r, at, ANALOGUE_LANE, SHAPE_LANE) + sum_of(r, at, SHAPE_LANE, SMOOTH_LANE)
    smooth = sum_of(r, at, SMOOTH_LANE, LANES_END)
    S = (odd / OF_STRENGTH, (odd + smooth) / OF_SCORE)
    n[SMOOTH_LEVEL] += 2.0 / (SMOOTH_LEVEL_SPAN + 1.0) * (level - n[SMOOTH_LEVEL])
    L = (level, min(level, n[SMOOTH_LEVEL]))
    for which in range(2):
        slow = n[SLOW_SHAPE + which]
        slow += 2.0 / (SLOW_SHAPE_SPAN + 1.0) * (min(S[0], SLOW_SHAPE_REACH[which]) - slow)
        n[SLOW_SHAPE + which] = slow
        slow *= SLOW_SHAPE_WEIGHT[which]
        C = cube_root(E**3 + S[which] ** 3 + slow**3 + (L[which] / LEVEL_UNIT[which]) ** 3)
        kept = SCORE_KEPT * n[HELD_STRENGTH + which]
        n[HELD_STRENGTH + which] = min(max(C, kept), MAX_SCORE)
    return n[HELD_SCORE], n[HELD_STRENGTH], E, cube_root(E**3 + S[1] ** 3)
