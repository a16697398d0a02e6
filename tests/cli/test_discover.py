from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from streamrnn.demo.broker import EmbeddedBroker
from tests.cli.conftest import StreamrnnCommand
from tests.mosquitto import Mosquitto

TOPICS = {
    "zigbee2mqtt/kitchen": json.dumps({"temperature": 21.5, "linkquality": 80}),
    "zigbee2mqtt/hall": json.dumps({"temperature": 18.5, "linkquality": 81}),
    "sensors/attic/co2": "600",
    "plant/log": "hello",
}


@contextmanager
def published_again_and_again(port: int) -> Iterator[None]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    enough = threading.Event()

    def publish() -> None:
        while not enough.wait(0.05):
            for topic, payload in TOPICS.items():
                client.publish(topic, payload)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()
        client.disconnect()
        client.loop_stop()


def check_discovery(streamrnn: StreamrnnCommand, url: str, port: int, output: Path) -> None:
    with published_again_and_again(port):
        arguments = ("--broker", url, "--seconds", 2, "-o", output)
        code, out, err = streamrnn("discover", *arguments)
    assert (code, err) == (0, "")
    assert "3 streams on 3 of 4 topics" in out
    assert "18.5 to 21.5 °C" in out
    assert "(look here if you miss readings):\n  plant/log (" in out
    assert "'value' = 'hello' is neither a number nor on/off" in out
    assert "to write a settings file" not in out
    advice = output.read_text().partition("Check it with: streamrnn ")[2].partition("  ")[0]
    checked = streamrnn(*advice.replace("FILE", str(output)).split())
    assert checked.code == 0
    assert "zigbee2mqtt/{device}" in checked.out
    told = streamrnn("test-message", "zigbee2mqtt/hall", '{"temperature":5}', "--config", output)
    assert "format: zigbee2mqtt, as source[1].format says so" in told.out
    assert "stream zigbee2mqtt/hall/temperature = 5" in told.out


def test_a_broker_of_mqtt_3_is_heard_and_a_file_written_that_check_config_accepts(
    streamrnn: StreamrnnCommand, tmp_path: Path
) -> None:
    with EmbeddedBroker() as broker:
        check_discovery(streamrnn, broker.url, broker.port, tmp_path / "found.toml")


@pytest.mark.broker
def test_so_is_mosquitto(streamrnn: StreamrnnCommand, mosquitto: Mosquitto, tmp_path: Path) -> None:
    check_discovery(streamrnn, mosquitto.url, mosquitto.port, tmp_path / "found.toml")


@pytest.mark.broker
def test_nothing_is_left_behind_at_the_broker(
    streamrnn: StreamrnnCommand, mosquitto: Mosquitto
) -> None:
    assert streamrnn("discover", "--broker", mosquitto.url, "--seconds", 0.2).code == 1
    assert "c1" in mosquitto.log.read_text()  # clean start
    assert "No will message specified" in mosquitto.log.read_text()


def test_who_asks_for_no_file_is_told_how_to_get_one(streamrnn: StreamrnnCommand) -> None:
    with EmbeddedBroker() as broker, published_again_and_again(broker.port):
        code, out, _ = streamrnn("discover", "--broker", broker.url, "--seconds", 1)
    assert code == 0
    assert "the same with -o streamrnn.toml" in out


def test_a_file_that_is_there_is_left_alone(streamrnn: StreamrnnCommand, tmp_path: Path) -> None:
    output = tmp_path / "mine.toml"
    output.write_text("mine")
    code, _, err = streamrnn("discover", "-o", output)
    assert code == 5
    assert "is there already" in err
    assert output.read_text() == "mine"


def test_a_broker_that_is_not_there_is_reported(streamrnn: StreamrnnCommand) -> None:
    code, _, err = streamrnn("discover", "--broker", "mqtt://127.0.0.1:1", "--seconds", 1)
    assert code == 3
    assert "mqtt://127.0.0.1:1" in err
