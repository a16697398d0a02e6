"""What the detector makes of changes that take long: does it learn a fault as normal, does it let
go of a new normal, and is the end of a fault a second alarm?

A stream here is a character with a known standard deviation, one sigma. Three questions, each with
runs of its own:

    ramp      RAMP_SIGMAS over RAMP_DAYS, as slow as one sigma a retraining: at how many sigmas is
              the first anomaly opened during the ramp, and the first of kind drift
    shift     SHIFT_SIGMAS, for good: how long until the alarms end, and how many there are
    recovery  SHIFT_SIGMAS for FAULT_SECONDS, then as before: whether a new anomaly is opened within
              SETTLING_SECONDS after the end
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.evaluate.clean_streams import BEGIN
from streamrnn.evaluate.watch import Watched, watch
from streamrnn.records import Event, EventType

DAY: Final = 86_400.0
HOUR: Final = 3_600.0

# One retraining a day is the shipped default.
RAMP_SIGMAS: Final = 60.0
RAMP_DAYS: Final = 60.0
RAMP_INTERVAL: Final = 900.0
RAMP_CLEAN_DAYS: Final = 30.0

SHIFT_SIGMAS: Final = 10.0
SHIFT_INTERVAL: Final = 60.0
CLEAN_DAYS: Final = 4.0
AFTER_DAYS: Final = 3.0
FAULT_SECONDS: Final = 2.0 * HOUR
SETTLING_SECONDS: Final = 6.0 * HOUR

Curve = Callable[[int, NDArray[np.float64]], NDArray[np.float64]]


class Ramp(NamedTuple):
    """anomaly, drift: sigmas at which the first was opened; NaN: none was."""

    character: str
    anomaly: float
    drift: float


class Shift(NamedTuple):
    """seconds: from the shift to the end of the last anomaly; infinity: one is still open after
    AFTER_DAYS; NaN: the shift was missed."""

    character: str
    seconds: float
    anomalies: int


class Recovery(NamedTuple):
    """is_detected: whether the fault was. is_second_alarm: whether its end was an anomaly, too."""

    character: str
    is_detected: bool
    is_second_alarm: bool


def white(seed: int, at: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=len(at))


def correlated(seed: int, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each reading keeps 0.9 of the one before."""
    noise = np.random.default_rng(seed).normal(size=len(at))
    values = np.empty(len(at))
    level = 0.0
    for t, shock in enumerate(noise.tolist()):
        level = 0.9 * level + math.sqrt(1.0 - 0.9**2) * shock
        values[t] = level
    return values


def daily(seed: int, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """A rhythm of the day of most of the variance, under white noise."""
    rhythm = math.sqrt(2.0 * 0.8) * np.cos(2.0 * np.pi * at / DAY)
    values: NDArray[np.float64] = rhythm + math.sqrt(0.2) * white(seed, at)
    return values


CURVES: Final[dict[str, Curve]] = {
    "white noise": white,
    "correlated noise": correlated,
    "daily rhythm": daily,
}


def ramp(job: tuple[str, int]) -> Ramp:
    """job: a curve and a seed."""
    name, seed = job
    at = np.arange(0.0, (RAMP_CLEAN_DAYS + RAMP_DAYS) * DAY, RAMP_INTERVAL)
    risen = np.clip((at / DAY - RAMP_CLEAN_DAYS) / RAMP_DAYS, 0.0, 1.0) * RAMP_SIGMAS
    watched = watch(CURVES[name](seed, at) + risen, BEGIN + at, stream=f"{name}/{seed}")
    begin = BEGIN + RAMP_CLEAN_DAYS * DAY
    sigmas = {"": math.nan, "drift": math.nan}
    for event in watched.events:
        if event.type is not EventType.END and event.time > begin:
            risen_by = RAMP_SIGMAS * (event.time - begin) / (RAMP_DAYS * DAY)
            for kind in ("", event.kind):
                if math.isnan(sigmas.get(kind, 0.0)):
                    sigmas[kind] = risen_by
    return Ramp(name, sigmas[""], sigmas["drift"])


def shift(job: tuple[str, int]) -> Shift:
    """job: a curve and a seed."""
    name, seed = job
    begin = BEGIN + CLEAN_DAYS * DAY
    watched = _shifted(name, seed, until=math.inf)
    return Shift(name, *reported(watched.events, begin))


def reported(events: Sequence[Event], begin: float) -> tuple[float, int]:
    """(seconds, anomalies) of a shift at `begin`, as in `Shift`."""
    opened = [e.id for e in events if e.type is EventType.NEW and e.time >= begin]
    if not opened:
        return math.nan, 0
    ended = {event.id: event.time for event in events if event.type is EventType.END}
    return max(ended.get(each, math.inf) for each in opened) - begin, len(opened)


def recovery(job: tuple[str, int]) -> Recovery:
    """job: a curve and a seed."""
    name, seed = job
    begin = BEGIN + CLEAN_DAYS * DAY
    end = begin + FAULT_SECONDS
    watched = _shifted(name, seed, until=end)
    opened = [alert.time for alert in watched.alerts]
    return Recovery(
        name,
        is_detected=any(begin <= time < end for time in opened),
        is_second_alarm=any(end <= time < end + SETTLING_SECONDS for time in opened),
    )


def _shifted(name: str, seed: int, until: float) -> Watched:
    at = np.arange(0.0, (CLEAN_DAYS + AFTER_DAYS) * DAY, SHIFT_INTERVAL)
    times = BEGIN + at
    moved = (times >= BEGIN + CLEAN_DAYS * DAY) & (times < until)
    values = CURVES[name](seed, at) + SHIFT_SIGMAS * moved
    return watch(values, times, stream=f"{name}/{seed}")
