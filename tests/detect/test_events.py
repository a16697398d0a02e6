"""Events: opened by alarms, followed while they last, ended by calm or by command."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.config import AlertsConfig
from streamrnn.detect.events import EventTracker
from streamrnn.errors import StateError
from streamrnn.records import Kind, Outcome
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


def test_an_alarm_opens_an_event_that_tells_all() -> None:
    (event,) = observe(tracker(), Seen(10.0), alarm(20.0))
    assert (event.type, event.gateway, event.stream) == (NEW, "gw", "freezer/temperature")
    assert (event.kind, event.time, event.since) == ("unexpected", 20.0, 20.0)
    assert (event.value, event.score) == (-9.1, 1.7)
    assert (event.yhat, event.yhat_lower, event.yhat_upper) == (-18.4, -19.0, -17.7)


def test_readings_without_alarm_make_no_events_however_high_they_score() -> None:
    assert observe(tracker(), *(high(float(t)) for t in range(100))) == []


def test_a_second_alarm_belongs_to_the_open_event() -> None:
    events = tracker()
    assert types(observe(events, alarm(0.0), alarm(1.0), high(2.0), alarm(3.0))) == [NEW]
    assert types(observe(events, alarm(4.0))) == []


def test_a_lasting_anomaly_is_reported_anew_at_most_every_update_every() -> None:
    events = tracker()
    readings = [alarm(0.0), *(high(60.0 * minute) for minute in range(1, 16))]
    found = observe(events, *readings)
    assert [event.time for event in found] == [0.0, 300.0, 600.0, 900.0]
    assert types(found[1:]) == [UPDATE] * 3
    assert {event.id for event in found} == {found[0].id}
    assert {event.since for event in found} == {0.0}


def test_a_graver_kind_is_reported_at_once_and_kept() -> None:
    found = observe(
        tracker(),
        alarm(0.0),
        high(1.0, Kind.OUT_OF_RANGE),
        high(2.0, Kind.LEVEL_SHIFT),
        high(301.0),
    )
    assert [(e.time, e.kind) for e in found] == [
        (0.0, "unexpected"),
        (1.0, "out_of_range"),
        (301.0, "out_of_range"),
    ]


def test_a_kind_that_turns_out_to_be_another_is_told_at_once() -> None:
    """What looked like a drift came back by itself."""
    found = observe(
        tracker(),
        alarm(0.0),
        high(1.0, Kind.DRIFT),
        high(2.0, Kind.DRIFT),
        high(3.0, Kind.UNEXPECTED),
        high(4.0, Kind.VARIANCE),
    )
    assert [(e.time, e.kind) for e in found] == [
        (0.0, "unexpected"),
        (1.0, "drift"),
        (3.0, "unexpected"),
        (4.0, "variance"),
    ]


def test_what_is_over_was_what_it_was() -> None:
    """A second fault within the same event is told only if it is graver."""
    found = observe(
        tracker(close_after="1h"),
        alarm(0.0),
        high(1.0, Kind.VARIANCE),
        Seen(2.0),
        high(3.0, Kind.SPIKE),
        high(4.0, Kind.DRIFT),
    )
    assert [(e.time, e.kind) for e in found] == [
        (0.0, "unexpected"),
        (1.0, "variance"),
        (4.0, "drift"),
    ]


def test_an_event_ends_when_the_score_has_stayed_low_for_long_enough() -> None:
    events = tracker(close_after="10s")
    found = observe(events, alarm(0.0), Seen(5.0), Seen(14.9), Seen(15.0), Seen(16.0))
    assert [(e.type, e.time) for e in found] == [(NEW, 0.0), (END, 15.0)]
    assert events.open_events() == []


def test_a_score_between_close_below_and_one_keeps_an_event_open() -> None:
    events = tracker(close_after="10s")
    readings = [alarm(0.0), Seen(5.0), Seen(10.0, 0.9), *(Seen(float(t)) for t in (11, 20, 21))]
    assert [e.time for e in observe(events, *readings)] == [0.0, 21.0]


def test_without_close_after_the_first_calm_reading_ends_the_event() -> None:
    found = observe(tracker(close_after="0s"), alarm(0.0), Seen(1.0), alarm(2.0), Seen(3.0))
    assert types(found) == [NEW, END, NEW, END]


def test_a_hold_lets_short_anomalies_pass() -> None:
    events = tracker(open_after="3s")
    assert observe(events, alarm(0.0), high(1.0), high(2.9), Seen(3.0), high(4.0)) == []
    found = observe(events, alarm(10.0), high(11.0), high(13.0), high(14.0))
    assert [(e.type, e.time, e.since) for e in found] == [(NEW, 13.0, 10.0)]


def test_a_clock_set_back_does_not_make_a_hold_longer() -> None:
    events = tracker(open_after="3s")
    found = observe(events, alarm(1_000_000.0), high(0.0), high(3.0))
    assert [(e.type, e.time, e.since) for e in found] == [(NEW, 3.0, 0.0)]


def test_after_an_end_a_stream_cools_down() -> None:
    events = tracker(close_after="0s", cooldown="60s")
    found = observe(events, alarm(0.0), Seen(1.0), alarm(30.0), Seen(31.0), alarm(61.0))
    assert [(e.type, e.time) for e in found] == [(NEW, 0.0), (END, 1.0), (NEW, 61.0)]


def test_an_anomaly_that_outlasts_the_cooldown_is_told_then() -> None:
    events = tracker(close_after="0s", cooldown="60s")
    observe(events, alarm(0.0), Seen(1.0))
    found = observe(events, alarm(30.0), *(high(float(t)) for t in range(31, 70)))
    assert [(e.type, e.time, e.since) for e in found] == [(NEW, 61.0, 30.0)]


def test_an_anomaly_that_outlasts_a_snooze_is_told_then() -> None:
    events = tracker()
    observe(events, Seen(0.0))
    events.snooze(0, 10.0)
    found = observe(events, Seen(1.0), alarm(5.0), high(10.9), high(11.0))
    assert [(e.type, e.time, e.since) for e in found] == [(NEW, 11.0, 5.0)]


def test_what_it_was_is_told_even_when_it_is_past() -> None:
    events = tracker()
    observe(events, alarm(0.0))
    (update,) = observe(events, Seen(1.0), Seen(4.0, kind=Kind.SPIKE), Seen(5.0, kind=Kind.SPIKE))
    assert (update.type, update.kind, update.time) == (UPDATE, "spike", 4.0)


def test_an_event_does_not_end_while_the_detector_still_sees_a_fault() -> None:
    """A slow sensor's second reading may come after close_after."""
    events = tracker(close_after="10s")
    seen = [Seen(3600.0 * hour, kind=Kind.UNEXPECTED) for hour in range(1, 5)]
    assert observe(events, alarm(0.0), *seen)[1:] == []
    assert types(observe(events, Seen(18_000.0))) == [END]


def test_a_new_normal_ends_the_event_at_once() -> None:
    events = tracker()
    observe(events, alarm(0.0))
    (end,) = observe(events, high(60.0, Kind.LEVEL_SHIFT, accepted=True))
    assert (end.type, end.kind) == (END, "level_shift")
    assert "taken as the new normal" in end.message
    assert events.open_slots().size == 0


def test_no_update_is_sent_while_the_score_is_low() -> None:
    found = observe(tracker(), alarm(0.0), Seen(301.0), Seen(500.0), high(501.0))
    assert [(e.type, e.time) for e in found] == [(NEW, 0.0), (UPDATE, 501.0)]


def test_each_anomaly_has_an_id_of_its_own_and_the_same_one_every_time() -> None:
    readings = [alarm(0.0), alarm(0.0, slot=1), Seen(1.0), alarm(1.0)]
    first = observe(tracker(close_after="0s"), *readings)
    assert len({e.id for e in first if e.type is NEW}) == 3
    assert observe(tracker(close_after="0s"), *readings) == first
    other = EventTracker(AlertsConfig(close_after="0s", cooldown="0s"), "other")
    assert not {e.id for e in observe(other, *readings)} & {e.id for e in first}


@pytest.mark.parametrize("outcome", [Outcome.LATE, Outcome.DUPLICATE])
def test_readings_that_were_not_applied_change_nothing(outcome: Outcome) -> None:
    events = tracker(close_after="10s")
    observe(events, alarm(100.0))
    late = [Seen(float(t), outcome=outcome) for t in range(200, 300)]
    assert observe(events, *late) == []
    assert len(events.open_events()) == 1


def test_a_clock_set_back_does_not_hold_an_event_open() -> None:
    events = tracker(close_after="10s")
    observe(events, alarm(1_000_000.0), Seen(1_000_001.0))
    assert types(observe(events, Seen(0.0), Seen(9.0), Seen(10.0))) == [END]


def test_what_is_acknowledged_is_not_reported_anew_but_still_ended() -> None:
    events = tracker(close_after="10s")
    observe(events, alarm(0.0))
    assert events.acknowledge(0)
    assert observe(events, high(400.0), high(401.0, Kind.OUT_OF_RANGE)) == []
    (end,) = observe(events, Seen(402.0), Seen(412.0))
    assert (end.type, end.kind) == (END, "out_of_range")


def test_there_is_nothing_to_acknowledge_without_an_event() -> None:
    events = tracker()
    observe(events, Seen(0.0))
    assert not events.acknowledge(0)


def test_a_snooze_ends_the_event_and_lasts_from_the_next_reading() -> None:
    events = tracker(close_after="0s")
    observe(events, alarm(0.0))
    end = events.snooze(0, 100.0)
    assert end is not None
    assert (end.type, end.time) == (END, 0.0)
    # a day of silence: the snooze waits for the stream
    assert observe(events, Seen(86_400.0), alarm(86_499.0), alarm(86_499.5, slot=1)) != []
    assert [e.stream for e in events.open_events()] == ["door"]
    assert types(observe(events, alarm(86_500.0))) == [NEW]


def test_a_snooze_tells_when_it_ends_and_lasts_until_then() -> None:
    events = tracker()
    observe(events, Seen(0.0))
    events.snooze(0, 100.0)
    assert events.quiet_until(now=50.0) == {"freezer/temperature": 150.0}
    observe(events, Seen(60.0))
    assert events.quiet_until(now=90.0) == {"freezer/temperature": 160.0}
    assert observe(events, alarm(159.9)) == []
    assert types(observe(events, alarm(160.0))) == [NEW]


def test_the_alarm_that_begins_a_snooze_is_silent() -> None:
    events = tracker()
    observe(events, Seen(0.0))
    assert events.snooze(0, 10.0) is None
    assert observe(events, alarm(1.0), alarm(10.9)) == []
    assert types(observe(events, alarm(11.0))) == [NEW]


def test_dismissing_ends_the_event_and_the_next_alarm_opens_another() -> None:
    events = tracker()
    (new,) = observe(events, alarm(0.0))
    end = events.dismiss(0)
    assert end is not None
    assert (end.type, end.id) == (END, new.id)
    assert events.dismiss(0) is None
    assert observe(events, alarm(1.0))[0].id != new.id


def test_forgetting_a_stream_ends_its_event_and_its_snooze() -> None:
    events = tracker()
    (new,) = observe(events, alarm(0.0))
    events.snooze(0, 1000.0)
    assert events.forget(0) is None
    (again,) = observe(events, alarm(0.0))
    assert again.id != new.id, "the count of events goes on"
    end = events.forget(0)
    assert end is not None
    assert end.type is END


def test_open_slots_and_open_events_agree() -> None:
    events = tracker()
    observe(events, alarm(0.0, slot=2), alarm(1.0, slot=1), Seen(2.0))
    assert sorted(events.open_slots().tolist()) == [1, 2]
    assert [e.stream for e in events.open_events()] == ["pump/current", "door"]


def test_new_settings_apply_to_an_open_event() -> None:
    events = tracker()
    observe(events, alarm(0.0), Seen(1.0))
    events.configure(AlertsConfig(close_after="2s"))
    assert types(observe(events, Seen(3.0))) == [END]


def test_state_of_another_form_is_refused() -> None:
    with pytest.raises(StateError, match="start afresh"):
        tracker().restore(NAMES, {"opened": "many"})


def test_streams_that_are_gone_are_left_out_of_the_restored_state() -> None:
    events = tracker()
    observe(events, alarm(0.0), alarm(0.0, slot=1))
    heir = tracker()
    heir.restore(["door"], events.to_state())
    assert [e.stream for e in heir.open_events()] == ["door"]
    assert heir.open_slots().tolist() == [0]


def test_a_command_right_after_a_restart_ends_the_event_with_its_last_report() -> None:
    events = tracker()
    (new,) = observe(events, alarm(5.0, yhat=math.nan))
    heir = tracker()
    heir.restore(NAMES, events.to_state())
    end = heir.dismiss(0)
    assert end is not None
    assert (end.id, end.time, end.value, end.yhat) == (new.id, 5.0, -9.1, None)


@st.composite
def histories(draw: st.DrawFn) -> list[Seen]:
    """Readings of three streams, mostly forward in time."""
    readings, time = [], 0.0
    for _ in range(draw(st.integers(1, 40))):
        time += draw(st.sampled_from([0.0, 1.0, 3.0, 10.0, -5.0]))
        score = draw(st.sampled_from([0.1, 0.79, 0.9, 1.5]))
        readings.append(
            Seen(
                time,
                score,
                alarm=score > 1.0 and draw(st.booleans()),
                kind=draw(st.sampled_from(list(Kind)[1:])) if score > 1.0 else Kind.NONE,
                slot=draw(st.integers(0, 2)),
                outcome=draw(st.sampled_from([Outcome.NORMAL, Outcome.NORMAL, Outcome.LATE])),
                yhat=draw(st.sampled_from([-18.4, math.nan])),
            )
        )
    return readings


@given(histories(), st.data())
def test_batches_and_restarts_do_not_change_the_events(
    readings: list[Seen], data: st.DataObject
) -> None:
    settings = {
        "close_after": "4s",
        "update_every": "5s",
        "open_after": data.draw(st.sampled_from(["0s", "2s"])),
        "cooldown": data.draw(st.sampled_from(["0s", "6s"])),
        "group_within": data.draw(st.sampled_from(["0s", "5s"])),
    }
    whole = observe(tracker(**settings), *readings)
    events, cut = tracker(**settings), []
    while readings:
        size = data.draw(st.integers(1, len(readings)))
        cut += observe(events, *readings[:size])
        readings = readings[size:]
        state = json.loads(json.dumps(events.to_state(), allow_nan=False))
        events = tracker(**settings)
        events.restore(NAMES, state)
    assert cut == whole


@given(histories())
def test_events_of_a_stream_alternate_between_new_and_end(readings: list[Seen]) -> None:
    found = observe(tracker(close_after="4s", update_every="5s"), *readings)
    for name in NAMES:
        open_id = None
        for event in (event for event in found if event.stream == name):
            if event.type is NEW:
                assert open_id is None
                open_id = event.id
            else:
                assert event.id == open_id
                open_id = None if event.type is END else open_id
