"""The retained state of every stream."""

from __future__ import annotations

import itertools
import json

import msgspec

from streamrnn.records import Event, EventType
from streamrnn.service.sinks import StateTopics, iso_time
from streamrnn.service.withdrawals import Withdrawals
from tests.service.fleet_snapshots import bank_status, opened
from tests.service.pipeline import TOPICS, FakeLink


def ended(event: Event) -> Event:
    return msgspec.structs.replace(event, type=EventType.END)


def test_the_state_follows_an_anomaly_at_once() -> None:
    link = FakeLink()
    states = StateTopics(link, TOPICS, 60.0, 0.0, Withdrawals())
    event = opened("hall/freezer#1")
    states.emit(event)
    states.emit(ended(event))
    topics, payloads, qos, retained = zip(*link.published, strict=True)
    assert set(topics) == {"streamrnn/gw/state/hall/freezer%231"}
    assert set(qos) == {1}
    assert set(retained) == {True}
    on, off = map(json.loads, payloads)
    assert (on["anomaly"], on["since"]) == ("ON", iso_time(event.since))
    assert (off["anomaly"], off["since"]) == ("OFF", None)
    assert set(on) == {
        *("anomaly", "score", "value", "yhat", "yhat_lower", "yhat_upper"),
        *("since", "kind", "message"),
    }


def test_the_sentence_goes_with_the_anomaly_and_its_kind_stays() -> None:
    link = FakeLink()
    states = StateTopics(link, TOPICS, 60.0, 0.0, Withdrawals())
    event = opened("freezer")
    states.emit(event)
    states.emit(ended(event))
    on, off = (json.loads(payload) for _, payload, *_ in link.published)
    assert (on["kind"], on["message"]) == ("level", event.message)
    assert (off["kind"], off["message"]) == ("level", None)


class Refreshing:
    """State topics of `n` streams over time."""

    def __init__(self, n: int) -> None:
        self.link = FakeLink()
        self.names = [f"s{i}" for i in range(n)]
        self.states = StateTopics(self.link, TOPICS, 60.0, 0.0, Withdrawals())
        self.readings = [1] * n

    def at(self, now: float, *anomalies: Event) -> list[str]:
        """The streams published at `now`."""
        self.link.published.clear()
        due = self.states.due(len(self.names), now)
        if due:
            status = bank_status(len(self.names), readings=self.readings)
            open_events = {event.stream: event for event in anomalies}
            self.states.refresh(due, self.names, status, open_events, now)
        return [topic.rpartition("/")[2] for topic, *_ in self.link.published]


def test_refreshing_is_spread_evenly() -> None:
    fleet = Refreshing(90)
    portions = [fleet.at(float(second)) for second in range(62)]
    assert {len(portion) for portion in portions[2:-1]} <= {1, 2}
    assert sorted(itertools.chain(*portions)) == sorted(fleet.names)


def test_streams_without_a_new_reading_are_not_refreshed() -> None:
    fleet = Refreshing(3)
    assert fleet.at(100.0) == ["s0", "s1", "s2"]
    fleet.readings[1] += 1
    assert fleet.at(200.0) == ["s1"]


def test_a_stream_not_heard_of_yet_has_no_state() -> None:
    fleet = Refreshing(2)
    fleet.readings[0] = 0
    assert fleet.at(100.0) == ["s1"]


def test_streams_that_come_later_take_their_turn() -> None:
    fleet = Refreshing(1)
    fleet.at(100.0)
    fleet.names.append("late")
    fleet.readings.append(1)
    assert fleet.at(200.0) == ["late"]


def test_a_refreshed_state_tells_of_an_open_anomaly() -> None:
    fleet = Refreshing(1)
    fleet.at(100.0, opened("s0", since=50.0))
    state = json.loads(fleet.link.published[0][1])
    assert (state["anomaly"], state["since"]) == ("ON", iso_time(50.0))
    assert (state["kind"], state["message"]) == ("level", opened("s0").message)


def test_a_stream_without_an_anomaly_so_far_has_no_kind() -> None:
    fleet = Refreshing(1)
    fleet.at(100.0)
    assert json.loads(fleet.link.published[0][1])["kind"] is None
