"""The link against a real mosquitto."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time

import pytest

from streamrnn.config import MqttConfig
from streamrnn.records import Message, Reason
from streamrnn.service.mqtt import Backoff, MqttLink
from tests.mosquitto import Mosquitto
from tests.service.mqtt_peers import Peer, TakeOver, eventually, make_link, running, take_until

pytestmark = pytest.mark.broker

AVAILABILITY = "streamrnn/gw/availability"


def publish_numbers(broker: Mosquitto, numbers: range) -> None:
    with Peer(broker) as peer:
        for number in numbers:
            peer.publish("plant/a", str(number))


def numbers_of(messages: list[Message]) -> list[int]:
    return [int(message.payload) for message in messages]


@pytest.mark.parametrize("protocol", ["auto", "3.1.1"])
def test_messages_arrive_in_order_with_all_that_the_packet_said(
    mosquitto: Mosquitto, protocol: str
) -> None:
    with running(make_link(mosquitto.url, protocol=protocol)) as link, Peer(mosquitto) as peer:
        eventually(lambda: link.subscribed)
        assert link.protocol == ("5" if protocol == "auto" else "3.1.1")
        peer.publish("plant/a", "0", qos=0)
        for number in range(1, 100):
            peer.publish("plant/a", str(number))
        messages = take_until(link, 100)
    assert numbers_of(messages) == list(range(100))
    assert [m.qos for m in messages] == [0] + [1] * 99
    first, last = messages[0], messages[-1]
    assert type(last.payload) is bytes
    assert (last.topic, last.retain, last.dup) == ("plant/a", False, False)
    assert last.packet_id > 0
    assert last.received_at >= first.received_at > 0
    assert link.last_message_at == last.received_at
    assert link.queue_depth == 0


def test_what_was_not_acknowledged_comes_again_marked_as_duplicate(mosquitto: Mosquitto) -> None:
    with running(make_link(mosquitto.url)) as link:
        eventually(lambda: link.subscribed)
        publish_numbers(mosquitto, range(5))
        messages = take_until(link, 5, acknowledge=False)
        link.acknowledge(messages[:2])
    with running(make_link(mosquitto.url)) as link:
        again = take_until(link, 3)
        assert numbers_of(again) == [2, 3, 4]
        assert all(message.dup for message in again)
    with running(make_link(mosquitto.url)) as link:
        eventually(lambda: link.subscribed)
        publish_numbers(mosquitto, range(9, 10))
        assert numbers_of(take_until(link, 1)) == [9]


def test_acknowledgements_of_an_earlier_connection_are_not_sent(mosquitto: Mosquitto) -> None:
    with running(make_link(mosquitto.url)) as link:
        eventually(lambda: link.subscribed)
        publish_numbers(mosquitto, range(3))
        stale = take_until(link, 3, acknowledge=False)
        TakeOver(mosquitto, "streamrnn-gw")
        again = take_until(link, 3, acknowledge=False)
        assert again[0].epoch > stale[0].epoch
        link.acknowledge(stale)
        link.acknowledge(again[:1])
    with running(make_link(mosquitto.url)) as link:
        assert numbers_of(take_until(link, 2)) == [1, 2]


def test_a_broker_restarted_in_mid_run_loses_nothing_at_qos_1(mosquitto: Mosquitto) -> None:
    with running(make_link(mosquitto.url)) as link:
        eventually(lambda: link.subscribed)
        publish_numbers(mosquitto, range(50))
        mosquitto.restart()
        publish_numbers(mosquitto, range(50, 100))
        seen: set[int] = set()
        while seen != set(range(100)):
            seen |= set(numbers_of(take_until(link, 1)))
        assert link.reconnects == 1


def test_messages_published_while_the_link_is_away_are_kept_for_it(mosquitto: Mosquitto) -> None:
    with running(make_link(mosquitto.url)) as link:
        eventually(lambda: link.subscribed)
    publish_numbers(mosquitto, range(30))
    with running(make_link(mosquitto.url)) as link:
        assert numbers_of(take_until(link, 30)) == list(range(30))


def test_a_broker_that_is_down_at_the_start_is_found_later(mosquitto: Mosquitto) -> None:
    mosquitto.stop()
    with running(make_link(mosquitto.url)) as link:
        eventually(lambda: link.problem is not None)
        assert not link.connected
        assert "unreachable" in str(link.problem)
        mosquitto.start()
        eventually(lambda: link.subscribed)
        assert link.problem is None
        assert link.reconnects == 0


def test_availability_is_online_while_up_and_offline_after_a_clean_stop(
    mosquitto: Mosquitto,
) -> None:
    with Peer(mosquitto, AVAILABILITY) as peer:
        with running(make_link(mosquitto.url)):
            eventually(lambda: peer.payloads(AVAILABILITY) == [b"online"])
        eventually(lambda: peer.payloads(AVAILABILITY) == [b"online", b"offline"])
    with Peer(mosquitto, AVAILABILITY) as late:
        eventually(lambda: late.heard == [(AVAILABILITY, b"offline", True)])


KILLED = """
import random, sys, time
from streamrnn.config import MqttConfig
from streamrnn.service.mqtt import Backoff, MqttLink
link = MqttLink(
    MqttConfig(broker=sys.argv[1]), "gw", "streamrnn", backoff=Backoff(random.Random(1))
)
link.start()
time.sleep(60)
"""


def test_the_last_will_says_offline_when_the_process_is_killed(mosquitto: Mosquitto) -> None:
    with Peer(mosquitto, AVAILABILITY) as peer:
        process = subprocess.Popen([sys.executable, "-c", KILLED, mosquitto.url])
        try:
            eventually(lambda: peer.payloads(AVAILABILITY) == [b"online"])
        finally:
            process.kill()
            process.wait()
        eventually(lambda: peer.payloads(AVAILABILITY) == [b"online", b"offline"])


def test_retained_readings_are_not_replayed_at_subscribe_on_mqtt_5(mosquitto: Mosquitto) -> None:
    with Peer(mosquitto) as peer:
        peer.publish("plant/a", "1", retain=True)
        with running(make_link(mosquitto.url)) as link:
            eventually(lambda: link.subscribed)
            peer.publish("plant/a", "2", retain=True)
            (message,) = take_until(link, 1)
    assert (message.payload, message.retain) == (b"2", False)


def test_commands_come_through_the_same_queue(mosquitto: Mosquitto) -> None:
    with running(make_link(mosquitto.url)) as link, Peer(mosquitto) as peer:
        eventually(lambda: link.subscribed)
        peer.publish("streamrnn/gw/cmd/plant/a", "snooze 2h")
        (message,) = take_until(link, 1)
    assert (message.topic, message.payload) == ("streamrnn/gw/cmd/plant/a", b"snooze 2h")


def test_our_own_publications_do_not_come_back_through_a_wide_filter(mosquitto: Mosquitto) -> None:
    link = make_link(mosquitto.url)
    link.set_subscriptions([("#", 1)])
    with running(link), Peer(mosquitto, "streamrnn/gw/events") as peer:
        eventually(lambda: link.subscribed)
        link.publish("streamrnn/gw/events", b"event")
        eventually(lambda: peer.heard)
        peer.publish("plant/a", "1")
        (message,) = take_until(link, 1)
    assert message.topic == "plant/a"


def test_subscriptions_change_at_runtime(mosquitto: Mosquitto) -> None:
    with running(make_link(mosquitto.url)) as link, Peer(mosquitto) as peer:
        eventually(lambda: link.subscribed)
        link.set_subscriptions([("workshop/#", 1)])
        eventually(lambda: link.subscribed)
        peer.publish("plant/a", "1")
        peer.publish("workshop/a", "2")
        assert numbers_of(take_until(link, 1)) == [2]


def test_subscriptions_changed_while_the_broker_is_away_are_put_right_later(
    mosquitto: Mosquitto,
) -> None:
    with running(make_link(mosquitto.url)) as link:
        eventually(lambda: link.subscribed)
        mosquitto.stop()
        eventually(lambda: not link.connected)
        link.set_subscriptions([("workshop/#", 1)])
        mosquitto.start()
        eventually(lambda: link.subscribed)
        with Peer(mosquitto) as peer:
            peer.publish("plant/a", "1")
            peer.publish("workshop/a", "2")
        assert numbers_of(take_until(link, 1)) == [2]


def test_a_full_queue_drops_qos_0_counts_it_and_keeps_qos_1(mosquitto: Mosquitto) -> None:
    link = make_link(mosquitto.url, queue_size=5, receive_maximum=10)
    with running(link), Peer(mosquitto) as peer:
        eventually(lambda: link.subscribed)
        for number in range(20):
            peer.publish("plant/a", str(number), qos=0)
        eventually(lambda: link.dropped[Reason.QUEUE_FULL] == 15)
        for number in range(20, 60):
            peer.publish("plant/a", str(number), qos=1)
        messages = take_until(link, 45)
    assert numbers_of(messages) == [*range(5), *range(20, 60)]
    assert link.dropped == {Reason.QUEUE_FULL: 15}


def test_a_full_queue_that_is_being_emptied_makes_the_broker_wait(mosquitto: Mosquitto) -> None:
    link = make_link(mosquitto.url, queue_size=5, receive_maximum=10)
    taken: list[Message] = []
    with running(link), Peer(mosquitto) as peer:
        eventually(lambda: link.subscribed)
        peer.publish("plant/a", "0", qos=0)
        taken += take_until(link, 1)

        def publish() -> None:
            for number in range(1, 150):
                peer.publish("plant/a", str(number), qos=0)

        publisher = threading.Thread(target=publish)
        publisher.start()
        while len(taken) < 150:
            batch = link.take(3, timeout=10.0)
            assert batch, "the rest was lost"
            taken += batch
            time.sleep(0.01)
        publisher.join()
    assert numbers_of(taken) == list(range(150))
    assert not link.dropped


def test_an_exception_in_a_callback_rebuilds_the_client_and_loses_nothing(
    mosquitto: Mosquitto,
) -> None:
    def fail(delivered: bool) -> None:
        raise RuntimeError("callback failed")

    with running(make_link(mosquitto.url)) as link:
        eventually(lambda: link.subscribed)
        publish_numbers(mosquitto, range(3))
        take_until(link, 3, acknowledge=False)
        link.publish("streamrnn/gw/events", b"event", on_done=fail)
        eventually(lambda: link.rebuilds == 1)
        assert numbers_of(take_until(link, 3)) == [0, 1, 2]
        assert link.alive
        assert link.reconnects == 1


@pytest.mark.parametrize("filters", [("plant/#", 2), ("streamrnn/gw/state/#", 1)])
def test_subscriptions_that_would_do_harm_are_refused(filters: tuple[str, int]) -> None:
    with pytest.raises(ValueError, match=filters[0].partition("/")[0]):
        make_link("mqtt://localhost").set_subscriptions([filters])


def test_the_clock_that_was_given_stamps_the_messages(mosquitto: Mosquitto) -> None:
    link = MqttLink(
        MqttConfig(broker=mosquitto.url),
        "gw",
        "streamrnn",
        backoff=Backoff(random.Random(1)),
        clock=lambda: 1234.5,
    )
    link.set_subscriptions([("plant/#", 1)])
    with running(link):
        eventually(lambda: link.subscribed)
        publish_numbers(mosquitto, range(1))
        (message,) = take_until(link, 1)
        assert message.received_at == 1234.5
