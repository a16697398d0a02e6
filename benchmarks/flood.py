"""Publishes as fast as a broker takes it: MQTT packets made beforehand, written in one go.

A client library would cost more than broker and subscriber together. The packets are those of MQTT
3.1.1, http://docs.oasis-open.org/mqtt/mqtt/v3.1.1/, sections 3.1 to 3.4, 3.12 and 3.13.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterable

from streamrnn.demo.broker import HOST

_CONNECT, _PUBLISH, _PUBACK = 0x10, 0x30, 0x40
_PINGREQ, _DISCONNECT = b"\xc0\x00", b"\xe0\x00"
_CONNACK_BYTES, _PUBACK_BYTES, _PINGRESP_BYTES = 4, 4, 2
_CLEAN_SESSION = 0x02
_SECONDS = 60.0  # a broker that is silent for so long has hung


def flood(port: int, readings: Iterable[tuple[str, str]], qos: int) -> None:
    """Publish (topic, payload) in order; returns when the broker has taken all of them."""
    count, packets = 0, bytearray()
    for count, (topic, payload) in enumerate(readings, 1):
        packets += _publish(topic.encode(), payload.encode(), qos, packet_id=count % 65_535 + 1)
    packets += _PINGREQ
    answer_bytes = (count * _PUBACK_BYTES if qos else 0) + _PINGRESP_BYTES
    with socket.create_connection((HOST, port), timeout=_SECONDS) as broker:
        broker.sendall(_connect())
        _receive(broker, _CONNACK_BYTES)
        # The broker stops reading when nobody reads its answers.
        writer = threading.Thread(target=broker.sendall, args=(packets,))
        writer.start()
        _receive(broker, answer_bytes)
        writer.join()
        broker.sendall(_DISCONNECT)


def _connect() -> bytes:
    header = _text(b"MQTT") + bytes([4, _CLEAN_SESSION]) + struct.pack("!H", 0)
    return _packet(_CONNECT, header + _text(b""))


def _publish(topic: bytes, payload: bytes, qos: int, packet_id: int) -> bytes:
    number = struct.pack("!H", packet_id) if qos else b""
    return _packet(_PUBLISH | qos << 1, _text(topic) + number + payload)


def _packet(kind: int, body: bytes) -> bytes:
    if len(body) > 127:
        raise ValueError(f"{len(body)} bytes: a packet of a flood must be short, at most 127 bytes")
    return bytes([kind, len(body)]) + body


def _text(text: bytes) -> bytes:
    return struct.pack("!H", len(text)) + text


def _receive(broker: socket.socket, count: int) -> None:
    """Read and forget so many bytes."""
    while count > 0:
        received = len(broker.recv(min(count, 1 << 16)))
        if received == 0:
            raise ConnectionError("the broker hung up on the flood")
        count -= received
