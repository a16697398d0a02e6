"""Streams that fall silent: told from their own rhythm, by a clock that goes on without them."""

from __future__ import annotations

import json
import math

import numpy as np

from streamrnn.detect.events import EventTracker
from streamrnn.detect.silence import Rhythm
from streamrnn.records import Event
from tests.detect.judged import END, NAMES, NEW, UPDATE, Seen, alarm, observe, tracker, types

TEMPERATURE, DOOR, PUMP, HUMIDITY, POWER = range(5)


def rhythm(**times: float) -> Rhythm:
    """Every stream speaks every ten seconds; the last times are given by slot, t0=..., else 0."""
    n = len(NAMES)
    last = np.array([times.get(f"t{slot}", 0.0) for slot in range(n)])
    return Rhythm(
        *(np.full(n, x) for x in (100.0, 7.0)), last, *(np.full(n, 10.0),) * 2, last - 1e6
    )


def told(events: EventTracker, now: float, **times: float) -> list[Event]:
    return events.tick(NAMES, rhythm(**times), now)


def listening(**settings: str) -> EventTracker:
    """Has heard all streams at 0."""
    events = tracker(**settings)
    observe(events, *(Seen(0.0, slot=slot) for slot in range(len(NAMES))))
    return events


def heard(events: EventTracker, at: float, *slots: int) -> list[Event]:
    return observe(events, *(Seen(at, slot=slot) for slot in slots))


def test_a_stream_that_says_nothing_for_long_is_stale() -> None:
    events = listening()
    heard(events, 80.0, TEMPERATURE, DOOR, HUMIDITY, POWER)
    assert told(events, 80.0) == []
    (new,) = told(events, 81.0, t0=80.0, t1=80.0, t3=80.0, t4=80.0)
    assert (new.type, new.stream, new.kind) == (NEW, "pump/current", "stale")
    assert (new.since, new.time, new.value, new.yhat) == (0.0, 81.0, 7.0, None)
    assert new.score > 1.0
    assert new.message.startswith(
        "pump/current was 7, no reading for 81 s, usually one every 10 s: stale."
    )


def test_its_next_reading_ends_it() -> None:
    events = listening(cooldown="0s")
    new = next(event for event in told(events, 100.0) if event.stream == "door")
    (end,) = heard(events, 200.0, DOOR)
    assert (end.type, end.id) == (END, new.id)
    assert "its readings are back after 3 min" in end.message
    assert "door" not in {e.stream for e in told(events, 599.0, t1=200.0)}, "it has paused before"
    assert "door" in {e.stream for e in told(events, 601.0, t1=200.0)}


def test_silence_that_lasts_is_told_anew_now_and_then() -> None:
    events = listening(update_every="60s")
    found = [
        e for now in range(81, 220, 10) for e in told(events, float(now)) if e.stream == "door"
    ]
    assert [(e.type, e.time) for e in found] == [(NEW, 81.0), (UPDATE, 141.0), (UPDATE, 201.0)]


def test_a_dead_device_is_one_event() -> None:
    found = told(listening(), 100.0)
    assert [e.stream for e in found if e.type is NEW] == [
        "freezer/temperature",
        "door",
        "pump/current",
    ]
    assert found[-1].also == ("freezer/humidity",), "the third joins without an update"


def test_what_nobody_could_hear_is_no_silence() -> None:
    events = listening()
    assert events.tick(NAMES, rhythm(), 1000.0, listening_since=930.0) == []
    assert events.tick(NAMES, rhythm(), 1011.0, listening_since=930.0) != []


def test_a_restart_begins_to_listen_anew() -> None:
    events = listening()
    heir = tracker()
    heir.restore(NAMES, json.loads(json.dumps(events.to_state())))
    assert told(heir, 1e6) == []
    assert told(heir, 1e6 + 70.0) == []
    assert types(told(heir, 1e6 + 81.0)).count(NEW) == 3


def test_a_stale_stream_is_still_so_after_a_restart() -> None:
    events = listening()
    new = next(event for event in told(events, 100.0) if event.stream == "door")
    heir = tracker()
    heir.restore(NAMES, json.loads(json.dumps(events.to_state())))
    (end,) = heard(heir, 1000.0, DOOR)
    assert (end.type, end.id) == (END, new.id)


def test_an_anomaly_of_a_stream_that_falls_silent_becomes_stale() -> None:
    events = listening()
    (new,) = observe(events, alarm(1.0, slot=DOOR))
    update = next(event for event in told(events, 100.0, t1=1.0) if event.stream == "door")
    assert (update.type, update.id, update.kind) == (UPDATE, new.id, "stale")
    (end,) = heard(events, 110.0, DOOR)
    assert (end.type, end.id) == (END, new.id)


def test_a_snoozed_stream_may_be_silent() -> None:
    events = listening()
    events.snooze(DOOR, 500.0)
    assert "door" not in {event.stream for event in told(events, 100.0)}
    assert "door" not in {event.stream for event in told(events, 599.0)}
    assert "door" in {event.stream for event in told(events, 601.0)}


def test_staleness_can_be_switched_off_and_set() -> None:
    assert told(listening(stale_after="never"), 1e9) == []
    patient = listening(stale_after="1h")
    assert told(patient, 3600.0) == []
    assert told(patient, 3601.0) != []


def test_a_stream_on_another_clock_is_told_on_its_own() -> None:
    """The sensor's clock is two hours slow: what counts is when its readings arrived."""
    events = tracker()
    seen = [Seen(-7200.0, slot=slot) for slot in range(len(NAMES))]
    observe(events, *seen, now=0.0)
    times = {f"t{slot}": -7200.0 for slot in range(len(NAMES))}
    assert told(events, 79.0, **times) == []
    new = told(events, 81.0, **times)[0]
    assert (new.since, new.time) == (-7200.0, -7119.0)
    assert math.isclose(new.score, 81.0 / 80.0, abs_tol=1e-6)
