"""Faults to inject: what breaks, when, and how that looks in the readings.

A fault is a pure transform of a stream's signal inside its interval [start, start + duration);
outside of it, every reading is exactly the clean one.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from streamrnn.demo.plant import Stream
from streamrnn.simulate.noise import FloatArray, Noise
from streamrnn.simulate.signals import HOUR, MINUTE, Signal


class FaultKind(StrEnum):
    SPIKE = "spike"  # one wrong reading
    LEVEL_SHIFT = "level shift"  # everything moves by `size`
    DRIFT = "drift"  # moves away steadily, to `size` at the end
    NOISE_BURST = "noise burst"  # noise of standard deviation `size` on top
    STUCK = "stuck"  # repeats its last value
    STOPPED = "stopped"  # a machine does not run: shows its idle value `size`
    LEFT_ON = "left on"  # a switch shows `size` throughout
    OUT_OF_RANGE = "out of range"  # shows `size`, which no healthy sensor would


@dataclass(frozen=True)
class Fault:
    """One fault of one stream.

    start, duration: seconds of plant time. size: in the stream's unit, see `FaultKind`.
    story: what happened, in a few words for people.
    """

    stream: str
    kind: FaultKind
    start: float
    duration: float
    size: float
    story: str

    @property
    def end(self) -> float:
        return self.start + self.duration

    def covers(self, at: FloatArray) -> NDArray[np.bool_]:
        """Which of the instants lie inside the fault."""
        return (at >= self.start) & (at < self.end)

    def distort(self, signal: Signal, at: FloatArray) -> FloatArray:
        """What the sensor measures in place of `signal` at the instants `at`, all covered."""
        return _TRANSFORMS[self.kind](self, signal, at)


Transform = Callable[[Fault, Signal, FloatArray], FloatArray]


def _shift(fault: Fault, signal: Signal, at: FloatArray) -> FloatArray:
    return signal(at) + fault.size


def _drift(fault: Fault, signal: Signal, at: FloatArray) -> FloatArray:
    return signal(at) + fault.size * (at - fault.start) / fault.duration


def _shake(fault: Fault, signal: Signal, at: FloatArray) -> FloatArray:
    noise = Noise(int(fault.start), fault.stream)
    return signal(at) + fault.size * noise.white(at)


def _freeze(fault: Fault, signal: Signal, at: FloatArray) -> FloatArray:
    return np.full(at.shape, signal(np.array([fault.start]))[0])


def _hold(fault: Fault, signal: Signal, at: FloatArray) -> FloatArray:
    return np.full(at.shape, fault.size)


_TRANSFORMS: dict[FaultKind, Transform] = {
    FaultKind.SPIKE: _shift,
    FaultKind.LEVEL_SHIFT: _shift,
    FaultKind.DRIFT: _drift,
    FaultKind.NOISE_BURST: _shake,
    FaultKind.STUCK: _freeze,
    FaultKind.STOPPED: _hold,
    FaultKind.LEFT_ON: _hold,
    FaultKind.OUT_OF_RANGE: _hold,
}


def _can_break(stream: str, kind: FaultKind, duration: float, size: float, story: str) -> Fault:
    return Fault(stream, kind, 0.0, duration, size, story)


# What can happen to the plant; `FaultSchedule.plan` gives each a time. No stream is in it twice.
CATALOGUE = (
    _can_break("plant/pipe/pressure", FaultKind.SPIKE, MINUTE, 1.8, "water hammer"),
    _can_break("plant/freezer/temperature", FaultKind.DRIFT, 2 * HOUR, 8.0, "lid left ajar"),
    _can_break("plant/tank/level", FaultKind.STUCK, 2.5 * HOUR, 0.0, "float jammed"),
    _can_break("plant/press/power", FaultKind.STOPPED, 2.5 * HOUR, 180.0, "batches missed"),
    _can_break("plant/hall/sound", FaultKind.NOISE_BURST, 1.5 * HOUR, 9.0, "loose panel rattles"),
    _can_break(
        "plant/hall/climate/temperature", FaultKind.OUT_OF_RANGE, HOUR, -127.0, "wire broken"
    ),
    _can_break("plant/office/co2", FaultKind.LEVEL_SHIFT, 2 * HOUR, 350.0, "ventilation failed"),
    _can_break("plant/fan/vibration", FaultKind.LEVEL_SHIFT, 1.5 * HOUR, 4.0, "blade unbalanced"),
    _can_break("plant/energy/total", FaultKind.STUCK, 2.5 * HOUR, 0.0, "meter stopped"),
    _can_break("plant/dock/door", FaultKind.LEFT_ON, 1.5 * HOUR, 1.0, "left open"),
)

# Nothing breaks while the detectors learn, nor so late that an alarm could not follow.
CLEAN_START = 0.4
CLEAN_END = HOUR
SPACING = 3.5 * HOUR


class FaultSchedule:
    """The faults of one run, in order of their start; at most one at any time."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.start))

    @classmethod
    def plan(cls, duration: float, seed: int) -> FaultSchedule:
        """As many faults as fit into `duration` seconds of plant time, the same for each seed.

        The first `CLEAN_START` of the run stays clean; after it one fault begins every `SPACING`,
        each on another stream until all of the catalogue was used.
        """
        order = random.Random(seed).sample(CATALOGUE, len(CATALOGUE))
        return cls(tuple(_place(order, CLEAN_START * duration, duration - CLEAN_END)))

    def of(self, stream: str) -> tuple[Fault, ...]:
        """The faults of one stream."""
        return tuple(fault for fault in self.faults if fault.stream == stream)

    def values(self, stream: Stream, at: FloatArray) -> FloatArray:
        """What the stream's sensor shows at the instants `at`, faults included.

        Of two faults that overlap, the later one is seen.
        """
        physical = stream.signal(at)
        for fault in self.of(stream.name):
            inside = fault.covers(at)
            physical[inside] = fault.distort(stream.signal, at[inside])
        return stream.show(physical)


def _place(order: list[Fault], first_start: float, latest_end: float) -> Iterator[Fault]:
    """The faults of `order`, over and over, until one would end too late."""
    for number, fault in enumerate(itertools.cycle(order)):
        placed = replace(fault, start=first_start + number * SPACING)
        if placed.end > latest_end:
            return
        yield placed
