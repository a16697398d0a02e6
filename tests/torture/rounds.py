"""The readings that victims get, and what a daemon that nobody disturbs makes of them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Set
from typing import Any, NamedTuple

import numpy as np

from streamrnn.config import AlertsConfig, DetectorConfig, LimitsConfig
from streamrnn.detect import Bank
from streamrnn.detect.events import EventTracker
from streamrnn.ingest.detection import Formats
from streamrnn.records import Message
from streamrnn.service.redelivery import Redeliveries
from streamrnn.service.sinks import iso_time
from streamrnn.service.state import State, capture
from streamrnn.service.withdrawals import Withdrawals
from tests.service.pipeline import Pipeline

STREAMS = 50
SEATS = STREAMS + 3
"""Streams for which there is room: two of a LoRaWAN device, and one for visitors, who come one
after the other, each in the place of the one before."""
WARM_UP = 60
START = 1_700_000_000
_ARRIVAL = START + 365 * 86_400.0
"""After all stamps, as for victims: a stamp that is far ahead of its arrival is not believed."""

SETTINGS = f"""
[mqtt]
broker = "{{broker}}"
receive_maximum = {{window}}
{{mqtt}}
[[source]]
topic = "plant/#"
[detector]
warm_up = {WARM_UP}
retrain_every = "150s"
[alerts]
close_after = "20s"
cooldown = "0s"
update_every = "10s"
stale_after = "never"
[state]
checkpoint_every = "{{every}}"
durability = "{{durability}}"
[limits]
new_streams_per_second = 1e9
max_streams = {{streams}}
"""

DETECTOR = DetectorConfig(warm_up=WARM_UP, retrain_every="150s")
ALERTS = AlertsConfig(close_after="20s", cooldown="0s", update_every="10s", stale_after="never")

_VISIT = 100  # rounds from one visitor to the next
_LEAVES = 82
_SLOW_FROM = 86

_BY_THE_CLOCK = "pauses"  # in real time between readings: differs from run to run


class Reading(NamedTuple):
    topic: str
    payload: bytes


def round_of(t: int) -> Iterator[Reading]:
    """One reading of each stream: waves with noise, and now and then a fault that lasts a few
    readings, at another time in each stream. A visitor breaks with its last words. What the LoRaWAN
    device leaves out is 0, as who heard its earlier messages knows."""
    noise = np.random.default_rng(t).normal(0.0, 0.1, SEATS)
    for n in range(STREAMS):
        fault = 6.0 if t > 2 * WARM_UP and (t + 7 * n) % 97 < 4 else 0.0
        yield _reading(f"plant/{n}", t, math.sin(t / 10 + n) + noise[n] + fault)
    decoded = {"temperature": round(20.0 + math.sin(t / 10) + noise[STREAMS], 6)}
    rain = {} if t > 3 and t % 3 == 0 else {"rain": 1 + t % 5}
    yield _uplink("plant/meadow/up", t, decoded | rain)
    visit, day = divmod(t, _VISIT)
    if day < _LEAVES:
        fault = 9.0 if day >= _LEAVES - 2 else 0.0
        yield _reading(f"plant/visitor {visit}", t, math.sin(t / 10) + noise[STREAMS] + fault)


def _reading(topic: str, t: int, value: float) -> Reading:
    payload = json.dumps({"value": round(value, 6), "time": _stamp(t)}).encode()
    return Reading(topic, payload)


def _uplink(topic: str, t: int, decoded: Mapping[str, float]) -> Reading:
    """As The Things Stack sends it."""
    uplink = {
        "end_device_ids": {"device_id": "meadow"},
        "uplink_message": {
            "f_port": 1,
            "decoded_payload": decoded,
            "received_at": iso_time(float(_stamp(t))),
        },
    }
    return Reading(topic, json.dumps(uplink).encode())


def _stamp(t: int) -> int:
    """A second after the last, but ten minutes where a visitor has left: long enough, until the
    next one comes, to be idle."""
    visit, day = divmod(t, _VISIT)
    slow = visit * (_VISIT - _SLOW_FROM) + max(0, day - _SLOW_FROM)
    return START + t + 599 * slow


class Undisturbed(NamedTuple):
    """readings: how many were sent. shed: streams that gave way. arrays, tracker: as a checkpoint
    holds them. events: by id, type and time."""

    readings: int
    shed: int
    arrays: Mapping[str, Any]
    tracker: Mapping[str, Any]
    events: Set[tuple[str, str, str]]


def undisturbed(rounds: int) -> Undisturbed:
    """What becomes of so many rounds when nothing happens."""
    state = State(
        Bank(DETECTOR), EventTracker(ALERTS, "gw"), Redeliveries(), Withdrawals(), Formats()
    )
    limits = LimitsConfig(new_streams_per_second=1e9, max_streams=SEATS)
    pipeline = Pipeline(state, limits=limits)
    messages = [
        Message(topic, payload, 1, False, False, 1 + number % 65_535, 1, _ARRIVAL)
        for number, (topic, payload) in enumerate(
            reading for t in range(rounds) for reading in round_of(t)
        )
    ]
    events = pipeline.feed(*messages)
    arrays, facts = capture(state)
    keys = {(event.id, event.type.value, iso_time(event.time)) for event in events}
    shed = pipeline.loop.shedding.total
    return Undisturbed(len(messages), shed, arrays, facts["tracker"], keys)


def differences(
    arrays: Mapping[str, Any], tracker: Mapping[str, Any], to: Undisturbed
) -> list[str]:
    """Names of what is not bit-equal."""
    different = [
        name
        for name, expected in to.arrays.items()
        if not name.startswith("redelivery") and arrays[name].tobytes() != expected.tobytes()
    ]
    events, expected = (
        json.dumps({**state, _BY_THE_CLOCK: None}, sort_keys=True)
        for state in (tracker, to.tracker)
    )
    return different + (["events"] if events != expected else [])
