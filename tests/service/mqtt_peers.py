"""The other ends of a link in tests: a plain MQTT client, and a broker that misbehaves."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from streamrnn.config import MqttConfig
from streamrnn.records import Message
from streamrnn.service.mqtt import Backoff, MqttLink
from tests.mosquitto import Certificates, Mosquitto

_LONG_SECONDS = 30.0  # only a failing test waits this long


def eventually(
    condition: Callable[[], object], otherwise: Callable[[], object] = lambda: "did not come true"
) -> None:
    """Polls until `condition` is met. otherwise: what to say when it never is."""
    deadline = time.monotonic() + _LONG_SECONDS
    while not condition():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.01)


def make_link(
    url: str, *, publish_queue_size: int = 100, patience_seconds: float = 30.0, **settings: Any
) -> MqttLink:
    """A link of gateway "gw" that tries again within 0.2 s, subscribed to plant/#."""
    link = MqttLink(
        MqttConfig(broker=url, **settings),
        "gw",
        "streamrnn",
        backoff=Backoff(random.Random(1), first_seconds=0.05, longest_seconds=0.2),
        publish_queue_size=publish_queue_size,
        patience_seconds=patience_seconds,
    )
    link.set_subscriptions([("plant/#", 1)])
    return link


def take_until(link: MqttLink, count: int, *, acknowledge: bool = True) -> list[Message]:
    """The next `count` messages."""
    messages: list[Message] = []

    def enough() -> bool:
        batch = link.take(count - len(messages), timeout=0.1)
        if acknowledge:
            link.acknowledge(batch)
        messages.extend(batch)
        return len(messages) >= count

    eventually(enough)
    return messages


class Peer:
    """Publishes to a real broker, and keeps what it hears."""

    def __init__(
        self,
        broker: Mosquitto,
        *topics: str,
        certificates: Certificates | None = None,
        name: str = "",
    ) -> None:
        """name: client id of one whom the broker remembers; it comes back by itself."""
        self.heard: list[tuple[str, bytes, bool]] = []  # topic, payload, retained
        self._ready = threading.Event()
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: self._ready.set()
        if certificates is not None:
            self._client.tls_set(str(certificates.authority))
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        session.SessionExpiryInterval = 3600 if name else 0
        self._client.connect(broker.host, broker.port, clean_start=not name, properties=session)
        self._client.loop_start()
        if topics:
            self._client.subscribe([(topic, 1) for topic in topics])
            assert self._ready.wait(_LONG_SECONDS)

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: str, *, qos: int = 1, retain: bool = False) -> None:
        """Returns when the broker has it."""
        info = self._client.publish(topic, payload, qos, retain)
        info.wait_for_publish(_LONG_SECONDS)
        assert info.is_published()

    def payloads(self, topic: str) -> list[bytes]:
        return [payload for heard_on, payload, _ in self.heard if heard_on == topic]

    def _on_message(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload), message.retain))


class TakeOver:
    """Connects with the client id of a link, so that the broker ends the link's connection."""

    def __init__(self, broker: Mosquitto, client_id: str) -> None:
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTProtocolVersion.MQTTv5
        )
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 3600
        client.connect(broker.host, broker.port, clean_start=False, properties=properties)
        while not client.is_connected():
            client.loop(0.1)
        sock = client.socket()
        assert sock is not None
        sock.close()


_SUBSCRIBE, _SUBACK = 0x82, 0x90
CONNACK_311 = b"\x20\x02\x00\x00"
CONNACK_5 = b"\x20\x03\x00\x00\x00"


class FakeBroker:
    """Reads CONNECT, sends the next of `answers` (the last one for ever), then listens until the
    client leaves, or hangs up at once when the answer is None. Confirms nothing, except that
    every SUBSCRIBE is answered with `suback_codes` when there are any."""

    def __init__(self, *answers: bytes | None, suback_codes: bytes = b"") -> None:
        self.versions: list[int] = []  # the protocol level of each CONNECT: 4 is 3.1.1
        self.received = bytearray()  # all that came after the CONNECTs
        self._answers = deque(answers)
        self._suback_codes = suback_codes
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> FakeBroker:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed: the test is over
                return
            with connection, suppress(ConnectionError):  # the client may leave without goodbye
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(_LONG_SECONDS)
        self.versions.append(connection.recv(4096)[8])
        answer = self._answers.popleft() if len(self._answers) > 1 else self._answers[0]
        if answer is None:
            return
        connection.sendall(answer)
        for packet in _packets(connection):
            self.received += packet
            if packet[0] == _SUBSCRIBE and self._suback_codes:
                body = packet[2:4] + b"\x00" + self._suback_codes
                connection.sendall(bytes([_SUBACK, len(body)]) + body)


def _packets(connection: socket.socket) -> Iterator[bytes]:
    """Whole packets of fewer than 16 KiB, until the other side hangs up."""
    stream = connection.makefile("rb")
    while start := stream.read(2):
        length = start[1] & 127
        if start[1] > 127:
            start += stream.read(1)
            length += start[2] << 7
        yield start + stream.read(length)


@contextmanager
def running(link: MqttLink, *, stop_seconds: float = 10.0) -> Iterator[MqttLink]:
    """Started, and stopped at the end."""
    link.start()
    try:
        yield link
    finally:
        link.stop(stop_seconds)
