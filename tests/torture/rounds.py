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
from streamrnn.records import Message
from streamrnn.service.redelivery import Redeliveries
from streamrnn.service.sinks import iso_time
from streamrnn.service.state import State, capture
from streamrnn.service.withdrawals import Withdrawals
from tests.service.pipeline import Pipeline

STREAMS = 50
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
"""

DETECTOR = DetectorConfig(warm_up=WARM_UP, retrain_every="150s")
ALERTS = AlertsConfig(close_after="20s", cooldown="0s", update_every="10s", stale_after="never")

_BY_THE_CLOCK = "pauses"  # in real time between readings: differs from run to run


class Reading(NamedTuple):
    topic: str
    payload: bytes


def round_of(t: int) -> Iterator[Reading]:
    """One reading of each stream, of second `t` by their stamps: waves with noise, and now and then
    a fault that lasts a few readings, at another time in each stream."""
    noise = np.random.default_rng(t).normal(0.0, 0.1, STREAMS)
    for n in range(STREAMS):
        fault = 6.0 if t > 2 * WARM_UP and (t + 7 * n) % 97 < 4 else 0.0
        value = math.sin(t / 10 + n) + noise[n] + fault
        payload = json.dumps({"value": round(value, 6), "time": START + t}).encode()
        yield Reading(f"plant/{n}", payload)


class Undisturbed(NamedTuple):
    """arrays, tracker: as a checkpoint holds them. events: by id, type and time."""

    arrays: Mapping[str, Any]
    tracker: Mapping[str, Any]
    events: Set[tuple[str, str, str]]


def undisturbed(rounds: int) -> Undisturbed:
    """What becomes of so many rounds when nothing happens."""
    state = State(Bank(DETECTOR), EventTracker(ALERTS, "gw"), Redeliveries(), Withdrawals())
    pipeline = Pipeline(state, limits=LimitsConfig(new_streams_per_second=1e9))
    events = pipeline.feed(
        *(
            Message(topic, payload, 1, False, False, 1 + number % 65_535, 1, _ARRIVAL)
            for number, (topic, payload) in enumerate(
                reading for t in range(rounds) for reading in round_of(t)
            )
        )
    )
    arrays, facts = capture(state)
    keys = {(event.id, event.type.value, iso_time(event.time)) for event in events}
    return Undisturbed(arrays, facts["tracker"], keys)


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
