"""Streams of one device that break together are one event."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from streamrnn.config import AlertsConfig
from streamrnn.detect.events import EventTracker
from streamrnn.records import Kind
from tests.detect.judged import (
    END,
    NAMES,
    NEW,
    UPDATE,
    Seen,
    alarm,
    high,
    observe,
    tracker,
    types,
)

TEMPERATURE, DOOR, PUMP, HUMIDITY, POWER = range(5)


def test_the_first_is_told_at_once_and_the_second_as_an_update_of_it() -> None:
    new, update = observe(tracker(), alarm(0.0), alarm(60.0, slot=HUMIDITY))
    assert (new.type, update.type) == (NEW, UPDATE)
    assert (update.id, update.stream) == (new.id, "freezer/temperature")
    assert (new.also, update.also) == ((), ("freezer/humidity",))
    assert "Together with freezer/humidity." in update.message


def test_streams_of_other_devices_have_events_of_their_own() -> None:
    found = observe(tracker(), alarm(0.0), alarm(0.0, slot=DOOR), alarm(0.0, slot=PUMP))
    assert types(found) == [NEW, NEW, NEW]


def test_what_begins_later_is_another_event() -> None:
    found = observe(tracker(), alarm(0.0), high(299.0), high(301.0), alarm(301.0, slot=HUMIDITY))
    assert [e.stream for e in found if e.type is NEW] == ["freezer/temperature", "freezer/humidity"]


def test_grouping_can_be_switched_off() -> None:
    found = observe(tracker(group_within="0s"), alarm(0.0), alarm(0.0, slot=HUMIDITY))
    assert types(found) == [NEW, NEW]


def test_whoever_knows_better_names_the_device() -> None:
    events = EventTracker(AlertsConfig(), "gw", {"door": "d1", "pump/current": "d1"}.__getitem__)
    found = observe(events, alarm(0.0, slot=DOOR), alarm(0.0, slot=PUMP))
    assert [(e.type, e.also) for e in found] == [(NEW, ()), (UPDATE, ("pump/current",))]


def test_it_ends_when_the_last_of_its_streams_is_calm() -> None:
    events = tracker(close_after="10s")
    observe(events, alarm(0.0), alarm(1.0, slot=HUMIDITY))
    assert observe(events, Seen(5.0), Seen(15.0), high(15.0, slot=HUMIDITY)) == []
    assert sorted(events.open_slots().tolist()) == [TEMPERATURE, HUMIDITY]
    assert observe(events, Seen(16.0, slot=HUMIDITY), Seen(26.0, slot=HUMIDITY)) == []
    (end,) = observe(events, Seen(27.0))
    assert (end.type, end.stream, end.also) == (END, "freezer/temperature", ("freezer/humidity",))
    assert events.open_slots().size == 0


def test_a_stream_that_breaks_again_while_the_event_lasts_belongs_to_it() -> None:
    events = tracker(close_after="10s", update_every="1h")
    observe(events, alarm(0.0), alarm(1.0, slot=HUMIDITY))
    observe(events, Seen(5.0, slot=HUMIDITY), Seen(15.0, slot=HUMIDITY))
    assert events.open_slots().tolist() == [TEMPERATURE]
    found = observe(events, high(1000.0), alarm(1000.0, slot=HUMIDITY))
    assert found == []
    assert sorted(events.open_slots().tolist()) == [TEMPERATURE, HUMIDITY]


def test_the_graver_kind_of_any_of_its_streams_is_told() -> None:
    events = tracker()
    observe(events, alarm(0.0), alarm(1.0, slot=HUMIDITY))
    (update,) = observe(events, high(2.0, Kind.OUT_OF_RANGE, slot=HUMIDITY))
    assert (update.type, update.kind, update.stream) == (
        UPDATE,
        "out_of_range",
        "freezer/temperature",
    )


def test_a_device_with_hundreds_of_streams_sends_few_updates() -> None:
    names = [f"plc/{k}" for k in range(300)]
    events = tracker()
    found = observe(events, *(alarm(1.0, slot=k) for k in range(300)), names=names)
    assert len(found) == 9
    assert len(found[-1].also) == 255
    assert "and 252 more." in found[-1].message


def test_a_command_to_the_stream_that_an_event_names_is_about_all_of_it() -> None:
    events = tracker()
    observe(events, alarm(0.0), alarm(1.0, slot=HUMIDITY))
    assert sorted(events.concerned(TEMPERATURE)) == [TEMPERATURE, HUMIDITY]
    end = events.snooze(TEMPERATURE, 100.0)
    assert end is not None
    assert end.type is END
    assert observe(events, alarm(2.0), alarm(2.0, slot=HUMIDITY)) == []


def test_a_command_to_another_stream_of_it_is_about_that_one() -> None:
    events = tracker(update_every="1h")
    observe(events, alarm(0.0), alarm(1.0, slot=HUMIDITY))
    assert events.concerned(HUMIDITY) == [HUMIDITY]
    assert events.snooze(HUMIDITY, 100.0) is None
    assert events.open_slots().tolist() == [TEMPERATURE]
    assert observe(events, high(2.0), alarm(2.0, slot=HUMIDITY)) == []


def test_resetting_the_first_tells_the_others_anew() -> None:
    events = tracker()
    observe(events, alarm(0.0), alarm(1.0, slot=HUMIDITY))
    end = events.forget(TEMPERATURE)
    assert end is not None
    (new,) = observe(events, Seen(2.0), high(2.0, slot=HUMIDITY))
    assert (new.type, new.stream, new.since) == (NEW, "freezer/humidity", 1.0)


def test_every_stream_of_an_open_event_shows_it() -> None:
    events = tracker()
    _, update = observe(events, alarm(0.0), alarm(1.0, slot=HUMIDITY))
    assert events.open_by_stream() == {NAMES[TEMPERATURE]: update, NAMES[HUMIDITY]: update}
    assert events.open_events() == [update]


@given(st.data())
def test_an_event_that_lost_streams_to_a_restart_can_still_end(data: st.DataObject) -> None:
    events = tracker(close_after="5s")
    slots = data.draw(st.permutations([TEMPERATURE, HUMIDITY, POWER]))
    observe(events, *(alarm(0.0, slot=slot) for slot in slots))
    kept = data.draw(st.lists(st.sampled_from(slots), unique=True, min_size=1))
    names = [NAMES[slot] for slot in kept]
    heir = tracker(close_after="5s")
    heir.restore(names, json.loads(json.dumps(events.to_state())))
    for time in (10.0, 20.0, 30.0):
        observe(heir, *(Seen(time, slot=slot) for slot in range(len(names))), names=names)
    assert heir.open_events() == []
    assert heir.open_slots().size == 0
