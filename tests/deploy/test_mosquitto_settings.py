"""The recommended settings and access rules, in a real mosquitto."""

from __future__ import annotations

import uuid
from pathlib import Path
from queue import Empty, Queue

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.conftest import StartMosquitto
from tests.daemon_process import daemon
from tests.mosquitto import Mosquitto

MOSQUITTO = Path(__file__).parents[2] / "deploy" / "mosquitto"
USERS = dict.fromkeys(("streamrnn", "zigbee2mqtt", "operator", "tank"), "secret")
GRANTED, FIRST_REFUSAL = 1, 0x80

pytestmark = pytest.mark.broker


def settings(name: str, *without: str) -> str:
    """A file's settings, without those that the test makes itself."""
    lines = (MOSQUITTO / name).read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith(("#", *without)))


class Client:
    """A user of the broker, on MQTT 5: it says when something is refused."""

    def __init__(self, broker: Mosquitto, user: str, client_id: str = "") -> None:
        self.heard: Queue[mqtt.MQTTMessage] = Queue()
        self._answers: Queue[int] = Queue()
        welcomed: Queue[int] = Queue()  # mosquitto 2.0.11 hangs up after a refusal: again and again
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id or f"{user}-{uuid.uuid4().hex[:6]}",
            protocol=mqtt.MQTTv5,
        )
        self._client.username_pw_set(user, USERS.get(user))
        self._client.on_connect = lambda c, u, f, reason, p: welcomed.put(reason.value)
        self._client.on_subscribe = lambda c, u, m, reasons, p: self._answers.put(reasons[0].value)
        self._client.on_publish = lambda c, u, m, reason, p: self._answers.put(reason.value)
        self._client.on_message = lambda c, u, message: self.heard.put(message)
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = 3600
        self._client.connect("127.0.0.1", broker.port, clean_start=False, properties=session)
        self._client.loop_start()
        self.connected = welcomed.get(timeout=20)

    def may_read(self, topic: str) -> bool:
        self._client.subscribe(topic, 1)
        return self._answers.get(timeout=20) == GRANTED

    def may_write(self, topic: str) -> bool:
        self._client.publish(topic, b"1", 1)
        # "no matching subscribers" is a success
        return self._answers.get(timeout=20) < FIRST_REFUSAL

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def broker(start_mosquitto: StartMosquitto) -> Mosquitto:
    return start_mosquitto(
        users=USERS,
        acl=(MOSQUITTO / "acl").read_text(),
        settings=settings("durability.conf", "persistence true", "max_queued_messages"),
    )


def test_the_daemon_reads_sensors_and_commands_and_writes_below_its_own_name(
    broker: Mosquitto,
) -> None:
    client = Client(broker, "streamrnn")
    for topic in ("zigbee2mqtt/freezer", "sensors/#", "streamrnn/hall/cmd/#"):
        assert client.may_read(topic), topic
    for topic in ("streamrnn/hall/events", "homeassistant/device/streamrnn_hall/config"):
        assert client.may_write(topic), topic
    for topic in ("zigbee2mqtt/freezer/set", "sensors/tank/level", "homeassistant/status"):
        assert not client.may_write(topic), topic
    client.leave()


def test_nothing_that_the_daemon_asks_for_is_refused(broker: Mosquitto, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(USERS["streamrnn"])
    settings = f"""
[mqtt]
broker = "{broker.url}"
user = "streamrnn"
password_file = "{password}"

[[source]]
topic = "sensors/#"

[homeassistant]
enabled = true
"""
    with daemon(tmp_path / "daemon", settings) as process:
        process.wait_until(lambda: process.get("/readyz")[0] == 200, "ready")
        process.wait_until(lambda: "canary_" in process.log.read_text(), "canary")
        assert "canary_heard" in process.log.read_text()
        assert process.stop() == 0
    assert "denied" not in broker.log.read_text().lower()


def test_a_sensor_writes_below_its_own_name_only(broker: Mosquitto) -> None:
    sensor = Client(broker, "tank")
    assert sensor.may_write("sensors/tank/level")
    assert not sensor.may_write("sensors/boiler/level")
    assert not sensor.may_write("streamrnn/hall/cmd/tank/level")
    sensor.leave()


def test_an_operator_or_home_assistant_may_send_commands_but_publish_no_events(
    broker: Mosquitto,
) -> None:
    operator = Client(broker, "operator")
    for topic in ("streamrnn/#", "homeassistant/#"):
        assert operator.may_read(topic), topic
    for topic in ("streamrnn/hall/cmd/tank/level", "homeassistant/status"):
        assert operator.may_write(topic), topic
    assert not operator.may_write("streamrnn/hall/events")
    operator.leave()


def test_nobody_gets_in_without_a_password(broker: Mosquitto) -> None:
    assert Client(broker, "stranger").connected >= FIRST_REFUSAL


def test_more_than_a_thousand_messages_wait_for_a_daemon_that_is_away(
    start_mosquitto: StartMosquitto,
) -> None:
    count = 3000
    durable = settings("durability.conf", "persistence true")
    broker = start_mosquitto(settings=durable)
    client = Client(broker, "streamrnn", client_id="streamrnn-hall")
    assert client.may_read("sensors/#")
    client.leave()

    sensor = Client(broker, "tank")
    assert all(sensor.may_write("sensors/tank/level") for _ in range(count))
    sensor.leave()
    broker.restart()

    client = Client(broker, "streamrnn", client_id="streamrnn-hall")
    for number in range(count):
        try:
            client.heard.get(timeout=20)
        except Empty:
            pytest.fail(f"{number} of {count} messages arrived")
    client.leave()
