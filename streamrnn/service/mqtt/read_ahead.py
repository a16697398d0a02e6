"""Reading from the broker as much at once as has arrived.

paho reads a packet with three system calls, and Python gives the processor away at each: half of
what a message costs. `ReadAheadClient` hands paho its bytes from a buffer. And most of what comes
is of one form, a whole PUBLISH without properties: `take_publishes` takes those past paho. Whatever
is of another form, or not whole, stays where it is, for paho to read, to answer, or to refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTProtocolVersion

READ_AHEAD: Final = 65_536  # bytes: some thousand short messages
_PUBLISH: Final = 3  # packet type: the high half of a packet's first byte

Take: TypeAlias = Callable[[bytes, bytes, int, int], None]
"""Gets topic, payload, flags (the low half of a packet's first byte), and packet id, 0 at QoS 0."""


class ReadAheadClient(Client):
    """A paho client that owes its messages to a buffer."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._has_properties = self.protocol is MQTTProtocolVersion.MQTTv5
        self._ahead = b""
        self._at = 0  # what lies before it in `_ahead` has been read

    @property
    def has_more(self) -> bool:
        """Whether something lies in the buffer, of which the socket knows nothing any more."""
        return self._at < len(self._ahead)

    def take_publishes(self, most: int, take: Take) -> None:
        """Hands over the messages at the head of the buffer, in order, up to the first packet of
        another form. Reads nothing from the socket."""
        if not self._in_packet["command"]:  # else paho is in the midst of one
            self._at = read_publishes(self._ahead, self._at, self._has_properties, most, take)

    def _sock_recv(self, bufsize: int) -> bytes:
        """paho's way to its bytes."""
        if self._at == len(self._ahead):
            self._ahead, self._at = super()._sock_recv(READ_AHEAD), 0
        data = self._ahead[self._at : self._at + bufsize]
        self._at += len(data)
        return data


def read_publishes(data: bytes, at: int, has_properties: bool, most: int, take: Take) -> int:
    """Reads packets from `at` on while they are whole PUBLISH packets of QoS 0 or 1 with a topic
    and without properties, `most` of them. Returns where the first one begins that it did not read.

    has_properties: as packets of MQTT 5 have, if only their number, 0.
    """
    size = len(data)
    for _ in range(most):
        if at + 2 > size or data[at] >> 4 != _PUBLISH:
            break
        qos = data[at] >> 1 & 3
        length, begin = data[at + 1], at + 2
        if length > 127:  # continued, seven bits in each byte
            if begin == size or data[begin] > 127:
                break
            length, begin = length - 128 + 128 * data[begin], begin + 1
        end = begin + length
        topic_at = begin + 2
        if end > size or topic_at > end or qos > 1:
            break
        topic_end = topic_at + (data[begin] << 8 | data[begin + 1])
        payload_at = topic_end + 2 * qos + has_properties
        if topic_end == topic_at or payload_at > end:
            break
        if has_properties and data[payload_at - 1]:
            break
        packet_id = data[topic_end] << 8 | data[topic_end + 1] if qos else 0
        take(data[topic_at:topic_end], data[payload_at:end], data[at] & 15, packet_id)
        at = end
    return at
