"""A paho subscriber that does nothing with what it receives: what the daemon is compared with.

    python -m benchmarks.bare PORT PROTOCOL TOPIC_FILTER COUNT SAMPLE_SECONDS

Receives COUNT messages with a persistent session, opened just as the daemon opens its own, and
prints its samples: one JSON array of [Unix time, messages so far]. PROTOCOL is 5 or 3.1.1. With
COUNT 0 it only opens the session.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from benchmarks.drain import Sample
from streamrnn.config import MqttConfig
from streamrnn.demo.broker import HOST
from streamrnn.service.mqtt.connect_options import connect


def main(port: int, protocol: str, topic_filter: str, count: int, sample_seconds: float) -> None:
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

    is_5 = protocol == "5"
    client = Client(
        CallbackAPIVersion.VERSION2,
        "bare",
        clean_session=None if is_5 else False,
        protocol=MQTTProtocolVersion.MQTTv5 if is_5 else MQTTProtocolVersion.MQTTv311,
    )
    client.on_connect = subscribe
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = on_message
    connect(client, MqttConfig(broker=f"mqtt://{HOST}:{port}"))
    threading.Thread(target=watch).start()
    client.loop_forever()
    json.dump(samples, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
