"""Events on their topic, states on theirs, sentences in the log."""

from __future__ import annotations

import itertools
import json
import logging
import math
from datetime import datetime

import msgspec
import pytest

from streamrnn.records import Event, EventType
from streamrnn.service.sinks import EventLog, EventTopic, StateTopics, event_json, iso_time
from tests.service.fleet_snapshots import bank_status, opened
from tests.service.pipeline import TOPICS, FakeLink

FIELDS = {
    "id", "type", "gateway", "stream", "kind", "time", "since", "value", "score",
    "yhat", "yhat_lower", "yhat_upper", "message",
}  # fmt: skip


def ended(event: Event) -> Event:
    return msgspec.structs.replace(event, type=EventType.END)


def test_times_are_iso_8601_in_utc_to_the_millisecond() -> None:
    assert iso_time(1_700_000_000.0) == "2023-11-14T22:13:20.000Z"
    assert iso_time(1_700_000_000.1239) == "2023-11-14T22:13:20.123Z"


def test_an_event_has_the_documented_fields() -> None:
    content = json.loads(event_json(opened("freezer")))
    assert set(content) == FIELDS
    assert content["type"] == "new"
    assert datetime.fromisoformat(content["since"]) < datetime.fromisoformat(content["time"])


def test_what_is_not_known_is_null() -> None:
    event = msgspec.structs.replace(opened("door"), yhat=None, yhat_lower=None, score=math.nan)
    content = json.loads(event_json(event))
    assert content["yhat"] is content["yhat_lower"] is content["score"] is None


def test_events_are_published_at_least_once_and_not_retained() -> None:
    link = FakeLink()
    EventTopic(link, TOPICS).emit(opened("freezer"))
    ((topic, payload, qos, retained),) = link.published
    assert (topic, qos, retained) == ("streamrnn/gw/events", 1, False)
    assert json.loads(payload)["stream"] == "freezer"


def test_an_event_that_finds_no_room_is_not_lost_silently(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class FullLink(FakeLink):
        def publish(self, *message: object, **options: object) -> bool:
            return False

    EventTopic(FullLink(), TOPICS).emit(opened("freezer"))
    assert "event_not_sent" in caplog.text


def test_the_state_follows_an_anomaly_at_once() -> None:
    link = FakeLink()
    states = StateTopics(link, TOPICS, 60.0, 0.0)
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
    assert set(on) == {"anomaly", "score", "value", "yhat", "yhat_lower", "yhat_upper", "since"}


class Refreshing:
    """State topics of `n` streams over time."""

    def __init__(self, n: int) -> None:
        self.link = FakeLink()
        self.names = [f"s{i}" for i in range(n)]
        self.states = StateTopics(self.link, TOPICS, 60.0, 0.0)
        self.readings = [1] * n

    def at(self, now: float, **since: float) -> list[str]:
        """The streams published at `now`."""
        self.link.published.clear()
        due = self.states.due(len(self.names), now)
        if due:
            status = bank_status(len(self.names), readings=self.readings)
            self.states.refresh(due, self.names, status, since, now)
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
    fleet.at(100.0, s0=50.0)
    state = json.loads(fleet.link.published[0][1])
    assert (state["anomaly"], state["since"]) == ("ON", iso_time(50.0))


def test_an_anomaly_is_logged_as_a_warning_with_its_sentence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    event = opened("freezer")
    with caplog.at_level(logging.INFO, "streamrnn"):
        EventLog().emit(event)
        EventLog().emit(ended(event))
    assert [(r.levelname, r.message) for r in caplog.records] == [
        ("WARNING", "anomaly"),
        ("WARNING", "anomaly_end"),
    ]
    assert caplog.records[0].__dict__["data"]["message"] == event.message
