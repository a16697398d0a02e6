"""Messages on their way out, against a real mosquitto."""

from __future__ import annotations

import logging
import threading

import pytest

from tests.mosquitto import Mosquitto
from tests.service.mqtt_peers import Peer, eventually, make_link, running

pytestmark = pytest.mark.broker

AVAILABILITY = "streamrnn/gw/availability"


def test_publications_wait_for_the_broker_and_leave_in_order(mosquitto: Mosquitto) -> None:
    mosquitto.stop()
    delivered: list[bool] = []
    with running(make_link(mosquitto.url)) as link:
        for number in range(60):
            link.publish("streamrnn/gw/events", str(number).encode(), on_done=delivered.append)
        assert link.publish_queue_depth == 60
        mosquitto.start()
        with Peer(mosquitto, "streamrnn/gw/events") as peer:
            link.publish("streamrnn/gw/events", b"last", on_done=delivered.append)
            eventually(lambda: len(delivered) == 61)
            eventually(lambda: b"last" in peer.payloads("streamrnn/gw/events"))
            heard = [int(p) for p in peer.payloads("streamrnn/gw/events") if p != b"last"]
    assert all(delivered)
    assert heard == sorted(heard)
    assert link.publish_queue_depth == 0


def test_stop_publishes_what_waits(mosquitto: Mosquitto) -> None:
    delivered: list[bool] = []
    with Peer(mosquitto, "streamrnn/gw/events", AVAILABILITY) as peer:
        with running(make_link(mosquitto.url)) as link:
            eventually(lambda: link.connected)
            for number in range(100):
                link.publish("streamrnn/gw/events", str(number).encode(), on_done=delivered.append)
        assert delivered == [True] * 100
        eventually(lambda: len(peer.heard) == 102)
        assert peer.heard[-1][:2] == (AVAILABILITY, b"offline")


def test_stop_gives_up_what_cannot_be_published(mosquitto: Mosquitto) -> None:
    mosquitto.stop()
    link = make_link(mosquitto.url)
    delivered: list[bool] = []
    with running(link):
        link.publish("streamrnn/gw/events", b"event", on_done=delivered.append)
    assert delivered == [False]
    assert link.publish_queue_dropped == 1
    assert not link.alive
    assert not link.publish("streamrnn/gw/events", b"too late", on_done=delivered.append)
    assert delivered == [False, False]


def test_a_state_on_which_the_broker_hangs_up_does_not_hold_up_the_others(
    mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    too_deep = "streamrnn/gw/state/" + "/" * 210  # mosquitto allows 200 levels
    fates: list[bool] = []
    with (
        caplog.at_level(logging.ERROR, "streamrnn.mqtt"),
        running(make_link(mosquitto.url)) as link,
    ):
        eventually(lambda: link.connected)
        link.publish(too_deep, b"1", retain=True, on_done=fates.append)
        link.publish("streamrnn/gw/state/a", b"1", retain=True, on_done=fates.append)
        eventually(lambda: fates == [False, True])
        lost = link.reconnects
        link.publish(too_deep, b"2", retain=True, on_done=fates.append)
        link.publish("streamrnn/gw/events", b"1", on_done=fates.append)
        eventually(lambda: fates == [False, True, False, True])
        assert link.reconnects == lost, "the topic stays denied"
        assert link.publish_queue_dropped == 2
    refusals = [r for r in caplog.records if r.getMessage() == "publish_refused"]
    assert [r.__dict__["data"]["topic"] for r in refusals] == [too_deep]


def test_publishing_from_many_threads_delivers_all(mosquitto: Mosquitto) -> None:
    delivered: list[bool] = []
    with running(make_link(mosquitto.url, publish_queue_size=1000)) as link:

        def publish() -> None:
            for number in range(100):
                link.publish("streamrnn/gw/events", str(number).encode(), on_done=delivered.append)

        threads = [threading.Thread(target=publish) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        eventually(lambda: len(delivered) == 400)
    assert all(delivered)


@pytest.mark.parametrize("topic", ["", "a/+", "a/#", "nul\0"])
def test_a_topic_that_cannot_be_published_to_is_refused_at_once(topic: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        make_link("mqtt://localhost").publish(topic, b"")
