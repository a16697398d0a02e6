from datetime import UTC, datetime
from math import inf

import pytest

from streamrnn.demo.faults import Fault, FaultKind
from streamrnn.demo.listener import HeardEvent
from streamrnn.demo.publisher import Injection
from streamrnn.demo.report import Alarm, Finding, Outcome, Tolerance, alarms_of, compare
from streamrnn.records import EventType

FAULT = Fault("tank", FaultKind.STUCK, 0.0, 10.0, 0.0, "float jammed")
INJECTED = Injection(FAULT, first_at=100.0, last_at=110.0)
TOLERANCE = Tolerance(grace=2.0, settling=8.0)
EARLY = {"tank": 5.0}


def report(alarms, *, injections=(INJECTED,), warmed_up_at=EARLY):
    return compare((FAULT,), injections, alarms, warmed_up_at, TOLERANCE)


@pytest.mark.parametrize("opened_at", [100.0, 107.0, 110.0])
def test_an_alarm_while_the_fault_lasts_finds_it(opened_at):
    result = report([Alarm("tank", "level", opened_at)])
    assert result.findings == (Finding(FAULT, Outcome.FOUND, "level", opened_at - 100.0),)
    assert result.aftermath == result.other_alarms == ()


@pytest.mark.parametrize("opened_at", [110.1, 112.0])
def test_an_alarm_right_after_the_fault_noticed_it_at_its_end(opened_at):
    result = report([Alarm("tank", "level", opened_at)])
    assert result.findings == (Finding(FAULT, Outcome.AT_ITS_END),)
    assert result.aftermath == result.other_alarms == ()


def test_an_alarm_whose_time_was_cut_to_milliseconds_still_finds_the_fault_it_began_with():
    injected = Injection(FAULT, first_at=100.0009, last_at=110.0)
    result = report([Alarm("tank", "level", 100.0)], injections=(injected,))
    assert result.findings == (Finding(FAULT, Outcome.FOUND, "level", 0.0),)


def test_the_first_of_several_alarms_counts_and_the_others_are_no_false_alarms():
    result = report([Alarm("tank", "level", 108.0), Alarm("tank", "unexpected", 103.0, 104.0)])
    assert result.findings == (Finding(FAULT, Outcome.FOUND, "unexpected", 3.0),)
    assert result.other_alarms == ()


def test_an_alarm_on_the_return_to_normal_is_neither_found_nor_false():
    alarm = Alarm("tank", "level", 115.0)
    result = report([alarm])
    assert result.findings == (Finding(FAULT, Outcome.MISSED),)
    assert result.aftermath == (alarm,)
    assert result.other_alarms == ()


@pytest.mark.parametrize(
    "alarm",
    [
        Alarm("door", "level", 105.0),
        Alarm("tank", "level", 118.1),
    ],
    ids=["another stream", "long after the fault"],
)
def test_an_alarm_that_no_fault_explains_is_counted_as_such(alarm):
    result = report([alarm])
    assert result.findings == (Finding(FAULT, Outcome.MISSED),)
    assert result.other_alarms == (alarm,)
    assert result.early_alarms == ()


def test_an_alarm_before_the_first_fault_is_told_apart():
    alarm = Alarm("tank", "level", 99.9, 99.95)
    result = report([alarm])
    assert result.findings == (Finding(FAULT, Outcome.MISSED),)
    assert result.early_alarms == (alarm,)
    assert result.other_alarms == ()


def test_a_fault_under_an_alarm_that_was_open_already_is_neither_found_nor_missed():
    alarm = Alarm("tank", "level", 90.0, 105.0)
    result = report([alarm])
    assert result.findings == (Finding(FAULT, Outcome.ALREADY_OPEN),)
    assert result.early_alarms == (alarm,)


@pytest.mark.parametrize("warmed_up_at", [{}, {"tank": 101.0}, {"door": 5.0}])
def test_a_fault_of_a_stream_that_still_warms_up_is_reported_as_that(warmed_up_at):
    result = report([], warmed_up_at=warmed_up_at)
    assert result.findings == (Finding(FAULT, Outcome.WARMING),)


def test_a_fault_that_the_run_did_not_reach_is_not_missed():
    assert report([], injections=()).findings == (Finding(FAULT, Outcome.NOT_REACHED),)


def event(type_, second, *, id_="a", kind="level"):
    at = datetime.fromtimestamp(second, UTC)
    return HeardEvent(id_, type_, "tank", kind, at, "tank is stuck")


def test_an_event_heard_twice_is_one_alarm():
    events = [
        event(EventType.NEW, 3.0),
        event(EventType.NEW, 3.0),
        event(EventType.UPDATE, 4.0),
        event(EventType.END, 9.0),
        event(EventType.END, 9.0),
        event(EventType.NEW, 12.0, id_="b"),
    ]
    assert alarms_of(events) == [
        Alarm("tank", "level", 3.0, 9.0),
        Alarm("tank", "level", 12.0, inf),
    ]


def test_an_alarm_is_of_the_kind_that_it_was_last_called():
    events = [
        event(EventType.NEW, 3.0, kind="unexpected"),
        event(EventType.UPDATE, 4.0, kind="flatline"),
        event(EventType.NEW, 3.0, kind="unexpected"),  # delivered once more
    ]
    assert alarms_of(events) == [Alarm("tank", "flatline", 3.0, inf)]
