from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.config import LimitsConfig, SourceConfig
from streamrnn.ingest import Ingest
from streamrnn.records import Message, Readings
from tests.ingest.messages import (
    NOON,
    alike_messages,
    any_limits,
    any_message,
    any_sources,
    ingest_of,
    message,
)


def test_a_message_is_explained_step_by_step() -> None:
    source = SourceConfig(
        topic="zigbee2mqtt/{device}", stream="{device}/{field}", exclude=("linkquality",)
    )
    payload = '{"temperature":21.5,"linkquality":80,"action":null,"humidity":1e99}'
    explanation = ingest_of(source).explain(message("zigbee2mqtt/kitchen", payload))
    assert explanation.steps == [
        "topic matches source[0] 'zigbee2mqtt/{device}' (device = 'kitchen')",
        "format: zigbee2mqtt, as the topic lies under zigbee2mqtt/",
        "device: 'kitchen'",
        "payload: 3 of 4 values can be numbers: 'temperature', 'linkquality', 'humidity'",
        "time: of arrival, as no timestamp was found",
        "excluded: 'linkquality'",
        "text or null, so not a reading: 'action'",
        "stream kitchen/temperature = 21.5 °C",
        "left out (out_of_bounds): 'humidity' = 1e+99 is beyond limits.max_abs_value = 1e+15",
    ]
    assert [reading.stream for reading in explanation.readings] == ["kitchen/temperature"]


def test_how_the_format_was_found_is_told() -> None:
    ingest = ingest_of(SourceConfig(topic="fixed", format="csv"), SourceConfig(topic="#"))

    def format_step(topic: str, payload: str) -> str:
        return ingest.explain(message(topic, payload)).steps[1]

    assert format_step("fixed", "12,5") == "format: csv, as source[0].format says so"
    assert format_step("a", '{"t":1}') == "format: json, as the payload begins as JSON does"
    ingest.decode(message("a", '{"t":1}'), Readings([], [], []))
    assert format_step("a", '{"t":1}') == "format: json, as earlier messages of the topic were"
    assert format_step("a", "5") == "format: bare, as the payload is a single value"


def test_several_records_are_told_by_the_first() -> None:
    lines = "m t=1 1699999999000000000\nm t=2 1700000000000000000"
    steps = ingest_of().explain(message("a", lines)).steps
    assert "payload: 2 of 2 values in 2 records can be numbers: 'm.t'" in steps
    assert (
        "time: 2023-11-14T22:13:19.000+00:00, as the format has it (the first of 2 records)"
        in steps
    )


def test_selected_fields_that_are_absent_are_named() -> None:
    source = SourceConfig(topic="#", fields=("humidty", "temperature"))
    explanation = ingest_of(source).explain(message("a", '{"temperature":5,"humidity":4}'))
    assert "not in fields: 'humidity'" in explanation.steps
    assert "in fields but not in this message: 'humidty'" in explanation.steps


def test_where_the_time_came_from_is_told() -> None:
    ingest = ingest_of()
    stamped = ingest.explain(message("a", f'{{"ts":{NOON},"v":1}}'))
    assert "time: 2023-11-14T22:13:20.000+00:00, from 'ts'" in stamped.steps
    unusable = ingest.explain(message("a", '{"Time":"2023-11-14T22:13:20","v":1}'))
    assert any("of arrival, as 'Time' has no zone" in step for step in unusable.steps)


def test_a_refused_topic_has_one_step() -> None:
    explanation = ingest_of().explain(message("$SYS/x", "1"))
    assert explanation.steps == [
        "left out (sys_topic): topics that begin with $ are the broker's own"
    ]
    assert explanation.readings == []


def test_explaining_admits_no_stream() -> None:
    ingest = ingest_of(limits=LimitsConfig(max_streams=1))
    assert ingest.explain(message("a", "1")).readings
    assert ingest.explain(message("b", "1")).readings


@settings(max_examples=300)
@given(any_sources, any_limits, alike_messages | st.lists(any_message, max_size=8))
def test_the_explanation_is_what_then_happens(
    sources: list[SourceConfig], limits: LimitsConfig, messages: list[Message]
) -> None:
    ingest = Ingest(sources, limits, "streamrnn")
    for each in messages + messages:
        counted = ingest.rejected.total()
        explanation = ingest.explain(each)
        assert ingest.rejected.total() == counted
        into = Readings([], [], [])
        ingest.decode(each, into)
        foretold = [
            (reading.stream, reading.value, reading.time) for reading in explanation.readings
        ]
        assert foretold == list(zip(*into, strict=True))
        assert ingest.rejected.total() - counted == len(explanation.rejects)
        if explanation.rejects:
            assert list(ingest.last_rejects)[-len(explanation.rejects) :] == explanation.rejects
        assert all(step.isprintable() for step in explanation.steps)
