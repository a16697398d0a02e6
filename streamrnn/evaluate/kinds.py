"""Which kind the detector says when one breaks: faults of known kind, each in a run of its own.

A run is a stretch of healthy readings, real or simulated, in which one fault is put where 40 to
70 % of them have passed, and where they come without a pause: a fault on top of an outage of the
recording would be two. The fault is *detected* when an anomaly is opened from its begin to
TOLERANCE usual intervals after its end; the kind that was *said* is that of the anomaly's last step
by then. An anomaly that was open before is no detection.
"""

from __future__ import annotations

import functools
import math
import zlib
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.evaluate.clean_streams import QUIET_SENSORS, TEN_CHARACTERS, Stretch
from streamrnn.evaluate.datasets import UNLABELLED, read_series
from streamrnn.evaluate.fault_scale import Scale, scale_of
from streamrnn.evaluate.faults import KINDS, Broken, CannotBreakError
from streamrnn.evaluate.watch import Watched, watch
from streamrnn.records import EventType

TOLERANCE: Final = 20.0
PAUSE: Final = 3.0
MISSED, ALREADY_OPEN = "missed", "already open"

# In some streams only this can break: there is no noise to drown in, or a jump means nothing.
_ONLY: Final = {
    "door": ("stale", "out_of_range"),
    "counter": ("spike", "flatline", "stale", "out_of_range"),
}
_SWITCHES: Final = ("Occupancy",)  # real ones, treated as a door
_SIMULATED_INTERVALS: Final = (60.0, 300.0)
_SIMULATED_READINGS: Final = 6_000
_LEAST_READINGS: Final = 1_200
_REAL_CYCLE: Final = 86_400.0
_BEGINS: Final = (0.4, 0.7)  # share of the readings before the fault
_ATTEMPTS: Final = 200
QUIET_DAYS: Final = 30.0


class Trial(NamedTuple):
    """One fault, in a real stream or a simulated one."""

    kind: str
    number: int
    is_real: bool


class Told(NamedTuple):
    """What came of a trial. said: the kind, MISSED or ALREADY_OPEN; first_said: the kind of the
    first message. delay: usual intervals from the begin to that message; NaN where none came."""

    trial: Trial
    stream: str
    said: str
    first_said: str
    delay: float


class Quiet(NamedTuple):
    """False alarms of a sensor that says little by nature, in QUIET_DAYS, by their kind."""

    sensor: str
    readings: int
    kinds: tuple[str, ...]


def trials(per_kind: int, has_real: bool) -> list[Trial]:
    """Every other one in a real stream."""
    return [
        Trial(kind, number, has_real and number % 2 == 0)
        for kind in KINDS
        for number in range(per_kind)
    ]


def tell(data: Path, trial: Trial) -> Told:
    """The same trial gives the same fault, always."""
    random = np.random.default_rng([zlib.crc32(trial.kind.encode()), trial.number])
    for _ in range(_ATTEMPTS):
        name, clean, cycle = _real(data, random) if trial.is_real else _simulated(random)
        if trial.kind not in _ONLY.get(name, KINDS):
            continue
        at = int(len(clean.values) * random.uniform(*_BEGINS))
        scale = scale_of(clean.values[:at], clean.times[:at])
        try:
            broken = KINDS[trial.kind](clean, at, scale, cycle, random)
        except CannotBreakError:
            continue
        if trial.kind != "stale" and pauses(clean.times, broken, scale):
            continue
        watched = watch(*broken.readings, stream=f"{name}/{trial.number}")
        return told_of(trial, name, watched, broken, scale)
    raise RuntimeError(f"no stream can have a fault of kind {trial.kind}")


def quiet(job: tuple[str, int]) -> Quiet:
    """job: a sensor and a seed."""
    sensor, seed = job
    readings = QUIET_SENSORS[sensor](seed, QUIET_DAYS)
    alerts = watch(*readings, stream=f"{sensor}/{seed}").alerts
    return Quiet(sensor, len(readings.values), tuple(alert.kind for alert in alerts))


def pauses(times: NDArray[np.float64], broken: Broken, scale: Scale) -> bool:
    """Whether the recording itself pauses while a fault is looked for: for more than PAUSE usual
    intervals, and for longer than 199 of 200 times."""
    until = broken.end + TOLERANCE * scale.interval
    first, end = np.searchsorted(times, [broken.begin, until])
    longest = float(np.diff(times[first : end + 1]).max())
    return longest > max(PAUSE * scale.interval, scale.long_gap)


def told_of(trial: Trial, name: str, watched: Watched, broken: Broken, scale: Scale) -> Told:
    until = broken.end + TOLERANCE * scale.interval
    steps = [event for event in watched.events if event.time <= until]
    opened = [event for event in steps if event.type is EventType.NEW]
    for alert in opened:
        if alert.time >= broken.begin:
            said = [event.kind for event in steps if event.id == alert.id][-1]
            delay = (alert.time - broken.begin) / scale.interval
            return Told(trial, name, said, alert.kind, delay)
    ended = {event.id for event in steps if event.type is EventType.END
             and event.time < broken.begin}  # fmt: skip
    said = ALREADY_OPEN if any(alert.id not in ended for alert in opened) else MISSED
    return Told(trial, name, said, said, math.nan)


def _simulated(random: np.random.Generator) -> tuple[str, Stretch, float]:
    name = str(random.choice(list(TEN_CHARACTERS)))
    interval = float(random.choice(_SIMULATED_INTERVALS))
    character = TEN_CHARACTERS[name]
    seed = int(random.integers(1_000_000))
    return name, character.readings(seed, interval, _SIMULATED_READINGS), character.cycle


def _real(data: Path, random: np.random.Generator) -> tuple[str, Stretch, float]:
    streams = _real_streams(data)
    name = str(random.choice(list(streams)))
    return ("door" if name.endswith(_SWITCHES) else name), streams[name], _REAL_CYCLE


@functools.lru_cache(maxsize=1)
def _real_streams(data: Path) -> dict[str, Stretch]:
    """By name, the unlabelled streams that are long enough; read once per process."""
    streams = {}
    for series_name in UNLABELLED.names(data / UNLABELLED.name):
        series = read_series(data, UNLABELLED.name, series_name)
        for channel, values in zip(series.channels, series.values.T, strict=True):
            present = np.isfinite(values)
            if np.count_nonzero(present) >= _LEAST_READINGS:
                kept = Stretch(np.ascontiguousarray(values[present]), series.times[present])
                streams[f"{series_name}/{channel}"] = kept
    return streams
