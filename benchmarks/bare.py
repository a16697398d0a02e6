"""A paho subscriber that does nothing with what it receives: what the daemon is compared with.

    python -m benchmarks.bare PORT TOPIC_FILTER COUNT SAMPLE_SECONDS

Receives COUNT messages with a persistent session like the daemon's, and prints its samples: one
JSON array of [Unix time, messages so far]. With COUNT 0 it only opens the session.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from benchmarks.drain import Sample
from streamrnn.config import MqttConfig
from streamrnn.demo.broker import HOST


def main(port: int, topic_filter: str, count: int, sample_seconds: float) -> None:
    received = 0
    subscribed = threading.Event()
    samples: list[Sample] = []

    def on_message(*_: Any) -> None:
        nonlocal received
        received += 1

    def subscribe(client: Client, *_: Any) -> None:
        client.subscribe(topic_filter, qos=1)

    def watch() -> None:
        while not samples or samples[-1][1] < count:
            samples.append((time.time(), received))
            time.sleep(sample_seconds)
        subscribed.wait()
        client.disconnect()

    client = Client(CallbackAPIVersion.VERSION2, "bare", protocol=MQTTProtocolVersion.MQTTv5)
    client.on_connect = subscribe
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = on_message
    settings = MqttConfig()
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = int(settings.session_expiry)
    properties.ReceiveMaximum = settings.receive_maximum
    client.connect(HOST, port, clean_start=False, properties=properties)
    threading.Thread(target=watch).start()
    client.loop_forever()
    json.dump(samples, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
