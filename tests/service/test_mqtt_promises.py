"""What the broker must grant is looked at when we connect, and told when it is too little."""

from __future__ import annotations

import logging
import threading

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from streamrnn.config import MqttConfig
from streamrnn.service.mqtt.broker_limits import shortcomings
from streamrnn.service.mqtt.canary import PATIENCE_SECONDS, Canary
from tests.mosquitto import Mosquitto
from tests.service.mqtt_peers import CONNACK_5, FakeBroker, eventually, make_link, running

TOPIC = "streamrnn/gw/canary"


def connack(**granted: int) -> Properties:
    properties = Properties(PacketTypes.CONNACK)  # type: ignore[no-untyped-call]
    for name, value in granted.items():
        setattr(properties, name, value)
    return properties


@pytest.mark.parametrize(
    ("granted", "what"),
    [
        ({}, []),
        ({"SessionExpiryInterval": 86_400}, []),
        ({"SessionExpiryInterval": 60}, ["session_expiry"]),
        ({"MaximumQoS": 0}, ["qos"]),
        ({"MaximumQoS": 1}, []),
        ({"RetainAvailable": 0, "WildcardSubscriptionAvailable": 0}, ["retain", "wildcards"]),
    ],
)
def test_what_costs_readings_or_alerts_is_a_shortcoming(
    granted: dict[str, int], what: list[str]
) -> None:
    assert [found.what for found in shortcomings(MqttConfig(), connack(**granted))] == what


def test_a_canary_that_comes_back_is_noted(caplog: pytest.LogCaptureFixture) -> None:
    canary = Canary(TOPIC)
    song = canary.sing(0.0)
    assert song is not None
    assert (song.topic, song.retain) == (TOPIC, False)
    with caplog.at_level(logging.INFO):
        canary.hear(b"of somebody else")
        assert "canary_heard" not in caplog.text
        canary.hear(song.payload)
    assert canary.sing(PATIENCE_SECONDS + 1) is None
    assert [r.getMessage() for r in caplog.records] == ["canary_heard"]


def test_a_canary_that_does_not_come_back_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    canary = Canary(TOPIC)
    canary.sing(0.0)
    for now in (1.0, PATIENCE_SECONDS + 1, PATIENCE_SECONDS + 2):
        assert canary.sing(now) is None
    assert [r.getMessage() for r in caplog.records] == ["canary_lost"]
    canary.retry()
    assert canary.sing(100.0) is not None


def test_a_refused_canary_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    canary = Canary(TOPIC)
    song = canary.sing(0.0)
    assert song is not None
    song.done(False)
    assert [r.getMessage() for r in caplog.records] == ["canary_lost"]


@pytest.mark.broker
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_broker_that_lets_us_speak_brings_the_canary_back(
    mosquitto: Mosquitto, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.INFO, "streamrnn.mqtt"),
        running(make_link(mosquitto.url, protocol=protocol)) as link,
    ):
        eventually(lambda: "canary_heard" in caplog.text)
        assert link.queue_depth == 0, "it is not for the loop"


@pytest.mark.broker
def test_a_session_that_the_broker_has_forgotten_is_told(
    mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    with running(make_link(mosquitto.url)) as link:
        eventually(lambda: link.subscribed)
        mosquitto.kill()  # before it has saved anything
        mosquitto.start()
        eventually(lambda: link.reconnects == 1 and link.connected)
        assert link.sessions_lost == 1
    assert "session_lost" in caplog.text


def test_a_network_thread_that_hangs_is_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    gate = threading.Event()
    with FakeBroker(CONNACK_5, CONNACK_5) as broker:
        link = make_link(broker.url, patience_seconds=1.5)
        with running(link, stop_seconds=0.1):
            eventually(lambda: link.connected)
            link.publish("streamrnn/gw/a", b"", qos=0, on_done=lambda _: gate.wait(60.0))
            eventually(lambda: link.stuck)
            link.rebuild()
            eventually(lambda: link.connected and not link.stuck)
            assert link.rebuilds == 1
            gate.set()  # the old thread comes loose, and must not harm the new connection
            eventually(lambda: [t.name for t in threading.enumerate()].count("mqtt") == 1)
            assert link.connected
    assert "network_thread_rebuilt" in caplog.text
