"""The executable specification of habits, kinds, faults and the reference: lists and numpy."""

from __future__ import annotations

import math

import numpy as np

from streamrnn.detect import recipe
from streamrnn.records import Kind
from tests import naive

STEP, TURN, CLIMB, WOBBLE = range(4)
SPANS = (3, 8, 32, 64, 256)


class Habits:
    def __init__(self, x: float, time: float) -> None:
        self.begun, self.count = time, 1
        self.last, self.means = x, dict.fromkeys(SPANS, x)
        self.mean_step = 0.0
        self.largest, self.peaks = [0.0] * 4, [0.0] * 4
        self.calm = 0
        self.runs: list[int] = []
        self.run, self.longest = 0, 0.0

    def after_gap(self, x: float) -> None:
        self.means = dict.fromkeys(SPANS, x)
        self.last, self.count = x, self.count + 1

    def compare(self, x: float, time: float) -> tuple[float, float]:
        """(unusual, stuck)"""
        warm, slow = self.count <= recipe.HABIT_WARM, self.count <= recipe.HABIT_WARM
        slow = slow or time - self.begun < recipe.HABIT_WARM_SECONDS
        step = abs(x - self.last)
        near = min(step, abs(x - self.means[3]))
        counted, level = step, x
        if not warm:
            counted = min(step, self.largest[STEP])
            reach = recipe.MEAN_REACH * max(self.largest[TURN], self.largest[CLIMB])
            level = float(np.clip(x, self.means[256] - reach, self.means[256] + reach))
        for span in SPANS:
            self.means[span] += 2.0 / (span + 1.0) * (level - self.means[span])
        self.mean_step += 2.0 / 33.0 * (counted - self.mean_step)
        turn, climb = (abs(self.means[a] - self.means[b]) for a, b in ((8, 64), (32, 256)))
        magnitudes = (near, turn, climb, self.mean_step)
        self.calm += 1
        ratios = [
            self.measure(habit, size, warm if habit in (STEP, WOBBLE) else slow)
            for habit, size in enumerate(magnitudes)
        ]
        if self.calm == recipe.HABIT_CALM:
            self.take_in(recipe.HABIT_GROWTH)
        settled = time - self.begun >= recipe.HABIT_WARM_SECONDS
        stuck = self.follow_run(step == 0.0, settled)
        self.last, self.count = x, self.count + 1
        return max(ratios), stuck

    def measure(self, habit: int, size: float, warming: bool) -> float:
        largest = self.largest[habit] * (1.0 - recipe.FORGET_HABITS)
        self.largest[habit] = largest
        if warming:
            first = self.count <= recipe.FIRST_HABITS
            most = size if first else min(size, recipe.HABIT_WARM_GROWTH * largest)
            self.largest[habit] = max(largest, most)
            return 0.0
        if size > largest:
            self.peaks[habit], self.calm = max(self.peaks[habit], size), 0
        return size / (largest * recipe.HABIT_LIMIT[habit]) if largest > 0.0 else 0.0

    def take_in(self, growth: float) -> None:
        for habit, peak in enumerate(self.peaks):
            if peak > (largest := self.largest[habit]):
                self.largest[habit] = min(peak, growth * largest) if largest > 0.0 else peak
        self.peaks = [0.0] * 4

    def follow_run(self, goes_on: bool, settled: bool) -> float:
        if goes_on:
            self.run += 1
        else:
            most = max(recipe.HABIT_GROWTH * self.longest, recipe.LEAST_RUN)
            self.longest = max(self.longest, min(self.run, most) if settled else self.run)
            self.runs.append(self.run)
            self.run = 1
        if not settled or len(self.runs) < recipe.LEAST_RUNS:
            return 0.0
        return self.run / max(recipe.RUN_FACTOR * self.longest, recipe.LEAST_RUN)

    def beyond(self, habit: int) -> float:
        largest = self.largest[habit]
        return self.peaks[habit] / largest if largest > 0.0 else 0.0

    def accept(self) -> None:
        self.take_in(math.inf)
        self.longest = max(self.longest, self.run)


class Reference:
    """Mean and variance of the first days, once both halves agree."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.half = 0
        self.frozen: tuple[float, float] | None = None

    def score(self, level: float, x: float, since_begun: float, *, faulty: bool) -> float:
        if self.frozen is not None:
            mean, sd = self.frozen
            return abs(level - mean) / (recipe.REFERENCE_LIMIT * sd) if sd > 0.0 else 0.0
        if faulty:
            return 0.0
        self.values.append(x)
        n = len(self.values)
        if not self.half:
            if n >= recipe.REFERENCE_READINGS and since_begun >= recipe.REFERENCE_SECONDS:
                self.half = n
        elif n >= 2 * self.half:
            sd = float(np.std(self.values))
            first, second = np.split(np.array(self.values), 2)
            if abs(first.mean() - second.mean()) <= recipe.REFERENCE_MOVE * sd:
                self.frozen = float(np.mean(self.values)), sd
            else:
                self.values, self.half = [], 0
        return 0.0


def roughness(x: naive.F64) -> tuple[float, float]:
    steps = np.diff(x)
    size = float(np.sort(np.abs(steps))[:-2].sum()) / (len(steps) - 2)
    squares = float((steps**2).sum())
    return size, float((steps[1:] * steps[:-1]).sum()) / squares if squares > 0.0 else 0.0


def largest_move(x: naive.F64) -> float:
    if len(x) < 8:
        return 0.0
    means = np.convolve(x, np.full(4, 0.25), "valid")
    return float(np.abs(means[4:] - means[:-4]).max())


def name_kind(z: naive.F64, age: int, habits: Habits, *, left_range: bool) -> Kind:
    """z: the last readings, scaled; the alarm was `age` readings before the newest."""
    newest = len(z) - 1
    alarm = newest - age
    if alarm < 72:
        return Kind.UNEXPECTED
    old = z[:64]
    base, spread = float(old.mean()), float(old.std())
    usual = max(roughness(old)[0], 1e-9)
    rough, correlation = roughness(z[-min(max(age + 2, 8), 32) :])
    if rough > 2.2 * usual:
        trembles = habits.beyond(WOBBLE) > 1.2 and correlation < -0.2
        return Kind.VARIANCE if age >= 12 and trembles else Kind.UNEXPECTED
    around = range(alarm - 7, min(alarm + 8, newest + 1))
    sizes = [abs(z[i] - z[i - 1]) for i in around]
    jump = next(i for i, size in zip(around, sizes, strict=True) if size >= 0.7 * max(sizes))
    before, now = float(z[jump - 5 : jump].mean()), float(z[-8:].mean())
    size, since = float(z[jump] - z[jump - 1]), newest - jump
    if abs(size) > 4.0 * usual and habits.beyond(STEP) > 1.15:
        pairs = [(0.5 * (z[i] + z[i + 1]) - before) / size for i in range(jump + 1, newest)]
        back = next((k + 1 for k, share in enumerate(pairs) if share < 0.5), since + 1)
        if back <= 3 and since >= 4:
            return Kind.SPIKE
        if back > 6 and since >= 6 and (now - before) / size > 0.5:
            away = abs(before - base)
            if away > 4.0 * usual and abs(now - base) < 0.5 * away:
                is_gradual = largest_move(z[:jump]) < 0.6 * away
                return Kind.DRIFT if is_gradual else Kind.LEVEL_SHIFT
            if habits.beyond(TURN) > 0.0 or habits.beyond(STEP) > 2.5:
                return Kind.LEVEL_SHIFT
    far = float(np.abs(np.convolve(z, np.full(8, 0.125), "valid") - base).max())
    is_far = far > max(6.0 * usual, 2.0 * spread)
    left = habits.beyond(CLIMB) > 0.0 or left_range
    if age >= 6 and is_far and left and largest_move(z) <= 0.6 * far:
        return Kind.DRIFT
    return Kind.UNEXPECTED


class Fault:
    def __init__(self, adapt_after: float) -> None:
        self.adapt_after = adapt_after
        self.reference = Reference()
        self.since: float | None = None
        self.kind = Kind.NONE
        self.age = self.quiet = 0
        self.home, self.shift = 0.0, 0.0
        self.left_range = False

    def lasting(self, habits: Habits) -> float:
        if self.since is None or self.shift == 0.0:
            return 0.0
        if (habits.means[8] - self.home) / self.shift > 0.5:
            return recipe.LASTING_SCORE
        self.shift = 0.0
        habits.means |= dict.fromkeys((32, 64, 256), self.home)
        return 0.0

    def follow(
        self,
        z: naive.F64,
        habits: Habits,
        score: float,
        time: float,
        *,
        beyond: float,
        stuck: float,
        drift: float,
    ) -> tuple[Kind, bool]:
        """(kind, accepted)"""
        if self.since is None:
            if score <= 1.0:
                return Kind.NONE, False
            self.since, self.kind, self.left_range = time, Kind.UNEXPECTED, False
            self.age, self.home, self.shift = 0, habits.means[64], 0.0
        else:
            self.age += 1
            self.since = min(self.since, time)
        self.quiet = self.quiet + 1 if score < recipe.FAULT_CALM_SCORE else 0
        self.left_range = self.left_range or beyond > recipe.RANGE_LEFT
        if beyond > recipe.UNUSUAL_RANGE:
            self.kind = Kind.OUT_OF_RANGE
        elif stuck >= 1.0:
            self.kind = max(self.kind, Kind.FLATLINE)
        else:
            if drift > 1.0:
                self.kind = max(self.kind, Kind.DRIFT)
            if self.age in recipe.NAMING_AGES:
                named = name_kind(z, self.age, habits, left_range=self.left_range)
                self.kind = max(self.kind, named)
        if self.shift == 0.0 and self.kind in (Kind.LEVEL_SHIFT, Kind.DRIFT):
            shift = habits.means[8] - self.home
            self.shift = shift if abs(shift) > habits.largest[TURN] else 0.0
        if time - self.since >= self.adapt_after and self.age >= recipe.ADAPT_READINGS:
            self.accept(habits)
            return self.kind, True
        if self.quiet >= recipe.FAULT_CALM:
            self.since = None
        return self.kind, False

    def accept(self, habits: Habits) -> None:
        self.since = None
        habits.accept()
        if self.reference.frozen is not None:
            mean, sd = self.reference.frozen
            if abs(habits.means[64] - mean) > 0.5 * recipe.REFERENCE_LIMIT * sd:
                self.reference = Reference()
