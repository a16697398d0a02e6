"""From message to readings, against taking the same payload apart with msgspec and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec

from benchmarks.figure import Figure, Goal
from benchmarks.stopwatch import compare, timed
from streamrnn.config import LimitsConfig, SourceConfig
from streamrnn.ingest import Ingest
from streamrnn.records import Message, Readings

_TOPICS = 50
_NOW = 1.7e9
_FIELDS = ("temperature", "humidity", "pressure", "co2", "voc", "battery", "voltage", "power")

Payload = Callable[[int], bytes]
"""The n-th payload of a kind."""


def measure(rounds: int = 61, messages: int = 1000) -> Iterator[Figure]:
    for name, payload in (
        ("JSON of one reading", _one),
        ("JSON of one reading and a time", _stamped),
        ("JSON of one reading and a time as text", _stamped_in_text),
        ("JSON of one reading and a time with milliseconds", _stamped_in_milliseconds),
    ):
        yield from _against_msgspec(name, 1, payload, rounds, messages, with_goals=True)
    yield from _against_msgspec("JSON of eight readings", 8, _eight, rounds, messages)


def _against_msgspec(
    name: str,
    readings: int,
    payload: Payload,
    rounds: int,
    count: int,
    *,
    with_goals: bool = False,
) -> Iterator[Figure]:
    messages = [_message(number, payload) for number in range(count)]
    decode, decode_json = _ingest_that_knows(messages).decode, msgspec.json.Decoder().decode

    def ours() -> None:
        into = Readings([], [], [])
        for message in messages:
            decode(message, into)

    def theirs() -> None:
        for message in messages:
            decode_json(message.payload)

    found = compare(timed(ours), timed(theirs), rounds)
    each = found.ours / (count * readings) * 1e6
    yield Figure(
        group="ingest",
        name=f"{name}: per reading",
        value=each,
        unit="us",
        goal=Goal(2.0) if with_goals else None,
    )
    yield Figure(
        group="ingest",
        name=f"{name}: ours / msgspec, untyped",
        value=found.ratio,
        unit="x",
        goal=Goal(6.0) if with_goals else None,
        note=f"{found.ours / count * 1e6:.2f} us against {found.other / count * 1e6:.2f} us",
    )


def _ingest_that_knows(messages: list[Message]) -> Ingest:
    """Every topic has been heard, as after the first minutes of a daemon."""
    limits = LimitsConfig(new_streams_per_second=1e6)
    ingest = Ingest([SourceConfig(topic="#")], limits, "streamrnn")
    into = Readings([], [], [])
    for message in messages:
        ingest.decode(message, into)
    return ingest


def _message(number: int, payload: Payload) -> Message:
    return Message(
        topic=f"sensors/room-{number % _TOPICS}",
        payload=payload(number),
        qos=1,
        retain=False,
        dup=False,
        packet_id=1 + number,
        epoch=1,
        received_at=_NOW + number,
    )


def _one(number: int) -> bytes:
    return _compact({"temperature": _value(number)})


def _eight(number: int) -> bytes:
    return _compact({field: _value(number + index) for index, field in enumerate(_FIELDS)})


def _stamped(number: int) -> bytes:
    return _compact({"time": int(_NOW) + number, "temperature": _value(number)})


def _stamped_in_text(number: int) -> bytes:
    return _with_text(number, 0.0, "seconds")


def _stamped_in_milliseconds(number: int) -> bytes:
    return _with_text(number, 0.137, "milliseconds")


def _with_text(number: int, later: float, precision: str) -> bytes:
    time = datetime.fromtimestamp(_NOW + number + later, UTC).isoformat(timespec=precision)
    return json.dumps({"temperature": _value(number), "time": time}).encode()


def _value(number: int) -> float:
    return 20.0 + number % 97 / 10.0


def _compact(document: dict[str, float]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
