"""Events from the outbox to their topic: in order, a few at a time, confirmed by the broker."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from streamrnn.records import Event
from streamrnn.service.disk import Disk
from streamrnn.service.logs import RateLimited
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.sinks import EventTopic
from streamrnn.service.sinks.event_topic import WINDOW
from tests.service.fleet_snapshots import opened
from tests.service.mqtt_peers import eventually
from tests.service.pipeline import TOPICS

NAME = EventTopic.DESTINATION


class Link:
    """Takes what is published, and answers when the test says so."""

    def __init__(self) -> None:
        self.connected = True
        self.stopping = False
        self.denied = False
        self.published: list[str] = []  # ids
        self.topics: set[str] = set()
        self._unanswered: list[Callable[[bool], None]] = []

    def is_denied(self, topic: str) -> bool:
        return self.denied

    def publish(
        self, topic: str, payload: bytes, *, qos: int, on_done: Callable[[bool], None] | None
    ) -> bool:
        assert qos == 1
        assert on_done is not None
        self.topics.add(topic)
        self.published.append(json.loads(payload)["id"])
        self._unanswered.append(on_done)
        return True

    def answer(self, delivered: bool = True) -> None:
        """To the latest first: answers need not keep the order."""
        while self._unanswered:
            self._unanswered.pop()(delivered)


def events(first: int, last: int) -> list[Event]:
    event = opened("freezer")
    return [msgspec.structs.replace(event, id=str(n)) for n in range(first, last)]


@contextmanager
def running(folder: Path, link: Link) -> Iterator[AlertOutbox]:
    complaints = RateLimited(logging.getLogger("streamrnn.test"), time.monotonic)
    outbox = AlertOutbox(folder, [NAME], capacity=1000, complaints=complaints, disk=Disk())
    outbox.start()
    topic = EventTopic(outbox, link, TOPICS)
    topic.start()
    try:
        yield outbox
    finally:
        topic.stop()
        outbox.close(30.0)


def test_events_go_out_in_order_and_are_confirmed_when_the_broker_has_them(tmp_path: Path) -> None:
    link = Link()
    with running(tmp_path, link) as outbox:
        outbox.append(events(0, 3))
        eventually(lambda: link.published == ["0", "1", "2"])
        assert link.topics == {"streamrnn/gw/events"}
        assert outbox.depth(NAME) == 3
        link.answer()
        eventually(lambda: outbox.depth(NAME) == 0)


def test_no_more_than_a_window_is_on_its_way(tmp_path: Path) -> None:
    link = Link()
    with running(tmp_path, link) as outbox:
        outbox.append(events(0, 3 * WINDOW))
        for rounds in (1, 2, 3):
            eventually(lambda rounds=rounds: len(link.published) == rounds * WINDOW)
            link.answer()
        eventually(lambda: outbox.depth(NAME) == 0)


def test_nothing_is_handed_over_while_there_is_no_connection(tmp_path: Path) -> None:
    link = Link()
    link.connected = False
    with running(tmp_path, link) as outbox:
        outbox.sync(outbox.append(events(0, 1)), 30.0)
        time.sleep(0.3)
        assert link.published == []
        link.connected = True
        eventually(lambda: link.published == ["0"])


def test_what_the_link_gave_up_as_it_stopped_goes_out_after_the_restart(tmp_path: Path) -> None:
    link = Link()
    with running(tmp_path, link) as outbox:
        outbox.append(events(0, 2))
        eventually(lambda: len(link.published) == 2)
        link.stopping = True
        link.answer(delivered=False)
    link = Link()
    with running(tmp_path, link):
        eventually(lambda: link.published == ["0", "1"])


def test_what_the_broker_confirmed_while_the_link_stopped_does_not_come_again(
    tmp_path: Path,
) -> None:
    link = Link()
    with running(tmp_path, link) as outbox:
        outbox.append(events(0, 2))
        eventually(lambda: len(link.published) == 2)
        link.answer()
    link = Link()
    with running(tmp_path, link) as outbox:
        assert outbox.depth(NAME) == 0


def test_events_wait_while_their_topic_is_denied(tmp_path: Path) -> None:
    link = Link()
    with running(tmp_path, link) as outbox:
        outbox.append(events(0, 1))
        eventually(lambda: link.published)
        link.denied = True
        link.answer(delivered=False)
        time.sleep(0.3)
        assert outbox.depth(NAME) == 1


def test_one_that_the_broker_refuses_for_good_holds_up_no_other(tmp_path: Path) -> None:
    link = Link()
    with running(tmp_path, link) as outbox:
        outbox.append(events(0, 1))
        eventually(lambda: link.published)
        link.answer(delivered=False)
        eventually(lambda: outbox.depth(NAME) == 0)
