"""When to call somebody: several channels, each of which wants more evidence the more it has had.

    v_c = E_c / (enough_c (1 + ALARM_RISE)^burden_c)

E_c: the likelihood of the errors of late, fine and coarse; news among the record values; the score
of the evidence; and how far habits are exceeded. An alarm is raised where the largest v is at least
1 and the last alarm lies ALARM_PAUSE readings back; it burdens the channel that raised it by 1, and
burdens halve in ALARM_HALF_LIFE readings. So whatever a stream does by nature, however often, soon
calls nobody.

In a young stream much is new. Before it has seen a day and a night (by its readings: clocks are
set), a feature must leave its range by all of that. Otherwise, until REHEARSAL readings, burdens
grow as they would, but somebody is called only where v is at least (REHEARSAL / readings)^2.
Features that move slowly call nobody before SLOW_FROM blocks without a gap, nor while a fault lasts
and for ECHO readings after it: they still move when it is over.
"""

from __future__ import annotations

from typing import Any

from streamrnn.detect.fault import CLEAN_FROM, SINCE
from streamrnn.detect.layout import (
    BLOCKS_SEEN,
    BURDENS,
    COARSE_CHANNEL,
    FAULT,
    FINE_CHANNEL,
    HABIT_CHANNEL,
    INTERVAL,
    NEWS,
    PAUSE_LEFT,
    READINGS,
    SCORE_CHANNEL,
    SURPRISE,
    channel,
)
from streamrnn.detect.recipe import (
    ALARM_HALF_LIFE,
    ALARM_PAUSE,
    ALARM_RISE,
    COARSE,
    ECHO,
    ENOUGH,
    FINE,
    HABIT_WARM_SECONDS,
    RANGE_WARM_READINGS,
    REHEARSAL,
    SLOW_FROM,
)
from streamrnn.kernels.jit import inline_kernel

CHANNELS = len(ENOUGH)
FINE_LIKELIHOOD, COARSE_LIKELIHOOD = channel(FINE) + SURPRISE, channel(COARSE) + SURPRISE
FADING = 0.6931471805599453 / ALARM_HALF_LIFE


@inline_kernel
def raise_alarm(n: Any, score: float, beyond: float, threshold: float, elapsed: float) -> Any:
    """Whether an alarm is raised at a reading whose evidence is in n, and whose score is this.

    beyond: by how much habits are exceeded. threshold: a factor on what is enough, which the score
    has already in it. elapsed: usual intervals since the reading before.
    """
    n[NEWS + FINE_CHANNEL] = n[FINE_LIKELIHOOD]
    n[NEWS + COARSE_CHANNEL] = n[COARSE_LIKELIHOOD]
    n[NEWS + SCORE_CHANNEL] = score * threshold
    n[NEWS + HABIT_CHANNEL] = beyond
    echoes = n[FAULT + SINCE] != 0.0 or n[READINGS] < n[FAULT + CLEAN_FROM] + ECHO
    if echoes or n[BLOCKS_SEEN] < SLOW_FROM:
        for feature in range(1, FINE_CHANNEL):
            n[NEWS + feature] = 0.0
    n[PAUSE_LEFT] = max(n[PAUSE_LEFT] - elapsed, 0.0)
    strongest, by, calls = 0.0, 0, False
    hurdle = (REHEARSAL / n[READINGS]) ** 2
    is_young = n[READINGS] < max(RANGE_WARM_READINGS, HABIT_WARM_SECONDS / max(n[INTERVAL], 1e-9))
    for c in range(CHANNELS):
        n[BURDENS + c] -= FADING * elapsed * n[BURDENS + c]
        enough = ENOUGH[c] * threshold
        if is_young and c < FINE_CHANNEL:
            enough = max(ENOUGH[c], 1.0) * threshold
        if n[NEWS + c] >= enough:
            strength = n[NEWS + c] / (enough * (1.0 + ALARM_RISE) ** n[BURDENS + c])
            if strength >= hurdle or (is_young and strength >= 1.0 and c < FINE_CHANNEL):
                calls = True
            if strength > strongest:
                strongest, by = strength, c
    if strongest < 1.0 or n[PAUSE_LEFT] > 0.0:
        return False
    n[BURDENS + by] += 1.0
    n[PAUSE_LEFT] = ALARM_PAUSE
    return calls
