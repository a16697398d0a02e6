"""What paho tells us of a connection reaches us, and no more than we use."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from streamrnn.service.mqtt.callbacks import call_back
from tests.service.mqtt_peers import CONNACK_5, FakeBroker, eventually

CONNACK_RESUMED = b"\x20\x06\x01\x00\x03\x21\x00\x07"  # and a Receive Maximum of 7
CONNACK_NOT_AUTHORIZED = b"\x20\x03\x00\x87\x00"
DISCONNECT_TAKEN_OVER = b"\xe0\x02\x8e\x00"


class Told:
    """A paho client, driven by hand, and what it told."""

    def __init__(self) -> None:
        self.connected: list[tuple[ReasonCode, ConnectFlags, Properties | None]] = []
        self.disconnected: list[str] = []
        self.subscribed: list[tuple[int, list[str]]] = []
        self.client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        call_back(
            self.client,
            connected=lambda *told: self.connected.append(told),
            disconnected=lambda code: self.disconnected.append(str(code)),
            subscribed=lambda packet_id, codes: self.subscribed.append(
                (packet_id, [str(code) for code in codes])
            ),
        )

    def connect(self, broker: FakeBroker) -> None:
        self.client.connect("127.0.0.1", int(broker.url.rpartition(":")[2]))
        self.until(lambda: self.connected)

    def until(self, condition: Callable[[], object]) -> None:
        def come_true() -> object:
            self.client.loop(0.1)
            return condition()

        eventually(come_true)


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    yield told
    told.client.disconnect()


def test_an_accepted_connection_is_told_with_the_session_and_what_the_broker_grants(
    told: Told,
) -> None:
    with FakeBroker(CONNACK_RESUMED) as broker:
        told.connect(broker)
    ((code, flags, granted),) = told.connected
    assert not code.is_failure
    assert flags.session_present
    assert granted is not None
    assert granted.ReceiveMaximum == 7


def test_a_refused_connection_is_told_too(told: Told) -> None:
    with FakeBroker(CONNACK_NOT_AUTHORIZED) as broker:
        told.connect(broker)
    ((code, flags, _),) = told.connected
    assert code.is_failure
    assert str(code) == "Not authorized"
    assert not flags.session_present


def test_each_filter_of_a_subscription_has_its_own_answer(told: Told) -> None:
    with FakeBroker(CONNACK_5, suback_codes=b"\x01\x87") as broker:
        told.connect(broker)
        _, packet_id = told.client.subscribe([("plant/#", 1), ("secret/#", 1)])
        told.until(lambda: told.subscribed)
    assert told.subscribed == [(packet_id, ["Granted QoS 1", "Not authorized"])]


def test_the_end_of_a_connection_is_told_with_the_brokers_reason(told: Told) -> None:
    with FakeBroker(CONNACK_5 + DISCONNECT_TAKEN_OVER) as broker:
        told.connect(broker)
        told.until(lambda: told.disconnected)
    assert told.disconnected == ["Session taken over"]
