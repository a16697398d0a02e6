"""A broker that is away for a day while 100,000 alerts come up, anomalies that begin and end: what
waits is bounded and counted, in memory and on the disk, and at its return no more than 20 are on
their way at one time."""

from __future__ import annotations

import logging
import random
import time
from pathlib import Path

from streamrnn.config import MqttConfig
from streamrnn.records import Event, EventType
from streamrnn.service.disk import Disk
from streamrnn.service.logs import RateLimited
from streamrnn.service.mqtt import Backoff, MqttLink
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.sinks import EventTopic
from tests.service.mqtt_peers import eventually
from tests.service.pipeline import TOPICS
from tests.service.test_outbox import event
from tests.torture.figures import Figures
from tests.torture.scripted_broker import ScriptedBroker

_MOST_IN_FLIGHT = 20
_SETTLE_SECONDS = 1.0
_BATCH = 100
_BYTES_EACH = 500  # on the disk
_TIMES_AS_MANY = 3  # lines as wait, before the journal is written anew
_SPARE_BYTES = 1_000_000


def run(folder: Path, alerts: int, capacity: int = 10_000) -> Figures:
    complaints = RateLimited(logging.getLogger("streamrnn.test"), time.monotonic)
    name = EventTopic.DESTINATION
    outbox = AlertOutbox(folder, [name], capacity=capacity, complaints=complaints, disk=Disk())
    outbox.start()
    for first in range(0, alerts, _BATCH):
        outbox.append([_alert(n) for n in range(first, min(first + _BATCH, alerts))])
    outbox.sync(outbox.last, 300.0)
    figures = Figures("outage")
    figures["alerts"] = alerts
    figures["waiting"] = outbox.depth(name)
    figures["given up and counted"] = outbox.dropped[name]
    figures["journal, MB"] = (folder / "outbox.log").stat().st_size / 1e6
    assert outbox.depth(name) + outbox.dropped[name] == alerts
    assert outbox.depth(name) <= capacity
    most_bytes = _TIMES_AS_MANY * capacity * _BYTES_EACH + _SPARE_BYTES
    assert (folder / "outbox.log").stat().st_size <= most_bytes

    with ScriptedBroker(confirm=False) as broker:
        link = MqttLink(
            MqttConfig(broker=broker.url, protocol="5"),
            "gw",
            "streamrnn",
            backoff=Backoff(random.Random(0)),
        )
        link.start()
        topic = EventTopic(outbox, link, TOPICS)
        topic.start()
        figures["most in flight"] = _confirm_slowly(broker, capacity)
        eventually(lambda: outbox.depth(name) == 0)
        link.stop(0.1)
        topic.stop()
    outbox.close(30.0)
    assert int(str(figures["most in flight"])) <= _MOST_IN_FLIGHT, figures
    return figures


def _alert(number: int) -> Event:
    """One anomaly after the other, each told to begin and to end."""
    anomaly, ends = divmod(number, 2)
    return event(number, EventType.END if ends else EventType.NEW, id=f"id{anomaly}")


def _confirm_slowly(broker: ScriptedBroker, expected: int) -> int:
    """Answers in portions; the most events that were on their way unanswered."""
    eventually(lambda: broker.clients and broker.clients[0].published)
    client = broker.clients[0]
    answered = most = events = 0
    time.sleep(_SETTLE_SECONDS)  # in which it could send more than it should
    deadline = time.monotonic() + 300.0
    while events < expected:
        assert time.monotonic() < deadline, f"{events} of {expected} events"
        came = len(client.published)
        most = max(most, came - answered)
        for topic, _, packet_id in client.published[answered:came]:
            if packet_id:
                client.puback(packet_id)
            events += topic == TOPICS.events
        answered = came
        time.sleep(0.001)
    return most
