"""The outward half of a connection: a bounded number of publications at a time."""

from __future__ import annotations

import logging
from typing import Any, Final

from paho.mqtt.client import Client
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from streamrnn.service.mqtt.publish_queue import Outgoing, PublishQueue

log = logging.getLogger("streamrnn.mqtt")

_WINDOW: Final = 20  # brokers take at least as many unless they say otherwise
_LARGEST_PACKET: Final = 2**28
_HEADER_BYTES: Final = 16  # a PUBLISH without topic, payload and user properties has less
_DENIED: Final = "Not authorized"
_REFUSED: Final = (
    "allow our user to write there in the broker's access rules (its log may say more), then reload"
)
_MOST_LOSSES: Final = 3  # connections that one message may cost


class Sender:
    """Publishes from the queue, on the network thread. At most a window of messages is in
    paho's hands, which would take any number and write them all at once.

    What was on its way when the last connection ended goes one by one: a broker that hangs up on
    a denied message (mosquitto 2.0.11) resets the connection when more of ours is behind it, and
    its answer, which says so, is lost with that. One on which the broker hangs up again and again
    while it goes alone is given up: it would hold up all others for ever.
    """

    def __init__(self, client: Client, queue: PublishQueue, availability_topic: str) -> None:
        self._client = client
        self._queue = queue
        self._availability_topic = availability_topic
        self._window = _WINDOW
        self._largest_packet = _LARGEST_PACKET
        self._unconfirmed: dict[int, Outgoing] = {}  # by packet id
        client.on_publish = self._on_publish

    def obey(self, connack: Properties) -> None:
        """The limits that an MQTT 5 broker stated in its CONNACK."""
        self._window = min(_WINDOW, getattr(connack, "ReceiveMaximum", _WINDOW))
        self._largest_packet = getattr(connack, "MaximumPacketSize", _LARGEST_PACKET)

    @property
    def can_send(self) -> bool:
        return len(self._queue) > 0 and self._has_room

    @property
    def _has_room(self) -> bool:
        return len(self._unconfirmed) < (1 if self._queue.suspects else self._window)

    @property
    def idle(self) -> bool:
        """Everything was published and confirmed."""
        return len(self._queue) == 0 and not self._unconfirmed

    @property
    def announced(self) -> bool:
        """The broker has answered to our availability."""
        return all(m.topic != self._availability_topic for m in self._unconfirmed.values())

    def announce(self, availability: bytes) -> None:
        """Publish our availability, ahead of what waits."""
        if not self._queue.is_denied(self._availability_topic):
            self._hand_over(Outgoing(self._availability_topic, availability, 1, True, None))

    def pump(self) -> None:
        """Hand paho as much as the window allows."""
        while self._has_room:
            message = self._queue.pop()
            if message is None:
                return
            size = len(message.topic.encode()) + len(message.payload) + _HEADER_BYTES
            if self._queue.is_denied(message.topic):
                self._give_up(message)
            elif size > self._largest_packet:
                self._refused(message, f"larger than the broker takes ({self._largest_packet} B)")
            else:
                self._hand_over(message)

    def give_back(self) -> None:
        """The connection is over: what was not confirmed goes back to the front of the queue.

        It is published again as new packets, not as paho's own repetition, so that every
        connection begins with a new client: at least once, as QoS 1 promises. Availability is
        announced anew by each connection.
        """
        was_alone = len(self._unconfirmed) == 1
        unconfirmed = [m for m in self._unconfirmed.values() if m.topic != self._availability_topic]
        self._unconfirmed.clear()
        if was_alone:
            unconfirmed = [m._replace(losses=m.losses + 1) for m in unconfirmed]
        for message in unconfirmed:
            if message.losses >= _MOST_LOSSES:
                self._refused_by_hanging_up(message)
        self._queue.give_back(m for m in unconfirmed if m.losses < _MOST_LOSSES)

    def _hand_over(self, message: Outgoing) -> None:
        info = self._client.publish(message.topic, message.payload, message.qos, message.retain)
        self._unconfirmed[info.mid] = message

    def _on_publish(
        self,
        client: Client,
        userdata: Any,
        packet_id: int,
        code: ReasonCode,
        properties: Properties,
    ) -> None:
        message = self._unconfirmed.pop(packet_id, None)
        if message is None:  # given back by `MqttLink.rebuild`
            return
        if code.is_failure:
            self._refused(message, str(code))
        else:
            self._settle(message)
            message.done(True)

    def _refused_by_hanging_up(self, message: Outgoing) -> None:
        """Of a state the topic is to blame, and the next one would fare no better."""
        if message.retain:
            self._queue.deny_alone(message.topic)
        self._refused(message, f"the connection ended {message.losses} times as it was sent alone")

    def _refused(self, message: Outgoing, reason: str) -> None:
        if reason == _DENIED:
            self._queue.deny(message.topic)
        data = {"topic": message.topic, "reason": reason, "remedy": _REFUSED}
        log.error("publish_refused", extra={"data": data})
        self._give_up(message)

    def _give_up(self, message: Outgoing) -> None:
        self._settle(message)
        self._queue.give_up(message)

    def _settle(self, message: Outgoing) -> None:
        if self._queue.suspects and message.topic != self._availability_topic:
            self._queue.suspects -= 1
