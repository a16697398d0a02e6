"""When to call somebody: a device's streams put what they have together, in several channels, each
of which wants more the more it has had.

    v_c = E_c / enough_c                                     of a reading, by channel, at most LONE
    V_c = sqrt(sum of v_c^2 over the device's streams / sqrt(their number))
    strength_c = max(min(V_c, v_c / SHARE), SHARE v_c) / (1 + ALARM_RISE)^(burden_c + burden_hour)

E_c: news among the record values; the likelihood of the errors of late, fine and coarse; the
strength of the evidence; and how far habits are exceeded. The more sensors there are, the more
often one of them looks odd for no reason, and the more of them show it when there is one: so many
streams that are a little off call somebody, one that is a little off does not. But one that is far
off does, in however large a device; and who calls must have a share in it. A stream alone has
V = v.

Somebody is called where the largest strength is at least 1 and the last alarm of the device lies
ALARM_PAUSE readings of each of its streams back. That burdens the channel by 1, and burdens halve
in ALARM_HALF_LIFE readings: whatever a device does by nature, however often, soon calls nobody.
Where the user allows many alarms, each burdens by less and pauses for less, see `calibration`. What
a device does at the same hour of every day has a burden of its own, see `hours`.

A new record of the device's novelty, the part of the score that errors and shapes make, is enough
whatever the burden: where shapes return, what never was before may be small. An era of the device
lasts as long as all before it, the first one FIRST_ERA readings, and a record is a novelty that is
higher than any of its era and of the era before: so for the last half of the device's life at
least. In its youth everything was new, and the first novelty would never be reached again. There is
no record in the first era, nor of a stream that has not as many readings. A record must be at least
NOVELTY_LEAST, or NOVELTY_CLEAR_LEAST where it is NOVELTY_CLEAR times what was highest before. It
keeps later records quiet for ALARM_PAUSE, and nothing else.

A device of several streams has a score of its own, see `device_score`. Where that rises to
DEVICE_ENOUGH, it calls as a record does. And an alarm of one of its streams waits, until the pause
after it is over, as long as neither the stream's score is 1 nor the device's DEVICE_ODD: one sensor
that is a little off in a calm device calls nobody.

    trust = largest strength_c / (1 + TRUST_RISE)^(sum of all burdens)

A device that called often of late, for whatever reason, is trusted less. An alarm with a trust of
less than TRUSTED burdens, but calls nobody; a record does, with however little trust.

In a young stream much is new. Before it has seen a day and a night (by its readings: clocks are
set), a feature must leave its range by all of that. Otherwise, until REHEARSAL readings, burdens
grow as they would, but somebody is called only where the strength is at least
(REHEARSAL / readings)^2; for features that move slowly not before SLOW_REHEARSAL readings at all.
These count for nothing before SLOW_FROM blocks without a gap, nor while a fault lasts and for ECHO
readings after it: they still move when it is over. A stream that was away for longer than it had
been known is rehearsed again: it comes back to another world.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.calibration import burden_of_one, patience
from streamrnn.detect.device_score import (
    are_odd_together,
    follow_device_score,
    has_been_odd,
    is_believed,
)
from streamrnn.detect.fault import CLEAN_FROM, SINCE
from streamrnn.detect.hours import count_hour, hour_burden
from streamrnn.detect.layout import (
    BLOCKS_SEEN,
    BURDENS,
    COARSE_CHANNEL,
    ERA_UNTIL,
    FADED_TO,
    FAULT,
    FINE_CHANNEL,
    HABIT_CHANNEL,
    HIGHEST_BEFORE,
    HIGHEST_NOVELTY,
    INTERVAL,
    NEWS,
    NOVELTIES,
    NOVELTY,
    NOVELTY_PAUSE_UNTIL,
    PAUSE_UNTIL,
    READINGS,
    SCORE_CHANNEL,
    SQUARES,
    STREAMS,
    SUMS,
    SURPRISE,
    TICKS,
    TIME,
    WAITING,
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
    FIRST_ERA,
    HABIT_WARM_SECONDS,
    LIKELY_ERROR,
    LONE,
    NOVELTY_CLEAR,
    NOVELTY_CLEAR_LEAST,
    NOVELTY_FROM,
    NOVELTY_LEAST,
    NOVELTY_TRUST,
    RANGE_WARM_READINGS,
    REHEARSAL,
    SHARE,
    SLOW_FROM,
    SLOW_REHEARSAL,
    TRUST_RISE,
    TRUSTED,
)
from streamrnn.detect.timing import experience
from streamrnn.kernels.jit import inline_kernel

CHANNELS = len(ENOUGH)
FINE_LIKELIHOOD, COARSE_LIKELIHOOD = channel(FINE) + SURPRISE, channel(COARSE) + SURPRISE
FADING = math.log(2.0) / ALARM_HALF_LIFE


@inline_kernel
def raise_alarm(
    n: Any, d: Any, strength: float, error: float, novelty: float, beyond: float, threshold: float,
    elapsed: float,
) -> Any:  # fmt: skip
    """The trust in the alarm that is raised at a reading whose news are in n, of evidence so
    strong; 0: none is.

    n: numbers of the stream; d: of the stream that keeps those of the device. error, novelty: the
    part of the score that errors of forecasts have, and these with shapes. beyond: by how much
    habits are exceeded. threshold: a factor on what is enough. elapsed: usual intervals since the
    reading before.
    """
    likely = error >= LIKELY_ERROR * threshold
    n[NEWS + FINE_CHANNEL] = n[FINE_LIKELIHOOD] if likely else 0.0
    n[NEWS + COARSE_CHANNEL] = n[COARSE_LIKELIHOOD]
    n[NEWS + SCORE_CHANNEL] = strength
    n[NEWS + HABIT_CHANNEL] = beyond
    echoes = n[FAULT + SINCE] != 0.0 or n[READINGS] < n[FAULT + CLEAN_FROM] + ECHO
    if echoes or n[BLOCKS_SEEN] < SLOW_FROM:
        for feature in range(1, FINE_CHANNEL):
            n[NEWS + feature] = 0.0
    is_young = n[READINGS] < max(RANGE_WARM_READINGS, HABIT_WARM_SECONDS / max(n[INTERVAL], 1e-9))
    d[TICKS] += elapsed / d[STREAMS]
    root = math.sqrt(d[STREAMS])
    largest = 0.0
    for c in range(CHANNELS):
        enough = max(ENOUGH[c], 1.0) if is_young and c < FINE_CHANNEL else ENOUGH[c]
        v = min(n[NEWS + c] / (enough * threshold), LONE)
        d[SUMS + c] = max(d[SUMS + c] + v * v - n[SQUARES + c], v * v)
        n[SQUARES + c] = v * v
        n[NEWS + c] = shared(d[SUMS + c] / root, v * v)
        largest = max(largest, n[NEWS + c])
    never_before = is_new_record(n, d, novelty, threshold)
    if d[STREAMS] > 1.0:
        score = follow_device_score(n, d, elapsed)
        if has_been_odd(d, threshold) and d[TICKS] < d[NOVELTY_PAUSE_UNTIL]:
            d[NOVELTY_PAUSE_UNTIL] = d[TICKS] + patience(n, ALARM_PAUSE)  # it still is the same
        never_before = never_before or are_odd_together(n, d, score, threshold)
    if d[TICKS] < d[PAUSE_UNTIL]:
        return waiting(n, d, threshold)
    n[WAITING] = 0.0
    if largest < 1.0 and not never_before:
        return 0.0
    return call(n, d, never_before, is_young, threshold)


@inline_kernel
def waiting(n: Any, d: Any, threshold: float) -> Any:
    """The trust in the alarm that waited and need not any more; 0: none."""
    trust = n[WAITING] if is_believed(n, d, threshold) else 0.0
    n[WAITING] -= trust
    return trust


@inline_kernel
def shared(together: float, alone: float) -> Any:
    """The square of the strength of a stream whose own is `alone`; both squares, no burden yet."""
    return max(min(together, alone / SHARE**2), alone * SHARE**2)


@inline_kernel
def is_new_record(n: Any, d: Any, novelty: float, threshold: float) -> Any:
    """Whether the novelty of the device is higher than in this era and the one before it, and high
    enough; see above."""
    square = novelty * novelty if experience(n) >= NOVELTY_FROM else 0.0
    d[NOVELTIES] = max(d[NOVELTIES] + square - n[NOVELTY], square)
    n[NOVELTY] = square
    mean = d[NOVELTIES] / d[STREAMS]
    if d[TICKS] >= d[ERA_UNTIL]:
        d[HIGHEST_BEFORE], d[HIGHEST_NOVELTY] = d[HIGHEST_NOVELTY], 0.0
        d[ERA_UNTIL] = max(FIRST_ERA, 2.0 * d[ERA_UNTIL])
    before = max(d[HIGHEST_BEFORE], d[HIGHEST_NOVELTY])
    d[HIGHEST_NOVELTY] = max(d[HIGHEST_NOVELTY], mean)
    is_old = n[READINGS] >= FIRST_ERA and d[ERA_UNTIL] > FIRST_ERA
    if not is_old or mean <= before or square < SHARE**2 * mean:
        return False
    is_clear = mean > NOVELTY_CLEAR**2 * before
    return mean >= (NOVELTY_CLEAR_LEAST if is_clear else NOVELTY_LEAST) ** 2 * threshold**2


@inline_kernel
def call(n: Any, d: Any, never_before: bool, is_young: bool, threshold: float) -> Any:
    """The trust in what is in n where it calls somebody, else 0; burdens the channel that does."""
    kept = math.exp(-FADING * (d[TICKS] - d[FADED_TO]))
    d[FADED_TO] = d[TICKS]
    strongest, by, calls, total = 0.0, 0, False, 0.0
    known = experience(n)
    hurdle = (REHEARSAL / known) ** 2
    hour = hour_burden(d, n[TIME])
    for c in range(CHANNELS):
        d[BURDENS + c] *= kept
        total += d[BURDENS + c]
        strength = math.sqrt(n[NEWS + c]) / (1.0 + ALARM_RISE) ** (d[BURDENS + c] + hour)
        if 1 <= c < FINE_CHANNEL and known < SLOW_REHEARSAL:
            needed = math.inf
        else:
            needed = 1.0 if is_young and c < FINE_CHANNEL else max(hurdle, 1.0)
        calls = calls or strength >= needed
        if strength > strongest:
            strongest, by = strength, c
    pause = d[TICKS] + patience(n, ALARM_PAUSE)
    trust = strongest / (1.0 + TRUST_RISE) ** total
    if strongest >= 1.0:
        d[BURDENS + by] += burden_of_one(n)
        count_hour(d, n[TIME])
        d[PAUSE_UNTIL] = pause
        if calls and trust >= TRUSTED:
            if is_believed(n, d, threshold):
                return trust
            n[WAITING] = trust
    if not never_before or d[TICKS] < d[NOVELTY_PAUSE_UNTIL]:
        return 0.0
    n[WAITING] = 0.0
    d[NOVELTY_PAUSE_UNTIL] = pause
    return max(trust, NOVELTY_TRUST)
