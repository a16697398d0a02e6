"""paho itself is the oracle: what it makes of a stream of bytes, packet by packet."""

from __future__ import annotations

import itertools
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from streamrnn.service.mqtt.read_ahead import ReadAheadClient, read_publishes

V5, V311 = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311
PINGRESP = b"\xd0\x00"
EXPIRY = b"\x05\x02" + struct.pack("!I", 60)  # length of the properties, and one of them
versions = st.sampled_from([V5, V311])

Taken = tuple[bytes, bytes, int, int]


def packet(head: int, body: bytes) -> bytes:
    length, left = bytearray(), len(body)
    while True:
        left, seven = divmod(left, 128)
        length.append(seven | (128 if left else 0))
        if not left:
            return bytes([head, *length]) + body


def publish(taken: Taken, version: MQTTProtocolVersion, properties: bytes = b"\x00") -> bytes:
    topic, payload, flags, packet_id = taken
    body = struct.pack("!H", len(topic)) + topic
    body += struct.pack("!H", packet_id) if flags & 6 else b""
    body += properties if version is V5 else b""
    return packet(0x30 | flags, body + payload)


messages = st.builds(
    lambda topic, payload, qos, dup, retain, packet_id: (
        topic,
        payload,
        dup << 3 | qos << 1 | retain,
        packet_id if qos else 0,
    ),
    st.binary(min_size=1, max_size=300),
    st.one_of(st.binary(max_size=20), st.binary(min_size=100, max_size=400)),
    st.integers(0, 1),
    st.integers(0, 1),
    st.integers(0, 1),
    st.integers(1, 65_535),
)


class Pieces:
    """A socket that gives out what it has piece by piece, and is empty in between."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]
        self.reads = 0

    @property
    def is_empty(self) -> bool:
        return not self._pieces

    def recv(self, size: int) -> bytes:
        self.reads += 1
        if not self._pieces or not self._pieces[0]:
            del self._pieces[:1]
            raise BlockingIOError
        data = self._pieces[0][:size]
        self._pieces[0] = self._pieces[0][size:]
        return data

    def close(self) -> None:
        pass


def hear(client: Client, pieces: list[bytes], most: int) -> tuple[list[Taken], Pieces]:
    """What a client takes from such a socket, as the receiver asks it."""
    heard: list[Taken] = []

    def on_message(_: Client, userdata: Any, m: MQTTMessage) -> None:
        flags = m.dup << 3 | m.qos << 1 | m.retain
        heard.append((m._topic, bytes(m.payload), flags, m.mid))

    client.on_message = on_message
    sock = Pieces(pieces)
    client._sock = sock  # type: ignore[assignment]
    code = MQTTErrorCode.MQTT_ERR_SUCCESS
    while code is MQTTErrorCode.MQTT_ERR_SUCCESS:
        idle = sock.is_empty
        code = client.loop_read()
        if isinstance(client, ReadAheadClient):
            client.take_publishes(most, lambda *taken: heard.append(taken))
            idle = idle and not client.has_more
        if idle:
            break
    return heard, sock


def made(kind: type[Client], version: MQTTProtocolVersion) -> Client:
    return kind(CallbackAPIVersion.VERSION2, protocol=version, manual_ack=True)


@given(versions, st.lists(messages, max_size=8), st.integers(0, 9))
def test_whole_messages_are_taken_in_order_up_to_the_number_asked_for(
    version: MQTTProtocolVersion, sent: list[Taken], most: int
) -> None:
    packets = [publish(each, version) for each in sent]
    taken: list[Taken] = []
    data = b"junk" + b"".join(packets)
    end = read_publishes(data, 4, version is V5, most, lambda *each: taken.append(each))
    assert taken == sent[:most]
    assert end == 4 + len(b"".join(packets[:most]))


@given(versions, messages, st.data())
def test_a_message_that_is_not_whole_yet_is_left(
    version: MQTTProtocolVersion, sent: Taken, data: st.DataObject
) -> None:
    whole = publish(sent, version)
    part = whole[: data.draw(st.integers(0, len(whole) - 1))]
    assert read_publishes(part, 0, version is V5, 9, fail) == 0


def fail(*_: object) -> None:
    raise AssertionError("this is not to be taken")


@pytest.mark.parametrize(
    "other",
    [
        PINGRESP,
        publish((b"t", b"1", 0, 0), V5, EXPIRY),
        publish((b"", b"1", 0, 0), V5),  # by its alias
        publish((b"t", b"1", 4, 7), V5),  # QoS 2
        publish((b"t", b"1", 6, 7), V5),  # QoS 3, which there is not
        packet(0x30, b""),
        packet(0x30, b"\x00\x05t"),
        packet(0x30, b"\x00\x01t"),  # without the number of its properties
        packet(0x32, b"\x00\x01t\x00\x07"),
        packet(0x30, b"\x00\x01t\x00" + bytes(20_000)),  # a length of three bytes
    ],
)
def test_whatever_has_another_form_is_left_to_paho(other: bytes) -> None:
    message = (b"a", b"42", 2, 9)
    taken: list[Taken] = []
    data = publish(message, V5) + other + publish(message, V5)
    end = read_publishes(data, 0, True, 9, lambda *each: taken.append(each))
    assert taken == [message]
    assert data[end:].startswith(other)


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_are_read_to_some_place_within_them(data: bytes, has_properties: bool) -> None:
    assert 0 <= read_publishes(data, 0, has_properties, 99, lambda *_: None) <= len(data)


@given(
    versions,
    st.lists(st.one_of(messages, st.just(PINGRESP), st.just(EXPIRY)), max_size=12),
    st.lists(st.integers(0, 3000), max_size=8),
    st.integers(1, 4),
)
def test_a_client_hears_what_pahos_own_does_however_the_bytes_come(
    version: MQTTProtocolVersion, sent: list[Any], cuts: list[int], most: int
) -> None:
    stream = b""
    for each in sent:
        if each == PINGRESP:
            stream += PINGRESP
        elif each == EXPIRY:
            stream += publish((b"t", b"1", 2, 5), version, EXPIRY)
        else:
            stream += publish(each, version)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]
    wanted, _ = hear(made(Client, version), pieces, most)
    heard, _ = hear(made(ReadAheadClient, version), pieces, most)
    assert heard == wanted
    assert len(heard) == len(sent) - sent.count(PINGRESP)


def test_many_packets_cost_few_reads() -> None:
    stream = b"".join(publish((b"topic", b"%d" % k, 0, 0), V5) for k in range(1000))
    heard, sock = hear(made(ReadAheadClient, V5), [stream], 1000)
    assert len(heard) == 1000
    assert sock.reads < 10


@pytest.mark.parametrize("rest", [b"\x00\x00", packet(0x30, b""), b"\x90\x01\x00"])
def test_a_malformed_packet_behind_good_ones_is_refused_after_them(rest: bytes) -> None:
    message = (b"a", b"42", 2, 9)
    stream = 3 * publish(message, V5) + rest
    client = made(ReadAheadClient, V5)
    heard: list[Taken] = []
    client.on_message = lambda *_: heard.append(message)
    client._sock = Pieces([stream])  # type: ignore[assignment]
    codes = [client.loop_read()]
    client.take_publishes(9, lambda *taken: heard.append(taken))
    while codes[-1] is MQTTErrorCode.MQTT_ERR_SUCCESS:
        codes.append(client.loop_read())
    assert heard == 3 * [message]
    assert codes[-1] is MQTTErrorCode.MQTT_ERR_PROTOCOL
