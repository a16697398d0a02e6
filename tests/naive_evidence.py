"""The executable specification of the evidence: what speaks for an anomaly, and when it is enough.

Float64, everything kept for ever; the constants of `detect.recipe`, no other code of the package.
"""

from __future__ import annotations

import math

import numpy as np

from streamrnn.detect import recipe
from streamrnn.kernels import rls, tails
from tests.naive import bfloat16


class Tails:
    """-ln P of each of a few statistics, by peaks over a running threshold; one at a time."""

    def __init__(self, alphas: list[float]) -> None:
        self.alphas, self.count = alphas, 0
        size = len(alphas)
        self.level, self.u, self.b = [0.0] * size, [0.0] * size, [0.0] * size
        self.exceedances = [0] * size

    def judge(self, values: list[float]) -> list[float]:
        surprises = [self.judge_one(lane, value) for lane, value in enumerate(values)]
        self.count += 1
        return surprises

    def judge_one(self, lane: int, value: float) -> float:
        self.level[lane] += max(self.alphas[lane], 1.0 / (self.count + 1)) * (
            value - self.level[lane]
        )
        v, u, b = self.level[lane], self.u[lane], self.b[lane]
        excess = max(v - u, 0.0)
        surprise = math.log(10.0) * min(v / (u + 1e-12), 1.0)
        surprise += excess / (b + tails.SHORTEST_EXCESS * u + 1e-12)
        known = self.exceedances[lane] >= tails.KNOWN_EXCESSES
        surprise = min(surprise, tails.LARGEST if known else math.log(self.count + 1))
        surprise = min(surprise, tails.LARGEST)
        if self.count < tails.FIRST_VALUES:
            self.u[lane] = max(u, v)
            return surprise
        gain = max(tails.QUANTILE_GAIN / (self.count + 1), tails.LEAST_GAIN)
        step = max(b, tails.LEAST_STEP * u)
        if v > u:
            self.u[lane] += gain * step * (1.0 - tails.SHARE_ABOVE)
        else:
            too_high = self.exceedances[lane] < tails.FEW_ABOVE * (self.count + 1)
            down = max(step, u) if too_high else step
            self.u[lane] = max(u - gain * down * tails.SHARE_ABOVE, 0.0)
        if v > u:
            self.exceedances[lane] += 1
            longest = tails.LONGEST_EXCESS * b
            if self.exceedances[lane] > tails.FIRST_EXCESSES and excess > longest > 0.0:
                excess = longest * (excess / longest) ** 0.25
            weight = max(1.0 / self.exceedances[lane], tails.EXCESS_WEIGHT)
            self.b[lane] += weight * (excess - b)
        return surprise


class Shapes:
    """Distance of the last averages of some values to the nearest window before, as a share of
    their own size, and the error of the forecast that this one makes."""

    def __init__(self, m: int) -> None:
        self.readings, self.lags = recipe.SHAPE_READINGS[m], recipe.SHAPE_LAGS[m]
        self.window = recipe.SHAPE_WINDOWS[m]
        self.keep = 1.0 - 1.0 / self.window
        self.pending: list[float] = []
        self.values: list[float] = []  # averages, less the level of their time
        self.base, self.nearest, self.error, self.distance = 0.0, 0, 0.0, 0.0
        self.power = 0.0
        self.by_lag: dict[int, float] = {}

    def add(self, z: float) -> None:
        self.pending.append(z)
        if len(self.pending) == self.readings:
            self.close(sum(self.pending) / self.readings)
            self.pending = []

    def close(self, mean: float) -> None:
        steps = len(self.values)
        if self.nearest > 0:
            self.error = abs(mean - self.base - self.values[-self.nearest])
        self.base += max(1.0 / recipe.SHAPE_MEAN_MEMORY, 1.0 / (steps + 1)) * (mean - self.base)
        x = mean - self.base
        self.power = self.keep * self.power + x * x
        known = min(steps, self.lags)
        last = min(steps - recipe.SHAPE_SETTLED, self.lags) // 16 * 16
        self.values.append(bfloat16(x))
        nearness = {}
        for lag in range(1, -(-known // 16) * 16 + 1):
            older = self.values[-1 - lag] if lag <= steps else 0.0
            nearness[lag] = self.keep * self.by_lag.get(lag, 0.0) + (x - older) ** 2
            self.by_lag[lag] = bfloat16(nearness[lag])
        if last >= 32:
            self.nearest = min(range(17, last + 1), key=lambda lag: nearness[lag])
            power = self.power + recipe.SHAPE_POWER_FLOOR * self.window
            self.distance = math.sqrt(nearness[self.nearest] / power)


class Linear:
    """A forecast from the last values, fitted by least squares over all of them, the older the
    less: solved anew from its normal equations at every step."""

    def __init__(self) -> None:
        self.u = np.zeros(rls.D)
        self.A = np.eye(rls.D) / rls.FIRST_P
        self.b = np.zeros(rls.D)
        self.u[-1] = 1.0

    def error(self, z: float, *, in_order: bool) -> float:
        """Of the forecast of z, which is then learned."""
        error = z - float(np.linalg.solve(self.A, self.b) @ self.u)
        if not in_order:
            self.u[:-1] = z
            return error
        A = self.A + np.outer(self.u, self.u) / rls.FORGETTING
        b = self.b + self.u * z / rls.FORGETTING
        forgets = np.trace(np.linalg.inv(self.A)) < rls.D * rls.FIRST_P
        keep = rls.FORGETTING if forgets else 1.0
        self.A, self.b = A * keep, b * keep
        self.u[:-1] = [z, *self.u[:-2]]
        return error


class Level:
    """How far the mean of late lies from the usual level, in deviations."""

    def __init__(self) -> None:
        self.count = 0
        self.late = self.mean = self.var = 0.0

    def distance(self, value: float, sd_of_scale: float) -> float:
        self.count += 1
        self.late += max(2.0 / (recipe.LEVEL_SPAN + 1.0), 1.0 / self.count) * (value - self.late)
        sd = max(math.sqrt(self.var), recipe.LEVEL_FLOOR * sd_of_scale)
        distance = 0.0
        if sd > 0.0 and self.count > recipe.EVIDENCE_START:
            distance = min(abs(self.late - self.mean) / sd, recipe.LEVEL_LIMIT)
        if sd > 0.0 and self.count > recipe.LEVEL_WARM:
            reach = recipe.LEVEL_REACH * sd
            value = min(max(value, self.mean - reach), self.mean + reach)
        weight = max(1.0 / self.count, 1.0 / recipe.LEVEL_MEMORY)
        change = value - self.mean
        self.mean += weight * change
        self.var = (1.0 - weight) * (self.var + weight * change**2)
        return distance


class Record:
    """The lowest and the highest of a feature."""

    def __init__(self) -> None:
        self.low = self.high = math.nan

    def news(self, v: float) -> float:
        if math.isnan(self.low):
            self.low = self.high = v
            return 0.0
        span = self.high - self.low
        beyond = max(v - self.high, self.low - v, 0.0)
        if beyond == 0.0:
            return 0.0
        reach = min(beyond, span) if span > 0.0 else beyond
        if v < self.low:
            self.low -= reach
        else:
            self.high += reach
        return min(beyond / span, recipe.LARGEST_RECORD) if span > 0.0 else 0.0


class Records:
    """News of the four features: value, trend, shift, spread."""

    def __init__(self) -> None:
        self.value, self.trend = Record(), Record()
        self.shift, self.spread = Record(), Record()
        self.readings: list[float] = []
        self.fast = self.slow = 0.0
        self.blocks: list[tuple[float, float]] = []  # mean and mean square, since the last gap

    def hear(self, value: float) -> list[float]:
        self.readings.append(value)
        count = len(self.readings)
        fast, slow = recipe.TREND_SPANS
        self.fast += max(2.0 / (fast + 1.0), 1.0 / count) * (value - self.fast)
        self.slow += max(2.0 / (slow + 1.0), 1.0 / count) * (value - self.slow)
        trend = self.trend.news(self.fast - self.slow) if count > slow else 0.0
        return [self.value.news(value), trend, 0.0, 0.0]

    def hear_block(self, readings: list[float], *, after_gap: bool) -> list[float]:
        origin = self.readings[0]
        y = [value - origin for value in readings]
        if after_gap:
            self.blocks = []
        self.blocks.append((sum(y) / len(y), sum(v * v for v in y) / len(y)))
        means, n = [mean for mean, _ in self.blocks], len(self.blocks)
        shift = spread = 0.0
        half = recipe.SHIFT_BLOCKS
        if n > 2 * half:
            shift = self.shift.news((sum(means[-half:]) - sum(means[-2 * half : -half])) / half)
        if n >= recipe.RECORD_BLOCKS:
            last = self.blocks[-recipe.RECORD_BLOCKS :]
            m, s = (sum(column) / len(last) for column in zip(*last, strict=True))
            least = recipe.LEAST_SPREAD * (self.value.high - self.value.low)
            sd = max(math.sqrt(max(s - m * m, 0.0)), least)
            spread = self.spread.news(math.log(sd)) if sd > 0.0 else 0.0
        return [shift, spread]


class Alarm:
    """The alarm of a device: channels that each want more the more they have had. Streams are known
    by any key."""

    def __init__(self, streams: int = 1) -> None:
        self.streams = streams
        self.parts: dict[object, list[float]] = {}  # how many times enough, as last heard
        self.burdens = [0.0] * len(recipe.ENOUGH)
        self.ticks, self.faded_to, self.pause_until = 0.0, 0.0, 0.0
        self.called_at: list[float] = []  # but for those within an hour of the one before
        self.novelties: dict[object, float] = {}
        self.records: dict[int, float] = {}  # by era: highest root mean square over the streams
        self.record_pause_until = 0.0
        self.scores: dict[object, float] = {}
        self.score_of_late = 0.0
        self.waiting: dict[object, float] = {}  # trust in alarms that nothing else speaks for yet

    def trust(
        self,
        evidence: list[float],
        elapsed: float,
        readings: int,
        *,
        time: float,
        experience: int | None = None,
        stream: object = None,
        novelty: float = 0.0,
        score: float = 0.0,
        interval: float = math.inf,
        muted: bool = False,
    ) -> float:
        """In the alarm that is raised; 0: none is.

        evidence: by channel: four features, fine, coarse, score, habits. readings: so far;
        experience: since it began anew, by default all. interval: between them, seconds. muted:
        whether what moves slowly still shows a fault."""
        least = max(recipe.RANGE_WARM_READINGS, recipe.HABIT_WARM_SECONDS / max(interval, 1e-9))
        young, k = readings < least, self.streams
        experience = readings if experience is None else experience
        amounts = [
            max(enough, 1.0) if young and c < 4 else enough
            for c, enough in enumerate(recipe.ENOUGH)
        ]
        if muted:
            evidence = [evidence[0], 0.0, 0.0, 0.0, *evidence[4:]]
        own = [min(E / enough, recipe.LONE) for E, enough in zip(evidence, amounts, strict=True)]
        self.parts[stream] = own
        self.ticks += elapsed / k
        together = [
            math.sqrt(sum(v * v for v in column) / math.sqrt(k))
            for column in zip(*self.parts.values(), strict=True)
        ]
        novelty = novelty if experience >= recipe.NOVELTY_FROM else 0.0
        self.novelties[stream] = novelty
        found = math.sqrt(sum(each**2 for each in self.novelties.values()) / k)
        era = math.floor(math.log2(max(self.ticks / recipe.FIRST_ERA, 0.5))) + 1
        before = max(self.records.get(era, 0.0), self.records.get(era - 1, 0.0))
        self.records[era] = max(self.records.get(era, 0.0), found)
        clear = found > recipe.NOVELTY_CLEAR * before
        is_record = era > 0 and found > before
        is_record &= found >= (recipe.NOVELTY_CLEAR_LEAST if clear else recipe.NOVELTY_LEAST)
        if readings < recipe.FIRST_ERA or novelty < recipe.SHARE * found:
            is_record = False
        is_record |= self.odd_together(stream, score, elapsed) and experience >= recipe.REHEARSAL
        believed = k == 1 or score >= 1.0 or self.score_of_late >= recipe.DEVICE_ODD
        if self.ticks < self.pause_until:
            return self.waiting.pop(stream, 0.0) if believed else 0.0
        self.waiting.pop(stream, None)
        trust, calls = self.calls(own, together, experience, time, young=young)
        if calls and believed:
            return trust
        if is_record and self.ticks >= self.record_pause_until:
            self.record_pause_until = self.ticks + recipe.ALARM_PAUSE
            return max(trust, recipe.NOVELTY_TRUST)
        if calls:
            self.waiting[stream] = trust
        return 0.0

    def odd_together(self, stream: object, score: float, elapsed: float) -> bool:
        """Whether the scores of all streams have risen high enough."""
        if self.streams == 1:
            return False
        self.scores[stream] = min(score, recipe.DEVICE_REACH)
        now = math.sqrt(sum(each**2 for each in self.scores.values()) / self.streams)
        weight = 2.0 / (recipe.DEVICE_SPAN + 1.0) * elapsed / self.streams
        self.score_of_late += min(weight, 1.0) * (now - self.score_of_late)
        is_odd = self.score_of_late >= recipe.DEVICE_ENOUGH
        if is_odd and self.ticks < self.record_pause_until:
            self.record_pause_until = self.ticks + recipe.ALARM_PAUSE
        has_share = self.scores[stream] >= recipe.SHARE * now
        return is_odd and now >= self.score_of_late and has_share

    def calls(
        self, own: list[float], together: list[float], experience: int, time: float, *, young: bool
    ) -> tuple[float, bool]:
        """The trust in what there is, and whether that calls by itself; it then burdens."""
        bare = [
            max(min(V, v / recipe.SHARE), v * recipe.SHARE)
            for v, V in zip(own, together, strict=True)
        ]
        kept = 0.5 ** ((self.ticks - self.faded_to) / recipe.ALARM_HALF_LIFE)
        self.burdens = [kept * burden for burden in self.burdens]
        self.faded_to = self.ticks
        hour = max(sum(self.same_hour(then, time) for then in self.called_at) - 1.0, 0.0)
        strengths = [
            strength / (1.0 + recipe.ALARM_RISE) ** (burden + hour)
            for strength, burden in zip(bare, self.burdens, strict=True)
        ]
        enough = max(1.0, (recipe.REHEARSAL / experience) ** 2)
        heard = list(strengths)
        if experience < recipe.SLOW_REHEARSAL:
            heard[1:4] = [0.0] * 3
        loud = max(heard) >= enough or (young and max(heard[:4]) >= 1.0)
        trust = max(strengths) * (1.0 + recipe.TRUST_RISE) ** -sum(self.burdens)
        if max(strengths) < 1.0:
            return trust, False
        self.burdens[strengths.index(max(strengths))] += 1.0
        if not self.called_at or abs(time - self.called_at[-1]) >= 3600.0:
            self.called_at.append(time)
        self.pause_until = self.ticks + recipe.ALARM_PAUSE
        return trust, loud and trust >= recipe.TRUSTED

    @staticmethod
    def same_hour(then: float, now: float) -> float:
        """How much an alarm then counts now: by what both have of the same full hours."""
        common = 0.0
        for hour in range(24):
            far = [abs((time / 3600.0 - hour + 12.0) % 24.0 - 12.0) for time in (then, now)]
            common += max(1.0 - far[0], 0.0) * max(1.0 - far[1], 0.0)
        return common * float(0.5 ** (max(now - then, 0.0) / recipe.HOUR_HALF_LIFE))
