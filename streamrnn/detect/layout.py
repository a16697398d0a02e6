"""Where one stream's state lies: a row of float64 numbers and a row of float32 arrays.

Everything that a stream remembers is in these two rows; a checkpoint is the rows. Both channels
have the same layout, one behind the other, so that one piece of code serves both.
"""

from __future__ import annotations

from typing import NamedTuple

from streamrnn.detect.recipe import HISTORY, INPUTS, MARKS, RECENT
from streamrnn.kernels.optimiser import padded
from streamrnn.kernels.statistics import BINS

# --- float64: one number each -------------------------------------------------------------------
(
    READINGS,  # applied so far
    TIME,  # of the last applied reading, seconds
    VALUE,  # the last applied reading
    YHAT,  # forecast made before it, with its band; NaN: none
    YHAT_LOWER,
    YHAT_UPPER,
    SCORE,
    INTERVAL,  # learned reading interval (median), seconds
    LONG_INTERVAL,  # 95 % quantile of the intervals, seconds
    LATE_RUN,  # consecutive late readings, in order among themselves
    LATE_TIME,  # of the last of them
    LOWEST,  # of all readings
    HIGHEST,
    RANGE_BURDEN,
    RANGE_REFRACTORY_LEFT,
    NETWORK_ERROR,  # running mean |residual| of the fine network, scaled units
    PERSISTENCE_ERROR,  # the same for "the next reading is this one"
    BLOCK_SECONDS,  # 0: not yet known
    BLOCK_INDEX,  # of the block being filled: floor(time / BLOCK_SECONDS)
    BLOCK_SUM,
    BLOCK_COUNT,
    WARM_UP,  # setting: readings
    RETRAIN_EVERY,  # setting: seconds
    RETRAIN_PHASE,  # in [0, 1), from the stream's name: spreads the first retrainings over time
    RETRAIN_AT,  # stream time of the next retraining, seconds; 0: not yet set
    INSTALL_AT,  # count of readings at which a running retraining's result is taken; 0: none runs
    RETRAININGS,
    REJECTED_RETRAININGS,
    STREAM_NUMBERS,
) = range(29)

# --- float64: one channel's numbers, from channel(c) ---------------------------------------------
(
    STEPS,  # values seen
    RUN,  # values seen since the last gap
    MEAN,  # of the values, for scaling
    VAR,
    STRAY,  # 1: the last value was the first to differ in a constant stream
    FORECAST,  # of the next value, scaled
    LENGTH,  # of the history
    UPDATES,  # of the weights
    SCORED,  # residuals judged
    RANK_WEIGHT,  # total weight of the histogram
    NORMAL_MEAN,  # long-run mean and variance of the smoothed surprise
    NORMAL_VAR,
    BURDEN,  # recent alarms
    REFRACTORY_LEFT,  # of the pause after an alarm, in readings
    HALF_BAND,  # |residual| that BAND_SHARE of the recent ones exceed, scaled; renewed now and then
    SURPRISE,  # S of the last value; 0: it ended no block, or there was no forecast
    CHANNEL_NUMBERS,
) = range(17)

NUMBERS = STREAM_NUMBERS + 2 * CHANNEL_NUMBERS
VERSION = 1  # of this layout; stored state of another one is refused


def channel(c: int) -> int:
    """Where the numbers of channel c begin."""
    return STREAM_NUMBERS + c * CHANNEL_NUMBERS


ALARM_FIELDS = (
    (RANGE_REFRACTORY_LEFT, RANGE_BURDEN),
    (channel(0) + REFRACTORY_LEFT, channel(0) + BURDEN),
    (channel(1) + REFRACTORY_LEFT, channel(1) + BURDEN),
)


class Arrays(NamedTuple):
    """Offsets of one channel's arrays from its base in the float32 row, base = channel * size."""

    parameters: int  # (P,)
    m: int  # (P,) Adam's moments
    v: int  # (P,)
    state: int  # (H,) s now
    marks: int  # (MARKS, H) a ring of the states before past updates
    histogram: int  # (BINS,) of |residual|
    recent: int  # (RECENT,) a ring of the last surprises
    x: int  # (HISTORY,) scaled values, oldest first
    y: int  # (HISTORY,) y[k]: what came after x[k]; NaN: not to be learned
    size: int


def parameter_count(H: int) -> int:
    """Parameters of one network, rounded up to whole vectors."""
    return padded(INPUTS * H + H * H + H + H + 1)


def arrays(H: int) -> Arrays:
    P = parameter_count(H)
    offsets = [0]
    for size in (P, P, P, H, MARKS * H, BINS, RECENT, HISTORY, HISTORY):
        offsets.append(offsets[-1] + size)
    return Arrays(*offsets)
