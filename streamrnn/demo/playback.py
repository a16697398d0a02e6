"""The plant and its faults as one stream of MQTT publications, in order of plant time. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from streamrnn.demo.faults import Fault, FaultSchedule
from streamrnn.demo.plant import Device, Plant


@dataclass(frozen=True)
class Publication:
    """One message of one device. faults: those that distort a reading in it."""

    at: float
    topic: str
    payload: bytes
    faults: tuple[Fault, ...]


def publications(plant: Plant, schedule: FaultSchedule, duration: float) -> Iterator[Publication]:
    """Everything the plant publishes in its first `duration` seconds.

    The devices do not report in step: each starts a little after the one before it.
    """
    count = len(plant.devices)
    return heapq.merge(
        *(
            _of_device(device, schedule, number / count * device.interval, duration)
            for number, device in enumerate(plant.devices)
        ),
        key=attrgetter("at"),
    )


def _of_device(
    device: Device, schedule: FaultSchedule, first_at: float, duration: float
) -> Iterator[Publication]:
    at = np.arange(first_at, duration, device.interval)
    columns = [schedule.values(stream, at).tolist() for stream in device.streams]
    faults = [fault for stream in device.streams for fault in schedule.of(stream.name)]
    for instant, values in zip(at.tolist(), zip(*columns, strict=True), strict=True):
        active = tuple(fault for fault in faults if fault.start <= instant < fault.end)
        yield Publication(instant, device.topic, device.encode(device.streams, values), active)
