"""New settings for running parts: all of them, or none."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from streamrnn.config import Config, MqttConfig
from streamrnn.records import Readings
from streamrnn.service.mqtt import Backoff, MqttLink
from streamrnn.service.reload import Adjustable, reload
from streamrnn.service.sinks import StateTopics
from streamrnn.service.withdrawals import Withdrawals
from tests.service.mqtt_peers import CONNACK_5, FakeBroker, eventually, make_link, running
from tests.service.pipeline import TOPICS, Pipeline, message

DENIED = b"\x87"


def config_of(topic: str = "plant/#", **alerts: Any) -> Config:
    return Config.model_validate({"source": [{"topic": topic}], "alerts": alerts})


def loader(config: Config) -> Callable[[], Config]:
    return lambda: config


class Running:
    """The parts of a daemon that listens to plant/#."""

    def __init__(self, link: MqttLink | None = None) -> None:
        self.pipeline = Pipeline()
        self.config = config_of()
        idle = MqttLink(MqttConfig(), "gw", "streamrnn", backoff=Backoff(random.Random(1)))
        states = StateTopics(self.pipeline.link, TOPICS, 60.0, 0.0, Withdrawals())
        self.parts = Adjustable(self.pipeline.loop, link or idle, self.pipeline.desk, states)

    def reload(self, wanted: Config) -> None:
        self.config = reload(self.config, loader(wanted), self.parts)

    def reads(self, topic: str) -> bool:
        into = Readings([], [], [])
        self.pipeline.loop.ingest.decode(message(topic, "1"), into)
        return bool(into.values)


def test_new_sources_and_alerts_are_taken_over() -> None:
    daemon = Running()
    daemon.reload(config_of("hall/#", commands=False, state_every="5s"))
    assert (daemon.reads("hall/door"), daemon.reads("plant/freezer")) == (True, False)
    assert not daemon.parts.desk.enabled
    assert daemon.parts.states.every_seconds == 5.0
    assert daemon.config.source[0].topic == "hall/#"


def test_what_was_counted_before_goes_on_to_count() -> None:
    daemon = Running()
    ahead, broken = '{"value": 1, "time": 4700000000}', "hello"
    daemon.pipeline.feed(*(message("plant/a", payload, 1e9) for payload in (ahead, broken)))
    daemon.reload(config_of("hall/#"))
    ingest = daemon.pipeline.loop.ingest
    assert (ingest.disbelieved, ingest.rejected.total()) == (1, 1)


def test_sources_that_only_go_with_a_prefix_to_come_change_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    daemon = Running()
    before = daemon.config
    daemon.reload(config_of("streamrnn/#", topic_prefix="alarms", commands=False))
    assert daemon.config is before
    assert daemon.reads("plant/freezer")
    assert daemon.parts.desk.enabled
    (record,) = caplog.records
    assert record.getMessage() == "reload_refused"
    assert "streamrnn/#: must not lie under streamrnn/" in record.__dict__["data"]["problem"]


def test_a_filter_that_the_broker_refused_is_asked_for_again() -> None:
    with FakeBroker(CONNACK_5, suback_codes=DENIED + b"\x01") as broker:
        link = make_link(broker.url)
        with running(link, stop_seconds=0.1):
            eventually(lambda: link.refused_filters)
            assert broker.received.count(b"plant/#") == 1
            Running(link).reload(config_of())
            eventually(lambda: broker.received.count(b"plant/#") == 2)
            assert broker.received.count(b"cmd/#") == 1, "granted already"
