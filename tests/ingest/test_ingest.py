from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.config import LimitsConfig, SourceConfig
from streamrnn.ingest import Ingest
from streamrnn.records import Message, Readings, Reason
from tests.ingest.messages import (
    NOON,
    alike_messages,
    any_limits,
    any_message,
    any_sources,
    decode,
    ingest_of,
    message,
    reasons,
    values,
)


def test_a_bare_number_is_a_reading_of_the_stream_named_like_the_topic() -> None:
    assert decode(ingest_of(), message("hall/co2", "23.4")) == [("hall/co2", 23.4, NOON)]


def test_nested_json_becomes_one_reading_per_number() -> None:
    payload = '{"temperature":21.5,"battery":{"low":false,"mV":[3000,2990]},"state":"ON","id":"x"}'
    assert values(payload, topic="z/kitchen") == {
        "z/kitchen/temperature": 21.5,
        "z/kitchen/battery.low": 0.0,
        "z/kitchen/battery.mV.0": 3000.0,
        "z/kitchen/battery.mV.1": 2990.0,
        "z/kitchen/state": 1.0,
    }


def test_all_readings_of_a_message_carry_its_timestamp() -> None:
    payload = f'{{"ts":{NOON - 5},"a":1,"b":2}}'
    assert decode(ingest_of(), message("x", payload)) == [
        ("x/a", 1.0, NOON - 5),
        ("x/b", 2.0, NOON - 5),
    ]


def test_fields_selects_and_exclude_drops_paths_and_what_lies_on_them() -> None:
    payload = '{"power":{"now":5,"max":9},"energy":7,"linkquality":80}'
    selecting = SourceConfig(topic="#", fields=("power",), exclude=("power.max",))
    assert values(payload, selecting) == {"a/b/power.now": 5.0}
    dropping = SourceConfig(topic="#", exclude=("power", "linkquality"))
    assert values(payload, dropping) == {"a/b/energy": 7.0}


def test_an_update_with_some_of_the_fields_is_not_worth_a_complaint() -> None:
    ingest = ingest_of(SourceConfig(topic="#", fields=("temperature", "humidity")))
    assert decode(ingest, message("a", '{"humidity":40}')) == [("a/humidity", 40.0, NOON)]
    assert not ingest.rejected
    assert reasons(ingest, message("a", '{"pressure":990}')) == [Reason.FIELD_MISSING]


def test_a_bare_value_goes_by_the_field_value() -> None:
    assert values("5", SourceConfig(topic="#", fields=("value",))) == {"a/b": 5.0}
    source = SourceConfig(topic="#", fields=("temperature",))
    assert reasons(ingest_of(source), message("a", "5")) == [Reason.FIELD_MISSING]


def test_text_counts_only_where_a_number_was_asked_for() -> None:
    payload = '{"t":"warm","u":null,"v":1}'
    assert reasons(ingest_of(), message("a", payload)) == []
    asking = ingest_of(SourceConfig(topic="#", fields=("t", "u", "v")))
    assert reasons(asking, message("a", payload)) == [Reason.NOT_A_NUMBER] * 2


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("streamrnn/gw/events", "1", Reason.OWN_TOPIC),
        ("$SYS/uptime", "1", Reason.SYS_TOPIC),
        ("elsewhere", "1", Reason.NO_SOURCE),
        ("a/\udcff", "1", Reason.NOT_UTF8),
        ("a", b"\xff", Reason.NOT_UTF8),
        ("a", "", Reason.EMPTY),
        ("a", " " * 65_536 + "1", Reason.TOO_LARGE),
        ("a", '{"t":12,5}', Reason.NOT_DECODABLE),
        ("a", '{"t":1,"t":2}', Reason.DUPLICATE_KEY),
        ("a", "[" * 40 + "]" * 40, Reason.TOO_DEEP),
        ("a", '{"state":"idle"}', Reason.NO_NUMERIC_FIELD),
        ("a", '{"ts":1700000000}', Reason.NO_NUMERIC_FIELD),
        ("a", "{}", Reason.NO_NUMERIC_FIELD),
        ("timed", '{"t":1}', Reason.BAD_TIME),
        ("timed", '{"ts":17,"t":1}', Reason.BAD_TIME),
        ("timed", '{"ts":"2999-01-01T00:00:00Z","t":1}', Reason.FAR_FUTURE),
        ("few", '{"other":1}', Reason.FIELD_MISSING),
        ("a", "12,5", Reason.NOT_A_NUMBER),
        ("a", "1_000", Reason.NOT_A_NUMBER),
        ("a", "0x10", Reason.NOT_A_NUMBER),
        ("a", "NaN", Reason.NOT_FINITE),
        ("a", '{"t":NaN}', Reason.NOT_FINITE),
        ("a", "1e999", Reason.NOT_FINITE),
        ("a", "-2e15", Reason.OUT_OF_BOUNDS),
        ("a", '{"t\\n":1}', Reason.BAD_STREAM_NAME),
        ("a/" + "x" * 300, "1", Reason.BAD_STREAM_NAME),
        ("a", '{"' + "/" * 210 + '":1}', Reason.BAD_STREAM_NAME),
        ("a" + "/" * 210, "1", Reason.BAD_STREAM_NAME),
    ],
)
def test_what_is_left_out_is_counted_by_its_reason(
    topic: str, payload: str | bytes, reason: Reason
) -> None:
    ingest = ingest_of(
        SourceConfig.model_validate({"topic": "timed", "time": {"path": "ts"}}),
        SourceConfig(topic="few", fields=("t",)),
        SourceConfig(topic="a/#"),
    )
    decode(ingest, message("a", "1"), message("a", '{"t":1}'))  # known topics fare no better
    assert decode(ingest, message(topic, payload)) == []
    assert ingest.rejected == {reason: 1}
    assert [(reject.reason, reject.topic) for reject in ingest.last_rejects] == [(reason, topic)]


@pytest.mark.parametrize(
    "payload",
    [
        '{"ts":"2999-01-01T00:00:00Z","temperature":1}',
        '{"temperature":1,"ts":4700000000}',
        "a temperature=1 4700000000000000000",
    ],
)
def test_a_stamp_far_ahead_of_the_clock_is_not_believed_and_its_reading_taken_at_arrival(
    payload: str,
) -> None:
    ingest = ingest_of()
    arrivals = [NOON, NOON + 1, NOON + 2]  # the first decides how the next are read
    readings = decode(ingest, *(message("a", payload, at=at) for at in arrivals))
    assert [(value, time) for _, value, time in readings] == [(1.0, at) for at in arrivals]
    assert ingest.disbelieved == len(ingest.last_disbelieved) == 3
    assert not ingest.rejected
    steps = ingest.explain(message("a", payload)).steps
    assert any(step.startswith("time: of arrival, as ") and "ahead of" in step for step in steps)


def test_a_stamp_is_believed_again_when_the_clock_is_right() -> None:
    ingest = ingest_of()
    assert decode(ingest, message("a", '{"ts":1700090000,"t":1}', at=1.7e9)) == [
        ("a/t", 1.0, 1.7e9)
    ]
    later = message("a", '{"ts":1700090001,"t":2}', at=1.70009e9)
    assert decode(ingest, later) == [("a/t", 2.0, 1700090001.0)]
    assert ingest.disbelieved == 1


def test_retained_messages_are_left_out_unless_wanted() -> None:
    stored = message("a", "1", retain=True)
    assert reasons(ingest_of(), message("a", "1"), stored) == [Reason.RETAINED]
    wanting = ingest_of(limits=LimitsConfig(ignore_retained=False))
    assert decode(wanting, stored) == [("a", 1.0, NOON)]


def test_one_bad_value_does_not_spoil_its_neighbours() -> None:
    ingest = ingest_of()
    assert decode(ingest, message("a", '{"x":NaN,"y":1e99,"z":5}')) == [("a/z", 5.0, NOON)]
    assert ingest.rejected == {Reason.NOT_FINITE: 1, Reason.OUT_OF_BOUNDS: 1}


def test_new_streams_are_limited_in_number_and_rate() -> None:
    ingest = ingest_of(limits=LimitsConfig(max_streams=3, new_streams_per_second=2))
    together = message("a", '{"x":1,"y":2,"z":3}')
    assert len(decode(ingest, together)) == 2
    assert len(decode(ingest, message("a", together.payload, at=NOON + 1))) == 3
    assert reasons(ingest, message("b", "1", at=NOON + 9)) == [
        Reason.NEW_STREAM_RATE,
        Reason.TOO_MANY_STREAMS,
    ]


def test_a_forgotten_stream_makes_room_and_is_new_when_it_returns() -> None:
    ingest = ingest_of(limits=LimitsConfig(max_streams=1))
    assert decode(ingest, message("a", "1"))
    ingest.forget("a")
    assert decode(ingest, message("b", "1"))
    assert reasons(ingest, message("a", "1")) == [Reason.TOO_MANY_STREAMS]


def test_a_restored_stream_does_not_use_the_budget() -> None:
    ingest = ingest_of(limits=LimitsConfig(new_streams_per_second=1))
    ingest.admit("a")
    assert len(decode(ingest, message("a", "1"), message("b", "1"))) == 2


def test_topic_filters_name_each_subscription_once() -> None:
    ingest = ingest_of(
        SourceConfig(topic="z/{device}", qos=0, fields=("t",)),
        SourceConfig(topic="z/+", qos=1),
        SourceConfig(topic="plant/{line}/#"),
        SourceConfig(topic="plant/3/x"),
    )
    assert ingest.topic_filters() == [("z/+", 1), ("plant/+/#", 1)]


def test_a_text_that_becomes_a_number_is_a_reading_from_then_on() -> None:
    ingest = ingest_of()
    starting, running = message("a", '{"t":1,"rpm":"n/a"}'), message("a", '{"t":1,"rpm":900}')
    decode(ingest, starting, starting)
    assert [stream for stream, _, _ in decode(ingest, running)] == ["a/t", "a/rpm"]
    assert [stream for stream, _, _ in decode(ingest, starting)] == ["a/t"]


def test_the_first_of_two_timestamps_counts_every_time() -> None:
    ingest = ingest_of()
    for seconds in range(3):
        each = message("a", f'{{"ts":{NOON - seconds},"Time":{NOON - 100},"t":1}}')
        assert decode(ingest, each) == [("a/t", 1.0, NOON - seconds)]


def outcome(ingest: Ingest, each: Message) -> tuple[Readings, Counter[Reason]]:
    before = ingest.rejected.copy()
    into = Readings([], [], [])
    ingest.decode(each, into)
    return into, ingest.rejected - before


@settings(max_examples=300)
@given(any_sources, any_limits, st.lists(any_message, max_size=12))
def test_every_message_yields_a_reading_or_is_counted_and_none_raises(
    sources: list[SourceConfig], limits: LimitsConfig, messages: list[Message]
) -> None:
    ingest = Ingest(sources, limits, "streamrnn")
    for each in messages:
        readings, counted = outcome(ingest, each)
        assert readings.values or counted
        assert len(readings.streams) == len(readings.values) == len(readings.times)
        for stream, value in zip(readings.streams, readings.values, strict=True):
            assert type(value) is float
            assert math.isfinite(value)
            assert abs(value) <= limits.max_abs_value
            assert stream.isprintable()


@settings(max_examples=300)
@given(any_sources, any_limits, alike_messages | st.lists(any_message, max_size=12))
def test_remembering_earlier_messages_changes_nothing_but_the_speed(
    sources: list[SourceConfig], limits: LimitsConfig, messages: list[Message]
) -> None:
    remembering = Ingest(sources, limits, "streamrnn")
    forgetful = Ingest(sources, limits, "streamrnn")
    for each in messages + messages:
        forgetful.forget("a stream that never was")  # drops all that is remembered of topics
        assert outcome(remembering, each) == outcome(forgetful, each)
        assert remembering.last_rejects == forgetful.last_rejects
