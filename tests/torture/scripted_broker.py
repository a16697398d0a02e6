"""A broker of a few lines that does what a row needs of it: every packet is under our control, and
every byte that was sent is counted."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

_CONNECT, _PUBLISH, _PUBACK, _SUBSCRIBE, _UNSUBSCRIBE, _PINGREQ = 1, 3, 4, 8, 10, 12
_PINGRESP = b"\xd0\x00"
CONNACK = b"\x20\x03\x00\x00\x00"  # of MQTT 5: no session, success, no properties
CONNACK_RESUMED = b"\x20\x03\x01\x00\x00"


class Client:
    """One connection of the daemon."""

    def __init__(self, connection: socket.socket) -> None:
        self.published: list[tuple[str, bytes, int]] = []  # topic, payload, packet id
        self.acknowledged: list[int] = []  # packet ids
        self.subscribed = threading.Event()
        self._connection = connection
        self._lock = threading.Lock()

    def send(self, data: bytes) -> bool:
        """False when the daemon has left."""
        try:
            with self._lock:
                self._connection.sendall(data)
        except OSError:
            return False
        return True

    def puback(self, packet_id: int) -> None:
        self.send(struct.pack("!BBH", _PUBACK << 4, 2, packet_id))

    def hang_up(self) -> None:
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)


class ScriptedBroker:
    """Answers CONNECT, SUBSCRIBE and PINGREQ; the rest is up to `serve`, which is called in a
    thread of its own for each connection.

    confirm: whether to answer what is published at QoS 1 at once.
    """

    def __init__(
        self,
        serve: Callable[[Client, int], object] = lambda client, number: None,
        *,
        connack: bytes = CONNACK,
        confirm: bool = True,
    ) -> None:
        """serve: called with the connection and its number, from 0."""
        self.clients: list[Client] = []
        """Who is connected."""
        self.connections = 0
        """So far."""
        self.confirm = confirm
        self._serve = serve
        self._connack = connack
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"mqtt://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> ScriptedBroker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for client in [*self.clients]:
            client.hang_up()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            client = Client(connection)
            self.clients.append(client)
            number, self.connections = self.connections, self.connections + 1
            threading.Thread(
                target=self._talk, args=(client, connection, number), daemon=True
            ).start()

    def _talk(self, client: Client, connection: socket.socket, number: int) -> None:
        with connection, suppress(OSError, IndexError, struct.error):
            for kind, flags, body in _packets(connection):
                if kind == _CONNECT:
                    client.send(self._connack)
                    threading.Thread(target=self._serve, args=(client, number), daemon=True).start()
                elif kind == _SUBSCRIBE:
                    client.send(_suback(body))
                    client.subscribed.set()
                elif kind == _UNSUBSCRIBE:
                    client.send(b"\xb0\x04" + body[:2] + b"\x00\x00")
                elif kind == _PINGREQ:
                    client.send(_PINGRESP)
                elif kind == _PUBACK:
                    client.acknowledged.append(struct.unpack_from("!H", body)[0])
                elif kind == _PUBLISH:
                    self._hear(client, flags, body)
        self.clients.remove(client)

    def _hear(self, client: Client, flags: int, body: bytes) -> None:
        (length,) = struct.unpack_from("!H", body)
        topic, rest = body[2 : 2 + length].decode(), body[2 + length :]
        packet_id = 0
        if flags & 0b0110:
            (packet_id,) = struct.unpack_from("!H", rest)
            rest = rest[2:]
        client.published.append((topic, rest[1:], packet_id))  # no properties: one zero byte
        if packet_id and self.confirm:
            client.puback(packet_id)


def publish(topic: str, payload: bytes, packet_id: int = 0, *, dup: bool = False) -> bytes:
    """A PUBLISH of MQTT 5; at QoS 1 with a packet id."""
    name = topic.encode()
    flags = (2 if packet_id else 0) | (8 if dup else 0)
    body = struct.pack("!H", len(name)) + name
    body += (struct.pack("!H", packet_id) if packet_id else b"") + b"\x00" + payload
    return bytes([_PUBLISH << 4 | flags]) + variable_length(len(body)) + body


def variable_length(size: int) -> bytes:
    digits = bytearray()
    while True:
        size, digit = divmod(size, 128)
        digits.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(digits)


def _suback(body: bytes) -> bytes:
    """Grants every filter of a SUBSCRIBE what it asks."""
    (properties,) = body[2:3]  # shorter than 128 bytes
    at = 3 + properties
    codes = bytearray()
    while at < len(body):
        (length,) = struct.unpack_from("!H", body, at)
        at += 2 + length
        codes.append(body[at] & 3)
        at += 1
    answer = body[:2] + b"\x00" + bytes(codes)
    return b"\x90" + variable_length(len(answer)) + answer


def _packets(connection: socket.socket) -> Iterator[tuple[int, int, bytes]]:
    """Type, flags and body of every packet, until the other side leaves."""
    stream = connection.makefile("rb")
    while first := stream.read(1):
        size = shift = 0
        while (digit := stream.read(1)[0]) & 0x80:
            size, shift = size | (digit & 0x7F) << shift, shift + 7
        yield first[0] >> 4, first[0] & 15, stream.read(size | digit << shift)
