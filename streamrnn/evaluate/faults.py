"""Faults of known kind, put into healthy readings.

Each kind is one function from healthy readings to broken ones. What it does is the definition of
that kind; sizes are drawn anew for every fault. N below is the stream's noise, E its extent, both
as `fault_scale` defines them. Size and duration keep the kinds apart, so that no fault is of two:

    spike         1 or 2 readings off by 8..20 N or 0.2..0.5 E, whichever is more; then as before
    level_shift   100..300 readings off by 6..15 N or 0.2..0.5 E, whichever is more, all by the same
    drift         100..300 readings moving away steadily, at the end by 15..40 N or 0.5..1 E,
                  whichever is more
                  -- these three stay within 1 E beyond all that was seen: beyond is out_of_range
    variance      100..300 readings with Gaussian noise of 4..8 N on top, but at most E / 2
    flatline      one value over and over, for 60..200 readings and for 4..8 times as long as the
                  stream ever stood still by nature
    stale         nothing arrives, for 20..100 usual intervals and for 4..8 times as long as the
                  stream's long gaps, which 1 in 200 exceeds
    out_of_range  3..60 readings of one value that lies 3..10 E beyond all that was seen: what a
                  broken wire or an error code shows
    unexpected    usual values in an unusual course: for one to two cycles, everything runs 3..4
                  times as fast; only in streams that repeat themselves: less their mean over a
                  cycle around them, readings correlate with those of a cycle before by 0.5 or more

What is put on top of a reading is a whole number of the sensor's display steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamrnn.evaluate.clean_streams import Stretch
from streamrnn.evaluate.fault_scale import Scale

Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Broken:
    """begin, end: seconds; the first and the last moment at which something is wrong."""

    readings: Stretch
    begin: float
    end: float


class CannotBreakError(Exception):
    """This stream cannot have such a fault, or is too short for it."""


# (healthy readings, row at which the fault begins, scale of the readings before it, seconds after
# which the stream repeats itself or 0, source of randomness); may raise CannotBreakError.
Inject = Callable[[Stretch, int, Scale, float, Random], Broken]


def _spike(clean: Stretch, at: int, scale: Scale, _cycle: float, random: Random) -> Broken:
    end = _last(clean, at, int(random.integers(1, 3)))
    offset = _offset(clean, at, end, scale, random, (8.0, 20.0), (0.2, 0.5))
    return _added(clean, at, end, np.full(end - at + 1, offset), scale)


def _level_shift(clean: Stretch, at: int, scale: Scale, _cycle: float, random: Random) -> Broken:
    end = _last(clean, at, int(random.integers(100, 301)))
    offset = _offset(clean, at, end, scale, random, (6.0, 15.0), (0.2, 0.5))
    return _added(clean, at, end, np.full(end - at + 1, offset), scale)


def _drift(clean: Stretch, at: int, scale: Scale, _cycle: float, random: Random) -> Broken:
    end = _last(clean, at, int(random.integers(100, 301)))
    offset = _offset(clean, at, end, scale, random, (15.0, 40.0), (0.5, 1.0))
    return _added(clean, at, end, np.linspace(0.0, offset, end - at + 1), scale)


def _variance(clean: Stretch, at: int, scale: Scale, _cycle: float, random: Random) -> Broken:
    end = _last(clean, at, int(random.integers(100, 301)))
    sd = min(random.uniform(4.0, 8.0) * scale.noise, scale.extent / 2.0)
    return _added(clean, at, end, sd * random.normal(size=end - at + 1), scale)


def _flatline(clean: Stretch, at: int, scale: Scale, _cycle: float, random: Random) -> Broken:
    by_nature = random.uniform(4.0, 8.0) * scale.longest_hold
    end = _last(clean, at, max(int(random.integers(60, 201)), int(by_nature)))
    return _changed(clean, at, end, np.full(end - at + 1, clean.values[at]))


def _stale(clean: Stretch, at: int, scale: Scale, _cycle: float, random: Random) -> Broken:
    by_nature = random.uniform(4.0, 8.0) * scale.long_gap
    silent = max(random.uniform(20.0, 100.0) * scale.interval, by_nature)
    begin = float(clean.times[at])
    lost = (clean.times > begin) & (clean.times < begin + silent)
    if begin + silent > clean.times[-1]:
        raise CannotBreakError
    return Broken(Stretch(clean.values[~lost], clean.times[~lost]), begin, begin + silent)


def _out_of_range(clean: Stretch, at: int, scale: Scale, _cycle: float, random: Random) -> Broken:
    end = _last(clean, at, int(random.integers(3, 61)))
    beyond = random.uniform(3.0, 10.0) * scale.extent
    code = scale.high + beyond if random.random() < 0.5 else scale.low - beyond
    return _changed(clean, at, end, np.full(end - at + 1, code))


def _unexpected(clean: Stretch, at: int, scale: Scale, cycle: float, random: Random) -> Broken:
    """Begins where the stream is, without a jump; at the end it is back in step."""
    period = round(cycle / scale.interval)
    if period < _LEAST_ROWS_OF_A_CYCLE or not _repeats(clean.values[:at], period):
        raise CannotBreakError
    end = _last(clean, at, int(random.uniform(1.0, 2.0) * period))
    ahead = at + random.uniform(3.0, 4.0) * np.arange(end - at + 1)
    source = np.rint(ahead).astype(np.int64)
    if source[-1] >= len(clean.values):
        raise CannotBreakError
    return _changed(clean, at, end, clean.values[source])


_LEAST_ROWS_OF_A_CYCLE = 16
_LEAST_CORRELATION = 0.5

# The text of a kind in events: `records.Kind`.
KINDS: dict[str, Inject] = {
    "spike": _spike,
    "level_shift": _level_shift,
    "drift": _drift,
    "variance": _variance,
    "flatline": _flatline,
    "stale": _stale,
    "out_of_range": _out_of_range,
    "unexpected": _unexpected,
}


def _offset(
    clean: Stretch,
    at: int,
    end: int,
    scale: Scale,
    random: Random,
    noises: tuple[float, float],
    extents: tuple[float, float],
) -> float:
    """Up or down, whichever chance says, but not farther than 1 E beyond all that was seen; the
    other way where there is more room, and cut to the room there is."""
    size = max(random.uniform(*noises) * scale.noise, random.uniform(*extents) * scale.extent)
    hit = clean.values[at : end + 1]
    room_above = scale.high + scale.extent - float(hit.max())
    room_below = float(hit.min()) - scale.low + scale.extent
    up = bool(random.random() < 0.5)
    if size > (room_above if up else room_below):
        up = room_above > room_below
    return min(size, room_above) if up else -min(size, room_below)


def _repeats(values: NDArray[np.float64], period: int) -> bool:
    """Whether the course of the values resembles that of a period before. Their level is taken off:
    a lake is as warm as it was yesterday, also when nothing comes again from day to day."""
    if 3 * period > len(values):
        return False
    sums = np.concatenate([[0.0], np.cumsum(values - values[0])])
    level = values[0] + (sums[period:] - sums[:-period]) / period
    course = values[period // 2 :][: len(level)] - level
    before, after = course[:-period], course[period:]
    if np.ptp(before) == 0.0 or np.ptp(after) == 0.0:
        return False
    return bool(np.corrcoef(before, after)[0, 1] >= _LEAST_CORRELATION)


def _last(clean: Stretch, at: int, rows: int) -> int:
    """The last of `rows` broken rows."""
    if at + rows > len(clean.values):
        raise CannotBreakError
    return at + rows - 1


def _added(
    clean: Stretch, at: int, end: int, addition: NDArray[np.float64], scale: Scale
) -> Broken:
    shown = np.round(addition / scale.display) * scale.display
    return _changed(clean, at, end, clean.values[at : end + 1] + shown)


def _changed(clean: Stretch, at: int, end: int, changed: NDArray[np.float64]) -> Broken:
    values = clean.values.copy()
    values[at : end + 1] = changed
    return Broken(Stretch(values, clean.times), float(clean.times[at]), float(clean.times[end]))
