"""Where one stream's state lies: a row of float64 numbers and a row of float32 arrays.

Everything that a stream remembers is in these two rows; a checkpoint is the rows. Both channels
have the same layout, one behind the other, so that one piece of code serves both.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect import fault, habits
from streamrnn.detect.recipe import (
    ANALOGUE_SPANS,
    CHANGE_SPANS,
    ENOUGH,
    HISTORY,
    INPUTS,
    LINEAR_SPANS,
    MARKS,
    NETWORK_SPANS,
    RECENT,
    RECORD_BLOCKS,
    SHAPE_LAGS,
    SMOOTH_SHAPE_SPANS,
)
from streamrnn.kernels import rls, tails
from streamrnn.kernels.optimiser import LANES, padded
from streamrnn.kernels.statistics import BINS

# --- float64: one number each -------------------------------------------------------------------
(
    READINGS,  # applied so far
    ANEW_FROM,  # of these, before an outage that was longer than all that was known of the stream
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
    LEADER,  # row of the stream that keeps the numbers of the device; its own, where it is alone
    NETWORK_ERROR,  # running mean |residual| of the fine network, scaled units
    PERSISTENCE_ERROR,  # the same for "the next reading is this one"
    CHANGE_MEAN,  # running mean |change| from one reading to the next, in the sensor's unit
    CHANGE_BAND,  # |change| that BAND_SHARE of them exceed
    BLOCK_SECONDS,  # 0: not yet known
    BLOCK_INDEX,  # of the block being filled: floor(time / BLOCK_SECONDS)
    BLOCK_SUM,
    BLOCK_SQUARES,  # of the readings less ORIGIN
    BLOCK_COUNT,
    WARM_UP,  # setting: readings
    RETRAIN_EVERY,  # setting: seconds
    RETRAIN_PHASE,  # in [0, 1), from the stream's name: spreads the first retrainings over time
    RETRAIN_AT,  # stream time of the next retraining, seconds; 0: not yet set
    INSTALL_AT,  # count of readings at which a running retraining's result is taken; 0: none runs
    RETRAININGS,
    REJECTED_RETRAININGS,
    TAILED,  # readings whose evidence was weighed
    LOG_THRESHOLD,  # ln of the factor on all that makes a score of 1
    ALLOWED_SECONDS,  # setting: between two false alarms; 0: the threshold is fixed
    ALARM_UNTIL,  # until when the last anomaly lasted, seconds; see `calibration` for 0 and inf
    ADAPT_AFTER,  # setting: seconds; infinite: never
    LOW_LIMIT,  # setting: the least that a reading may be, and the most
    HIGH_LIMIT,
    LEVEL_LATE,  # mean of the readings of late, in the sensor's unit
    LEVEL_MEAN,  # the usual level, and its variance
    LEVEL_VAR,
    HELD_STRENGTH,  # of the evidence, falling from reading to reading; then the same of the score
    HELD_SCORE,
    SLOW_SHAPE,  # mean of the shapes' part of the strength; then the same of the score
    SLOW_SHAPE_OF_SCORE,
    SMOOTH_LEVEL,  # mean of late of how far the level lay off
    SCORE_SQUARE,  # of the evidence's score, see `device_score`
    WAITING,  # trust in an alarm that waits for the device; 0: none does
    NOVELTY,  # square of the part of the score that errors and shapes have
    ORIGIN,  # the first reading
    TREND_FAST,  # exponential means of the readings
    TREND_SLOW,
    BLOCKS_SEEN,  # since the last gap
    STREAM_NUMBERS,
) = range(52)

# --- float64: one channel's numbers, from channel(c) ---------------------------------------------
(
    STEPS,  # values seen
    RUN,  # values seen since the last gap
    MEAN,  # of the values, for scaling
    VAR,
    STRAY,  # how far the farthest value lay from all others while those were equal; 0: all are
    FORECAST,  # of the next value, scaled
    LENGTH,  # of the history
    UPDATES,  # of the weights
    SCORED,  # residuals judged
    RANK_WEIGHT,  # total weight of the histogram
    RANK_UNIT,  # what the newest weighs in it
    NORMAL_MEAN,  # long-run mean and variance of the smoothed surprise
    NORMAL_VAR,
    HALF_BAND,  # |residual| that BAND_SHARE of the recent ones exceed, scaled; renewed now and then
    SURPRISE,  # S of the last value; 0: it ended no block, or there was no forecast
    CHANNEL_NUMBERS,
) = range(16)

# --- float64: the numbers of a memory of shapes, from shape(m) -----------------------------------
(
    SHAPE_SUM,  # of the readings being averaged
    SHAPE_COUNT,
    SHAPE_STEPS,  # averages so far
    SHAPE_BASE,  # the level
    SHAPE_POWER,  # sum of squares of the last window
    SHAPE_DISTANCE,  # of it to its nearest neighbour, against its power
    NEAREST_LAG,  # how far back that one lies, in averages; 0: not yet known
    ANALOGUE_ERROR,  # of the forecast that what came after it comes again
    SHAPE_NUMBERS,
) = range(9)
MEMORIES = len(SHAPE_LAGS)

SHAPE = STREAM_NUMBERS + 2 * CHANNEL_NUMBERS
# lowest and highest of each feature, see `record_values`; NaN: none
RECORDS = SHAPE + MEMORIES * SHAPE_NUMBERS
NEWS = RECORDS + 2 * 4  # evidence of each channel of the alarm, see `alarm`: the features first
SQUARES = NEWS + len(ENOUGH)  # of how many times enough it is: the stream's part in SUMS
HABITS = SQUARES + len(ENOUGH)
FAULT = HABITS + habits.SIZE

# --- float64: a device's numbers, kept in the row of one of its streams, its leader --------------
DEVICE = FAULT + fault.SIZE
(
    STREAMS,  # of the device
    TICKS,  # readings of each, on average
    PAUSE_UNTIL,  # after an alarm, in TICKS
    NOVELTY_PAUSE_UNTIL,  # after a record, for records
    FADED_TO,  # when BURDENS were right, in TICKS
    NOVELTIES,  # sum of NOVELTY over the streams
    HIGHEST_NOVELTY,  # mean of NOVELTY over the streams: the highest of this era, see `alarm`
    HIGHEST_BEFORE,  # of the era before it
    ERA_UNTIL,  # in TICKS
    SCORE_SQUARES,  # sum of SCORE_SQUARE over the streams
    SCORE_OF_LATE,  # mean of late of the root of their mean
) = range(DEVICE, DEVICE + 11)
SUMS = DEVICE + 11  # by channel of the alarm: of SQUARES, over the streams
BURDENS = SUMS + len(ENOUGH)
DAY_HOURS = 24
HOURS = BURDENS + len(ENOUGH)  # by hour of the day: how often somebody was called, see `hours`
HOURS_AT = HOURS + DAY_HOURS  # the last time that counted there, 0: none
NUMBERS = HOURS_AT + 1
VECTOR = 16  # numbers that a memory of shapes goes through at once
VERSION = 16  # of this layout; stored state of another one is refused


LOWEST, HIGHEST = RECORDS, RECORDS + 1  # of all readings
# channels of the alarm, behind the four features
FINE_CHANNEL, COARSE_CHANNEL, SCORE_CHANNEL, HABIT_CHANNEL = 4, 5, 6, 7


def channel(c: int) -> int:
    """Where the numbers of channel c begin."""
    return STREAM_NUMBERS + c * CHANNEL_NUMBERS


def shape(m: int) -> int:
    """Where the numbers of memory m begin."""
    return SHAPE + m * SHAPE_NUMBERS


# Lanes of the tails: where each group begins.
LINEAR_LANE = 0
CHANGE_LANE = LINEAR_LANE + len(LINEAR_SPANS)
NETWORK_LANE = CHANGE_LANE + len(CHANGE_SPANS)
ANALOGUE_LANE = NETWORK_LANE + len(NETWORK_SPANS)
SHAPE_LANE = ANALOGUE_LANE + len(ANALOGUE_SPANS)
SMOOTH_LANE = SHAPE_LANE + MEMORIES
LANES_END = SMOOTH_LANE + len(SMOOTH_SHAPE_SPANS)
assert LANES_END <= tails.LANES
assert HISTORY % 8 == 0  # of which a quarter is even: see `remember`


class Arrays(NamedTuple):
    """Offsets of one channel's arrays from its base in the float32 row, base = channel * size. What
    is short consists of bfloat16, two in each float32."""

    parameters: int  # (P,)
    v: int  # (P / LANES,) moments, see `optimiser.small_adam`
    state: int  # (H,) s now
    histogram: int  # (BINS,) of |residual|
    recent: int  # (RECENT,) a ring of the last surprises; short
    m: int  # (P,), short
    marks: int  # (MARKS, H) a ring of the states before past updates; short
    x: int  # (HISTORY,) scaled values, oldest first; the last RUN without a gap; short
    size: int


def parameter_count(H: int) -> int:
    """Parameters of one network, rounded up to whole vectors."""
    return padded(INPUTS * H + H * H + H + H + 1)


def arrays(H: int) -> Arrays:
    P = parameter_count(H)
    offsets = [0]
    for size in (P, P // LANES, H, BINS):
        offsets.append(offsets[-1] + size)
    for size in (RECENT, P, MARKS * H, HISTORY):
        offsets.append(offsets[-1] + size // 2)
    return Arrays(*offsets)


def networks(row: NDArray[np.float32], H: int) -> NDArray[np.float32]:
    """(2, size) the arrays of both channels of a stream's row, (row_size(H),); a view."""
    return row[: 2 * arrays(H).size].reshape(2, -1)


# --- float32: behind both channels' arrays those of the linear forecast, see `kernels.rls`, the
# tails of the evidence, see `kernels.tails`, the ring of blocks, and the memories of shapes, see
# `shapes`: the last averages, then the sums of squared differences of the windows, one for each lag
# from VECTOR on; both short, see `Arrays`
def values_size(lags: int) -> int:
    """float32 numbers that the last averages take."""
    return (lags + VECTOR) // 2


def memory_size(m: int) -> int:
    """float32 numbers of memory m of shapes."""
    return values_size(SHAPE_LAGS[m]) + (SHAPE_LAGS[m] - VECTOR) // 2


def row_size(H: int) -> int:
    """float32 numbers of a stream."""
    return shape_base(H, MEMORIES)


def stream_bytes(H: int) -> int:
    """Memory that a stream takes in a bank."""
    return 8 * NUMBERS + 4 * row_size(H)


def linear_base(H: int) -> int:
    """Where the arrays of the linear forecast begin."""
    return 2 * arrays(H).size


def tails_base(H: int) -> int:
    """Where the tails of the evidence begin."""
    return linear_base(H) + rls.SIZE


def ring_base(H: int) -> int:
    """Where the ring of blocks begins, (RECORD_BLOCKS, 2), see `record_values`."""
    return tails_base(H) + tails.SIZE


def shape_base(H: int, m: int) -> int:
    """Where the arrays of memory m begin."""
    return ring_base(H) + 2 * RECORD_BLOCKS + sum(memory_size(k) for k in range(m))
