"""Sensors in which nothing is ever wrong: every alarm on them is false.

TEN_CHARACTERS are read at a regular interval, any of INTERVALS. QUIET_SENSORS say little by nature:
they repeat themselves, or speak only when something changes; for a detector of stuck and silent
sensors they are the hard cases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.simulate import signals
from streamrnn.simulate.noise import FloatArray, Noise
from streamrnn.simulate.signals import DAY, HOUR, MINUTE, Signal

INTERVALS = {"1 s": 1.0, "10 s": 10.0, "1 min": 60.0, "15 min": 900.0}
BEGIN = 1_767_571_200.0  # Monday 2026-01-05, midnight UTC


class Stretch(NamedTuple):
    """values, times: (n,) readings of one stream in order; times in seconds since 1970."""

    values: NDArray[np.float64]
    times: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Character:
    """resolution: the step of the sensor's display, in its unit. signal: of a source of
    randomness. cycle: seconds after which it roughly repeats itself; 0: never."""

    title: str
    resolution: float
    signal: Callable[[Noise], Signal]
    cycle: float = 0.0

    def readings(self, seed: int, interval: float, n: int) -> Stretch:
        """n readings, `interval` seconds apart; each seed begins at a midnight of its own."""
        at = 7.0 * DAY * (seed % 1_000) + interval * np.arange(n, dtype=np.float64)
        shown = self.signal(Noise(seed, "bench"))(at)
        return Stretch(np.round(shown / self.resolution) * self.resolution, BEGIN + at)


def heavy_tailed(plant: Noise) -> Signal:
    """Student's t with three degrees of freedom: now and then a reading is far off, by nature."""
    own = plant.child("heavy_tailed")
    others = [own.child(name) for name in ("a", "b", "c")]

    def signal(at: FloatArray) -> FloatArray:
        spread = sum((other.white(at) ** 2 for other in others), np.zeros_like(at))
        return 50.0 + own.white(at) / np.sqrt(spread / 3.0)

    return signal


TEN_CHARACTERS = {
    "daily rhythm": Character("daily rhythm", 0.01, signals.hall_temperature, DAY),
    "white noise": Character("white noise", 0.1, signals.hall_noise),
    "heavy tails": Character("heavy-tailed noise", 0.01, heavy_tailed),
    "batch machine": Character("batch machine", 1.0, signals.press_power, 80.0 * MINUTE),
    "tank level": Character("tank level, saw-tooth", 0.1, signals.tank_level, 5.0 * HOUR),
    "door": Character("door, on/off", 1.0, signals.dock_door),
    "counter": Character("counter", 0.1, signals.energy_counter),
    "slow drift": Character("slow drift", 0.01, signals.pipe_pressure),
    "vibration": Character("vibration, in bursts", 0.01, signals.fan_vibration),
    "coarse": Character("temperature in steps of 0.5", 0.5, signals.hall_temperature, DAY),
}


QuietSensor = Callable[[int, float], Stretch]


def _regular(signal: Callable[[Noise], Signal], resolution: float, interval: float) -> QuietSensor:
    def readings(seed: int, days: float) -> Stretch:
        n = int(days * DAY / interval)
        return Character("", resolution, signal).readings(seed, interval, n)

    return readings


def _on_change(signal: Callable[[Noise], Signal], resolution: float) -> QuietSensor:
    """Looks every ten seconds, speaks when what it would show has changed."""

    def readings(seed: int, days: float) -> Stretch:
        values, times = Character("", resolution, signal).readings(seed, 10.0, int(days * DAY / 10))
        spoken = np.concatenate([[True], np.diff(values) != 0.0])
        return Stretch(values[spoken], times[spoken])

    return readings


def _set_point(plant: Noise) -> Signal:
    """Turned by hand about twice a week, constant in between."""
    own = plant.child("set_point")

    def signal(at: FloatArray) -> FloatArray:
        return 18.0 + np.floor(8.0 * own.uniform(np.floor(at / (3.5 * DAY))))

    return signal


def _constant(_plant: Noise) -> Signal:
    def signal(at: FloatArray) -> FloatArray:
        return np.zeros_like(at)

    return signal


def _battery(_plant: Noise) -> Signal:
    """Per cent, one less every four days."""

    def signal(at: FloatArray) -> FloatArray:
        return 100.0 - (at % (400.0 * DAY)) / (4.0 * DAY)

    return signal


def _rain(plant: Noise) -> Signal:
    """Millimetres so far: some showers a week, nothing in between."""
    own = plant.child("rain")

    def signal(at: FloatArray) -> FloatArray:
        hours = np.arange(np.floor(at[0] / HOUR), np.floor(at[-1] / HOUR) + 2.0)
        wet = (own.uniform(hours) < 0.05) * 4.0 * own.uniform(hours + 1e9)
        fallen = np.concatenate([[0.0], np.cumsum(wet)])
        hour = ((at - hours[0] * HOUR) // HOUR).astype(np.int64)
        total: FloatArray = fallen[hour] + wet[hour] * (at % HOUR) / HOUR
        return total

    return signal


def _night_counter(plant: Noise) -> Signal:
    """A machine's counter: ten pieces a minute from 6 to 18 o'clock, none at night."""

    def signal(at: FloatArray) -> FloatArray:
        worked = np.clip(at % DAY - 6.0 * HOUR, 0.0, 12.0 * HOUR)
        return 10.0 * (np.floor(at / DAY) * 12.0 * HOUR + worked) / MINUTE

    return signal


def _motion(seed: int, days: float) -> Stretch:
    """Says 1 when somebody passes, nothing else: often by day, hardly at night."""
    random = np.random.default_rng(seed)
    at = np.cumsum(random.exponential(4.0 * MINUTE, int(days * DAY / (4.0 * MINUTE))))
    seen = at[random.random(len(at)) < signals.activity(at)]
    return Stretch(np.ones(len(seen)), BEGIN + seen)


QUIET_SENSORS: dict[str, QuietSensor] = {
    "temperature in steps of 0.5": _regular(signals.hall_temperature, 0.5, MINUTE),
    "set point": _regular(_set_point, 0.5, MINUTE),
    "always zero": _regular(_constant, 1.0, MINUTE),
    "battery, %": _regular(_battery, 1.0, 10.0 * MINUTE),
    "rain gauge": _regular(_rain, 0.2, 5.0 * MINUTE),
    "counter, idle at night": _regular(_night_counter, 1.0, MINUTE),
    "door, every minute": _regular(signals.dock_door, 1.0, MINUTE),
    "door, on change": _on_change(signals.dock_door, 1.0),
    "temperature, on change": _on_change(signals.hall_temperature, 0.5),
    "motion": _motion,
}
