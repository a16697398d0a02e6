"""Messages and ingests for the tests of this folder."""

from __future__ import annotations

import json
import math

from hypothesis import strategies as st

from streamrnn.config import LimitsConfig, SourceConfig, TimeConfig
from streamrnn.ingest import Ingest
from streamrnn.records import Message, Readings, Reason

NOON = 1_700_000_000.0  # 2023-11-14T22:13:20Z


def message(topic: str, payload: bytes | str, *, at: float = NOON, retain: bool = False) -> Message:
    content = payload.encode() if isinstance(payload, str) else payload
    return Message(
        topic, content, qos=1, retain=retain, dup=False, packet_id=1, epoch=1, received_at=at
    )


def ingest_of(
    *sources: SourceConfig, limits: LimitsConfig | None = None, own_prefix: str = "streamrnn"
) -> Ingest:
    """An ingest; without sources, one that takes every topic as it is."""
    return Ingest(sources or (SourceConfig(topic="#"),), limits or LimitsConfig(), own_prefix)


def decode(ingest: Ingest, *messages: Message) -> list[tuple[str, float, float]]:
    """All readings of the messages, as (stream, value, time)."""
    readings = Readings([], [], [])
    for each in messages:
        ingest.decode(each, readings)
    return list(zip(*readings, strict=True))


def values(payload: bytes | str, *sources: SourceConfig, topic: str = "a/b") -> dict[str, float]:
    """The readings of one message, by stream."""
    found = decode(ingest_of(*sources), message(topic, payload))
    return {stream: value for stream, value, _ in found}


def reasons(ingest: Ingest, *messages: Message) -> list[Reason]:
    """Decode the messages; why they, or values of them, were left out, in order."""
    decode(ingest, *messages)
    return [reject.reason for reject in ingest.last_rejects]


_topics = st.sampled_from(
    ["a/b", "a/c", "z/kitchen", "z/{field}", "$SYS/x", "streamrnn/e", "other", "a/\udcff", "a/\n"]
)
_texts = st.sampled_from(["idle", "ON", "off", "", ":", '"', "2023-11-14T22:13:20Z", "2023-11-14"])
_numbers = (
    st.sampled_from([NOON, NOON * 1e3, NOON + 1e6, 0, -1, 2**70, 10**400, 1e300, True])
    | st.floats()
    | st.integers(-100, 100)
)
_values = _numbers | _texts | st.none()
_keys = st.sampled_from(["t", "temperature", "ts", "Time", "a:b", "linkquality", "x.y", "x", "\n"])
_nested = _values | st.lists(_values, max_size=2) | st.dictionaries(_keys, _values, max_size=2)
_json = st.dictionaries(_keys, _nested, max_size=4) | st.lists(_nested, max_size=3)
_payloads = (
    _values.map(str).map(str.encode)
    | _json.map(json.dumps).map(str.encode)
    | st.sampled_from([b"", b"12,5", b'{"t":1,"t":2}', b'{"t":', b"[" * 99, b"\xff", b" 5 ", b"-0"])
    | st.binary(max_size=20)
    | st.text(max_size=20).map(str.encode)
)
any_message = st.builds(
    message,
    _topics | st.text(max_size=5),
    _payloads,
    at=st.sampled_from([NOON, NOON + 0.1, NOON + 60, NOON - 60]),
    retain=st.sampled_from([False, False, False, True]),
)
_few_values = st.sampled_from([5.0, 7, 1e16, math.nan, "idle", "ON", None, NOON, NOON - 9, [5]])
_few_fields = st.dictionaries(st.sampled_from(["t", "u", "ts", "Time"]), _few_values, max_size=3)
alike_messages = st.lists(
    st.builds(message, st.just("a/b"), (_few_fields | _few_values).map(json.dumps)), max_size=12
)
any_sources = st.lists(
    st.sampled_from(
        [
            SourceConfig(topic="#"),
            SourceConfig(topic="a/#", exclude=("linkquality", "x")),
            SourceConfig(topic="a/+", fields=("t", "x"), stream="{topic}:{field}"),
            SourceConfig(topic="z/{device}", stream="{device}", fields=("temperature",)),
            SourceConfig(topic="z/{device}", stream="{device}/{field}", time="arrival"),
            SourceConfig(topic="a/{b}", time=TimeConfig(path="ts")),
            SourceConfig(topic="a/b", time=TimeConfig(path="value", format="unix_ms")),
        ]
    ),
    min_size=1,
    max_size=3,
)
any_limits = st.builds(
    LimitsConfig,
    max_streams=st.sampled_from([1, 5, 1000]),
    new_streams_per_second=st.sampled_from([0.5, 5.0, 1000.0]),
    max_payload_bytes=st.sampled_from([30, 1000]),
    max_abs_value=st.sampled_from([50.0, 1e15]),
    ignore_retained=st.booleans(),
)
