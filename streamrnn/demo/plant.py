"""The simulated plant: ten devices, thirteen streams, each of a different character.

Pure and independent of any clock: `Plant(seed)` says what each sensor shows at any instant of plant
time. The demo publishes it in real time; a benchmark asks for whole arrays:

    stream = Plant(seed=1).streams["plant/tank/level"]
    values = stream.values(np.arange(10_000) * 60.0)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from streamrnn.simulate import signals
from streamrnn.simulate.noise import FloatArray, Noise
from streamrnn.simulate.signals import MINUTE, Signal


@dataclass(frozen=True)
class Stream:
    """One series of readings, named as the daemon will name it.

    decimals: of the sensor's display; what it shows is rounded to them.
    """

    name: str
    unit: str
    decimals: int
    signal: Signal

    def values(self, at: FloatArray) -> FloatArray:
        """What the sensor shows at the instants `at`, shape (n,), seconds of plant time."""
        return self.show(self.signal(at))

    def show(self, physical: FloatArray) -> FloatArray:
        """Physical values as the sensor displays them."""
        return np.round(physical, self.decimals)

    @property
    def field(self) -> str:
        """The last part of the name: the key in a JSON payload."""
        return self.name.rsplit("/", 1)[1]


Encode = Callable[[Sequence[Stream], Sequence[float]], bytes]


def as_text(streams: Sequence[Stream], values: Sequence[float]) -> bytes:
    """A bare number, as many microcontrollers send it."""
    return f"{values[0]:.{streams[0].decimals}f}".encode()


def as_switch(streams: Sequence[Stream], values: Sequence[float]) -> bytes:
    """ON or OFF."""
    return b"ON" if values[0] >= 0.5 else b"OFF"


def as_json(streams: Sequence[Stream], values: Sequence[float]) -> bytes:
    """One JSON object with a key for each stream."""
    fields: dict[str, float] = {}
    for stream, value in zip(streams, values, strict=True):
        fields[stream.field] = value if stream.decimals else int(value)
    return json.dumps(fields).encode()


@dataclass(frozen=True)
class Device:
    """Something that publishes one message every `interval` seconds of plant time."""

    topic: str
    interval: float
    streams: tuple[Stream, ...]
    encode: Encode


class Plant:
    """All devices of the plant. The same seed gives the same readings, always."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.devices = _build(Noise(seed, "plant"))
        self.streams = {stream.name: stream for d in self.devices for stream in d.streams}

    def device_of(self, stream: str) -> Device:
        """The device that publishes a stream. Raises KeyError if there is none."""
        for device in self.devices:
            if any(stream == own.name for own in device.streams):
                return device
        raise KeyError(stream)


def _bare(name: str, unit: str, decimals: int, signal: Signal, interval: float = MINUTE) -> Device:
    """A device whose topic is its only stream."""
    return Device(name, interval, (Stream(name, unit, decimals, signal),), as_text)


def _build(noise: Noise) -> tuple[Device, ...]:
    climate = (
        Stream("plant/hall/climate/temperature", "degC", 1, signals.hall_temperature(noise)),
        Stream("plant/hall/climate/humidity", "%", 1, signals.hall_humidity(noise)),
        Stream("plant/hall/climate/linkquality", "", 0, signals.link_quality(noise)),
    )
    press = (
        Stream("plant/press/power", "W", 0, signals.press_power(noise)),
        Stream("plant/press/voltage", "V", 1, signals.mains_voltage(noise)),
    )
    door = (Stream("plant/dock/door", "", 0, signals.dock_door(noise)),)
    return (
        Device("plant/hall/climate", MINUTE, climate, as_json),
        Device("plant/press", MINUTE, press, as_json),
        Device("plant/dock/door", MINUTE, door, as_switch),
        _bare("plant/freezer/temperature", "degC", 1, signals.freezer_temperature(noise)),
        _bare("plant/tank/level", "%", 1, signals.tank_level(noise)),
        _bare("plant/energy/total", "kWh", 1, signals.energy_counter(noise), 2.0 * MINUTE),
        _bare("plant/pipe/pressure", "bar", 2, signals.pipe_pressure(noise)),
        _bare("plant/fan/vibration", "mm/s", 2, signals.fan_vibration(noise), 0.5 * MINUTE),
        _bare("plant/hall/sound", "dB", 1, signals.hall_noise(noise)),
        _bare("plant/office/co2", "ppm", 0, signals.office_co2(noise)),
    )
