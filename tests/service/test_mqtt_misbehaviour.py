"""Brokers that are old, broken or hostile: played by a fake, as mosquitto is none of these."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager

import pytest

from streamrnn.service.mqtt import MqttLink
from tests.service import mqtt_peers
from tests.service.mqtt_peers import CONNACK_5, CONNACK_311, FakeBroker, eventually, make_link

CONNACK_5_RESUMED = b"\x20\x03\x01\x00\x00"
UNSUPPORTED_5 = b"\x20\x03\x00\x84\x00"
UNSUPPORTED_311 = b"\x20\x02\x00\x01"  # what a broker without MQTT 5 answers to its CONNECT
SUBACK_TOO_SHORT = b"\x90\x01\x00"
RESERVED_PACKET = b"\x00\x00"
PUBLISH_OF_NOTHING = b"\x32\x00"
PUBLISH_NOT_UTF8 = b"\x32\x07\x00\x01\xff\x00\x09\x00x"
PUBLISH = b"\x32\x0e\x00\x07plant/a\x00\x07\x0042"


def running(link: MqttLink) -> AbstractContextManager[MqttLink]:
    """Stopped without patience: these brokers never confirm a farewell."""
    return mqtt_peers.running(link, stop_seconds=0.1)


@pytest.mark.parametrize("answer", [UNSUPPORTED_5, UNSUPPORTED_311])
def test_auto_falls_back_to_3_1_1_when_5_is_refused(answer: bytes) -> None:
    with FakeBroker(answer, CONNACK_311) as broker, running(make_link(broker.url)) as link:
        eventually(lambda: link.connected)
        assert link.protocol == "3.1.1"
        assert broker.versions == [5, 4]


def test_auto_falls_back_to_3_1_1_when_5_is_met_with_silence_twice() -> None:
    with FakeBroker(None, None, CONNACK_311) as broker, running(make_link(broker.url)) as link:
        eventually(lambda: link.connected)
        assert broker.versions == [5, 5, 4]


def test_a_version_that_was_set_is_not_left(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.WARNING, "streamrnn.mqtt"),
        FakeBroker(UNSUPPORTED_5) as broker,
        running(make_link(broker.url, protocol="5")) as link,
    ):
        eventually(lambda: len(broker.versions) >= 4)
        assert set(broker.versions) == {5}
        assert "Unsupported protocol version" in str(link.problem)
    logged = [r.getMessage() for r in caplog.records]
    assert logged == ["connection_unsupported_protocol"], "the same failure is logged once"


@pytest.mark.parametrize("frame", [SUBACK_TOO_SHORT, RESERVED_PACKET, PUBLISH_OF_NOTHING])
def test_a_malformed_frame_ends_the_connection_and_a_new_client_goes_on(frame: bytes) -> None:
    with (
        FakeBroker(CONNACK_5 + frame, CONNACK_5 + PUBLISH) as broker,
        running(make_link(broker.url)) as link,
    ):
        eventually(lambda: link.rebuilds == 1 and link.connected)
        (message,) = link.take(10, timeout=30.0)
        assert message.payload == b"42"
        assert link.alive


@pytest.mark.parametrize(("answer", "began"), [(CONNACK_5_RESUMED, 1), (CONNACK_5, 2)])
def test_it_knows_with_which_connection_its_session_began(answer: bytes, began: int) -> None:
    with (
        FakeBroker(CONNACK_5 + RESERVED_PACKET, answer) as broker,
        running(make_link(broker.url)) as link,
    ):
        eventually(lambda: link.reconnects == 1 and link.connected)
        assert link.session_epoch == began


def test_a_topic_that_is_not_utf_8_is_counted_acknowledged_and_survived() -> None:
    with (
        FakeBroker(CONNACK_5 + PUBLISH_NOT_UTF8 + PUBLISH) as broker,
        running(make_link(broker.url)) as link,
    ):
        (message,) = link.take(10, timeout=30.0)
        assert message.topic == "plant/a"
        assert link.dropped == {"not_utf8": 1}
        assert link.rebuilds == 0
        eventually(lambda: b"\x40\x02\x00\x09" in broker.received)


def test_messages_are_acknowledged_in_one_piece_and_only_when_told() -> None:
    with FakeBroker(CONNACK_5 + 3 * PUBLISH) as broker, running(make_link(broker.url)) as link:
        messages = link.take(10, timeout=30.0)
        while len(messages) < 3:
            messages += link.take(10, timeout=30.0)
        assert b"\x40\x02" not in broker.received
        link.acknowledge(messages)
        eventually(lambda: 3 * b"\x40\x02\x00\x07" in broker.received)


def test_a_filter_that_the_broker_denies_is_named_and_the_others_work(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with FakeBroker(CONNACK_5, suback_codes=b"\x01\x87\x01") as broker:
        link = make_link(broker.url)
        link.set_subscriptions([("plant/#", 1), ("secret/#", 1)])
        with running(link):
            eventually(lambda: link.refused_filters)
            assert link.refused_filters == {"secret/#": "Not authorized"}
            assert link.connected
            assert not link.subscribed
    (record,) = [r for r in caplog.records if r.getMessage() == "subscription_refused"]
    assert record.__dict__["data"]["filter"] == "secret/#"


def test_a_broker_that_ignores_the_receive_maximum_has_to_wait_for_the_loop() -> None:
    with FakeBroker(CONNACK_5 + 40 * PUBLISH) as broker:
        link = make_link(broker.url, queue_size=5, receive_maximum=10)
        with running(link):
            eventually(lambda: link.queue_depth == 15)
            taken = 0
            while taken < 40:
                assert link.queue_depth <= 15
                taken += len(link.take(7, timeout=30.0))
            assert link.dropped == {}


def test_a_broker_that_falls_silent_is_left_after_the_keep_alive() -> None:
    with FakeBroker(CONNACK_5) as broker, running(make_link(broker.url, keepalive="1s")) as link:
        eventually(lambda: link.reconnects >= 1)
        assert len(broker.versions) >= 2


def test_at_most_the_brokers_receive_maximum_is_on_its_way() -> None:
    receive_maximum_2 = b"\x20\x06\x00\x00\x03\x21\x00\x02"
    with FakeBroker(receive_maximum_2) as broker, running(make_link(broker.url)) as link:
        eventually(lambda: link.connected)
        for number in range(10):
            link.publish("streamrnn/gw/events", b"event %d" % number)
        eventually(lambda: b"event 0" in broker.received)
        assert link.publish_queue_depth == 9
        assert b"event 1" not in broker.received, "availability and event 0 fill the window"


def test_at_most_twenty_are_on_their_way_and_come_back_when_the_connection_is_lost() -> None:
    with FakeBroker(CONNACK_5) as broker, running(make_link(broker.url)) as link:
        eventually(lambda: link.connected)
        for number in range(30):
            link.publish("streamrnn/gw/events", b"event %02d" % number)
        eventually(lambda: b"event 18" in broker.received)
        assert link.publish_queue_depth == 11
        assert b"event 19" not in broker.received
    assert link.publish_queue_dropped == 30


def test_what_was_on_its_way_when_the_connection_ended_goes_one_by_one() -> None:
    with FakeBroker(CONNACK_5) as broker, running(make_link(broker.url, keepalive="1s")) as link:
        for number in range(3):
            link.publish("streamrnn/gw/events", b"event %d" % number)
        eventually(lambda: b"event 2" in broker.received)
        eventually(lambda: broker.received.count(b"online") == 2)
        eventually(lambda: link.publish_queue_depth == 3)
        assert broker.received.count(b"event ") == 3, "only the unconfirmed availability is sent"


def test_a_message_larger_than_the_broker_takes_is_given_up_alone() -> None:
    maximum_packet_size_100 = b"\x20\x08\x00\x00\x05\x27\x00\x00\x00\x64"
    fates: list[bool] = []
    with FakeBroker(maximum_packet_size_100) as broker, running(make_link(broker.url)) as link:
        eventually(lambda: link.connected)
        link.publish("streamrnn/gw/events", b"x" * 200, on_done=fates.append)
        link.publish("streamrnn/gw/events", b"small")
        eventually(lambda: b"small" in broker.received)
    assert fates == [False]
    assert b"xxx" not in broker.received


def test_a_broker_that_never_answers_does_not_hold_up_the_stop() -> None:
    with FakeBroker(b"") as broker:
        link = make_link(broker.url)
        with running(link):
            eventually(lambda: broker.versions)
        assert not link.alive
