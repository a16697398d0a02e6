from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import MQTTProtocolVersion

from streamrnn.service.mqtt.reconnect import Backoff, Ended, Ending, ProtocolChoice

UNREACHABLE = Ended(Ending.UNREACHABLE, "connection refused")
SILENT = Ended(Ending.NO_ANSWER, "connection closed")
UNSUPPORTED = Ended(Ending.UNSUPPORTED_PROTOCOL, "Unsupported protocol version")
LOST = Ended(Ending.LOST, "connection closed", seconds_up=100.0)


class HighestDraw(random.Random):
    def uniform(self, a: float, b: float) -> float:
        return b


def test_the_longest_pause_doubles_up_to_its_limit() -> None:
    backoff = Backoff(HighestDraw(), first_seconds=1.0, longest_seconds=10.0)
    assert [backoff.after(UNREACHABLE) for _ in range(6)] == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


@given(seed=st.integers(), attempts=st.integers(1, 30))
def test_every_pause_lies_between_nothing_and_the_limit(seed: int, attempts: int) -> None:
    backoff = Backoff(random.Random(seed), first_seconds=1.0, longest_seconds=10.0)
    assert all(0.0 <= backoff.after(UNREACHABLE) <= 10.0 for _ in range(attempts))


def test_two_gateways_do_not_come_back_together() -> None:
    pauses = [Backoff(random.Random(seed)).after(UNREACHABLE) for seed in range(50)]
    assert len(set(pauses)) == 50


def test_a_long_connection_resets_the_backoff_and_a_short_one_does_not() -> None:
    backoff = Backoff(HighestDraw(), first_seconds=1.0, longest_seconds=60.0)
    backoff.after(UNREACHABLE)
    assert backoff.after(LOST._replace(seconds_up=3.0)) == 2.0
    assert backoff.after(LOST) == 1.0


def test_a_refusal_is_retried_slowly() -> None:
    backoff = Backoff(random.Random(1), first_seconds=1.0, longest_seconds=10.0)
    assert 15.0 <= backoff.after(Ended(Ending.REFUSED, "Not authorized")) <= 30.0


def test_auto_begins_with_5_and_falls_back_when_it_is_unsupported() -> None:
    protocol = ProtocolChoice("auto")
    assert protocol.version is MQTTProtocolVersion.MQTTv5
    protocol.learn(UNSUPPORTED)
    assert protocol.version is MQTTProtocolVersion.MQTTv311


def test_one_unanswered_connect_changes_nothing_but_two_in_a_row_do() -> None:
    protocol = ProtocolChoice("auto")
    for ended in (SILENT, UNREACHABLE, SILENT):
        protocol.learn(ended)
        assert protocol.version is MQTTProtocolVersion.MQTTv5
    protocol.learn(SILENT)
    assert protocol.version is MQTTProtocolVersion.MQTTv311


def test_the_fall_back_is_kept_over_lost_connections_and_undone_by_silence() -> None:
    protocol = ProtocolChoice("auto")
    protocol.learn(UNSUPPORTED)
    protocol.learn(LOST)
    assert protocol.version is MQTTProtocolVersion.MQTTv311
    protocol.learn(SILENT)
    protocol.learn(SILENT)
    assert protocol.version is MQTTProtocolVersion.MQTTv5


def test_a_version_that_was_set_stays() -> None:
    for setting, version in (
        ("5", MQTTProtocolVersion.MQTTv5),
        ("3.1.1", MQTTProtocolVersion.MQTTv311),
    ):
        protocol = ProtocolChoice(setting)
        for ended in (UNSUPPORTED, SILENT, SILENT):
            protocol.learn(ended)
        assert protocol.version is version
