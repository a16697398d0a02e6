"""The short way does all of a message or nothing."""

from __future__ import annotations

import json

import pytest

from streamrnn.config import LimitsConfig, SourceConfig
from streamrnn.ingest.as_before import AsBefore
from streamrnn.ingest.refusal import RefusedError
from streamrnn.ingest.route import Fate, Route, Routes, Source
from streamrnn.records import Readings, Reason
from tests.ingest.messages import NOON, message


def parse(payload: bytes) -> dict[str, float | int | str]:
    if not payload:
        raise RefusedError(Reason.EMPTY, "nothing")
    leaves: dict[str, float | int | str] = json.loads(payload)
    return leaves


def known_route() -> Route:
    """Of a topic whose messages had a temperature, a time, and a signal that nobody reads."""
    source = Source(0, SourceConfig(topic="#"), 3600.0)
    route = Routes([source], "streamrnn", {}, 1_000_000).find("room")
    route.parse = parse
    route.fates = {"t": "room/t", "time": Fate.STAMP, "rssi": Fate.IGNORED}
    return route


def decoded(payload: str, *, retain: bool = False) -> Readings | None:
    """What a message adds to readings that are there; None where it is left to the long way."""
    into = Readings(["before"], [1.0], [NOON])
    short = AsBefore(LimitsConfig(max_payload_bytes=100))
    if short.decode(known_route(), message("room", payload, retain=retain), into):
        return into
    assert into == Readings(["before"], [1.0], [NOON])
    return None


def test_a_message_like_those_before_is_read() -> None:
    expected = Readings(["before", "room/t"], [1.0, 21.5], [NOON, NOON - 5.0])
    assert decoded(f'{{"t": 21.5, "rssi": -60, "time": {NOON - 5.0}}}') == expected


def test_without_a_time_that_of_arrival_counts() -> None:
    assert decoded('{"t": 21}') == Readings(["before", "room/t"], [1.0, 21.0], [NOON, NOON])


@pytest.mark.parametrize(
    "payload",
    [
        '{"t": 21.5, "humidity": 40}',  # never heard of
        '{"t": "broken"}',
        '{"t": 1e300}',
        '{"rssi": -60}',  # no reading
        f'{{"t": 21.5, "time": {NOON + 86_400.0}}}',
        '{"t": 21.5, "rssi": ' + "1" * 100 + "}",
        "",
    ],
)
def test_whatever_is_unusual_is_left_to_the_long_way(payload: str) -> None:
    assert decoded(payload) is None


def test_what_the_broker_had_stored_is_left_to_the_long_way() -> None:
    assert decoded('{"t": 21.5}', retain=True) is None
