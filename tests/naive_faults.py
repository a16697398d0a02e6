"""The executable specification of habits, kinds, faults and the reference: lists and numpy."""

from __future__ import annotations

import math

import numpy as np

from streamrnn.detect import courses, kinds, recipe
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
        self.run, self.runs, self.longest = 0, 0, 0.0

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
            if reach > 0.0:
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
            first = self.count <= recipe.FIRST_HABITS or largest == 0.0
            most = size if first else min(size, recipe.HABIT_WARM_GROWTH * largest)
            self.largest[habit] = max(largest, most)
            return 0.0
        if size > (largest or self.peaks[habit]):
            self.peaks[habit], self.calm = max(self.peaks[habit], size), 0
        return size / (largest * recipe.HABIT_LIMIT[habit]) if largest > 0.0 else 0.0

    def take_in(self, growth: float) -> None:
        for habit, peak in enumerate(self.peaks):
            if peak > (largest := self.largest[habit]):
                self.largest[habit] = min(peak, growth * largest) if largest > 0.0 else peak
        self.peaks = [0.0] * 4

    def follow_run(self, goes_on: bool, settled: bool) -> float:
        is_known = settled and self.runs >= recipe.LEAST_RUNS
        if goes_on:
            self.run += 1
        else:
            most = max(recipe.HABIT_GROWTH * self.longest, recipe.LEAST_RUN)
            run = min(self.run, most) if is_known else self.run
            if run > recipe.LONG_RUN * self.longest:
                self.runs = 1 if self.longest < recipe.LONG_RUN * run else self.runs + 1
            self.longest = max(self.longest, run)
            self.run = 1
        if not settled and self.runs >= recipe.LIVELY_RUNS:
            return self.run / max(recipe.LIVELY_FACTOR * self.longest, recipe.LIVELY_RUN)
        if not settled or self.runs < recipe.LEAST_RUNS:
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


def roughness(x: naive.F64) -> tuple[float, float, float]:
    steps = np.diff(x)
    sizes = np.sort(np.abs(steps))
    squares = float((steps**2).sum())
    correlation = float((steps[1:] * steps[:-1]).sum()) / squares if squares > 0.0 else 0.0
    return float(sizes[:-2].sum()) / (len(steps) - 2), float(sizes[-3]), correlation


def median(x: naive.F64) -> float:
    """The upper one of two."""
    return float(np.sort(x)[len(x) // 2])


def block_medians(x: naive.F64) -> naive.F64:
    n = len(x) // courses.BLOCK
    return np.array([median(part) for part in np.split(x[len(x) - n * courses.BLOCK :], n)])


def best_fit(w: naive.F64, onsets: range, lengths: range) -> tuple[float, float]:
    """(share of the variance that is left, how far it leads) of the best of the levels that move
    within so many blocks, or until the end."""
    left, size = float(np.var(w)), 0.0
    if left == 0.0:
        return 1.0, 0.0
    t = np.arange(len(w))
    for onset in onsets:
        for length in sorted({min(length, len(w) - onset) for length in lengths}):
            x = np.clip(t - onset + 1.0, 0.0, length)
            if np.ptp(x) > 0.0:
                slope, constant = np.polynomial.polynomial.polyfit(x, w, 1)[::-1]
                rest = float(np.var(w - constant - slope * x))
                if rest < left * (1.0 - 1e-12):
                    left, size = rest, float(slope * x[-1])
    return left / float(np.var(w)), size


def name_return(since: naive.F64, home: float, usual: float, least: float) -> Kind | None:
    """None: the level has not come back. since: from NEAR readings before the alarm on."""
    away = block_medians(since) - home
    far = away[np.argmax(np.abs(away))]
    if abs(far) <= least or away[-1] / far >= kinds.HALFWAY:
        return None
    steps = np.abs(np.diff(since))[kinds.NEAR + kinds.SETTLED - 1 :]
    is_step = steps.max() > max(kinds.HALFWAY * abs(far), kinds.USUAL_STEPS * usual)
    return Kind.NONE if is_step else Kind.UNEXPECTED


def leaves_range(since: naive.F64, low: float, high: float) -> Kind:
    for beyond in (since - high, low - since):
        out = np.flatnonzero(beyond > kinds.BEYOND * (high - low))
        if len(out) < 3 or (half := (len(since) - out[0]) // 2) < 4:
            continue
        early, late = beyond[out[0] : out[0] + half], beyond[out[0] + half :]
        before, now = (float(np.sort(part)[-2:].mean()) for part in (early, late))
        if now > kinds.GROWING * before:
            return Kind.DRIFT
        if now > 0.5 * before:
            return Kind.LEVEL_SHIFT
    return Kind.NONE


def name_jump(z: naive.F64, jump: int) -> Kind:
    level, size = median(z[jump - 5 : jump]), float(z[jump] - z[jump - 1])
    share = (z[jump:] - level) / size
    since = len(share) - 1
    pairs = 0.5 * (share[1:-1] + share[2:])
    back = next((k + 1 for k, pair in enumerate(pairs) if pair < 0.5), since + 1)
    if back <= kinds.BACK and since > kinds.BACK:
        rest = z[jump + kinds.BACK + 1 : jump + kinds.STAYS]
        over = since == kinds.BACK + 1 or abs(median(rest) - level) < 0.5 * abs(size)
        return Kind.SPIKE if over else Kind.NONE
    made = (median(z[jump : jump + kinds.STAYS]) - level) / size
    if since < kinds.SETTLED or not 0.5 < made < 2.0:
        return Kind.NONE
    w = block_medians(z[:jump])
    left, moved = best_fit(w, range(len(w) - 8), range(len(w), len(w) + 1))
    low, high = kinds.UNDONE
    return Kind.DRIFT if left < kinds.STEADY and low < -moved / size < high else Kind.LEVEL_SHIFT


def name_kind(
    z: naive.F64,
    age: int,
    largest_step: float,
    largest_turn: float,
    largest_wobble: float,
    low: float,
    high: float,
) -> Kind:
    """z: the last readings, scaled; the alarm was `age` readings before the newest."""
    newest = len(z) - 1
    alarm = newest - age
    near = alarm - kinds.NEAR
    if near < kinds.LEAST_BEFORE:
        return Kind.NONE
    before = max(0, near - kinds.BEFORE)
    usual, others, _ = roughness(z[before:near])
    dust = max(kinds.DUST, kinds.ROUNDING * float(np.abs(z[before:]).max()))
    usual = max(usual, dust)
    around = range(near + 1, min(alarm + kinds.NEAR, newest) + 1)
    sizes = [abs(float(z[i]) - float(z[i - 1])) for i in around]
    jump = next(i for i, size in zip(around, sizes, strict=True) if size >= 0.7 * max(sizes))
    rough, roughest, undoing = 0.0, False, 0.0
    if newest - jump >= kinds.NEAR:
        steps, largest, undoing = roughness(z[jump + kinds.SINCE :])
        rough, others = steps / usual, max(others, largest)
        roughest = steps > max(kinds.ROUGHEST * largest_wobble, 2.0 * dust)
    apart = z[kinds.APART : near] - z[: near - kinds.APART]
    is_wide = rough * usual > kinds.WIDER * np.abs(apart).mean()
    is_rough = (rough > kinds.ROUGH or roughest) and is_wide
    if age >= kinds.SHOWN and is_rough and undoing < kinds.UNDOING:
        return Kind.VARIANCE
    size = abs(float(z[jump]) - float(z[jump - 1]))
    unusual = size > min(kinds.LARGEST_STEPS * largest_step, kinds.ENOUGH_OTHER_STEPS * others)
    if unusual and size > max(kinds.USUAL_STEPS * usual, kinds.OTHER_STEPS * others):
        named = name_jump(z, jump)
        if named is not Kind.NONE:
            return named
    w = block_medians(z)
    if best_fit(w, range(1), range(len(w), len(w) + 1))[0] < kinds.COURSE:
        return Kind.UNEXPECTED
    left = Kind.NONE
    if age >= kinds.SHOWN and rough < kinds.ROUGH and high > low:
        left = leaves_range(z[alarm:], low, high)
    if age >= kinds.SETTLED:
        returned = name_return(z[near:], median(z[before:near]), usual, largest_turn)
        if returned is not None:
            goes_on = returned is Kind.UNEXPECTED and left is Kind.DRIFT
            return Kind.DRIFT if goes_on else returned
        w = block_medians(z[before:])
        onsets = range(2, len(w) - 2)
        ramp_left, ramp = best_fit(w, onsets, range(kinds.RAMP, len(w) + 1))
        step_left, step = best_fit(w, onsets, range(1, 2))
        is_drift = ramp_left < kinds.LIKELIER * step_left
        allowed = kinds.UNEXPLAINED if rough < kinds.ROUGH else kinds.STRAIGHT
        if min(ramp_left, step_left) < allowed and abs(ramp if is_drift else step) > largest_turn:
            return Kind.DRIFT if is_drift else Kind.LEVEL_SHIFT
    return left or Kind.UNEXPECTED


def rescaled(z: naive.F64, mean: float, sd: float, steps: float) -> naive.F64:
    """Values as they lay in the scale of now, which has learned from each, the last one last."""
    m, var, x = mean, sd**2, []
    for last in z[::-1]:
        if steps > recipe.FIRST_STEPS:
            w = max(1.0 / steps, 1.0 / recipe.SCALE_MEMORY[recipe.FINE])
            near = float(np.clip(last, -recipe.SCALE_REACH, recipe.SCALE_REACH))
            var /= (1.0 - w) * (1.0 + w * near**2)
            m -= w * math.sqrt(var) * near
            steps -= 1.0
        x.append(m + math.sqrt(var) * last)
    return (np.array(x[::-1]) - mean) / sd


class Fault:
    def __init__(self, adapt_after: float) -> None:
        self.adapt_after = adapt_after
        self.reference = Reference()
        self.since: float | None = None
        self.kind = Kind.NONE
        self.age = self.quiet = self.seen = 0
        self.home, self.shift = 0.0, 0.0
        self.range = 0.0, 0.0

    def lasting(self, habits: Habits, stuck: float) -> float:
        away = self.shift != 0.0 and (habits.means[8] - self.home) / self.shift > 0.5
        if self.shift == 0.0 or away:
            lasts = stuck >= 1.0 or (away and self.since is not None)
            return recipe.LASTING_SCORE if lasts else 0.0
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
        scale: tuple[float, float, float],
        extent: tuple[float, float],
        beyond: float,
        stuck: float,
        drift: float,
    ) -> tuple[Kind, bool]:
        """(kind, accepted). z: each as it was scaled. scale: mean, deviation, and values seen;
        extent: the range before the reading."""
        self.seen += 1
        if self.since is not None:
            self.age += 1
            self.since = min(self.since, time)
        elif score > 1.0:
            self.since, self.age, self.home, self.shift = time, 0, habits.means[64], 0.0
            if self.kind is Kind.NONE or self.seen > max(recipe.NAMING_AGES):
                self.kind, self.range, self.seen = Kind.UNEXPECTED, extent, 0
        elif self.kind is Kind.NONE:
            return Kind.NONE, False
        self.quiet = self.quiet + 1 if score < recipe.FAULT_CALM_SCORE else 0
        is_over = self.since is not None and self.quiet >= recipe.FAULT_CALM
        if beyond > recipe.UNUSUAL_RANGE:
            self.kind = Kind.OUT_OF_RANGE
        elif stuck >= 1.0:
            self.kind = max(self.kind, Kind.FLATLINE)
        elif self.kind < Kind.FLATLINE:
            mean, sd, steps = scale
            is_due = is_over or self.has_been_watched or self.seen in recipe.NAMING_AGES
            if is_due and sd > 0.0:
                sizes = [habits.largest[habit] / sd for habit in (STEP, TURN, WOBBLE)]
                low, high = ((limit - mean) / sd for limit in self.range)
                z = rescaled(z, mean, sd, steps)
                self.kind = name_kind(z, self.seen, *sizes, low, high) or self.kind
            if drift > 1.0:
                self.kind = max(self.kind, Kind.DRIFT)
        kind = self.kind
        if kind < Kind.DRIFT:
            self.shift = 0.0
        elif self.shift == 0.0 and kind <= Kind.LEVEL_SHIFT:
            shift = habits.means[8] - self.home
            self.shift = shift if abs(shift) > habits.largest[TURN] else 0.0
        lasted = -math.inf if self.since is None else time - self.since
        if lasted >= self.adapt_after and self.age >= recipe.ADAPT_READINGS:
            self.accept(habits)
            return kind, True
        if is_over and self.shift == 0.0:
            self.since = None
        if self.has_been_watched:
            self.kind, self.shift = Kind.NONE, 0.0
        return kind, False

    @property
    def has_been_watched(self) -> bool:
        until = recipe.WATCHED if self.shift == 0.0 else max(recipe.NAMING_AGES)
        return self.since is None and self.seen >= until

    def accept(self, habits: Habits) -> None:
        self.since, self.kind, self.shift = None, Kind.NONE, 0.0
        habits.accept()
        if self.reference.frozen is not None:
            mean, sd = self.reference.frozen
            if abs(habits.means[64] - mean) > 0.5 * recipe.REFERENCE_LIMIT * sd:
                self.reference = Reference()
