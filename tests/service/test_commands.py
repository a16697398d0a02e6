"""Commands: understood, carried out on the right stream, or refused with a reason."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.records import EventType, Message
from streamrnn.service.commands import Command, Verb, parse_command
from tests.service.pipeline import TOPICS, Pipeline, command, freezer, message

WARM = 600
COMMANDED = Pipeline()
COMMANDED.feed(*freezer(0, 1))


def alarmed(**alerts: object) -> Pipeline:
    """A pipeline whose freezer has just raised an alarm."""
    pipeline = Pipeline(**alerts)
    pipeline.feed(*freezer(0, WARM), *freezer(WARM, WARM + 1, warmer_by=9.0))
    assert len(pipeline.state.tracker.open_events()) == 1
    return pipeline


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"ack", Command(Verb.ACK, 0.0)),
        (b" reset\n", Command(Verb.RESET, 0.0)),
        (b"not_an_anomaly", Command(Verb.NOT_AN_ANOMALY, 0.0)),
        (b"snooze 2h", Command(Verb.SNOOZE, 7200.0)),
        (b"snooze  1d12h", Command(Verb.SNOOZE, 129_600.0)),
    ],
)
def test_commands_are_understood(payload: bytes, expected: Command) -> None:
    assert parse_command(payload) == expected


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"snooze", b"snooze 2", b"snooze 0s", b"snooze 2h 3h", b"ACK", b"\xff", b"a" * 10**6,
        b"ack" + b" " * 98, b"reset\0", b"ack; reset", b"$(reset)",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_a_rule(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        parse_command(payload)


def test_a_refused_command_is_logged_with_its_remedy(caplog: pytest.LogCaptureFixture) -> None:
    pipeline = Pipeline()
    with caplog.at_level(logging.WARNING, "streamrnn"):
        pipeline.feed(*freezer(0, 1), command("snoose 2h"))
    (record,) = (r for r in caplog.records if r.message == "command_refused")
    assert 'must be "ack"' in str(record.__dict__["data"]["problem"])
    assert record.__dict__["data"]["payload"] == "snoose 2h"


def test_ack_stops_the_updates() -> None:
    pipeline = alarmed()
    assert pipeline.feed(command("ack")) == []
    events = pipeline.feed(*freezer(WARM + 1, WARM + 15, warmer_by=9.0))
    assert EventType.UPDATE not in [event.type for event in events]


def test_reset_ends_the_event_and_the_stream_warms_up_anew() -> None:
    pipeline = alarmed()
    (end,) = pipeline.feed(command("reset"))
    assert end.type is EventType.END
    assert pipeline.state.bank.status().warm_up_left.tolist() == [60]


def test_snooze_ends_the_event() -> None:
    (end,) = alarmed().feed(command("snooze 2h"))
    assert "snoozed for 2 h" in end.message


def test_commands_are_ignored_when_they_are_switched_off() -> None:
    pipeline = alarmed(commands=False)
    assert pipeline.feed(command("not_an_anomaly")) == []
    assert len(pipeline.state.tracker.open_events()) == 1


def test_without_commands_no_sentence_asks_for_one() -> None:
    (event,) = alarmed(commands=False).state.tracker.open_events()
    assert "publish" not in event.message


def test_the_topic_in_the_sentence_is_the_one_to_publish_to() -> None:
    pipeline = alarmed()
    (event,) = pipeline.state.tracker.open_events()
    topic = event.message.rpartition(" ")[2]
    (end,) = pipeline.feed(message(topic, "snooze 2h"))
    assert end.id == event.id


def test_a_retained_command_is_refused() -> None:
    pipeline = alarmed()
    retained = message(TOPICS.command("plant/freezer"), "reset", retain=True)
    assert pipeline.feed(retained) == []
    assert pipeline.state.bank.status().warm_up_left.tolist() == [0]


def test_a_flood_of_commands_is_refused_until_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pipeline = Pipeline()
    pipeline.feed(*freezer(0, 1))
    topic = TOPICS.command("plant/freezer")

    def obeyed(sent: int, at: float) -> int:
        caplog.clear()
        pipeline.feed(*(message(topic, "ack", at) for _ in range(sent)))
        return sum(record.message == "command" for record in caplog.records)

    with caplog.at_level(logging.INFO, "streamrnn"):
        assert obeyed(sent=1000, at=1e9) == 200
        assert obeyed(sent=1000, at=1e9 + 1) == 10
        assert obeyed(sent=1000, at=0.0) == 0, "a clock that was put back gives nothing"
        assert obeyed(sent=1, at=1.0) == 1


@pytest.mark.parametrize(
    "topic",
    ["streamrnn/other/cmd/plant/freezer", "plant/cmd/plant/freezer", "cmd/plant/freezer",
     "streamrnn/gw/cmdx/plant/freezer", "streamrnn/gw/events"],
)  # fmt: skip
def test_nothing_is_a_command_outside_our_own_prefix(topic: str) -> None:
    pipeline = alarmed()
    pipeline.feed(message(topic, "reset"))
    assert len(pipeline.state.tracker.open_events()) == 1
    assert pipeline.state.bank.status().warm_up_left.tolist()[0] == 0


@given(
    levels=st.text(max_size=40) | st.sampled_from(["plant/freezer", "", "/", "+", "#"]),
    payload=st.binary(max_size=120)
    | st.builds(
        lambda verb, rest: f"{verb} {rest}".encode(errors="replace"),
        st.sampled_from(list(Verb)),
        st.text(max_size=20),
    ),
    retain=st.booleans(),
)
def test_no_command_raises_or_makes_a_stream(levels: str, payload: bytes, retain: bool) -> None:
    COMMANDED.feed(Message(TOPICS.commands + levels, payload, 1, retain, False, 1, 1, 1e9))
    assert COMMANDED.state.bank.names == ["plant/freezer"]


def test_a_stream_with_wildcards_in_its_name_can_be_commanded() -> None:
    pipeline = Pipeline()
    pipeline.feed(message("plant/tank", '{"level#1+": 3.5}', 1.0))
    (name,) = pipeline.state.bank.names
    topic = TOPICS.command(name)
    assert not set("+#") & set(topic)
    pipeline.feed(message(topic, "reset"))
    assert pipeline.state.bank.status().readings.tolist() == [0]


def test_a_command_to_an_unknown_stream_creates_none() -> None:
    pipeline = Pipeline()
    pipeline.feed(command("reset", "nobody"))
    assert pipeline.state.bank.names == []
