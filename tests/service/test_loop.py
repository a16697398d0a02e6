"""The loop: from messages to events, in order, acknowledged, nothing lost silently."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.config import GroupConfig
from streamrnn.records import EventType, Reason
from tests.service.pipeline import Pipeline, command, freezer, message

NEW, END = EventType.NEW, EventType.END
WARM = 600


def test_a_fault_becomes_an_event_and_its_end_another() -> None:
    pipeline = Pipeline()
    pipeline.feed(*freezer(0, WARM))
    events = pipeline.feed(*freezer(WARM, WARM + 30, warmer_by=9.0))
    assert events[0].type is NEW
    assert (events[0].stream, events[0].kind) == ("plant/freezer", "out_of_range")
    after = pipeline.feed(*freezer(WARM + 30, WARM + 200))
    assert (after[-1].type, after[-1].id) == (END, events[0].id)


def test_every_message_is_acknowledged_whatever_became_of_it() -> None:
    pipeline = Pipeline()
    messages = [
        *freezer(0, 10),
        message("plant/door", "hello"),
        message("plant/tank", '{"level": 3, "unit": "m"}', 1.0),
        command("nonsense"),
        command("ack", "nobody"),
    ]
    pipeline.feed(*messages)
    assert pipeline.link.acknowledged == messages
    assert pipeline.loop.messages_total == len(messages)


def test_a_reading_is_acknowledged_only_after_it_was_applied() -> None:
    pipeline = Pipeline()
    applied = []
    pipeline.link.on_acknowledge = lambda: applied.append(pipeline.loop.readings_total)
    pipeline.feed(*freezer(0, 25))
    assert applied == [25]


def test_late_and_double_readings_are_counted_and_not_as_readings() -> None:
    pipeline = Pipeline()
    first, second = freezer(0, 2)
    pipeline.feed(first, second, second, first)
    assert +pipeline.loop.dropped == {Reason.DUPLICATE: 1, Reason.LATE: 1}
    assert pipeline.loop.readings_total == 2


def test_one_message_may_carry_several_streams() -> None:
    pipeline = Pipeline()
    pipeline.feed(message("plant/tank", '{"level": 3.5, "inlet": {"flow": 2}}', 1.0))
    assert sorted(pipeline.state.bank.names) == ["plant/tank/inlet.flow", "plant/tank/level"]
    assert pipeline.loop.readings_total == 2


def test_commands_take_effect_between_the_readings_around_them() -> None:
    pipeline = Pipeline()
    pipeline.feed(*freezer(0, WARM), command("reset"), *freezer(WARM, WARM + 7))
    assert pipeline.state.bank.status().readings.tolist() == [7]


def test_a_snoozed_stream_raises_no_events() -> None:
    pipeline = Pipeline()
    pipeline.feed(*freezer(0, WARM), command("snooze 1h"))
    assert pipeline.feed(*freezer(WARM, WARM + 30, warmer_by=9.0)) == []


def test_a_dismissed_anomaly_ends_at_once() -> None:
    pipeline = Pipeline()
    pipeline.feed(*freezer(0, WARM), *freezer(WARM, WARM + 3, warmer_by=9.0))
    (end,) = pipeline.feed(command("not_an_anomaly"))
    assert end.type is END
    assert "dismissed" in end.message


def test_rejected_messages_are_reported_once() -> None:
    pipeline = Pipeline()
    pipeline.feed(message("plant/door", "hello"))
    assert sum(pipeline.loop.ingest.rejected.values()) == 1
    assert not pipeline.loop.ingest.last_rejects


def test_a_stamp_that_is_not_believed_is_told_and_its_reading_taken(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pipeline = Pipeline()
    pipeline.feed(message("plant/a", '{"value": 1, "time": 4700000000}', 1e9))
    assert pipeline.loop.readings_total == 1
    assert caplog.text.count("stamp_not_believed") == 1
    assert not pipeline.loop.ingest.last_disbelieved


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=8))
def test_the_size_of_batches_changes_nothing(sizes: list[int]) -> None:
    messages = [*freezer(0, 300), *freezer(300, 320, warmer_by=9.0), *freezer(320, 380)]
    whole, cut = Pipeline(), Pipeline()
    whole.feed(*messages)
    while messages:
        size = sizes[len(messages) % len(sizes)]
        cut.feed(*messages[:size])
        messages = messages[size:]
    assert cut.heard.events == whole.heard.events
    for name, array in whole.state.bank.to_arrays().items():
        np.testing.assert_array_equal(array, cut.state.bank.to_arrays()[name])


def test_new_streams_go_to_their_group_or_to_the_device_of_their_topic() -> None:
    groups = (GroupConfig(name="rooms", streams=("plant/room*/t",), together=False),)
    pipeline = Pipeline(groups=groups)
    pipeline.feed(*(message(f"plant/room{n}/{what}", "1") for n in (1, 2) for what in "tx"))
    bank = pipeline.state.bank
    assert bank.device("plant/room1/t") == "plant/room1/t"
    assert bank.device("plant/room1/x") == "plant/room1"
