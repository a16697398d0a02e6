"""The inward half of a connection: PUBLISH packets to the inbox, PUBACKs back to the broker."""

from __future__ import annotations

import ssl
import struct
import time
from collections.abc import Callable
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode

from streamrnn.records import Message, Reason
from streamrnn.service.mqtt.exchange import Exchange
from streamrnn.service.mqtt.read_ahead import ReadAheadClient

_BURST: Final = 512  # messages read before the loop gets them; about a millisecond
_BURST_BYTES: Final = 1_000_000
_PUBACK: Final = 0x4002  # packet type and length; two bytes of packet id follow


class Receiver:
    """Reads bursts of messages and writes batches of acknowledgements, on the network thread.

    A PUBACK is four bytes; written one by one through paho, each costs a system call, as much as
    receiving its message did. So a batch goes to the socket as one write. That is sound only
    between paho's packets: see `write_pubacks`.
    """

    def __init__(
        self, client: ReadAheadClient, epoch: int, exchange: Exchange, clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._epoch = epoch
        self._inbox = exchange.inbox
        self._applied = exchange.applied
        self._canary = exchange.canary
        self._dropped = exchange.dropped
        self._clock = clock
        self._burst: list[Message] = []
        self._burst_bytes = 0  # of its payloads
        self._room = 0
        self._may_drop = False
        self._pubacks = bytearray()
        self.given_up = False
        """Another connection has taken our place."""
        self._packet: object = None  # that is being read
        self._packet_since = 0.0  # monotonic
        self.cut = False
        """A write is half done, perhaps within TLS: paho must not write now."""
        client.on_message = self._on_message

    @property
    def is_full(self) -> bool:
        """The inbox has no room: leave the rest in the socket. So reading waits for the loop, and
        TCP makes the broker wait.

        While the loop stands still, as on a stalled disk, reading goes on: the broker must hear
        from us. QoS 0 is dropped at the capacity. QoS 1 goes on into the reserve, a receive
        maximum, which a broker that obeys it cannot exceed; but a mosquitto that resumes a session
        does (2.0.11, MQTT 5), and 3.1.1 has no such limit. Dropping one unacknowledged would bring
        it again much later and block a place in the broker's window until then.
        """
        inbox = self._inbox
        return inbox.room() + (0 if inbox.is_being_emptied else inbox.reserve) <= 0

    def read_burst(self) -> MQTTErrorCode:
        """Read what has arrived, hand it to the loop, return paho's last result."""
        code = MQTTErrorCode.MQTT_ERR_SUCCESS
        burst, client = self._burst, self._client
        inbox = self._inbox
        self._room, self._may_drop = inbox.room(), not inbox.is_being_emptied
        most = min(_BURST, self._room + inbox.reserve * self._may_drop)
        try:
            while len(burst) < most and self._burst_bytes < _BURST_BYTES:
                before = len(burst)
                code = client.loop_read()  # one packet, so that paho sees the connection live
                client.take_publishes(most - len(burst), self._take)
                if len(burst) == before:  # nothing there, or not a message: poll again
                    break
        finally:
            if burst:
                size = self._burst_bytes
                self._burst, self._burst_bytes = [], 0
                if not self.given_up:
                    self._inbox.put(burst, size)
        return code

    def half_packet_seconds(self) -> float:
        """For how long one packet has been arriving. paho's keep-alive is content as long as any
        bytes come: a packet that claims 256 MB would swallow everything for hours."""
        packet = self._client._in_packet  # paho begins a new one with each packet
        now = time.monotonic()
        if packet is not self._packet or not packet["command"]:
            self._packet, self._packet_since = packet, now
        return now - self._packet_since

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        flags = message.dup << 3 | message.qos << 1 | message.retain
        self._take(message._topic, bytes(message.payload), flags, message.mid)

    def _take(self, raw_topic: bytes, payload: bytes, flags: int, packet_id: int) -> None:
        """One message; see `read_ahead.Take`."""
        qos = flags >> 1 & 3
        if self._room <= 0 and not qos and self._may_drop:
            self._dropped[Reason.QUEUE_FULL] += 1
            return
        try:
            topic = raw_topic.decode()
        except UnicodeDecodeError:
            self._dropped[Reason.NOT_UTF8] += 1
            self._client.ack(packet_id, qos)  # it would come again and again
            return
        if topic == self._canary.topic:
            self._canary.hear(payload)
            self._client.ack(packet_id, qos)
            return
        self._room -= 1
        self._burst_bytes += len(payload)
        self._burst.append(
            Message(
                topic, payload, qos, bool(flags & 1), bool(flags & 8), packet_id, self._epoch,
                self._clock(),
            )
        )  # fmt: skip

    def collect_pubacks(self) -> None:
        """Take over what the loop has acknowledged. Ids of an earlier connection mean other
        messages on this one: acknowledging those would lose them."""
        while self._applied:
            epoch, packet_ids = self._applied.popleft()
            if epoch == self._epoch:
                words = [_PUBACK] * (2 * len(packet_ids))
                words[1::2] = packet_ids
                self._pubacks += struct.pack(f"!{len(words)}H", *words)

    @property
    def pending(self) -> bool:
        return bool(self._pubacks)

    def write_pubacks(self) -> None:
        """Write as much as the socket takes. Only while paho has nothing queued, as its first
        packet may be half written. Raises OSError when the connection is gone."""
        sock = self._client.socket()
        if sock is None or not self._pubacks:
            return
        self.cut = True
        try:
            written = sock.send(self._pubacks)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        del self._pubacks[:written]
        self.cut = len(self._pubacks) % 4 != 0
