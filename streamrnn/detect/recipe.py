"""The detector's constants, all in one place, each with what it trades.

One global set serves every sensor. Two channels look at a stream, each with a network of its own:
FINE at every reading, COARSE at the means of blocks of BLOCK_READINGS readings. Pairs below are
(fine, coarse) and count in steps of that channel: readings or blocks. A reading is one *learned
interval* long, so a 10 ms stream and an hourly one see the same recipe.
"""

import math

FINE, COARSE = 0, 1
BLOCK_READINGS = 12.0

# Inputs of either network: the scaled value, and four more: the fine network's are the values
# before it, the coarse network's are the coming block's time of day and day of week.
INPUTS = 5
SCALE_MEMORY = (20_000.0, 1_700.0)  # mean and variance for scaling reach back about so far
SCALE_REACH = 10.0  # standard deviations that a value may lie away for the scale to follow it
Z_LIMIT = 5.0  # scaled inputs are clipped here
KEPT_LIMIT = 1e3  # and kept values, from which anomalies are named, here
FIRST_STEPS = 3.0  # values before there is a scale to judge by

# Online learning. Slow on purpose: an update at every step absorbs the anomaly it should report.
WINDOW = (16, 24)  # steps of truncated back-propagation
STRIDE = (16, 2)  # steps between two updates
RATE = (1e-3, 1e-3)
HUBER = 3.0  # errors beyond it count linearly
GRADIENT_NORM = 1.0
MARKS = 13  # states kept at past updates; more than WINDOW / STRIDE

# Retraining: the last values kept for it.
HISTORY = 232

# Likelihood: rank of the residual, smoothed, against its own long past.
RANK_MEMORY = (1000.0, 200.0)
SMOOTHING = (32, 4)  # last surprises that are averaged; at most RECENT
RECENT = 32
NORMAL_MEMORY = (8640.0, 720.0)
LEAST_PAST = 1.0  # means of so many surprises apart, before their own past says anything
UNUSUAL_DEVIATIONS = 1.5  # up to here it is not even computed how unlikely a mean is
SMOOTHED_SD_FLOOR = 0.02  # a channel that was never surprised must not panic at the first surprise

# Record values
TREND_SPANS = (144.0, 288.0)  # readings
RECORD_BLOCKS = 24  # that are remembered
SHIFT_BLOCKS = 9
LEAST_SPREAD = 1e-3  # of the range
LARGEST_RECORD = 1e3
RANGE_WARM_READINGS = 300.0  # before, a stream often leaves its range

# Alarm: what is enough by itself, by channel: news of the four features as a share of their range,
# likelihoods, the score, and what goes beyond habits.
ENOUGH = (0.023, 0.11, 0.2, 0.6, 5.0, 7.0, 1.6, 1.0)
LIKELY_ERROR = 0.22  # of the score: errors that are less are no news, however unlikely
HABIT_WEIGHT = 0.5  # of steps, turns, climbs and wobbles, beside runs and drifts
HABIT_SCORE = 0.6  # least score with which they count
LONE = 10.0  # times enough: more counts as this
SHARE = 0.5  # of a device's strength, that the stream must have which calls
ALARM_RISE = 0.3
TRUST_RISE = 0.2
TRUSTED = 0.5  # least trust in an alarm that calls somebody
ALARM_HALF_LIFE = 1000.0  # readings
HOUR_HALF_LIFE = 14 * 86_400.0  # seconds
ALARM_PAUSE = 30.0  # readings after an alarm
REHEARSAL = 600.0  # readings before which an alarm wants more
SLOW_REHEARSAL = 500.0  # and before which slow features call nobody
SLOW_FROM = 33.0  # blocks, since the beginning or a gap, before slow features count
ECHO = 144.0  # readings after a fault in which they show it

# Records of the novelty: what never was in the last half of a device's life.
NOVELTY_FROM = 400.0  # readings of a stream before which all is new, and nothing counts
FIRST_ERA = 2000.0  # readings in which there are no records yet
NOVELTY_LEAST = 0.4
NOVELTY_CLEAR = 1.15  # times the highest before: then less is enough
NOVELTY_CLEAR_LEAST = 0.25
NOVELTY_TRUST = 0.01  # least trust in a record, which calls all the same

# Score of a device of several streams
DEVICE_SPAN = 50.0  # readings over which it is averaged
DEVICE_REACH = 3.0  # a stream's score counts as this at most
DEVICE_ENOUGH = 0.45  # calls by itself; noise has about 0.3
DEVICE_ODD = 0.3  # lets an alarm of one stream call whose own score is below 1

# Shapes: windows of the signal, averaged over so many readings, against all windows before. Two
# memories, one value each.
SHAPE_READINGS = (2.0, 5.0)
SHAPE_LAGS = (1024, 512)  # so far back, in averages
SHAPE_WINDOWS = (6.0, 8.0)  # memory of the exponential average that makes the window
SHAPE_MEAN_MEMORY = 6.0  # the level that is taken off
SHAPE_POWER_FLOOR = 0.3  # variances of the stream, beside the power of a window
SHAPE_SETTLED = 32  # averages until a window is complete
SHAPE_LIMIT = 10.0  # standard deviations: farther values count as this far

# Level of late, against the usual one.
LEVEL_SPAN = 20.0  # readings
LEVEL_MEMORY = 5000.0
LEVEL_REACH = 2.0  # deviations: farther readings count as this far away
LEVEL_WARM = 100.0  # readings before they do
LEVEL_FLOOR = 0.1  # of the deviation that is not winsorised
LEVEL_LIMIT = 48.0

# Evidence: errors of four forecasts at several smoothings (spans of exponential averages, in
# readings), and distances of shapes, each as -ln P from its own tail.
LINEAR_SPANS = (5.0, 20.0, 80.0)
CHANGE_SPANS = (1.0, 20.0, 80.0)
NETWORK_SPANS = (5.0, 20.0, 80.0)
ANALOGUE_SPANS = (5.0, 20.0, 80.0)
SMOOTH_SHAPE_SPANS = (10.0, 40.0)  # for distances of the first memory, in the score
EVIDENCE_START = 30.0  # readings before the scale is settled enough to begin
EVIDENCE_WARM = 20.0  # more of them before a tail is known

# Score: above 1 is anomalous. What -ln P, or how many deviations, make a score of 1 by themselves.
ERROR_UNIT = 25.0
SHAPE_UNIT = 12.0
# Pairs: for the strength that alarms are raised by, and for the score.
SLOW_SHAPE_WEIGHT = (1.25, 1.8)
SLOW_SHAPE_REACH = (math.inf, 0.3)  # of S: more counts in its mean as this
SLOW_SHAPE_SPAN = 300.0  # readings
LEVEL_UNIT = (16.0, 20.0)  # deviations
SMOOTH_LEVEL_SPAN = 20.0  # readings: in the score, a level counts as its mean over these at most
SCORE_KEPT = 0.9  # of the last score, where that is more: evidence comes and goes within an event
ALARM_TILT = 0.05  # how much the evidence orders what an alarm raised to 1
MAX_SCORE = 1e6

# False alarms allowed: the threshold starts where a lively stream still calls now and then, as none
# must be deaf at first, and falls by FIRST_DESCENT (of its logarithm) in the time allowed for one
# until there was an alarm. Then every alarm raises it by CALIBRATION_STEP, and the time allowed for
# one takes as much away again. Its lowest is where the usual would be anomalous; at its highest a
# stream is as good as deaf.
CALIBRATION_STEP = 0.4
FIRST_DESCENT = 1.2
START_EXPONENT = 2.6  # tails are much heavier than they look
FIXED_SURPRISE = 8.5  # -ln of the false alarms per reading at the fixed threshold
LOG_THRESHOLD_LIMITS = (-2.5, 4.5)
TAKEN_UP = 0.5  # of the time allowed for one alarm, that one may be watched or keep others quiet
# So long after the end of an anomaly the next alarm begins another.
NEW_ALARM_SECONDS = 1200.0
NEW_ALARM_READINGS = 2.5

BAND_SHARE = 0.05  # of residuals that may lie outside the forecast's band
BAND_STRIDE = 8  # residuals between two looks at its width
SKILL_MEMORY = 1000.0  # readings over which the network is compared with persistence
SKILL_WARM = 100.0  # forecasts before the network may be preferred to it
LARGEST_CHANGE = 1e300  # of two readings that float64 just holds, the difference may be infinite
CHANGE_STEP = (0.02, 2.0)  # smallest and largest step of the band, in mean |change|s

# Habits: the largest of step, turn, climb and wobble that the stream has had; see `habits`.
HABIT_LIMIT = (2.0, 1.8, 1.8, 1.6)  # so many times it makes a score of 1
FIRST_HABITS = 30.0  # readings of which the largest is simply the largest
HABIT_WARM = 300.0  # readings before it is known; until then it grows at every reading
HABIT_WARM_GROWTH = 4.0  # but by no more than so many times
HABIT_WARM_SECONDS = 86_400.0  # and for turn, climb and run so long: a day has a night
HABIT_CALM = 64.0  # readings after which what went beyond is over
HABIT_GROWTH = 2.0  # so many times larger it may then be
FORGET_HABITS = 1e-5
MEAN_REACH = 10.0  # largest turns or climbs: farther values do not move the means further
# A run of one value is unusual from so many times the longest on, but not before so many readings,
# nor before so many long runs have shown how long they are: a quarter of the longest.
RUN_FACTOR = 3.0
LEAST_RUN = 40.0
LEAST_RUNS = 6.0
LONG_RUN = 0.25
# Before a stream has seen a night it may be one that rests then. Only one that hardly ever repeated
# itself, in so many runs, is held to be stuck, and later.
LIVELY_RUNS = 200.0
LIVELY_RUN = 240.0
LIVELY_FACTOR = 60.0

# Faults
UNUSUAL_RANGE = 2.0  # beyond everything seen by this share of it: out of range, whatever else
NAMING_AGES = (4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 96.0, 128.0)  # readings
WATCHED = 32.0  # readings for which it is watched at least: a little longer than ALARM_PAUSE
ADAPT_READINGS = 64.0  # a fault is not accepted before, however slow the stream
FAULT_CALM = 12.0  # readings with a score below FAULT_CALM_SCORE: the fault is over
FAULT_CALM_SCORE = 0.8
LASTING_SCORE = 0.85  # counts as the score of a fault whose level has not been returned to
HARD_LIMIT_SCORE = 2.0  # outside the limits that somebody set

# Reference: mean and deviation of the first days, frozen; each of its halves is so long.
REFERENCE_READINGS = 500.0
REFERENCE_SECONDS = 86_400.0
REFERENCE_MOVE = 0.5  # deviations between the means of its halves: this is no reference
REFERENCE_LIMIT = 8.0  # deviations that the level may be away from it

# Time
INTERVAL_READINGS = 32.0  # readings after which the interval counts as learned
INTERVAL_STEP = 0.01  # relative step by which the learned interval follows afterwards
GAP_FACTOR = 4.0  # longer than this times the usual interval: a gap, the forecast is void
GAP_BLOCKS = 3.0  # more empty blocks than this: the same for the coarse channel
# So many late readings in order: the sensor's clock was set back. More than clients and brokers
# have in flight (20 by default), because what is in flight is sent again after a reconnect.
CLOCK_STEP_READINGS = 32.0
REBLOCK_FACTOR = 2.5  # the interval changed by more than this: blocks are cut anew
MAX_ELAPSED = 4.0  # a pause ages running figures by at most so many readings

# Retraining
RETRAIN_WINDOW = 16
RETRAIN_EPOCHS = 5
RETRAIN_RATE = 2e-3
RETRAIN_HOLD_OUT = 0.2  # the newest share of the history judges the challenger
RETRAIN_TOLERANCE = 1.05  # it may be worse there by this factor: it has unlearned nothing important
INSTALL_AFTER = 32  # readings between cutting a job and installing its result
