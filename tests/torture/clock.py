"""Clocks that are set, of the gateway and of the sensors: readings are taken again soon, and nobody
is alarmed by that. Each run is held against one with the same readings and a clock that nobody
touched, which may be alarmed by chance; the other must not be alarmed beyond that.

The readings are those of a steady plant. In a wave, the readings that are refused until a clock set
back is believed leave a seam, and to be alarmed by a seam is no fault of the clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from streamrnn.config import SourceConfig
from streamrnn.records import EventType, Message
from tests.service.pipeline import Pipeline
from tests.torture.figures import Figures

_WARM = 2000
_AFTER = 300
_STEPS = (10.0, 300.0)  # seconds between readings: what was learned spans hours, or a week
_START = 1_700_000_000.0
_HOUR = 3600.0
_LOST = _START - 30 * 24 * _HOUR  # what a clock is off by that began in 1970, a month ago
_PATIENCE = 40  # readings that may go by before they are taken again
_TIMES_OF_DAY = (0.0, 7 * _HOUR, 13 * _HOUR)
_VIENNA = ZoneInfo("Europe/Vienna")
_SPRING = datetime(2024, 3, 31, 0, 0, tzinfo=UTC).timestamp()
_AUTUMN = datetime(2024, 10, 27, 0, 0, tzinfo=UTC).timestamp()


class Case(NamedTuple):
    """clock: what the clock shows as true time passes, in seconds since the beginning; it is set
    after `_WARM` readings. stamped: the time stands in the payload, and arrival is true.
    sensors_know: the other way round, the time in the payload is true and the clock is ours."""

    name: str
    clock: Callable[[float, bool], float]
    stamped: bool = False
    sensors_know: bool = False
    zone: ZoneInfo | None = None  # stamps in local time without an offset
    set_at: float = _START  # true time


class Course(NamedTuple):
    """How a case goes. step: seconds between readings; seed: of their values."""

    case: Case
    step: float
    seed: int


def _set_by(seconds: float) -> Callable[[float, bool], float]:
    return lambda true, is_set: true + (seconds if is_set else 0.0)


def _from_1970(true: float, is_set: bool) -> float:
    return true if is_set else true - _LOST


def _to_1970(true: float, is_set: bool) -> float:
    return true - _LOST if is_set else true


def _behind(true: float, is_set: bool) -> float:
    return true if is_set else true - 10 * _HOUR


def _unset(true: float, is_set: bool) -> float:
    return true


CASES = (
    Case("1970 until set", _from_1970),
    Case("falls back to 1970", _to_1970),
    Case("an hour ahead", _set_by(_HOUR)),
    Case("an hour back", _set_by(-_HOUR)),
    Case("a day ahead", _set_by(24 * _HOUR)),
    Case("a day back", _set_by(-24 * _HOUR)),
    Case("two seconds back", _set_by(-2.0)),
    Case("sensor 1970 until set", _from_1970, stamped=True),
    Case("sensor an hour back", _set_by(-_HOUR), stamped=True),
    Case("sensor half an hour ahead", _set_by(_HOUR / 2), stamped=True),
    Case("sensor a day ahead", _set_by(24 * _HOUR), stamped=True),
    Case("1970 until set, sensors know", _from_1970, sensors_know=True),
    Case("falls back to 1970, sensors know", _to_1970, sensors_know=True),
    Case("an hour back, sensors know", _set_by(-_HOUR + 60.0), sensors_know=True),
    Case("ten hours back, sensors know", _set_by(-10 * _HOUR), sensors_know=True),
    Case("ten hours behind until set, sensors know", _behind, sensors_know=True),
    Case("DST begins", _unset, stamped=True, zone=_VIENNA, set_at=_SPRING + _HOUR),
    Case("DST ends", _unset, stamped=True, zone=_VIENNA, set_at=_AUTUMN + _HOUR),
)


def run(folder: Path) -> Figures:
    figures = Figures("clock")
    runs = usual = longest = 0
    false: list[str] = []
    for case, step, (seed, later) in product(CASES, _STEPS, enumerate(_TIMES_OF_DAY)):
        moved = case if case.zone else case._replace(set_at=case.set_at + later)
        missed, told = _live_through(Course(moved, step, seed))
        untouched = moved._replace(clock=_unset, zone=None)
        _, by_chance = _live_through(Course(untouched, step, seed))
        assert missed <= _PATIENCE, f"{case.name}: {missed} readings were not taken"
        longest = max(longest, missed)
        runs, usual = runs + 1, usual + by_chance
        false += [case.name] * max(0, told - by_chance)
    figures["cases"] = len(CASES)
    figures["runs"] = runs
    figures["most readings missed"] = longest
    figures["alerts by chance, clock untouched"] = usual
    figures["false alerts beyond"] = f"{len(false)} {false}" if false else 0
    assert not false, figures
    return figures


def _live_through(course: Course) -> tuple[int, int]:
    """(readings not taken after the clock was set, alerts after it)."""
    zone = course.case.zone
    source = {} if zone is None else {"time": {"path": "time", "zone": str(zone)}}
    pipeline = Pipeline(source=SourceConfig(topic="plant/#", **source))
    noise = np.random.default_rng(course.seed).uniform(-0.15, 0.15, _WARM + _AFTER)
    messages = [_message(course, n, 20.0 + value) for n, value in enumerate(noise)]
    pipeline.feed(*messages[:_WARM])
    before = pipeline.loop.readings_total
    told = pipeline.feed(*messages[_WARM:])
    missed = _AFTER - (pipeline.loop.readings_total - before)
    return missed, sum(event.type is EventType.NEW for event in told)


def _message(course: Course, n: int, value: float) -> Message:
    case = course.case
    true = case.set_at + (n - _WARM) * course.step
    shown = case.clock(true, n >= _WARM)
    if case.sensors_know:
        payload = json.dumps({"value": round(value, 6), "time": true}).encode()
        return Message("plant/a", payload, 1, False, False, 1, 1, shown)
    if not case.stamped:
        return Message("plant/a", b"%.6f" % value, 1, False, False, 1, 1, shown)
    stamp: object = shown
    if case.zone is not None:
        stamp = datetime.fromtimestamp(shown, case.zone).replace(tzinfo=None).isoformat()
    payload = json.dumps({"value": round(value, 6), "time": stamp}).encode()
    return Message("plant/a", payload, 1, False, False, 1, 1, true)
