"""Hears the daemon's events as any other program would: by subscribing to them."""

from __future__ import annotations

from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from streamrnn.demo.broker import HOST
from streamrnn.errors import BrokerError
from streamrnn.records import EventType


class HeardEvent(msgspec.Struct, frozen=True):
    """The part of an event message that the demo uses."""

    id: str
    type: EventType
    stream: str
    kind: str
    time: datetime
    message: str


class EventListener:
    """Collects the events published to one topic, from `start` to `stop`."""

    def __init__(self, port: int, topic: str) -> None:
        self._port = port
        self._topic = topic
        self._payloads: SimpleQueue[bytes] = SimpleQueue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="streamrnn-demo-screen")
        self._client.on_connect = self._subscribe
        self._client.on_message = self._enqueue

    def start(self) -> None:
        """Raises BrokerError if there is no broker at the port."""
        try:
            self._client.connect(HOST, self._port)
        except OSError as error:
            raise BrokerError(f"the screen cannot reach {HOST}:{self._port}: {error}") from error
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def heard(self) -> list[HeardEvent]:
        """The events since the last call, in order.

        An event may be delivered twice; the second one comes with the same id and type.
        Raises msgspec.ValidationError if one is not of the documented form.
        """
        events: list[HeardEvent] = []
        while True:
            try:
                payload = self._payloads.get_nowait()
            except Empty:
                return events
            events.append(msgspec.json.decode(payload, type=HeardEvent))

    def _subscribe(
        self,
        client: mqtt.Client,
        userdata: Any,
        flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        client.subscribe(self._topic, qos=1)

    def _enqueue(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        self._payloads.put(bytes(message.payload))
