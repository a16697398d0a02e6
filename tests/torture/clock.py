"""Clocks that are set, of the gateway and of the sensors: readings are taken again at once, and
nobody is alarmed by that. A network that knows the time of day may find a reading odd when the hour
has changed under it, as it may find any: such are counted, and may be few."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
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
_STEP = 10.0  # seconds between readings
_START = 1_700_000_000.0
_HOUR = 3600.0
_PATIENCE = 40  # readings that may go by before they are taken again
_USUAL = 2  # alerts among all cases and times of day, as chance has them
_TIMES_OF_DAY = (0.0, 7 * _HOUR, 13 * _HOUR)
_VIENNA = ZoneInfo("Europe/Vienna")
_SPRING = datetime(2024, 3, 31, 0, 0, tzinfo=UTC).timestamp()
_AUTUMN = datetime(2024, 10, 27, 0, 0, tzinfo=UTC).timestamp()


class Case(NamedTuple):
    """clock: what the clock shows as true time passes, in seconds since the beginning; it is set
    after `_WARM` readings. stamped: the time stands in the payload, and arrival is true."""

    name: str
    clock: Callable[[float, bool], float]
    stamped: bool = False
    zone: ZoneInfo | None = None  # stamps in local time without an offset
    start: float = _START


def _set_by(seconds: float) -> Callable[[float, bool], float]:
    return lambda true, is_set: true + (seconds if is_set else 0.0)


def _from_1970(true: float, is_set: bool) -> float:
    return true if is_set else true - _START


def _to_1970(true: float, is_set: bool) -> float:
    return true - _START if is_set else true


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
    Case("DST begins", _unset, stamped=True, zone=_VIENNA, start=_SPRING - _WARM * _STEP + _HOUR),
    Case("DST ends", _unset, stamped=True, zone=_VIENNA, start=_AUTUMN - _WARM * _STEP + _HOUR),
)


def run(folder: Path) -> Figures:
    figures = Figures("clock")
    false: list[str] = []
    longest = 0
    for case in CASES:
        for later in _TIMES_OF_DAY:
            begun = case._replace(start=case.start + (later if case.zone is None else 0.0))
            missed, told = _live_through(begun)
            _, usual = _live_through(begun._replace(clock=_unset))
            assert missed <= _PATIENCE, f"{case.name}: {missed} readings were not taken"
            longest = max(longest, missed)
            false += [case.name] * max(0, told - usual)
    figures["cases"] = len(CASES)
    figures["times of day"] = len(_TIMES_OF_DAY)
    figures["most readings missed"] = longest
    figures["false alerts"] = f"{len(false)} {false}" if false else 0
    assert len(false) <= _USUAL, figures
    return figures


def _live_through(case: Case) -> tuple[int, int]:
    """(readings not taken after the clock was set, alerts after it)."""
    zone = {} if case.zone is None else {"time": {"path": "time", "zone": str(case.zone)}}
    pipeline = Pipeline(source=SourceConfig(topic="plant/#", **zone))
    noise = np.random.default_rng(1).normal(0.0, 0.1, _WARM + _AFTER)
    messages = [
        _message(case, n, 20.0 + 0.3 * math.sin(n / 15) + noise[n]) for n in range(_WARM + _AFTER)
    ]
    pipeline.feed(*messages[:_WARM])
    before = pipeline.loop.readings_total
    told = pipeline.feed(*messages[_WARM:])
    missed = _AFTER - (pipeline.loop.readings_total - before)
    return missed, sum(event.type is EventType.NEW for event in told)


def _message(case: Case, n: int, value: float) -> Message:
    true = case.start + n * _STEP
    shown = case.clock(true, n >= _WARM)
    if not case.stamped:
        return Message("plant/a", b"%.6f" % value, 1, False, False, 1, 1, shown)
    stamp: object = shown
    if case.zone is not None:
        stamp = datetime.fromtimestamp(shown, case.zone).replace(tzinfo=None).isoformat()
    payload = json.dumps({"value": round(value, 6), "time": stamp}).encode()
    return Message("plant/a", payload, 1, False, False, 1, 1, true)
