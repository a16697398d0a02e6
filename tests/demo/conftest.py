from queue import Queue

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from streamrnn.demo.broker import EmbeddedBroker


@pytest.fixture
def broker():
    pytest.importorskip("iotcore")
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture
def heard(broker):
    """Payloads on plant/#, in order of arrival."""
    payloads = Queue()
    subscribed = Queue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_subscribe = lambda *rest: subscribed.put(True)
    client.on_message = lambda client, userdata, message: payloads.put(message.payload)
    client.connect("127.0.0.1", broker.port)
    client.subscribe("plant/#", 1)
    client.loop_start()
    subscribed.get(timeout=20)
    yield payloads
    client.disconnect()
    client.loop_stop()
