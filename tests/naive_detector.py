"""The executable specification of the detector: one stream, float64, everything kept for ever.

Built from the naive kernels and the constants of `detect.recipe`; no other code of the package.
Where the package has rings and running sums, this has lists. It does not retrain.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect import recipe
from streamrnn.detect.recipe import COARSE, FINE, INPUTS
from streamrnn.records import Kind, Outcome
from tests import naive
from tests.naive_evidence import Alarm, Level, Linear, Records, Shapes, Tails
from tests.naive_faults import Fault, Habits


class Judgement(NamedTuple):
    outcome: Outcome
    score: float = 0.0
    kind: Kind = Kind.NONE
    alarm: bool = False
    yhat: float = math.nan
    yhat_lower: float = math.nan
    yhat_upper: float = math.nan


class Timing:
    """The stream's interval: median and 95 % quantile of the times between readings."""

    def __init__(self) -> None:
        self.interval = self.long_interval = 0.0

    def learn(self, dt: float, readings: int) -> None:
        if self.interval == 0.0:
            self.interval = self.long_interval = dt
            return
        step = max(1.0 / readings, recipe.INTERVAL_STEP)
        self.interval = stepped(self.interval, dt, step, step)
        self.long_interval = stepped(self.long_interval, dt, 3.8 * step, 0.2 * step)

    def is_gap(self, dt: float) -> bool:
        return dt > recipe.GAP_FACTOR * max(self.interval, self.long_interval)


def stepped(estimate: float, dt: float, up: float, down: float) -> float:
    """A relative step towards dt, never past it."""
    if dt > estimate:
        return min(estimate * (1.0 + up), dt)
    return max(estimate / (1.0 + down), dt)


class Blocks:
    """Means of the readings between multiples of a block's length."""

    def __init__(self) -> None:
        self.seconds, self.index = 0.0, 0
        self.values: list[float] = []
        self.ended: list[float] = []  # of the block that ended last

    def add(self, value: float, time: float, interval: float) -> tuple[float, float]:
        """(mean, empty) of the block that ends here; NaN: none does."""
        ended, empty = list(self.values), math.nan
        usual = recipe.BLOCK_READINGS * interval
        if not usual / recipe.REBLOCK_FACTOR <= self.seconds <= usual * recipe.REBLOCK_FACTOR:
            self.seconds, empty = usual, math.inf
        index = math.floor(time / self.seconds)
        if empty != math.inf and index == self.index:
            self.values.append(value)
            return math.nan, 0.0
        if empty != math.inf:
            empty = index - self.index - 1.0 if index > self.index else math.inf
        self.index, self.values, self.ended = index, [value], ended
        return (sum(ended) / len(ended), empty) if ended else (math.nan, 0.0)


class Persistence:
    """The next reading is this one."""

    def __init__(self) -> None:
        self.last, self.mean, self.band = math.nan, 0.0, 0.0

    def expected(self) -> tuple[float, float, float]:
        return self.last, self.last - self.band, self.last + self.band

    def learn(self, change: float, steps: int) -> None:
        self.mean += max(1.0 / steps, 1.0 / recipe.SKILL_MEMORY) * (change - self.mean)
        smallest, largest = recipe.CHANGE_STEP
        step = self.mean * max(min(1.0 / (recipe.BAND_SHARE * steps), largest), smallest)
        above = 1.0 if change > self.band else 0.0
        self.band = max(self.band + step * (above - recipe.BAND_SHARE), 0.0)


class Moments:
    """Weighted mean and variance of a growing list."""

    def __init__(self, memory: float) -> None:
        self.memory = memory
        self.values: list[float] = []
        self.weights: list[float] = []

    def add(self, x: float) -> None:
        self.values.append(x)
        self.weights.append(max(1.0 / len(self.values), 1.0 / self.memory))

    def mean_sd(self) -> tuple[float, float]:
        if not self.values:
            return 0.0, 0.0
        mean, var = naive.weighted_moments(self.values, self.weights)
        return mean, math.sqrt(var)


class Channel:
    """One network, what it has seen, and how much its errors surprise."""

    def __init__(self, c: int, flat: naive.F64, H: int, relu: bool) -> None:
        self.c, self.H, self.relu = c, H, relu
        self.flat = flat
        self.adam = naive.SmallAdam(len(flat))
        self.scale = Moments(recipe.SCALE_MEMORY[c])
        self.history: list[float] = []  # scaled values, of which so many are kept
        self.kept = 0
        self.z: list[float] = []  # the same as the network sees them, since the last gap
        self.steps = 0  # values ever seen
        self.s = np.zeros(H)
        self.states: list[naive.F64] = []  # before each step since the last gap
        self.forecast, self.before = 0.0, 0.0
        self.residuals = naive.Histogram(1.0 - 1.0 / recipe.RANK_MEMORY[c])
        self.surprises: list[float] = []
        self.half_band = 0.0
        self.stray = 0.0  # how far a value was from a constant stream
        self.smoothed = Moments(recipe.NORMAL_MEMORY[c])
        self.changes = Moments(recipe.SKILL_MEMORY)  # from one value to the next
        self.errors = Moments(recipe.SKILL_MEMORY)

    @property
    def network(self) -> naive.Network:
        return naive.unpack(self.flat, INPUTS, self.H)

    def raw_errors(self, x: float, before: float, gap: bool) -> tuple[float, float, float]:
        """(error, change, z) in standard deviations; NaN where there is nothing to compare with."""
        mean, sd = self.scale.mean_sd()
        if self.steps < recipe.FIRST_STEPS:
            return math.nan, math.nan, 0.0
        if sd == 0.0:
            z = float(np.sign(x - mean))
            if gap or not self.states or self.steps < recipe.EVIDENCE_START:
                return math.nan, math.nan, z
            return abs(z), abs(z), z
        z = (x - mean) / sd
        limited = min(max(z, -recipe.SHAPE_LIMIT), recipe.SHAPE_LIMIT)
        if gap or not self.states or self.steps < recipe.EVIDENCE_START:
            return math.nan, math.nan, limited
        return abs(z - self.forecast), abs(x - before) / sd, limited

    def expected(self) -> tuple[float, float, float] | None:
        """(yhat, lower, upper) in the sensor's unit; None while persistence is better."""
        young = len(self.surprises) < recipe.SKILL_WARM
        if young or self.errors.mean_sd()[0] > self.changes.mean_sd()[0]:
            return None
        mean, sd = self.scale.mean_sd()
        yhat, half = mean + sd * self.forecast, sd * self.half_band
        return yhat, yhat - half, yhat + half

    def step(
        self, x: float, gap: bool, block: int, block_seconds: float, *, faulty: bool = False
    ) -> float:
        """Judges x, learns unless faulty, forecasts the next; returns S."""
        if gap or not self.states:
            self.states, self.z = [], []
        self.kept = (self.kept if self.kept < recipe.HISTORY else recipe.HISTORY * 3 // 4) + 1
        mean, sd = self.scale.mean_sd()
        z = (x - mean) / sd if sd > 0.0 else 0.0
        kept = naive.bfloat16(float(np.clip(z, -recipe.KEPT_LIMIT, recipe.KEPT_LIMIT)))
        self.history.append(kept)
        z = min(max(z, -recipe.Z_LIMIT), recipe.Z_LIMIT)
        S = 0.0
        if self.states and self.steps >= recipe.FIRST_STEPS and sd > 0.0:
            S = self.surprise(z - self.forecast)
            before = (self.before - mean) / sd
            self.changes.add(abs(z - float(np.clip(before, -recipe.Z_LIMIT, recipe.Z_LIMIT))))
            self.errors.add(abs(z - self.forecast))
        self.before = x
        self.z.append(min(max(kept, -recipe.Z_LIMIT), recipe.Z_LIMIT))
        self.steps += 1
        if self.steps > recipe.FIRST_STEPS:
            reach = recipe.SCALE_REACH * sd
            if sd == 0.0:
                reach, self.stray = self.stray, max(self.stray, abs(x - mean))
            x = min(max(x, mean - reach), mean + reach)
        self.scale.add(x)
        T, run = recipe.WINDOW[self.c], len(self.states)
        if run >= T and run % recipe.STRIDE[self.c] == 0 and not faulty:
            self.learn(T, block, block_seconds)
        self.states.append(self.s)
        newest = self.inputs(len(self.z) - 1, block, block_seconds)
        self.s = naive.elman_step(self.network, newest, self.s, self.relu)
        self.forecast = naive.head_output(self.network, self.s)
        return S

    def inputs(self, k: int, block: int, block_seconds: float) -> naive.F64:
        """(INPUTS,) of the step at z[k]; block: the one after the newest z."""
        if self.c == FINE:
            return np.array([self.z[k - d] if k >= d else 0.0 for d in range(INPUTS)])
        seconds = (block - (len(self.z) - 1 - k)) * block_seconds
        day, week = (2.0 * math.pi * seconds / period for period in (86_400.0, 604_800.0))
        return np.array([self.z[k], math.sin(day), math.cos(day), math.sin(week), math.cos(week)])

    def learn(self, T: int, block: int, block_seconds: float) -> None:
        last = len(self.z) - 1
        steps = range(last - T, last)
        inputs = np.array([self.inputs(k, block, block_seconds) for k in steps])
        targets = np.array(self.history[-T:])
        gradient = naive.window_gradient(
            self.network, inputs, targets, self.states[-T], recipe.HUBER, self.relu
        )
        g = naive.clip_norm(naive.pack(gradient, len(self.flat)), recipe.GRADIENT_NORM)
        self.flat = self.adam.update(self.flat, g, recipe.RATE[self.c])

    def surprise(self, residual: float) -> float:
        above, weight = self.residuals.above(abs(residual)), self.residuals.weight()
        self.residuals.add(abs(residual))
        self.surprises.append(naive.bfloat16(-math.log10((above + 1.0) / (weight + 1.0))))
        scored = len(self.surprises)
        if scored <= recipe.BAND_STRIDE or scored % recipe.BAND_STRIDE == 0:
            self.half_band = self.residuals.quantile(recipe.BAND_SHARE)
        n = recipe.SMOOTHING[self.c]
        if scored <= n:
            return 0.0
        m = sum(self.surprises[-n:]) / n
        mean, sd = self.smoothed.mean_sd()
        self.smoothed.add(m)
        z = (m - mean) / max(sd, recipe.SMOOTHED_SD_FLOOR)
        if len(self.smoothed.values) <= recipe.LEAST_PAST * n or z <= recipe.UNUSUAL_DEVIATIONS:
            return 0.0
        return naive.surprise_of_normal(z)


class Detector:
    """flat: the first parameters of both networks, in the order of `streamrnn.kernels`."""

    def __init__(
        self,
        flat: NDArray[Any],
        H: int,
        relu: bool,
        warm_up: int,
        adapt_after: float = math.inf,
        limits: tuple[float, float] = (-math.inf, math.inf),
    ) -> None:
        used = INPUTS * H + H * H + H + H + 1
        start = np.asarray(flat[:used], np.float64)
        self.channels = [Channel(c, start, H, relu) for c in (FINE, COARSE)]
        self.warm_up = warm_up
        self.timing, self.blocks = Timing(), Blocks()
        spans = (*recipe.LINEAR_SPANS, *recipe.CHANGE_SPANS)
        spans = (*spans, *recipe.NETWORK_SPANS, *recipe.ANALOGUE_SPANS)
        spans = (*spans, 1.0, 1.0, *recipe.SMOOTH_SHAPE_SPANS)
        self.tails = Tails([2.0 / (span + 1.0) for span in spans])
        self.shapes = [Shapes(m) for m in range(2)]
        self.linear, self.level = Linear(), Level()
        self.records, self.alarm = Records(), Alarm()
        self.held, self.slow_shape = [0.0, 0.0], [0.0, 0.0]  # of the strength and of the score
        self.smooth_level = 0.0
        self.persistence = Persistence()
        self.fault, self.limits = Fault(adapt_after), limits
        self.habits: Habits | None = None
        self.values: list[float] = []
        self.time = math.nan
        self.late: list[float] = []
        self.clean_from = 0  # readings when the last fault was over
        self.begun, self.anew_from = math.nan, 0  # readings before an outage longer than its life

    def step(self, value: float, time: float) -> Judgement:
        elapsed, gap = 1.0, True
        if not self.values:
            self.begun = time
        if self.values and time < self.time:
            self.late = [*self.late, time] if self.late and time > self.late[-1] else [time]
            if len(self.late) < recipe.CLOCK_STEP_READINGS:
                return Judgement(Outcome.LATE)
            self.late = []
        elif self.values:
            self.late, dt = [], time - self.time
            if dt == 0.0 and value == self.values[-1]:
                return Judgement(Outcome.DUPLICATE)
            gap = len(self.values) > recipe.INTERVAL_READINGS and self.timing.is_gap(dt)
            elapsed = 0.0
            if dt > 0.0:
                self.timing.learn(dt, len(self.values))
                elapsed = min(dt / self.timing.interval, recipe.MAX_ELAPSED)
            if gap and 0.0 <= self.time - self.begun < dt:
                self.anew_from = len(self.values)
        return self.judge(value, time, gap, elapsed)

    def judge(self, value: float, time: float, gap: bool, elapsed: float) -> Judgement:
        fine, coarse = self.channels
        expected = (math.nan,) * 3
        if not gap and fine.steps >= recipe.FIRST_STEPS and abs(self.values[-1]) < 1e300:
            expected = fine.expected() or self.persistence.expected()
        mean, empty = math.nan, 0.0
        if len(self.values) >= recipe.INTERVAL_READINGS and self.timing.interval > 0.0:
            mean, empty = self.blocks.add(value, time, self.timing.interval)
        young = len(self.values) < recipe.RANGE_WARM_READINGS
        low, high = self.records.value.low, self.records.value.high
        news = self.records.hear(value)
        share = news[0] if high > low and not young else 0.0
        if not math.isnan(mean):
            after_gap = empty > recipe.GAP_BLOCKS
            news[2:] = self.records.hear_block(self.blocks.ended, after_gap=after_gap)
        before = self.values[-1] if self.values else math.nan
        error, change, z = fine.raw_errors(value, before, gap)
        level = self.level.distance(value, fine.scale.mean_sd()[1])
        linear = self.linear_error(z, value, gap)
        where = (self.blocks.index, self.blocks.seconds)
        faulty = self.fault.since is not None
        S_fine = fine.step(value, gap, *where, faulty=faulty)
        S_coarse = 0.0
        if not math.isnan(mean):
            S_coarse = coarse.step(mean, empty > recipe.GAP_BLOCKS, *where, faulty=faulty)
        for memory in self.shapes:
            memory.add(z)
        score = strength = errors = novelty = 0.0
        if not math.isnan(error):
            strength, score, errors, novelty = self.weigh(linear, change, error, level)
        if not gap:
            self.persistence.learn(min(abs(value - before), recipe.LARGEST_CHANGE), fine.steps)
        self.persistence.last = value
        habits, (unusual, stuck, drift) = self.compare(value, time, gap, faulty=faulty)
        self.values.append(value)
        self.time = time
        broken = not self.limits[0] <= value <= self.limits[1]
        if len(self.values) <= self.warm_up:
            if broken:
                least = recipe.HARD_LIMIT_SCORE
                return Judgement(Outcome.ANOMALY, least, Kind.OUT_OF_RANGE, True, *expected)
            return Judgement(Outcome.WARMING, 0.0, Kind.NONE, False, *expected)
        unusual = recipe.HABIT_WEIGHT * unusual if strength >= recipe.HABIT_SCORE else 0.0
        likelihood = S_fine if errors >= recipe.LIKELY_ERROR else 0.0
        evidence = [*news, likelihood, S_coarse, strength, max(unusual, stuck, drift)]
        echoes = faulty or len(self.values) < self.clean_from + recipe.ECHO
        muted = echoes or len(self.records.blocks) < recipe.SLOW_FROM
        trust = self.alarm.trust(
            evidence, elapsed, len(self.values),
            experience=len(self.values) - self.anew_from,
            time=time, novelty=novelty, interval=self.timing.interval, muted=muted,
        )  # fmt: skip
        if drift > 1.0:
            score = max(score, 1.0 + recipe.ALARM_TILT * strength)
        if trust:
            score = max(score, 1.0 + recipe.ALARM_TILT * (1.0 + strength))
        held = max(score, strength, self.fault.lasting(habits, stuck))
        z = np.array(fine.history[-fine.kept :])
        kind, accepted = self.fault.follow(
            z, habits, held, time, scale=(*fine.scale.mean_sd(), fine.steps),
            extent=(low, high), beyond=share, stuck=stuck, drift=drift,
        )  # fmt: skip
        if faulty and self.fault.since is None and not accepted:
            self.clean_from = len(self.values)
        if broken:
            trust, kind, score = 1.0, Kind.OUT_OF_RANGE, max(score, recipe.HARD_LIMIT_SCORE)
        outcome = Outcome.ANOMALY if score > 1.0 else Outcome.NORMAL
        return Judgement(outcome, score, kind, trust > 0.0, *expected)

    def compare(
        self, value: float, time: float, gap: bool, *, faulty: bool
    ) -> tuple[Habits, tuple[float, float, float]]:
        """The habits, and by how much they are exceeded: (unusual, stuck, drift)."""
        if self.habits is None:
            self.habits = Habits(value, time)
        elif gap:
            self.habits.after_gap(value)
        else:
            habits = self.habits
            unusual, stuck = habits.compare(value, time)
            drift = self.fault.reference.score(
                habits.means[256], value, time - habits.begun, faulty=faulty
            )
            return habits, (unusual, stuck, drift)
        return self.habits, (0.0, 0.0, 0.0)

    def linear_error(self, z: float, value: float, gap: bool) -> float:
        """|residual| of the linear forecast, not limited as z is."""
        mean, sd = self.channels[FINE].scale.mean_sd()
        known = self.channels[FINE].steps >= recipe.FIRST_STEPS and sd > 0.0
        beyond = (value - mean) / sd - z if known else 0.0
        return abs(self.linear.error(z, in_order=not gap) + beyond)

    def weigh(
        self, linear: float, change: float, network: float, level: float
    ) -> tuple[float, float, float, float]:
        """Strength and score of one reading's evidence, the score of the errors of forecasts alone,
        and of these with the shapes."""
        groups = (
            (linear, recipe.LINEAR_SPANS),
            (change, recipe.CHANGE_SPANS),
            (network, recipe.NETWORK_SPANS),
            (self.shapes[0].error, recipe.ANALOGUE_SPANS),
        )
        values = [value for value, spans in groups for _ in spans]
        distances = [memory.distance for memory in self.shapes]
        surprises = self.tails.judge(
            [*values, *distances, *(distances[:1] * len(recipe.SMOOTH_SHAPE_SPANS))]
        )
        if self.tails.count <= recipe.EVIDENCE_WARM:
            return 0.0, 0.0, 0.0, 0.0
        E = max(surprises[:9]) / recipe.ERROR_UNIT
        nearest = max(surprises[9:12])
        S = [
            (nearest + sum(surprises[12:end])) / (end - 11) / recipe.SHAPE_UNIT for end in (14, 16)
        ]
        self.smooth_level += 2.0 / (recipe.SMOOTH_LEVEL_SPAN + 1.0) * (level - self.smooth_level)
        levels = [level, min(level, self.smooth_level)]
        for k in range(2):
            share = min(S[0], recipe.SLOW_SHAPE_REACH[k])
            self.slow_shape[k] += (
                2.0 / (recipe.SLOW_SHAPE_SPAN + 1.0) * (share - self.slow_shape[k])
            )
            slow = recipe.SLOW_SHAPE_WEIGHT[k] * self.slow_shape[k]
            L = levels[k] / recipe.LEVEL_UNIT[k]
            C = (E**3 + S[k] ** 3 + slow**3 + L**3) ** (1 / 3)
            self.held[k] = min(max(C, recipe.SCORE_KEPT * self.held[k]), recipe.MAX_SCORE)
        return self.held[0], self.held[1], E, (E**3 + S[1] ** 3) ** (1 / 3)
