"""Whatever arrives, no format raises anything but a refusal, and nothing is lost uncounted."""

from __future__ import annotations

import contextlib
import copy
import json
import tomllib
from pathlib import Path

import cbor2
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.config import LimitsConfig, SourceConfig
from streamrnn.ingest import Ingest
from streamrnn.ingest.detection import FORMATS, Formats
from streamrnn.ingest.format import Document, Format, Sample
from streamrnn.ingest.refusal import RefusedError
from streamrnn.records import Message, Readings
from tests.ingest.messages import NOON, message

GOLDEN = sorted((Path(__file__).parent.parent / "golden").glob("*.toml"))
MESSAGES = [said for file in GOLDEN for said in tomllib.loads(file.read_text())["message"]]
PAYLOADS = [
    bytes.fromhex(said["hex"]) if "hex" in said else said["payload"].encode() for said in MESSAGES
]
TOPICS = sorted({said["topic"] for said in MESSAGES})

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
keys = st.sampled_from(
    [
        *("n", "v", "vs", "vb", "s", "t", "bn", "bt", "bu", "bv", "bs", "u", "bver", "x_"),
        *("object", "deviceInfo", "time", "params", "method", "src", "ts", "nodes", "properties"),
        *("uplink_message", "decoded_payload", "end_device_ids", "rx_metadata", "rssi"),
    ]
)
documents = st.recursive(
    scalars | keys,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=15,
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A documented payload with a piece cut out and another one put in."""
    payload = draw(st.sampled_from(PAYLOADS))
    begin = draw(st.integers(0, len(payload)))
    end = draw(st.integers(begin, min(len(payload), begin + 9)))
    piece = draw(st.binary(max_size=4) | st.sampled_from([b"{", b"[]", b"null", b"1e999", b"-1"]))
    return payload[:begin] + piece + payload[end:]


payloads = (
    st.sampled_from(PAYLOADS)
    | damaged()
    | documents.map(json.dumps).map(str.encode)
    | documents.map(cbor2.dumps)
    | documents.filter(lambda document: _fits_msgpack(document)).map(msgspec.msgpack.encode)
    | st.binary(max_size=60)
    | st.text(alphabet='m,=" \\\n1.5iut#;:', max_size=40).map(str.encode)
)
topics = st.sampled_from(TOPICS) | st.sampled_from(["a", "homie/5/d/n/p", "shellies/x/relay/0"])


def attempt(one: Format, each: Message) -> tuple[Document | None, RefusedError | None]:
    try:
        return one.read(each), None
    except RefusedError as refusal:
        return None, refusal


def _fits_msgpack(document: object) -> bool:
    with contextlib.suppress(OverflowError):
        msgspec.msgpack.encode(document)
        return True
    return False


@pytest.mark.parametrize("make", FORMATS, ids=lambda make: make().name)
@settings(max_examples=100)
@given(st.lists(st.builds(message, topics, payloads), max_size=3))
def test_a_format_raises_nothing_but_refusals_and_gives_what_it_promises(
    make: type[Format], messages: list[Message]
) -> None:
    one = make()
    for each in messages:
        one.claim(Sample(each.topic, each.payload))
        document, refusal = attempt(one, each)
        if document is None:
            assert str(refusal).isprintable()
            continue
        assert document.records or document.about or document.refusals
        for record in document.records:
            assert all(type(path) is str for path in record.leaves)
            for value in record.leaves.values():
                assert value is None or isinstance(value, float | int | str)
            assert record.time is None or isinstance(record.time, float)
        if one.parse is not None and not document.bare and not document.about:
            assert [repr(one.parse(each.payload))] == [
                repr(record.leaves) for record in document.records
            ]


@settings(max_examples=200)
@given(st.lists(st.builds(message, topics, payloads), max_size=6))
def test_every_message_becomes_readings_or_is_counted(messages: list[Message]) -> None:
    limits = LimitsConfig(new_streams_per_second=1e6)
    ingest = Ingest([SourceConfig(topic="#")], limits, "streamrnn")
    for each in messages:
        foretold = ingest.explain(each)
        counted = ingest.rejected.total()
        into = Readings([], [], [])
        ingest.decode(each, into)
        assert into.values or ingest.rejected.total() > counted
        assert [reading.value for reading in foretold.readings] == into.values
        assert set(into.streams) <= set(ingest.infos)


@given(st.lists(st.builds(message, topics, payloads), max_size=6))
def test_what_formats_remember_can_be_copied(messages: list[Message]) -> None:
    formats = Formats()
    for each in messages:
        with contextlib.suppress(RefusedError):
            formats.decode(each, "")
    copy.deepcopy(formats)


def test_a_long_hostile_payload_takes_no_time_to_refuse() -> None:
    """Patterns that backtrack would be at it for hours."""
    ingest = Ingest([SourceConfig(topic="#")], LimitsConfig(), "streamrnn")
    for piece in (b"a=", b"a,b=c,", b'm f="', b"\\,", b"1,", b"1;", b"a b=1,", b"\xd8\x64", b"[{"):
        ingest.decode(message("a", piece * (60_000 // len(piece)), at=NOON), Readings([], [], []))
    assert ingest.rejected.total() >= 8
